"""The load generator against a server that says how often it was asked: nothing is lost, doubled or made up."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bench import load


@contextmanager
def server(asked: Counter[bytes], chunked: bool = False, pause: float = 0.0) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked[body] += 1
            time.sleep(pause)
            self.send_response(503 if body == b"full" else 202)
            if chunked:
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for part in (
                    b'{"line":1,"sta',
                    b'tus":202}\n{"line":2,"status": 202}\n',
                    b'{"line":3,"status":422}\n',
                    b"",
                ):
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
            else:
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Many(ThreadingHTTPServer):
        daemon_threads = True

    with Many(("127.0.0.1", 0), Handler) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield serving.server_address[1]
        serving.shutdown()
        thread.join()


def test_every_request_is_sent_once(tmp_path: Path) -> None:
    asked: Counter[bytes] = Counter()
    bodies = [str(number).encode() * (number % 50 + 1) for number in range(300)]
    with server(asked) as port:
        found = load.send(tmp_path, port, [load.http_request("POST", "/", body) for body in bodies], 8)
    assert asked == Counter(bodies)
    assert found.require_status(202).answers == {"202": 300}
    assert 0 < found.p50 <= found.p99 <= found.longest


def test_no_request_is_begun_after_the_time_is_over(tmp_path: Path) -> None:
    asked: Counter[bytes] = Counter()
    with server(asked, pause=0.05) as port:
        found = load.send(tmp_path, port, [load.http_request("POST", "/", b"x")] * 1_000, 2, seconds=0.5)
    assert 0 < found.answered == asked.total() <= 2 * (0.5 / 0.05 + 1)


def test_other_answers_are_no_figure(tmp_path: Path) -> None:
    with server(Counter()) as port:
        found = load.send(tmp_path, port, [load.http_request("POST", "/", body) for body in (b"a", b"full")], 1)
    assert found.answers == {"202": 1, "503": 1}
    with pytest.raises(AssertionError, match="503"):
        found.require_status(202)


def test_lines_of_a_bulk_answer_are_counted_across_chunks(tmp_path: Path) -> None:
    with server(Counter(), chunked=True) as port:
        found = load.send(tmp_path, port, [load.http_request("POST", "/", b"x")] * 3, 2)
    assert found.accepted_lines == 6


def test_a_server_that_falls_behind_a_rate_is_seen_to(tmp_path: Path) -> None:
    """One connection, 50 ms an answer, 100 a second offered: the tenth waits for the nine before it."""
    with server(Counter(), pause=0.05) as port:
        found = load.send(tmp_path, port, [load.http_request("POST", "/", b"x")] * 10, 1, rate=100)
    assert found.longest >= 10 * 50 - 9 * 10

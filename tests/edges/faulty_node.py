"""A faulty node: passes requests on to a real one, and lets a test refuse, delay, falsify or lose them."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Reply:
    """What to answer instead: a result, an error, a body that is no JSON, or nothing, with the connection closed.

    ``pass_on``: the real node is asked nevertheless, ``times`` times; its last answer is passed back, after ``alter``
    has changed its body.
    """

    result: Any = None
    error: dict[str, Any] | None = None
    body: bytes | None = None
    status: int = 200
    dead: bool = False
    after: float = 0.0
    pass_on: bool = False
    times: int = 1
    alter: Callable[[bytes], bytes] = lambda body: body


@dataclass
class FaultyNode:
    """``rule(method, params)`` returns a Reply, or None to pass the request on. ``asked`` lists the requests."""

    rule: Callable[[str, list[Any]], Reply | None] = lambda method, params: None
    asked: list[tuple[str, list[Any]]] = field(default_factory=list)
    url: str = ""

    def count(self, method: str) -> int:
        return sum(1 for asked, _ in self.asked if asked == method)


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that leaves is no error.

        No traceback is printed: Python 3.11 reads source for it, and breaks a thread that does so at the same time
        (https://github.com/python/cpython/issues/106905).
        """


@contextmanager
def faulty_node(upstream: str, path: str = "") -> Iterator[FaultyNode]:
    """A server on a free port of loopback, in front of ``upstream``."""
    faulty = FaultyNode()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = json.loads(body)
            faulty.asked.append((request["method"], request["params"]))
            reply = faulty.rule(request["method"], request["params"])
            if reply is None or reply.pass_on:
                wanted = urllib.request.Request(upstream, body, {"Content-Type": "application/json"})
                try:
                    for _ in range(reply.times if reply else 1):
                        with urllib.request.urlopen(wanted) as answer:
                            data = answer.read()
                except OSError:  # the real node is away, so this one is away too
                    reply, data = Reply(dead=True), b""
                data = reply.alter(data) if reply and not reply.dead else data
            else:
                said = {"error": reply.error} if reply.error else {"result": reply.result}
                data = reply.body or json.dumps({"jsonrpc": "2.0", "id": request["id"], **said}).encode()
            if reply is not None:
                time.sleep(reply.after)
                if reply.dead:
                    self.close_connection = True
                    self.connection.close()
                    return
            self.send_response(reply.status if reply else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Write no log."""

    server = _Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    faulty.url = f"http://127.0.0.1:{server.server_address[1]}{path}"
    try:
        yield faulty
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""``make up`` on a machine that other programs use too: its ports, strangers in its place, and what it stops."""

from __future__ import annotations

import http.server
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ledger.errors import Unavailable
from ledger.settings import load_settings
from scripts import services
from scripts.services import Running, Services, is_free


@contextmanager
def stranger(port: int = 0) -> Iterator[int]:
    """Another program's server, which answers every request with 200."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"origin": "eip155:1:0x00"}')

        def log_message(self, *_given: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """A folder for services whose usual ports are free ones; stopped at the end, whatever happens."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # what is beside us is asked without
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    made = Services(tmp_path / "state", services._any_port(), services._any_port())
    yield made
    Services(made.folder, made.chain_port, made.api_port).down()


def ask(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command line with the settings that `make up` wrote."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}
    environment["LEDGER_CONFIG"] = str(folder / "ledger.toml")
    return subprocess.run(
        [sys.executable, "-m", "ledger.cli", *words], env=environment, capture_output=True, text=True, check=False
    )


def test_it_starts_is_found_again_and_stops(
    started: Services, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started.up()
    first = started.running()
    assert first is not None
    assert first.port == started.api_port
    again = Services(started.folder, started.chain_port, started.api_port)
    again.up()
    assert again.running() == first
    printed = capsys.readouterr().out
    assert f"http://127.0.0.1:{first.port}/docs" in printed
    assert f"LEDGER_CONFIG={started.settings_file}" in printed
    monkeypatch.setenv("LEDGER_CONFIG", str(started.settings_file))
    settings = load_settings()
    assert (settings.rpc_url, settings.api_port) == (started.local.devchain.url, first.port)
    assert "its one member decides" in ask(started.folder, "history", "0").stdout
    again.down()
    assert again.running() is None
    assert is_free(first.port)


def test_taken_ports_are_left_to_who_has_them(started: Services, capsys: pytest.CaptureFixture[str]) -> None:
    with stranger() as chain_port, stranger() as api_port:
        made = Services(started.folder, chain_port, api_port)
        made.up()
        running = made.running()
        assert running is not None
        assert running.port not in {chain_port, api_port}
        assert f"Another program has port {api_port}" in capsys.readouterr().out
        assert json.loads(ask(started.folder, "history", "0", "--json").stdout)["size"] == 1
        made.down()
        assert not is_free(api_port)  # the stranger is still there


def test_a_stranger_in_its_place_is_refused(started: Services) -> None:
    """The noted process is gone, and another program answers on its port."""
    started.up()
    running = started.running()
    assert running is not None
    started.down()
    with stranger(running.port):
        again = Services(started.folder, started.chain_port, started.api_port)
        again.local.devchain.start()
        with pytest.raises(Unavailable, match="belongs to another program"):
            again._wait(running)


def test_a_process_that_got_the_number_since_is_not_stopped(started: Services) -> None:
    started.folder.mkdir()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        assert services._began(other.pid)
        noted = Running(other.pid, "1", started.api_port)
        started._noted.write_text(json.dumps({"pid": noted.pid, "began": noted.began, "port": noted.port}))
        assert started.running() is None
        started.down()
        assert other.poll() is None
        assert other.stdin is not None
        other.stdin.close()
    assert services._began(other.pid) == ""


def test_a_free_port_is_one_that_nobody_listens_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not is_free(server.getsockname()[1])
    assert is_free(services._any_port())

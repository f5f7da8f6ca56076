"""A server on a free port, in a thread, as ``ledger serve`` runs it; and clients that say bytes."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any

import uvicorn

from tests.faults.node import until

PROTOCOL = "api.kit.connections:LimitedProtocol"
PATIENCE = 20.0  # seconds until a test counts as stuck


@contextmanager
def listening(app: Any, port: int = 0) -> Iterator[int]:
    """Serve an application, whose lifespan runs, on this port or a free one; the port."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_level="warning", http=PROTOCOL, ws="none", proxy_headers=False,
        server_header=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    assert until(lambda: server.started or not thread.is_alive(), PATIENCE)
    assert server.started
    try:
        yield int(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True  # with ``force_exit`` the lifespan would not end, and its threads would go on
        thread.join(PATIENCE)
        assert not thread.is_alive()


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, read from its bytes."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)

    def json(self) -> Any:
        return json.loads(self.body)


class Caller:
    """A client that says what it likes, from an address of loopback of its own."""

    def __init__(self, port: int, host: str = "127.0.0.1", buffer: int | None = None) -> None:
        self.socket = socket.socket()
        if buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.bind((host, 0))
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", port))
        self._file = self.socket.makefile("rb")

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()
        self.socket.close()

    def say(self, data: bytes) -> None:
        self.socket.sendall(data)

    def rest(self) -> bytes:
        """All that comes until the server closes the connection."""
        try:
            return self._file.read()
        except ConnectionResetError:
            return b""

    def answer(self) -> Answer:
        """The next answer; ConnectionError if the connection ended instead."""
        line = self._file.readline()
        if not line:
            raise ConnectionError("closed")
        headers = []
        while (text := self._file.readline().decode().strip()) != "":
            name, _, value = text.partition(":")
            headers.append((name.lower(), value.strip()))
        length = int(dict(headers).get("content-length", 0))
        return Answer(int(line.split()[1]), headers, self._file.read(length))

    def ask(self, path: str = "/", method: str = "GET", body: bytes = b"", content: str = "application/json") -> Answer:
        """One request and its answer."""
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {content}\r\nContent-Length: {len(body)}\r\n\r\n"
        self.say(head.encode() + body)
        return self.answer()

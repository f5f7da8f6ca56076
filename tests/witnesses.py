"""Witnesses for tests: real ones over real nodes, served on free ports; and servers that answer as they are told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from api.witness import create_witness
from ledger.config import Settings
from ledger.core.policy import TrustRoot
from ledger.core.typed_data import keccak
from ledger.edges.chain import Chain
from ledger.edges.keys import Algorithm, SigningKey
from ledger.edges.store import Store
from ledger.journeys.follow import Follower
from ledger.journeys.witness import Witness

Reply = tuple[int, dict[str, str], bytes]


def key_of(name: str) -> SigningKey:
    """A witness's key made from its name, so that every run has the same."""
    return SigningKey(Algorithm.ED25519, keccak(name.encode()))


def witness_of(name: str, trust: TrustRoot, folder: Path, chain: Chain) -> Witness:
    """A witness with a store of its own over ``chain``, which is its own node."""
    folder.mkdir(exist_ok=True)
    store = Store.open(f"sqlite:///{folder / f'{name}.sqlite'}", trust.origin)
    follower = Follower(chain, store)
    return Witness(trust, name, key_of(name), store, lambda: follower)


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """An application on a free port of this machine; its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def witnessing(witness: Witness) -> Iterator[str]:
    """A witness, served; its line in a witnesses file."""
    with serving(create_witness(Settings(), build=lambda _: witness)) as url:
        yield f"{witness.key} {url}"


@contextmanager
def answering(reply: Callable[[bytes], Reply]) -> Iterator[str]:
    """A server that answers every POST, and every GET, with what ``reply`` makes of its body; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, headers, body = reply(self.rfile.read(int(self.headers.get("content-length", 0))))
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()

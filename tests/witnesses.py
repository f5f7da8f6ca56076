"""Witnesses for tests: real ones over real nodes, served on free ports; and servers that answer as they are told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.encoding.keccak import keccak
from ledger.core.statements.signature import Algorithm
from ledger.edges.chain.contract import Chain
from ledger.edges.keys.keystore import SigningKey
from ledger.journeys.witness import Witness
from scripts.local_witnesses import serving, witnessing
from scripts.local_witnesses import witness_of as made_of

__all__ = ["Reply", "answering", "key_of", "serving", "witness_of", "witnessing"]

Reply = tuple[int, dict[str, str], bytes]


def key_of(name: str) -> SigningKey:
    """A witness's key made from its name, so that every run has the same."""
    return SigningKey(Algorithm.ED25519, keccak(name.encode()))


def witness_of(name: str, trust: TrustRoot, folder: Path, chain: Chain) -> Witness:
    """A witness with the key of its name."""
    return made_of(name, key_of(name), trust, folder, chain)


def answering(reply: Callable[[bytes], Reply]) -> AbstractContextManager[str]:
    """A server that answers every POST, and every GET, with what ``reply`` makes of its body; its address."""
    return answering_requests(lambda path, body, headers: reply(body))


@contextmanager
def answering_requests(reply: Callable[[str, bytes, dict[str, str]], Reply]) -> Iterator[str]:
    """The same with what ``reply`` makes of the path, the body and the headers."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers.get("content-length", 0)))
            status, headers, body = reply(self.path, asked, dict(self.headers))
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

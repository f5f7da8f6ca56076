"""Witnesses on this machine, each with a key, a store and a connection to the node of its own. For demo and tests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from api.witness import create_witness
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.checkpoints.witnesses_file import KnownWitness
from ledger.edges.chain.contract import Chain
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.store import Store
from ledger.journeys.follow import Follower
from ledger.journeys.witness import Witness


def witness_of(name: str, key: SigningKey, trust: TrustRoot, folder: Path, chain: Chain) -> Witness:
    """A witness with its store in ``folder``, over ``chain``, which is its own node."""
    folder.mkdir(parents=True, exist_ok=True)
    store = Store.open(f"sqlite:///{folder / f'{name}.sqlite'}", trust.origin)
    follower = Follower(chain, store)
    return Witness(trust, name, key, store, lambda: follower)


@contextmanager
def witnessing(witness: Witness) -> Iterator[KnownWitness]:
    """A witness, served on a free port: its key and its address."""
    with serving(create_witness(witness)) as url:
        yield KnownWitness(witness.key, url)


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """An application on a free port of this machine; its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", ws="none"))
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

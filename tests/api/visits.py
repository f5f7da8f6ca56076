"""A server, its visitors and its clock, for the tests of who may read what."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.main import create_app
from api.services import Services
from ledger.app import App
from ledger.core.encoding.ids import Signer
from ledger.core.encoding.reading import hex_bytes, hex_text
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.origin import Origin
from ledger.core.statements.resolutions import AttesterAuthorisation
from ledger.core.statements.sign_in import SignIn
from ledger.core.statements.signature import Algorithm
from ledger.edges.keys.keystore import SigningKey
from ledger.settings import Settings
from ledger.testing.local_ledger import LocalLedger
from tests import houses, signing_in
from tests.signing_in import SITE, bearer

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Clock:
    """The server's clock; ``on`` moves it. It stands still, and is ahead of what the chain will say in these tests."""

    at: int = field(default_factory=lambda: int(time.time()) + 600)

    def __call__(self) -> int:
        return self.at

    def on(self, seconds: int) -> None:
        self.at += seconds


@dataclass
class Site:
    """A server over a house. It asks the chain at every request, so that what the council does counts at once."""

    house: LocalLedger
    settings: Settings
    clock: Clock
    addresses: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.services = Services(App(self.settings), self.clock)
        self.app: FastAPI = create_app(self.services)

    @property
    def origin(self) -> Origin:
        return self.house.chain.origin

    def visitor(self, address: str = "") -> TestClient:
        """Somebody who is not signed in, at an address of its own if none is given."""
        number = next(self.addresses)
        where = address or f"10.0.{number // 250}.{number % 250 + 1}"
        return TestClient(self.app, client=(where, 50_000), raise_server_exceptions=False)

    def statement(self, visitor: TestClient, signer: Signer, **changes: Any) -> SignIn:
        """A sign-in with a nonce that the visitor was given; ``changes`` to its members."""
        given = visitor.post("/v1/sessions/nonces")
        assert given.status_code == 201, given.text
        values = {"site": SITE, "nonce": hex_bytes(given.json()["nonce"], "nonce"), "time": self.clock.at} | changes
        return SignIn(signer=signer, **values)

    def sign_in(
        self, visitor: TestClient, key: SigningKey, keep: str = "bearer", headers: dict[str, str] | None = None,
        **changes: Any,
    ) -> httpx.Response:  # fmt: skip
        """What the server answers to the visitor who signs in."""
        statement = self.statement(visitor, key.signer(self.origin), **changes)
        said = signing_in.body(statement, key.sign, self.origin, keep)
        return visitor.post("/v1/sessions", json=said, headers=headers)

    def signed_in(self, name: str, algorithm: Algorithm = Algorithm.SECP256K1) -> TestClient:
        """Somebody who has just signed in with a key of the house."""
        visitor = self.visitor()
        answer = self.sign_in(visitor, self.house.key(name, algorithm))
        assert answer.status_code == 201, answer.text
        visitor.headers.update(bearer(answer.json()["session"]))
        return visitor

    def officer(self, name: str, code: str = houses.MPI) -> SigningKey:
        """A new officer of an agency."""
        key = self.house.key(name)
        houses.enact(self.house, AttesterAuthorisation, key.address, code)
        return key

    def declared(self, name: str = "trader") -> tuple[str, Declaration]:
        """A declaration by a key of the house, in an anchored batch; its id in hex."""
        key = self.house.key(name)
        made = houses.declaration(self.house)[0]
        made = Declaration(key.address, made.digest, made.document_type)
        id_ = made.id(self.origin)
        self.house.store.declarations.add([(made, key.sign(id_))], self.origin, self.clock.at)
        self.house.anchorer.run(10_000, self.clock.at)
        return hex_text(id_), made


@contextmanager
def site(folder: Path, more: Callable[[LocalLedger], dict[str, Any]] = lambda house: {}) -> Iterator[Site]:
    """A server that answers and does nothing in the background; ``more`` settings, which may need a key's signer."""
    with houses.house(folder) as house:
        for name, algorithm in (("log", Algorithm.ED25519), ("receipts", Algorithm.P256)):
            house.key(name, algorithm)
        settings = Settings(
            rpc_url=house.devchain.url,
            origin=str(house.chain.origin),
            state_dir=folder,
            passphrase_file=house.passphrase_file,
            log_key="log",
            receipt_key="receipts",
            **more(house),
        )
        made = Site(house, settings, Clock())
        yield made
        made.services.close()

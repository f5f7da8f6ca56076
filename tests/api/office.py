"""A server over a store whose chain is away: what others do to the store is all that happens to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.main import create_app
from api.services import Services
from ledger.app import App
from ledger.core.encoding.ids import DeclarationId
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.signature import Algorithm
from ledger.edges.chain.contract import Chain
from ledger.edges.keys.keystore import Keystore
from ledger.edges.store import Store
from ledger.errors import Source, Unavailable
from ledger.settings import Settings
from tests.edges.stored import ORIGIN

READERS = 3
NOW = 1_795_000_000


@dataclass(frozen=True, slots=True)
class Event:
    """One that a stream told."""

    id: str
    name: str
    data: dict[str, Any]


def event(lines: list[str]) -> Event:
    """What stands in an event's lines."""
    fields = dict(line.split(": ", 1) for line in lines)
    return Event(fields["id"], fields["event"], json.loads(fields["data"]))


def away() -> Chain:
    """There is no node."""
    raise Unavailable("there is no node", source=Source.CHAIN)


class Office:
    """One server; another one's changes come by ``store`` too."""

    def __init__(
        self,
        store: Store,
        folder: Path,
        has_relayer: bool = False,
        connect: Callable[[], Chain] = away,
    ) -> None:
        self.store = store
        self._connect = connect
        self._settings = Settings(
            state_dir=folder, origin=str(ORIGIN), stream_readers=READERS,
            poll_interval_seconds=0.05, passphrase="of a test",
        )  # fmt: skip
        if has_relayer:
            keys = Keystore(self._settings.keystore_dir, light=True)
            keys.create(self._settings.relayer_key, Algorithm.SECP256K1, "of a test")

    @property
    def app(self) -> FastAPI:
        """A server that has not run yet: none runs twice."""
        return create_app(Services(App(self._settings, store=self.store, connect=self._connect), lambda: NOW))

    def asked(self, id_: DeclarationId) -> str:
        """The question for the state of a declaration, with the digest of its document."""
        row = self.store.declarations.get(id_)
        assert row is not None
        return f"declaration={hex_text(id_)}&digest={hex_text(row.declaration.digest)}"

    def told(self, query: str = "", **headers: str) -> list[Event]:
        """All that has happened after the start, or what is asked for."""
        with TestClient(self.app) as client:
            answer = client.get(f"/v1/stream?follow=false&{query or 'after=0-0'}", headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/event-stream")
        blocks = [block for block in answer.text.split("\n\n") if block]
        assert blocks.pop(0) == "retry: 2000"
        return [event(block.split("\n")) for block in blocks]

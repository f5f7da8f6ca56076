from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from api.services import open_services
from ledger.core.statements.signature import Algorithm
from ledger.settings import Settings
from ledger.testing.local_ledger import LocalLedger
from tests import houses
from tests.signing_in import bearer, session


@dataclass
class Served:
    """A house, and a client of the API that runs over its folder, signed in as the trader."""

    house: LocalLedger
    client: TestClient
    settings: Settings


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("house")
    with houses.house(folder) as house:
        house.key("log", Algorithm.ED25519)
        house.key("receipts", Algorithm.P256)
        settings = Settings(
            rpc_url=house.devchain.url,
            origin=str(house.chain.origin),
            state_dir=folder,
            passphrase_file=house.passphrase_file,
            relayer_key="relayer",
            log_key="log",
            receipt_key="receipts",
            anchor_max_age_seconds=0,
            poll_interval_seconds=0.1,
            max_body_bytes=200_000,
        )
        with TestClient(create_app(open_services(settings)), raise_server_exceptions=False) as client:
            trader, origin = house.key("trader"), house.chain.origin
            client.headers.update(
                bearer(session(lambda path, said: client.post(path, json=said).json(), trader, origin))
            )
            yield Served(house, client, settings)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[LocalLedger]:
    """A house of its own, for tests that break what runs over it."""
    with houses.house(tmp_path) as made:
        yield made

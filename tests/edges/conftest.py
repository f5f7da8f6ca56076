"""The store's address and the store itself, on each database that it runs on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.edges.store import Store
from ledger.testing import postgres
from tests.edges.stored import ORIGIN


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store that does not exist yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    made: postgres.Server = request.getfixturevalue("postgres_server")
    return made.database()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An empty store."""
    made = Store.open(url, ORIGIN)
    yield made
    made.close()

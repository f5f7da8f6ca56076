"""The store's address, on each database that it runs on."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.testing import postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store that is not there yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    made: postgres.Server = request.getfixturevalue("postgres_server")
    return made.database()

"""The modules of ``web/verifier`` for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.driving import Driver


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """One process that answers all tests of a session."""
    made = Driver(tmp_path_factory.mktemp("driver"))
    yield made
    made.close()

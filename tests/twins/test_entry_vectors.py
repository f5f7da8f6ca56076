"""The contract itself writes ``tests/vectors/entries``: the same calls at the same times make the same files."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.edges.devchain.anvil import DevChain
from tests import entry_vectors


@pytest.fixture
def own_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevChain]:
    """A chain for this test alone, because its clock is set, and because the first deployment gives the address."""
    made = DevChain(tmp_path_factory.mktemp("vectors"))
    made.start()
    yield made
    made.stop()


def test_the_contract_writes_the_vectors(own_chain: DevChain) -> None:
    made = entry_vectors.made_by_the_contract(own_chain)
    assert made == entry_vectors.load()
    assert {f"{vector.name}.json": entry_vectors.render(vector) for vector in made} == {
        path.name: path.read_text(encoding="utf-8") for path in entry_vectors.FOLDER.glob("*.json")
    }

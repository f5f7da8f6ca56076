"""Own documents: a party's declarations, newest first, and nobody else's."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from ledger.core.statements.declaration import Declaration
from ledger.errors import UnknownDeclaration
from ledger.journeys.own_documents import each_own_document, own_document, own_documents
from ledger.testing.local_ledger import LocalLedger
from tests import houses


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLedger]:
    """A house with its agencies."""
    with houses.house(tmp_path_factory.mktemp("own")) as made:
        yield made


def test_a_party_gets_its_own_newest_first_page_by_page(house: LocalLedger) -> None:
    trader, other = house.key("trader"), house.key("other-trader")
    at = int(time.time()) - 100
    made = []
    for number in range(5):
        declaration, signature = houses.declaration(house)
        house.store.declarations.add([(declaration, signature)], house.chain.origin, at + number // 2)
        made.append((at + number // 2, declaration.id(house.chain.origin)))
    foreign = Declaration(other.address, bytes(32), 380)
    foreign_id = foreign.id(house.chain.origin)
    house.store.declarations.add([(foreign, other.sign(foreign_id))], house.chain.origin, at)
    history = house.follower.refresh()

    found, cursor = [], None
    while True:
        page = own_documents(house.store, history, trader.address, at, cursor, 2)
        found += [one.id for one in page.found]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == [id_ for _, id_ in sorted(made, reverse=True)]
    each = each_own_document(house.store, history, trader.address, at, 4)
    assert [one.id for one in each] == found[:4]
    assert own_document(house.store, history, trader.address, found[0], at).id == found[0]
    with pytest.raises(UnknownDeclaration):
        own_document(house.store, history, trader.address, foreign_id, at)

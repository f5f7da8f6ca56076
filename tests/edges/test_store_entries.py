"""The index of the history in the store: no gaps, no changes, cut back by reorganisations."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from ledger.core.history.entry import Anchored
from ledger.edges.store import Store
from ledger.errors import HistoryBroken
from tests.edges.stored import ORIGIN, digest, logged, some_entries


def test_entries_come_back_as_they_went_in(store: Store) -> None:
    assert store.entries.last() is None
    assert list(store.entries.read()) == []
    items = some_entries(1_203)
    store.entries.append(items[:1_000])
    store.entries.append(items[1_000:])
    store.entries.append([])
    assert list(store.entries.read()) == items
    assert list(store.entries.each()) == [(item, item.entry.topic(ORIGIN)) for item in items]
    assert list(store.entries.read(499, 1_002)) == items[499:1_002]
    assert list(store.entries.read(1_203)) == []
    assert list(store.entries.read(10, 10)) == []
    assert store.entries.by_number(500) == items[500]
    assert store.entries.hash_of(500) == items[500].entry.hash
    assert store.entries.hash_of(1_203) is None
    assert store.entries.last() == items[-1]
    with pytest.raises(KeyError):
        store.entries.by_number(1_203)


def test_entries_leave_no_gap_and_never_change(store: Store) -> None:
    items = some_entries(6)
    with pytest.raises(HistoryBroken, match="entry 1: the entry does not follow on the index"):
        store.entries.append(items[1:])
    store.entries.append(items[:3])
    with pytest.raises(HistoryBroken, match="entry 4: the entry does not follow"):
        store.entries.append(items[4:])
    with pytest.raises(HistoryBroken, match="entry 5: "):
        store.entries.append([items[3], items[5]])
    other = logged(2, Anchored(digest("another"), 1))
    with pytest.raises(HistoryBroken, match="entry 2: the index has another one"):
        store.entries.append([other, items[3]])
    with pytest.raises(HistoryBroken, match="entry 2: the index has another one"):
        store.entries.append(some_entries(1, 2, fork="elsewhere"))
    assert list(store.entries.read()) == items[:3]
    store.entries.append(items[1:])  # as a second follower would
    assert list(store.entries.read()) == items


def test_an_entry_that_was_changed_in_the_store_is_named(store: Store) -> None:
    store.entries.append(some_entries(5))
    with store.database.engine.begin() as connection:
        connection.execute(text("UPDATE entries SET time = time + 1 WHERE number = 3"))
    assert store.entries.by_number(2).entry.number == 2
    for read in (lambda: store.entries.by_number(3), lambda: list(store.entries.read())):
        with pytest.raises(HistoryBroken, match="entry 3: the store's copy was changed"):
            read()


def test_how_many_entries_are_in_the_blocks_up_to_one(store: Store) -> None:
    assert store.entries.size_as_of(1_000) == 0
    store.entries.append(some_entries(4))
    blocks = [item.block_number for item in some_entries(4)]
    assert [store.entries.size_as_of(block) for block in (-1, blocks[0] - 1, blocks[0], blocks[-1], 1 << 40)] == [
        0, 0, blocks.count(blocks[0]), 4, 4,
    ]  # fmt: skip

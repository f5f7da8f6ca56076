"""Looking back through the history: what is found, newest first, and that no question costs more than its bound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from ledger.core.encoding.ids import Root
from ledger.core.history.agencies import Agencies
from ledger.core.history.entry import Anchored, Entry, EntryKind, encode_payload
from ledger.edges.store import Store
from ledger.journeys import history
from ledger.journeys.history import MOST_ENTRIES, Sought, look_back

DAY = 86_400
SIZE = 10_000


@dataclass
class Logged:
    entry: Entry


@dataclass
class Entries:
    """A store's entries, one a minute; counts what is read."""

    read_so_far: int = 0
    payload: bytes = field(default_factory=lambda: encode_payload(Anchored(Root(bytes(32)), 1)))

    def by_number(self, number: int) -> Logged:
        self.read_so_far += 1
        kind = EntryKind.ANCHORED if number % 5_000 else EntryKind.WITHDRAWN
        return Logged(Entry(number, kind, 60 * number, self.payload))

    def read(self, first: int, until: int) -> Iterator[Logged]:
        return map(self.by_number, range(first, until))


@dataclass
class Kept:
    entries: Entries = field(default_factory=Entries)


def look(kept: Kept, sought: Sought, limit: int = 50, below: int | None = None) -> history.FoundEntries:
    return look_back(cast(Store, cast(Any, kept)), Agencies(), SIZE, sought, limit, below)


def test_the_newest_come_first_and_the_rest_follows() -> None:
    first = look(Kept(), Sought())
    assert [entry.number for entry in first.entries] == list(range(SIZE - 1, SIZE - 51, -1))
    assert first.below == SIZE - 50
    assert look(Kept(), Sought(), below=first.below).entries[0].number == SIZE - 51
    assert look(Kept(), Sought(), below=3).below is None


@pytest.mark.parametrize("limit", [50, 1_000])
def test_what_is_rare_costs_no_more_than_the_bound(limit: int) -> None:
    kept = Kept()
    rare = Sought(frozenset({EntryKind.WITHDRAWN}))
    found = look(kept, rare, limit)
    assert (found.entries, found.below) == ((), SIZE - MOST_ENTRIES)
    assert kept.entries.read_so_far == MOST_ENTRIES
    numbers: list[int] = []
    below: int | None = SIZE
    while below is not None:
        page = look(kept, rare, limit, below)
        numbers += [entry.number for entry in page.entries]
        below = page.below
    assert numbers == [5_000, 0]


def test_a_day_is_found_by_halves() -> None:
    kept = Kept()
    found = look(kept, Sought(since=DAY, until=2 * DAY), limit=2_000)
    assert [entry.number for entry in found.entries] == list(range(2 * 1_440 - 1, 1_440 - 1, -1))
    assert found.below is None
    assert kept.entries.read_so_far < 1_440 + 200 + 40


def test_a_day_without_entries_finds_none() -> None:
    assert look(Kept(), Sought(since=1_000 * DAY, until=1_001 * DAY)) == history.FoundEntries((), None)
    assert look(Kept(), Sought(since=0, until=0)) == history.FoundEntries((), None)

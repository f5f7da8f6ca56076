"""What onlookers read from the store: how it stands, and what has changed since they last looked."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some
from sqlalchemy import event

from ledger.core.anchoring.batches import Batch
from ledger.core.history.entry import Anchored, Entry
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.store import Change, Cursor, Reorganised, Step, Store
from ledger.errors import Malformed, Unavailable
from tests.edges.stored import ORIGIN, add, formed, logged

START = Cursor(0, 0)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = Store.open(url, ORIGIN)
    yield made
    made.close()


def read(store: Store, cursor: Cursor = START, most: int = 200) -> list[Step]:
    """Everything from a cursor on, page by page."""
    steps: list[Step] = []
    while page := store.follow(steps[-1].cursor if steps else cursor, most):
        steps += page
    return steps


def words(steps: list[Step]) -> list[str]:
    def word(step: Step) -> str:
        if isinstance(step.what, Entry):
            return f"entry {step.what.number}"
        return f"from {step.what.number}" if isinstance(step.what, Reorganised) else step.what.kind

    return [word(step) for step in steps]


def anchoring(batch: Batch, number: int = 0, fork: str = "") -> LoggedEntry:
    return logged(number, Anchored(batch.root, batch.size), fork)


def test_a_batch_from_beginning_to_end(store: Store) -> None:
    add(store, range(3))
    batch = formed(store)
    store.mark_sent(batch.id, "0x" + "00" * 32, 0, 1, 2, 2_001)
    store.append_entries([anchoring(batch)])
    store.mark_final(1)
    steps = read(store)
    assert words(steps) == ["batched", "sent", "entry 0", "anchored", "final"]
    change = steps[3].what
    assert isinstance(change, Change)
    assert (change.root, change.size, change.entry_number) == (batch.root, 3, 0)
    assert store.follow(store.cursor()) == []


def test_whoever_resumes_gets_the_rest_and_nothing_twice(store: Store) -> None:
    for number in range(4):
        add(store, [number])
        store.append_entries([anchoring(formed(store), number)])
    steps = read(store)
    assert words(steps) == [word for n in range(4) for word in ("batched", f"entry {n}", "anchored")]
    for place, step in enumerate(steps):
        assert read(store, step.cursor) == steps[place + 1 :]
        assert read(store, step.cursor, most=1) == steps[place + 1 :], "page by page it is the same"


def test_after_a_reorganisation_the_entries_come_again(store: Store) -> None:
    add(store, [1])
    first = formed(store)
    add(store, [2])
    second = formed(store)
    store.append_entries([anchoring(first), anchoring(second, 1)])
    before = read(store)
    store.truncate_entries(1)
    store.append_entries([anchoring(second, 1, "another block")])
    assert words(read(store, before[-1].cursor)) == ["taken back", "from 1", "entry 1", "anchored"]
    late = words(read(store))
    assert late == [
        "batched", "batched", "entry 0", "anchored", "anchored", "taken back", "from 1", "entry 1", "anchored",
    ], "whoever comes late sees no entry of the new branch before the old one is taken back"  # fmt: skip


# What happens: a batch is anchored anew (None), the reader looks (-1), or the chain goes back to this many entries.
_GROW, _READ = None, -1


@given(
    happened=some.lists(some.sampled_from([_GROW, _GROW, _GROW, _READ, 0, 1, 2]), max_size=25), most=some.integers(1, 7)
)
@example(happened=[_GROW, _READ, _GROW, 0, _GROW, _GROW], most=7)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_mirror_has_the_index_at_the_end_and_one_branch_at_any_time(
    tmp_path_factory: pytest.TempPathFactory, happened: list[int | None], most: int
) -> None:
    """A reader that stops and goes on anywhere, and drops what is taken back, ends with what the index has."""
    store = Store.open(f"sqlite:///{tmp_path_factory.mktemp('mirror') / 'ledger.sqlite'}", ORIGIN)
    store.engine.dispose()
    event.listen(store.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
    branches: list[list[bytes]] = [[]]
    mirror: list[bytes] = []
    cursor, fork = START, 0

    def look() -> None:
        nonlocal cursor
        while page := store.follow(cursor, most):
            for step in page:
                if isinstance(step.what, Reorganised):
                    del mirror[step.what.number :]
                elif isinstance(step.what, Entry):
                    assert step.what.number == len(mirror)
                    mirror.append(step.what.hash)
                    assert any(branch[: len(mirror)] == mirror for branch in branches), "a mixture of branches"
                cursor = step.cursor

    for what in happened:
        size = len(branches[-1])
        if what is _GROW:
            add(store, [len(branches)])
            entry = anchoring(formed(store), size, str(fork))
            store.append_entries([entry])
            branches.append([*branches[-1], entry.entry.hash])
        elif what == _READ:
            look()
        elif what < size:
            fork += 1
            store.truncate_entries(what)
            branches.append(branches[-1][:what])
    look()
    assert mirror == branches[-1]
    store.close()


def test_of_a_store_that_was_lost(store: Store) -> None:
    """Its reader drops what is not there, and goes on from the newest change."""
    add(store, [1])
    formed(store)
    place = store.cursor(Cursor(9, 1_000))
    assert place == Cursor(9, 1)
    assert words(read(store, place)) == ["from 0"]


@pytest.mark.parametrize("text", ["", "7", "-1-2", "1-2-3", "1-x", "１-２", f"0-{1 << 63}", "0" * 20 + "-0"])
def test_a_cursor_that_is_none(text: str) -> None:
    with pytest.raises(Malformed, match="event id"):
        Cursor.parse(text)


def test_a_cursor_in_text() -> None:
    assert Cursor.parse(str(Cursor(20, 57))) == Cursor(20, 57)


def test_the_outlook(store: Store) -> None:
    nothing = store.outlook()
    assert (nothing.pending, nothing.oldest, nothing.under_way, nothing.entries) == (0, None, {}, 0)
    add(store, range(5), at=1_000)
    assert store.outlook().oldest == 1_000
    batch = formed(store, most=2)  # at 2_000
    store.mark_refused(batch.id, "exceeds block gas limit", 3_000)
    there = store.outlook()
    assert (there.pending, there.problem) == (3, "exceeds block gas limit")
    assert (there.under_way["batched"].batches, there.under_way["batched"].declarations) == (1, 2)
    assert there.under_way["batched"].problems == 1
    rest = formed(store)
    assert store.outlook().oldest == 2_000
    store.append_entries([anchoring(batch), anchoring(rest, 1)])
    anchored = store.outlook()
    assert (anchored.pending, anchored.oldest, anchored.problem, anchored.entries) == (0, None, None, 2)
    assert anchored.under_way["anchored"].declarations == 5
    store.truncate_entries(1)
    store.append_entries([anchoring(rest, 1, "b")])
    store.truncate_entries(0)
    assert store.outlook().depths == {1: 1, 2: 1}


def test_whether_it_can_be_written(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    store = Store.open(f"sqlite:///{file}", ORIGIN)
    store.check_writable()
    store.check_writable()
    with sqlite3.connect(file) as other:
        assert other.execute("SELECT count(*) FROM meta").fetchone() == (1,), "it leaves no trace"
        other.execute("PRAGMA max_page_count = 1")
    store.close()
    file.chmod(stat.S_IRUSR)
    reader = Store.open(f"sqlite:///file:{file}?mode=ro&uri=true", ORIGIN)
    with pytest.raises(Unavailable, match="may not be written"):
        reader.check_writable()
    reader.close()

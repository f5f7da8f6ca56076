"""What readers get from the store: its status, and what has changed since they last looked."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies
from sqlalchemy import event

from ledger.core.anchoring.batches import Batch
from ledger.core.history.entry import Anchored, Entry
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.store import Cursor, Reorganised, Step, Store, StoreEvent
from ledger.errors import Malformed, Unavailable
from tests.edges.stored import ORIGIN, add, formed, logged

START = Cursor(0, 0)


def read(store: Store, cursor: Cursor = START, limit: int = 200) -> list[Step]:
    """Everything from a cursor on, page by page."""
    steps: list[Step] = []
    while page := store.events.after(steps[-1].cursor if steps else cursor, limit):
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
    store.batches.mark_sent(batch.id, "0x" + "00" * 32, 0, 1, 2, 2_001)
    store.entries.append([anchoring(batch)])
    store.batches.mark_final(1)
    steps = read(store)
    assert words(steps) == ["batched", "sent", "entry 0", "anchored", "final"]
    change = steps[3].what
    assert isinstance(change, StoreEvent)
    assert (change.root, change.size, change.entry_number) == (batch.root, 3, 0)
    assert store.events.after(store.events.start()) == []


def test_a_reader_that_resumes_gets_the_rest_and_nothing_twice(store: Store) -> None:
    for number in range(4):
        add(store, [number])
        store.entries.append([anchoring(formed(store), number)])
    steps = read(store)
    assert words(steps) == [word for n in range(4) for word in ("batched", f"entry {n}", "anchored")]
    for index, step in enumerate(steps):
        assert read(store, step.cursor) == steps[index + 1 :]
        assert read(store, step.cursor, limit=1) == steps[index + 1 :], "page by page it is the same"


def test_after_a_reorganisation_the_entries_come_again(store: Store) -> None:
    add(store, [1])
    first = formed(store)
    add(store, [2])
    second = formed(store)
    store.entries.append([anchoring(first), anchoring(second, 1)])
    before = read(store)
    store.entries.truncate(1)
    store.entries.append([anchoring(second, 1, "another block")])
    assert words(read(store, before[-1].cursor)) == ["taken back", "from 1", "entry 1", "anchored"]
    late = words(read(store))
    assert late == [
        "batched", "batched", "entry 0", "anchored", "anchored", "taken back", "from 1", "entry 1", "anchored",
    ], "a late reader sees no entry of the new branch before the old one is taken back"  # fmt: skip


# What happens: a batch is anchored anew (None), the reader looks (-1), or the chain goes back to this many entries.
_GROW, _READ = None, -1


@given(
    happened=strategies.lists(strategies.sampled_from([_GROW, _GROW, _GROW, _READ, 0, 1, 2]), max_size=25),
    limit=strategies.integers(1, 7),
)
@example(happened=[_GROW, _READ, _GROW, 0, _GROW, _GROW], limit=7)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_mirror_has_the_index_at_the_end_and_one_branch_at_any_time(
    tmp_path_factory: pytest.TempPathFactory, happened: list[int | None], limit: int
) -> None:
    """A reader that stops and goes on anywhere, and drops what is taken back, ends with what the index has."""
    store = Store.open(f"sqlite:///{tmp_path_factory.mktemp('mirror') / 'ledger.sqlite'}", ORIGIN)
    store.database.engine.dispose()
    event.listen(store.database.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
    branches: list[list[bytes]] = [[]]
    mirror: list[bytes] = []
    cursor, fork = START, 0

    def look() -> None:
        nonlocal cursor
        while page := store.events.after(cursor, limit):
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
            store.entries.append([entry])
            branches.append([*branches[-1], entry.entry.hash])
        elif what == _READ:
            look()
        elif what < size:
            fork += 1
            store.entries.truncate(what)
            branches.append(branches[-1][:what])
    look()
    assert mirror == branches[-1]
    store.close()


def test_a_cursor_of_a_store_that_was_lost(store: Store) -> None:
    """Its reader drops the entries that the new store has not, and goes on from the newest change."""
    add(store, [1])
    formed(store)
    start = store.events.start(Cursor(9, 1_000))
    assert start == Cursor(9, 1)
    assert words(read(store, start)) == ["from 0"]


@pytest.mark.parametrize("text", ["", "7", "-1-2", "1-2-3", "1-x", "１-２", f"0-{1 << 63}", "0" * 20 + "-0"])
def test_text_that_is_no_cursor(text: str) -> None:
    with pytest.raises(Malformed, match="event id"):
        Cursor.parse(text)


def test_a_cursor_as_text() -> None:
    assert Cursor.parse(str(Cursor(20, 57))) == Cursor(20, 57)


def test_the_status(store: Store) -> None:
    nothing = store.status.read()
    assert (nothing.pending, nothing.oldest, nothing.under_way, nothing.entries) == (0, None, {}, 0)
    add(store, range(5), at=1_000)
    assert store.status.read().oldest == 1_000
    batch = formed(store, limit=2)  # at 2_000
    store.batches.mark_refused(batch.id, "exceeds block gas limit", 3_000)
    there = store.status.read()
    assert (there.pending, there.problem) == (3, "exceeds block gas limit")
    assert (there.under_way["batched"].batches, there.under_way["batched"].declarations) == (1, 2)
    assert there.under_way["batched"].problems == 1
    rest = formed(store)
    assert store.status.read().oldest == 2_000
    store.entries.append([anchoring(batch), anchoring(rest, 1)])
    anchored = store.status.read()
    assert (anchored.pending, anchored.oldest, anchored.problem, anchored.entries) == (0, None, None, 2)
    assert anchored.under_way["anchored"].declarations == 5
    store.entries.truncate(1)
    store.entries.append([anchoring(rest, 1, "b")])
    store.entries.truncate(0)
    assert store.status.read().depths == {1: 1, 2: 1}


def test_a_store_that_can_be_written_and_one_that_cannot(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    store = Store.open(f"sqlite:///{file}", ORIGIN)
    store.status.check_writable()
    store.status.check_writable()
    with sqlite3.connect(file) as other:
        assert other.execute("SELECT count(*) FROM meta").fetchone() == (1,), "checking leaves no trace"
        other.execute("PRAGMA max_page_count = 1")
    store.close()
    file.chmod(stat.S_IRUSR)
    reader = Store.open(f"sqlite:///file:{file}?mode=ro&uri=true", ORIGIN)
    with pytest.raises(Unavailable, match="may not be written"):
        reader.status.check_writable()
    reader.close()

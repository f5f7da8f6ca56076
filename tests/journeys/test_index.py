"""The index of a followed history: from one size to the next, back with a reorganisation, and anew when it is lost."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import signed
from ledger.core.encoding.ids import SubjectKey
from ledger.core.history.history import History
from ledger.core.history.subjects import subject_key, subjects_of
from ledger.core.tree.index_pages import Indexed
from ledger.core.tree.subject_index import EMPTY_INDEX, Numbers, index_leaf, root_of, value_of
from ledger.edges import subject_lists
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.replay_index import ReplayIndex
from ledger.edges.store import Store
from ledger.edges.store.tables import INDEX_PAGES
from ledger.errors import Unavailable
from ledger.journeys import index as journey
from ledger.journeys.checkpoint import newest_checkpoint
from ledger.journeys.index import HistoryIndex, kept_root
from ledger.testing.world import ORIGIN, PLANT, World


def grown(count: int, fork: str = "") -> World:
    """A world of so many entries, of every kind that has several; those after the tenth depend on ``fork``."""
    world = World()
    world.enrol("NZ-MPI", "NZ", [851, 182], PLANT)
    while len(world.entries) < count:
        number = len(world.entries)
        name = f"{number} {fork}" if number >= 10 else str(number)
        declaration, _ = world.declare(sha256(name.encode()).digest())
        root, size, (id_,) = world.anchor([declaration])
        attestation = world.attest("NZ-MPI", 851, root, size, PLANT)
        if number % 3 == 0:
            world.post(attestation, id_, 1, sha256(b"one").digest(), "NZ-MPI", PLANT)
            world.post(attestation, id_, 1, sha256(b"two").digest(), "NZ-MPI", PLANT)
            world.revoke(attestation, PLANT)
        if number % 2:
            world.withdraw(declaration)
    del world.entries[count:]
    return world


def lists_of(world: World, size: int) -> dict[SubjectKey, Numbers]:
    lists: dict[SubjectKey, Numbers] = {}
    for entry in world.entries[:size]:
        for subject in subjects_of(entry, world.origin):
            lists[subject_key(subject)] = (*lists.get(subject_key(subject), ()), entry.number)
    return lists


def naive(world: World, size: int) -> bytes:
    """The root from all entries at once."""
    lists = lists_of(world, size)
    return root_of([(key, index_leaf(key, value_of(lists[key]))) for key in sorted(lists)])


def put(store: Store, world: World, first: int = 0) -> History:
    """Store the world's entries from ``first`` on; returns the history that they make."""
    store.entries.truncate(first)
    store.entries.append([
        LoggedEntry(entry, 10 + entry.number, "0x" + entry.hash.hex(), f"0x{entry.number:064x}", 0)
        for entry in world.entries[first:]
    ])  # fmt: skip
    history = History(world.origin)
    for entry in world.entries:
        history.apply(entry)
    return history


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}", ORIGIN)
    yield made
    made.close()


def asked(world: World, size: int) -> list[SubjectKey]:
    return sorted([*list(lists_of(world, size))[::3], SubjectKey(bytes(32))])


def check(index: HistoryIndex, history: History, world: World, size: int) -> None:
    """Root and lists at a size are those of the entries."""
    assert index.root(history, size) == naive(world, size)
    keys = asked(world, len(world.entries))
    proof = index.prove(history, keys, size)
    assert proof.lists == tuple(lists_of(world, size).get(key, ()) for key in keys)
    assert proof.root(keys) == naive(world, size)


def test_it_goes_from_one_size_to_the_next(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    world = grown(60)
    history, index = put(store, world), HistoryIndex(store)
    assert index.root(history, 0) == EMPTY_INDEX
    for size in (1, 7, 8, 40):
        check(index, history, world, size)
    read: list[tuple[int, int | None]] = []
    original = store.entries.read

    def counted(first: int = 0, until: int | None = None) -> Iterator[LoggedEntry]:
        read.append((first, until))
        return original(first, until)

    monkeypatch.setattr(store.entries, "read", counted)
    index.root(history, 60)
    assert read == [(40, 60)]
    for size in (7, 40, 60):  # all are kept
        check(index, history, world, size)
    assert read == [(40, 60)]


def test_an_older_size_is_made_aside(store: Store) -> None:
    world = grown(40)
    history, index = put(store, world), HistoryIndex(store)
    check(index, history, world, 40)
    for size in (20, 21, 20):
        check(index, history, world, size)
    assert [kept.size for kept in store.index_pages.kept()] == [40]


def test_only_the_newest_sizes_are_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journey, "_KEPT", 3)
    world = grown(30)
    history, index = put(store, world), HistoryIndex(store)
    for size in range(10, 30):
        index.root(history, size)
        kept = [kept.size for kept in store.index_pages.kept()]
        assert kept[-3:] == list(range(max(10, size - 2), size + 1))
        assert len(kept) <= 6


def test_proofs_of_one_checkpoint_ask_once_what_is_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    world = grown(40)
    history, index = put(store, world), HistoryIndex(store)
    keys = asked(world, 40)
    first = index.prove(history, keys, 40)
    monkeypatch.setattr(store.index_pages, "kept", lambda: pytest.fail("asked again"))
    assert [index.prove(history, keys, 40) for _ in range(3)] == [first] * 3


def test_another_process_forgets_the_size_that_was_proven_last(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journey, "_KEPT", 1)
    world = grown(60)
    history, index, other = put(store, world), HistoryIndex(store), HistoryIndex(store)
    keys = asked(world, 60)
    first = index.prove(history, keys, 40)
    for size in (50, 55, 60):
        other.root(history, size)
    assert [kept.size for kept in store.index_pages.kept()] == [55, 60]
    assert index.prove(history, keys, 40) == first
    assert [kept.size for kept in store.index_pages.kept()] == [55, 60]


def test_another_process_replaces_the_size_that_was_proven_last(store: Store, tmp_path: Path) -> None:
    """The pages in memory are of the old history, and the rest would be read from the new one."""
    world, fork = grown(200), grown(200, "fork")
    history, index = put(store, world), HistoryIndex(store)
    index.prove(history, asked(world, 200)[:1], 200)
    elsewhere = Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}", ORIGIN)
    HistoryIndex(elsewhere).root(put(elsewhere, fork, 10), 200)
    elsewhere.close()
    try:
        proof = index.prove(history, asked(world, 200), 200)
    except Unavailable:  # the store has no entries of this history any more
        return
    assert proof.root(asked(world, 200)) == naive(world, 200)


def test_the_newest_checkpoint_is_not_one_of_another_index_than_is_kept(store: Store) -> None:
    """Under it no evidence could be proven. Where no index is kept, nothing is compared, and none is made."""
    world = grown(40)
    history, index = put(store, world), HistoryIndex(store)
    true = index.root(history, 30)
    notes = [
        signed(checkpoint, world.log_key, world.log.sign(checkpoint.text.encode()))
        for checkpoint in (
            Checkpoint(world.origin, 20, history.log.root(20), EMPTY_INDEX),
            Checkpoint(world.origin, 30, history.log.root(30), true),
            Checkpoint(world.origin, 40, history.log.root(40), EMPTY_INDEX),
        )
    ]
    for note in notes:
        store.checkpoints.save(note, 1)
    assert newest_checkpoint(history, store) == notes[2]
    assert [kept.size for kept in store.index_pages.kept()] == [30]
    index.root(history, 40)
    assert newest_checkpoint(history, store) == notes[1]
    asked_for = [Indexed(size, history.log.root(size)) for size in (20, 30)]
    assert [kept_root(store, of) for of in (*asked_for, Indexed(30, bytes(32)))] == [None, true, None]


def test_it_goes_back_with_a_reorganisation(store: Store) -> None:
    ours, theirs = grown(50), grown(50, "after a reorganisation")
    history, index = put(store, ours), HistoryIndex(store)
    for size in (9, 30, 50):
        check(index, history, ours, size)
    history = put(store, theirs, 10)
    for size in (50, 45):
        check(index, history, theirs, size)
    assert [kept.size for kept in store.index_pages.kept()] == [9, 50]
    check(index, put(store, ours, 10), ours, 50)


def test_it_is_made_anew_where_pages_are_lost_or_changed(store: Store) -> None:
    world = grown(60)
    history, index = put(store, world), HistoryIndex(store)
    for lose in (
        delete(INDEX_PAGES).where(INDEX_PAGES.c.prefix != ""),
        delete(INDEX_PAGES),
        update(INDEX_PAGES).values(page=b"\x00"),
    ):
        index.root(history, 59)
        with store.database.writing() as connection:
            connection.execute(lose)
        store.index_pages._newest.forget()
        check(index, history, world, 60)
        store.index_pages.cut(0)


def test_entries_that_the_store_lacks_are_not_left_out(store: Store) -> None:
    world = grown(30)
    history, index = put(store, world), HistoryIndex(store)
    store.entries.truncate(20)
    with pytest.raises(Unavailable, match="entry 20"):
        index.root(history, 30)
    put(store, grown(30, "another"), 10)
    with pytest.raises(Unavailable, match="entry 10"):
        index.root(history, 30)
    assert store.index_pages.kept() == []


@pytest.mark.parametrize("proven", [1, 2, 70])
@pytest.mark.parametrize("in_memory", [1, 7, 65_536])
def test_the_index_of_a_replay(in_memory: int, proven: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In temporary files, however few records are in memory."""
    monkeypatch.setattr(subject_lists, "_IN_MEMORY", in_memory)
    monkeypatch.setattr(subject_lists, "_AT_ONCE", 2)
    world = grown(70)
    with ReplayIndex(world.origin) as index:
        assert index.root(world.history.log.root(0)) == EMPTY_INDEX
        for entry in world.entries:
            index.take(entry)
            size = entry.number + 1
            if size in {1, 2, 30, 31, 70}:
                root = world.history.log.root(size)
                assert index.root(root) == naive(world, size) == index.root(root)
                if size == proven:
                    proof = index.prove(asked(world, size))
                    assert proof.root(asked(world, size)) == naive(world, size)
        keys = asked(world, 70)
        assert index.prove(keys).lists == tuple(lists_of(world, 70).get(key, ()) for key in keys)


def test_a_replay_proves_only_what_it_was_asked_for() -> None:
    world = grown(20)
    with ReplayIndex(world.origin) as index:
        for entry in world.entries[:10]:
            index.take(entry)
        index.root(world.history.log.root(10))
        index.take(world.entries[10])
        with pytest.raises(ValueError, match="11 entries were taken"):
            index.prove([])

"""Checkpoints in the store: notes in, the same notes out, and what a witness cosigned only ever goes forward."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import SignedNote
from ledger.core.tree.merkle import EMPTY_ROOT
from ledger.core.tree.subject_index import EMPTY_INDEX
from ledger.edges.store import Store
from ledger.errors import HistoryBroken, Malformed, VerificationFailed
from tests.edges.stored import ORIGIN, digest, some_entries, some_note


def test_checkpoints_are_kept_for_ever(store: Store) -> None:
    checkpoints = store.checkpoints
    assert checkpoints.newest() is None
    for size in (7, 3, 5):
        checkpoints.save(some_note(size), 1_000)
    checkpoints.save(some_note(5, signers=["another"]), 1_001)
    assert list(checkpoints.each()) == [some_note(3), some_note(5), some_note(7)]
    assert (checkpoints.get(5), checkpoints.get(4), checkpoints.newest()) == (some_note(5), None, some_note(7))
    with pytest.raises(HistoryBroken, match="another checkpoint of size 5 was published") as caught:
        checkpoints.save(some_note(5, digest("another root")), 1_002)
    assert (caught.value.expected, caught.value.found) == (digest(5).hex(), digest("another root").hex())
    store.entries.append(some_entries(7))
    store.entries.truncate(0)
    assert len(list(checkpoints.each())) == 3


def test_the_newest_checkpoint_up_to_a_size(store: Store) -> None:
    for size in (3, 7):
        store.checkpoints.save(some_note(size), 1_000)
    found = [store.checkpoints.newest(size) for size in (2, 3, 6, 7, 100)]
    assert found == [None, some_note(3), some_note(3), some_note(7), some_note(7)]


def test_signatures_are_added_to_the_published_note(store: Store) -> None:
    one, two = some_note(5, signers=["one"]), some_note(5, signers=["two"])
    store.checkpoints.save(one, 1_000)
    for _ in range(2):
        assert store.checkpoints.add_signatures(two) == some_note(5, signers=["one", "two"])
    with pytest.raises(VerificationFailed, match="another checkpoint"):
        store.checkpoints.add_signatures(some_note(5, digest("another root")))
    with pytest.raises(KeyError):
        store.checkpoints.add_signatures(some_note(6))
    assert store.checkpoints.get(5) == one.with_signatures(two)


def test_a_restoration_adds_the_signatures_that_a_note_lacks(store: Store) -> None:
    store.checkpoints.save(some_note(5, signers=["one"]), 1_000)
    restore(store, some_note(5, signers=["two"]), some_note(6))
    assert list(store.checkpoints.each()) == [some_note(5, signers=["one", "two"]), some_note(6)]
    with pytest.raises(HistoryBroken, match="another checkpoint of size 6"):
        restore(store, some_note(7), some_note(6, digest("another root")))
    assert store.checkpoints.get(7) is None


def restore(store: Store, *notes: SignedNote) -> None:
    with store.restoring() as restoring:
        for note in notes:
            restoring.add_checkpoint(note, 1_000)


@pytest.mark.parametrize("signers", [[], [str(number) for number in range(1_500)]])
def test_a_checkpoint_that_could_not_be_read_again_is_not_stored(store: Store, signers: list[str]) -> None:
    store.checkpoints.save(some_note(5), 1_000)
    with pytest.raises(Malformed, match="at least one signature, and at most 65536 characters"):
        store.checkpoints.save(some_note(6, signers=signers), 1_000)
    if signers:
        with pytest.raises(Malformed, match="at most"):
            store.checkpoints.add_signatures(some_note(5, signers=signers))
    assert list(store.checkpoints.each()) == [some_note(5)]


CHANGES = {
    "note that is no note": ("note = 'nonsense'", "4 lines"),
    "size of another checkpoint": ("size = 6", "another size or root"),
    "root of another checkpoint": ("root = (SELECT root FROM checkpoints WHERE size = 3)", "another size or root"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_checkpoint_that_was_changed_in_the_store_is_named(store: Store, change: str) -> None:
    assignment, words = CHANGES[change]
    for size in (3, 5):
        store.checkpoints.save(some_note(size), 1_000)
    with store.database.engine.begin() as connection:
        connection.execute(text(f"UPDATE checkpoints SET {assignment} WHERE size = 5"))
    assert store.checkpoints.get(3) == some_note(3)
    size = 6 if "size" in assignment.split(" = ")[0] else 5
    for read in (store.checkpoints.newest, lambda: list(store.checkpoints.each())):
        with pytest.raises(HistoryBroken, match=f"the stored checkpoint of {size} entries was changed.*{words}"):
            read()


def test_what_was_cosigned_goes_forward_only(store: Store) -> None:
    def checkpoint(size: int, root: str) -> Checkpoint:
        return Checkpoint(ORIGIN, size, digest(root), digest(f"index {root}"))

    cosigned, first = store.cosigned, checkpoint(5, "a")
    assert cosigned.newest() == Checkpoint(ORIGIN, 0, EMPTY_ROOT, EMPTY_INDEX)
    assert cosigned.record(0, first, 1_000) == first
    # Refused: from a size that is not the newest any more, for another root, and for fewer entries.
    for before, size, root in [(0, 7, "b"), (0, 5, "b"), (5, 5, "b"), (5, 4, "b"), (7, 9, "b")]:
        assert cosigned.record(before, checkpoint(size, root), 1_000) == first
    assert cosigned.record(5, first, 1_000) == first
    second = checkpoint(7, "c")
    assert cosigned.record(5, second, 1_000) == cosigned.newest() == second
    assert cosigned.record(7, replace(second, size=8), 1_000).size == 8

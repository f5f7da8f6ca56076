"""Batches and sets in the store: from pending to final and back, and found by their members."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from ledger.core.history.entry import Anchored
from ledger.core.tree.merkle import root
from ledger.edges.store import Batch, BatchState, Store
from ledger.errors import HistoryBroken, Malformed, Unavailable
from tests.edges.stored import add, anchored, digest, formed, logged

TX_HASH = "0x" + "ab" * 32


def send(store: Store, batch: Batch, tx_hash: str = TX_HASH) -> None:
    store.batches.mark_sent(batch.id, tx_hash, nonce=7, tip=1, max_fee=2, at=2_500)


def in_state(store: Store, state: BatchState) -> list[Batch]:
    return [batch for batch in store.batches.each() if batch.state == state]


def states_of(store: Store, ids: list[bytes]) -> list[str]:
    return [row.state for id_ in ids if (row := store.declarations.get(id_))]


def three_anchored(store: Store) -> list[Batch]:
    """Batches of one declaration each, sent and anchored by the entries 0 to 2."""
    for number in range(3):
        add(store, [number])
        batch = formed(store)
        send(store, batch)
        anchored(store, batch)
    return list(store.batches.each())


def states(store: Store) -> list[str]:
    """The state of each declaration that is in a batch, by batch."""
    ids = [store.batches.declaration_ids(batch.id) for batch in store.batches.each()]
    return [state for some in ids for state in states_of(store, some)]


# ------------------------------------------------------------------------------------------------------------ batches


def test_a_batch_from_pending_to_anchored(store: Store) -> None:
    add(store, range(5))
    ids = store.declarations.pending_ids(3)[::-1]
    batch = store.batches.form(root(ids), ids, 2_000)
    assert (batch.root, batch.size, batch.state, batch.created_at) == (root(ids), 3, "batched", 2_000)
    assert store.batches.declaration_ids(batch.id) == ids
    assert store.declarations.pending().total == 2
    rows = [store.declarations.get(id_) for id_ in ids]
    assert [(row.state, row.batch_id, row.batch_index) for row in rows if row] == [
        ("batched", batch.id, index) for index in range(3)
    ]
    assert store.batches.unfinished() == [batch]
    send(store, batch)
    sent = replace(batch, state="sent", tx_hash=TX_HASH, nonce=7, tip=1, max_fee=2, tries=1, sent_at=2_500)
    assert store.batches.unfinished() == [sent]
    item = anchored(store, batch)
    done = replace(sent, state="anchored", entry_number=0, entry_time=item.entry.time)
    assert (store.batches.unfinished(), store.batches.get(batch.id), in_state(store, "anchored")) == ([], done, [done])
    assert set(states_of(store, ids)) == {"anchored"}
    send(store, batch, "0x" + "cd" * 32)
    store.batches.mark_anchored(batch.id, 0, item.entry.time)
    assert list(store.batches.each()) == [done]


def test_no_declaration_gets_into_two_batches(store: Store) -> None:
    ids = add(store, range(4))
    batch = store.batches.form(root(ids[:2]), ids[:2], 2_000)
    for again in (ids[1:], [*ids[2:], bytes(32)], [*ids[2:], ids[2]], []):
        with pytest.raises(Unavailable, match="try again"):
            store.batches.form(root(again), again, 2_000)
    assert list(store.batches.each()) == [batch]
    assert store.declarations.pending().total == 2


def test_an_unknown_batch(store: Store) -> None:
    assert store.batches.get(7) is None
    assert store.batches.declaration_ids(7) == []
    with pytest.raises(KeyError):
        store.batches.mark_sent(7, "0x", 7, 1, 2, 2_500)
    with pytest.raises(KeyError):
        store.batches.mark_anchored(7, 0, 0)


def test_a_batch_is_anchored_only_by_an_entry_with_its_root_and_size(store: Store) -> None:
    add(store, range(2))
    batch = formed(store)
    store.entries.append([logged(0, Anchored(batch.root, 3))])
    for number, time in [(0, 3_000), (1, 3_001), (2, 3_002)]:
        with pytest.raises(HistoryBroken, match=f"entry {number}: this entry of the index does not anchor the batch"):
            store.batches.mark_anchored(batch.id, number, time)
    assert store.batches.unfinished() == [batch]
    store.entries.append([logged(1, Anchored(batch.root, 2))])
    assert in_state(store, "anchored") == [replace(batch, state="anchored", entry_number=1, entry_time=3_001)]
    store.batches.mark_anchored(batch.id, 1, 3_001)


def test_a_batch_whose_entry_is_in_the_index_before_it_is_formed(store: Store) -> None:
    ids = add(store, range(2))
    store.entries.append([logged(0, Anchored(root(ids), 2))])
    batch = store.batches.form(root(ids), ids, 2_000)
    assert store.batches.unfinished() == [batch]
    store.batches.mark_anchored(batch.id, 0, 3_000)
    assert store.batches.unfinished() == []


def test_a_refused_batch_keeps_the_reason_and_the_time_of_the_next_try(store: Store) -> None:
    add(store, range(2))
    batch = formed(store)
    send(store, batch)
    store.batches.mark_refused(batch.id, "too dear", 2_600)
    refused = replace(batch, tries=1, problem="too dear", retry_at=2_600)
    assert store.batches.unfinished() == [refused]
    store.batches.mark_refused(batch.id, "x" * 1_000, 2_700)
    (again,) = store.batches.unfinished()
    assert (again.state, len(again.problem or ""), again.retry_at) == ("batched", 300, 2_700)


def test_another_relayer_sends_the_batches_under_way_again(store: Store) -> None:
    add(store, range(2))
    batch = formed(store)
    store.batches.set_relayer(b"\x01" * 20)
    send(store, batch)
    store.batches.set_relayer(b"\x01" * 20)
    assert [one.nonce for one in store.batches.unfinished()] == [7]
    store.batches.set_relayer(b"\x02" * 20)
    assert store.batches.unfinished() == [replace(batch, tries=1)]


def test_a_batch_is_final_when_its_entry_is_confirmed(store: Store) -> None:
    batches = three_anchored(store)
    assert [batch.id for batch in store.batches.mark_final(2)] == [batch.id for batch in batches[:2]]
    assert store.batches.mark_final(2) == []
    assert states(store) == ["final", "final", "anchored"]
    store.entries.truncate(1)
    assert states(store) == ["final", "sent", "sent"]


def test_a_batch_whose_entry_is_taken_back_is_unfinished_again(store: Store) -> None:
    batches = three_anchored(store)
    store.entries.truncate(1)
    assert store.batches.unfinished() == [
        replace(batch, state="sent", entry_number=None, entry_time=None, sent_at=None) for batch in batches[1:]
    ]
    assert states(store) == ["anchored", "sent", "sent"]
    assert [item.entry.number for item in store.entries.read()] == [0]
    for batch in reversed(batches[1:]):
        anchored(store, batch)
    assert [batch.entry_number for batch in in_state(store, "anchored")] == [0, 2, 1]
    assert states(store) == ["anchored"] * 3


def test_an_entry_that_comes_back_anchors_its_batch_without_an_anchorer(store: Store) -> None:
    batches, items = three_anchored(store), list(store.entries.read())
    add(store, [3])
    waiting = formed(store)
    store.entries.truncate(0)
    assert len(store.batches.unfinished()) == 4
    moved = [logged(number, Anchored(batches[2 - number].root, 1), "fork") for number in range(3)]
    store.entries.append([*moved, logged(3, Anchored(waiting.root, 1))])
    # This store has not sent the last batch: the transaction of another sender anchors it as well.
    assert [batch.entry_number for batch in in_state(store, "anchored")] == [2, 1, 0, 3]
    store.entries.truncate(0)
    store.entries.append(items)
    assert in_state(store, "anchored") == [replace(batch, sent_at=None) for batch in batches]
    assert states(store) == ["anchored"] * 3 + ["sent"]


# --------------------------------------------------------------------------------------------------------------- sets


def sets_of(store: Store, id_: bytes) -> list[tuple[bytes, int, list[bytes] | None]]:
    return [(*name, store.sets.members(*name)) for name in store.sets.names_of(id_)]


def test_sets_and_batches_are_found_by_their_members(store: Store) -> None:
    ids = add(store, range(4))
    stranger = digest("declared elsewhere")
    kept = [ids[2], stranger, ids[0]]
    for _ in range(2):
        store.sets.save(root(kept), 3, kept)
    batch = formed(store)
    leaves = store.batches.declaration_ids(batch.id)
    assert store.sets.members(root(kept), 3) == kept
    assert store.sets.members(batch.root, 4) == leaves
    store.sets.save(batch.root, batch.size, leaves)
    with store.database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM set_members")).scalar() == 3
    assert list(store.sets.each()) == [(root(kept), 3)]
    assert store.sets.members(batch.root, 5) is None
    both = [(batch.root, 4, leaves), (root(kept), 3, kept)]
    assert sets_of(store, ids[0]) == both
    assert store.declarations.get_with_sets(ids[0]) == (store.declarations.get(ids[0]), [name[:2] for name in both])
    assert sets_of(store, ids[1]) == both[:1]
    assert sets_of(store, stranger) == both[1:]
    assert sets_of(store, bytes(32)) == []
    with pytest.raises(Malformed, match="has 3 members and not 4"):
        store.sets.save(root(kept), 4, kept)


def test_a_set_that_becomes_a_batch_is_one_set(store: Store) -> None:
    add(store, range(3))
    ids = store.declarations.pending_ids(3)
    store.sets.save(root(ids), 3, ids)
    formed(store)
    assert sets_of(store, ids[0]) == [(root(ids), 3, ids)]

"""The store as its callers meet it.

The same tests run on PostgreSQL where TEST_POSTGRES_URL names an empty database of a server, and psycopg is installed.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given, settings
from hypothesis import strategies as some
from sqlalchemy import text

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import SignedNote
from ledger.core.history.entry import Anchored, EntryKind, Revoked
from ledger.core.statements.origin import Origin
from ledger.core.statements.statement import Revocation
from ledger.core.tree.merkle import EMPTY_ROOT, root
from ledger.edges.store import Batch, DeclarationRow, Store
from ledger.edges.store.tables import metadata
from ledger.errors import HistoryBroken, Malformed, Unavailable, VerificationFailed
from tests.edges.stored import ORIGIN, PARTIES, add, anchored, digest, formed, logged, signed, some_entries


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = Store.open(url, ORIGIN)
    yield made
    made.close()


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with 120 declarations of three parties and types, received in 12 different seconds."""
    made = Store.open(f"sqlite:///{tmp_path_factory.mktemp('shelf') / 'ledger.sqlite'}", ORIGIN)
    for number in range(120):
        what = signed(number, PARTIES[number % 3], (380, 851, 705)[number // 7 % 3])
        made.add_declarations([what], ORIGIN, 1_000 + number * 7 % 12)
    for _ in range(2):
        batch = formed(made, 30)
    anchored(made, batch)
    yield made
    made.close()


# ------------------------------------------------------------------------------------------------------- declarations


def test_a_declaration_is_new_once_and_stays_as_it_came(store: Store) -> None:
    (declaration, signature), other = signed(1), signed(2)
    first = store.add_declarations([(declaration, signature)], ORIGIN, 1_000)
    id_ = declaration.id(ORIGIN)
    assert first == [(id_, True)]
    again = store.add_declarations([other, (declaration, b"\xff" * 65), other], ORIGIN, 2_000)
    assert again == [(other[0].id(ORIGIN), True), (id_, False), (other[0].id(ORIGIN), False)]
    assert store.declaration(id_) == DeclarationRow(id_, declaration, signature, 1_000, "pending", None, None)
    assert store.declaration(bytes(32)) is None
    assert store.add_declarations([], ORIGIN, 1_000) == []


def test_what_is_stored_is_there_when_the_store_is_opened_again(url: str) -> None:
    store = Store.open(url, ORIGIN)
    ids = add(store, range(3))
    store.close()
    again = Store.open(url, ORIGIN, create=False)
    assert sorted(again.pending_ids(10)) == sorted(ids)
    again.close()


def test_many_declarations_at_once(store: Store) -> None:
    ids = add(store, range(2_000))
    assert len(set(ids)) == 2_000
    assert not any(is_new for _, is_new in store.add_declarations([signed(n) for n in range(2_000)], ORIGIN, 9))


def test_a_declaration_for_another_history_is_refused(store: Store) -> None:
    with pytest.raises(HistoryBroken, match="another history"):
        store.add_declarations([signed(1)], replace(ORIGIN, chain_id=1), 1_000)
    assert store.pending() == (0, None)


def test_pending_are_taken_by_time_of_receipt_then_id(store: Store) -> None:
    assert store.pending() == (0, None)
    later, earlier = add(store, range(9), 1_005), add(store, range(10, 19), 1_004)
    assert store.pending() == (18, 1_004)
    assert store.pending_ids(20) == sorted(earlier) + sorted(later)
    assert store.pending_ids(10) == [*sorted(earlier), min(later)]


filters = some.fixed_dictionaries(
    {},
    optional={
        "party": some.sampled_from([*PARTIES, b"\x09" * 20]),
        "document_type": some.sampled_from([380, 851, 705, 1]),
        "received_from": some.integers(998, 1_013),
        "received_until": some.integers(998, 1_013),
        "state": some.sampled_from(["pending", "batched", "sent", "anchored"]),
    },
)


@settings(max_examples=60, deadline=None)
@given(wanted=filters, limit=some.integers(1, 130))
def test_pages_give_what_was_asked_for_in_order_and_once(shelf: Store, wanted: dict[str, object], limit: int) -> None:
    found: list[DeclarationRow] = []
    cursor = None
    while True:
        rows, cursor = shelf.list_declarations(**wanted, cursor=cursor, limit=limit)  # type: ignore[arg-type]
        assert len(rows) == limit or cursor is None
        found += rows
        if cursor is None:
            break
    tests: dict[str, Callable[[DeclarationRow, object], bool]] = {
        "party": lambda row, party: row.declaration.party == party,
        "document_type": lambda row, kind: row.declaration.document_type == kind,
        "received_from": lambda row, at: row.received_at >= cast("int", at),
        "received_until": lambda row, at: row.received_at < cast("int", at),
        "state": lambda row, state: row.state == state,
    }
    every, _ = shelf.list_declarations(limit=1_000)
    assert len(every) == 120
    assert every == sorted(every, key=lambda row: (row.received_at, row.id))
    assert found == [row for row in every if all(tests[name](row, value) for name, value in wanted.items())]


def test_a_walk_through_the_pages_is_not_disturbed(store: Store) -> None:
    ids = add(store, range(10), 1_000)
    seen, cursor = store.list_declarations(limit=3)
    add(store, range(10, 20), 1_000)
    add(store, range(20, 30), 999)
    formed(store)
    while cursor is not None:
        rows, cursor = store.list_declarations(limit=3, cursor=cursor)
        seen += rows
    walked = [row.id for row in seen]
    assert len(walked) == len(set(walked))
    assert set(ids) <= set(walked)


CURSORS = ["", "nonsense", "ä", "A" * 53, "A" * 55, "=" * 54, "_" * 54, "A" * 54 + "\n", "AAAA" * 50]


@pytest.mark.parametrize("cursor", CURSORS)
def test_a_cursor_from_elsewhere_is_refused(shelf: Store, cursor: str) -> None:
    with pytest.raises(Malformed, match="cursor: did not come from"):
        shelf.list_declarations(cursor=cursor)


@pytest.mark.parametrize(
    "wrong",
    [{"limit": 0}, {"limit": 1001}, {"received_from": 1 << 63}, {"received_until": -1}, {"document_type": 1 << 80}],
)
def test_numbers_that_no_column_holds_are_refused(shelf: Store, wrong: dict[str, int]) -> None:
    with pytest.raises(Malformed, match="whole number"):
        shelf.list_declarations(**wrong)  # type: ignore[arg-type]
    with pytest.raises(Malformed, match="whole number"):
        shelf.add_declarations([signed(1)], ORIGIN, 1 << 63)


# ------------------------------------------------------------------------------------------------------------ batches


def test_a_batch_from_pending_to_anchored(store: Store) -> None:
    add(store, range(5))
    ids = store.pending_ids(3)[::-1]
    batch = store.form_batch(root(ids), ids, 2_000)
    assert (batch.root, batch.size, batch.state, batch.created_at) == (root(ids), 3, "batched", 2_000)
    assert store.leaves(batch.id) == ids
    assert store.pending()[0] == 2
    rows = [store.declaration(id_) for id_ in ids]
    assert [(row.state, row.batch_id, row.batch_index) for row in rows if row] == [
        ("batched", batch.id, place) for place in range(3)
    ]
    assert store.unfinished() == [batch]
    store.mark_sent(batch.id, "0x" + "ab" * 32, 7, 1, 2, 2_500)
    sent = replace(
        batch, state="sent", tx_hash="0x" + "ab" * 32, nonce=7, tip=1, max_fee=2, tries=1, sent_at=2_500
    )  # fmt: skip
    assert store.unfinished() == [sent]
    item = anchored(store, batch)
    done = replace(sent, state="anchored", entry_number=0, entry_time=item.entry.time)
    assert (store.unfinished(), store.batch(batch.id), store.batches("anchored")) == ([], done, [done])
    assert {row.state for id_ in ids if (row := store.declaration(id_))} == {"anchored"}
    store.mark_sent(batch.id, "0x" + "cd" * 32, 7, 1, 2, 2_500)
    store.mark_anchored(batch.id, 0, item.entry.time)
    assert store.batches() == [done]


def test_no_declaration_gets_into_two_batches(store: Store) -> None:
    ids = add(store, range(4))
    batch = store.form_batch(root(ids[:2]), ids[:2], 2_000)
    for again in (ids[1:], [*ids[2:], bytes(32)], [*ids[2:], ids[2]]):
        with pytest.raises(Unavailable, match="try again"):
            store.form_batch(root(again), again, 2_000)
    assert store.batches() == [batch]
    assert store.pending()[0] == 2


def test_batches_that_are_not_there(store: Store) -> None:
    assert store.batch(7) is None
    assert store.leaves(7) == []
    with pytest.raises(KeyError):
        store.mark_sent(7, "0x", 7, 1, 2, 2_500)
    with pytest.raises(KeyError):
        store.mark_anchored(7, 0, 0)


def test_a_batch_is_anchored_by_an_entry_that_says_so(store: Store) -> None:
    add(store, range(2))
    batch = formed(store)
    store.append_entries([logged(0, Anchored(batch.root, 3))])
    for number, time in [(0, 3_000), (1, 3_001), (2, 3_002)]:
        with pytest.raises(HistoryBroken, match=f"entry {number}: this entry of the index does not anchor the batch"):
            store.mark_anchored(batch.id, number, time)
    assert store.unfinished() == [batch]
    store.append_entries([logged(1, Anchored(batch.root, 2))])
    assert store.batches("anchored") == [replace(batch, state="anchored", entry_number=1, entry_time=3_001)]
    store.mark_anchored(batch.id, 1, 3_001)


def test_a_batch_of_which_the_index_knew_already_is_anchored_by_its_entry(store: Store) -> None:
    ids = add(store, range(2))
    store.append_entries([logged(0, Anchored(root(ids), 2))])
    batch = store.form_batch(root(ids), ids, 2_000)
    assert store.unfinished() == [batch]
    store.mark_anchored(batch.id, 0, 3_000)
    assert store.unfinished() == []


def test_a_batch_that_a_node_refuses_says_why_and_rests(store: Store) -> None:
    add(store, range(2))
    batch = formed(store)
    store.mark_sent(batch.id, "0x" + "ab" * 32, 7, 1, 2, 2_500)
    store.mark_refused(batch.id, "too dear", 2_600)
    refused = replace(batch, tries=1, problem="too dear", retry_at=2_600)
    assert store.unfinished() == [refused]
    store.mark_refused(batch.id, "x" * 1_000, 2_700)
    assert [(one.state, len(one.problem or ""), one.retry_at) for one in store.unfinished()] == [
        ("batched", 300, 2_700)
    ]


def test_a_batch_is_final_when_its_entry_is_confirmed(store: Store) -> None:
    batches = three_anchored(store)
    assert store.unconfirmed()
    assert [batch.id for batch in store.mark_final(2)] == [batch.id for batch in batches[:2]]
    assert store.mark_final(2) == []
    assert states(store) == ["final", "final", "anchored"]
    store.truncate_entries(1)
    assert states(store) == ["final", "sent", "sent"]


def three_anchored(store: Store) -> list[Batch]:
    """Batches of one, sent and anchored by the entries 0 to 2."""
    for number in range(3):
        add(store, [number])
        batch = formed(store)
        store.mark_sent(batch.id, "0x" + "ab" * 32, 7, 1, 2, 2_500)
        anchored(store, batch)
    return store.batches()


def states(store: Store) -> list[str]:
    return [row.state for batch in store.batches() for id_ in store.leaves(batch.id) if (row := store.declaration(id_))]


def test_what_a_reorganisation_takes_back_is_unfinished_again(store: Store) -> None:
    batches = three_anchored(store)
    store.truncate_entries(1)
    assert store.unfinished() == [
        replace(batch, state="sent", entry_number=None, entry_time=None, sent_at=None) for batch in batches[1:]
    ]
    assert states(store) == ["anchored", "sent", "sent"]
    assert [item.entry.number for item in store.entries()] == [0]
    for batch in reversed(batches[1:]):
        anchored(store, batch)
    assert [batch.entry_number for batch in store.batches("anchored")] == [0, 2, 1]
    assert states(store) == ["anchored"] * 3


def test_an_entry_that_comes_back_anchors_its_batch_by_itself(store: Store) -> None:
    """An index that is dropped and read again forgets nothing, also where no anchorer runs."""
    batches, items = three_anchored(store), list(store.entries())
    add(store, [3])
    waiting = formed(store)
    store.truncate_entries(0)
    assert len(store.unfinished()) == 4
    moved = [logged(number, Anchored(batches[2 - number].root, 1), "fork") for number in range(3)]
    store.append_entries([*moved, logged(3, Anchored(waiting.root, 1))])
    # The last was not sent, as far as this store knows: somebody else's transaction serves as well.
    assert [batch.entry_number for batch in store.batches("anchored")] == [2, 1, 0, 3]
    store.truncate_entries(0)
    store.append_entries(items)
    assert store.batches("anchored") == [replace(batch, sent_at=None) for batch in batches]
    assert states(store) == ["anchored"] * 3 + ["sent"]


# --------------------------------------------------------------------------------------------------------------- sets


def test_sets_and_batches_are_found_by_their_members(store: Store) -> None:
    ids = add(store, range(4))
    stranger = digest("declared elsewhere")
    kept = [ids[2], stranger, ids[0]]
    for _ in range(2):
        store.save_set(root(kept), 3, kept)
    batch = formed(store)
    leaves = store.leaves(batch.id)
    assert store.set_members(root(kept), 3) == kept
    assert store.set_members(batch.root, 4) == leaves
    store.save_set(batch.root, batch.size, leaves)
    with store.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM set_members")).scalar() == 3
    assert store.set_members(batch.root, 5) is None
    both = [(batch.root, 4, leaves), (root(kept), 3, kept)]
    assert store.sets_of(ids[0]) == both
    assert store.set_names_of(ids[0]) == [(found, size) for found, size, _ in both]
    assert store.sets_of(ids[1]) == both[:1]
    assert store.sets_of(stranger) == both[1:]
    assert store.sets_of(bytes(32)) == []
    with pytest.raises(Malformed, match="has 3 members and not 4"):
        store.save_set(root(kept), 4, kept)


def test_a_set_that_becomes_a_batch_is_one_set(store: Store) -> None:
    add(store, range(3))
    ids = store.pending_ids(3)
    store.save_set(root(ids), 3, ids)
    formed(store)
    assert store.sets_of(ids[0]) == [(root(ids), 3, ids)]


# ------------------------------------------------------------------------------------------------------------ entries


def test_entries_come_back_as_they_went_in(store: Store) -> None:
    assert store.last_entry() is None
    assert list(store.entries()) == []
    items = some_entries(1_203)
    store.append_entries(items[:1_000])
    store.append_entries(items[1_000:])
    store.append_entries([])
    assert list(store.entries()) == items
    assert list(store.entries(499, 1_002)) == items[499:1_002]
    assert list(store.entries(1_203)) == []
    assert list(store.entries(10, 10)) == []
    assert store.entry(500) == items[500]
    assert store.last_entry() == items[-1]
    with pytest.raises(KeyError):
        store.entry(1_203)


def test_entries_leave_no_gap_and_never_change(store: Store) -> None:
    items = some_entries(6)
    with pytest.raises(HistoryBroken, match="entry 1: the entry does not follow on the index"):
        store.append_entries(items[1:])
    store.append_entries(items[:3])
    with pytest.raises(HistoryBroken, match="entry 4: the entry does not follow"):
        store.append_entries(items[4:])
    with pytest.raises(HistoryBroken, match="entry 5: "):
        store.append_entries([items[3], items[5]])
    other = logged(2, Anchored(digest("another"), 1))
    with pytest.raises(HistoryBroken, match="entry 2: the index has another one"):
        store.append_entries([other, items[3]])
    with pytest.raises(HistoryBroken, match="entry 2: the index has another one"):
        store.append_entries(some_entries(1, 2, fork="elsewhere"))
    assert list(store.entries()) == items[:3]
    store.append_entries(items[1:])  # two followers fill one store
    assert list(store.entries()) == items


def test_entries_are_found_by_subject_and_kind(store: Store) -> None:
    revocation = Revocation(digest("attestation"), bytes(32), 41)
    items = [
        logged(0, Anchored(digest("root"), 2)),
        logged(1, Revoked(revocation, PARTIES[0], b"s" * 65)),
        logged(2, Anchored(digest("root"), 3)),
        logged(3, Anchored(digest("attestation"), 1)),
    ]
    store.append_entries(items)
    assert store.find_entries(digest("root")) == [items[0], items[2]]
    assert store.find_entries(digest("attestation")) == [items[1], items[3]]
    assert store.find_entries(digest("attestation"), EntryKind.REVOKED) == [items[1]]
    assert store.find_entries(digest("nothing")) == []


def test_an_entry_changed_in_the_store_is_named(store: Store) -> None:
    store.append_entries(some_entries(5))
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE entries SET time = time + 1 WHERE number = 3"))
    assert store.entry(2).entry.number == 2
    for look in (lambda: store.entry(3), lambda: list(store.entries())):
        with pytest.raises(HistoryBroken, match="entry 3: the store's copy was changed"):
            look()


# -------------------------------------------------------------------------------------------------------- checkpoints


def test_checkpoints_are_kept_forever(store: Store) -> None:
    assert store.latest_checkpoint() is None
    for size in (7, 3, 5):
        store.save_checkpoint(size, digest(size), f"note {size}", 1_000)
    store.save_checkpoint(5, digest(5), "another note", 1_001)
    assert store.checkpoints() == [(3, "note 3"), (5, "note 5"), (7, "note 7")]
    assert (store.checkpoint(5), store.checkpoint(4), store.latest_checkpoint()) == ("note 5", None, "note 7")
    with pytest.raises(HistoryBroken, match="another checkpoint of size 5 was published"):
        store.save_checkpoint(5, digest(6), "note", 1_002)
    store.append_entries(some_entries(7))
    store.truncate_entries(0)
    assert len(store.checkpoints()) == 3


def test_the_newest_checkpoint_up_to_a_size(store: Store) -> None:
    for size in (3, 7):
        store.save_checkpoint(size, digest(size), f"note {size}", 1_000)
    found = [store.latest_checkpoint(size) for size in (2, 3, 6, 7, 100)]
    assert found == [None, "note 3", "note 3", "note 7", "note 7"]


def test_signatures_are_added_to_what_was_published(store: Store) -> None:
    checkpoint = Checkpoint(ORIGIN, 5, digest(5))
    one, two = (SignedNote(checkpoint, ((name, b"1234", b"signature"),)) for name in ("one", "two"))
    store.save_checkpoint(5, digest(5), str(one), 1_000)
    for _ in range(2):
        assert [name for name, _, _ in store.add_signatures(two).signatures] == ["one", "two"]
    assert store.checkpoint(5) == str(one.with_signatures(two))
    with pytest.raises(VerificationFailed, match="another checkpoint"):
        store.add_signatures(SignedNote(replace(checkpoint, root=digest(6)), ()))
    with pytest.raises(KeyError):
        store.add_signatures(SignedNote(replace(checkpoint, size=6), ()))
    assert store.checkpoint(5) == str(one.with_signatures(two))


def test_what_was_cosigned_goes_forward_only(store: Store) -> None:
    def record(before: int, size: int, root: object) -> tuple[int, bytes]:
        return store.record_cosigned(before, Checkpoint(ORIGIN, size, digest(root)), 1_000)

    assert store.cosigned() == (0, EMPTY_ROOT)
    assert record(0, 5, "a") == (5, digest("a"))
    # Somebody asks from where we are not any more; for another root; for less.
    for before, size, other in [(0, 7, "b"), (0, 5, "b"), (5, 5, "b"), (5, 4, "b"), (7, 9, "b")]:
        assert record(before, size, other) == (5, digest("a"))
    assert record(5, 5, "a") == (5, digest("a"))
    assert record(5, 7, "c") == store.cosigned() == (7, digest("c"))


def test_how_many_entries_stand_in_the_blocks_up_to_one(store: Store) -> None:
    assert store.size_as_of(1_000) == 0
    store.append_entries(some_entries(4))
    blocks = [item.block_number for item in some_entries(4)]
    assert [store.size_as_of(block) for block in (-1, blocks[0] - 1, blocks[0], blocks[-1], 1 << 40)] == [
        0, 0, blocks.count(blocks[0]), 4, 4,
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------------------------ opening


def test_a_store_is_of_one_origin(url: str) -> None:
    Store.open(url, ORIGIN).close()
    for other in (replace(ORIGIN, chain_id=1), Origin(31337, bytes(20))):
        with pytest.raises(HistoryBroken, match="is of another history") as caught:
            Store.open(url, other)
        assert (caught.value.expected, caught.value.found) == (other, str(ORIGIN))


def test_a_store_that_must_be_there(url: str, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="there is no store at"):
        Store.open(url, ORIGIN, create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_store_from_the_future(url: str) -> None:
    store = Store.open(url, ORIGIN)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'r9999'"))
    store.close()
    with pytest.raises(Malformed, match="its schema is r9999, and this version knows none after r0005"):
        Store.open(url, ORIGIN)


def test_the_migrations_build_the_tables(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        if connection.dialect.name == "sqlite":
            made = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = 'declarations'")).scalar_one()
            assert made.count("CHECK") == 1


def test_a_store_of_an_earlier_version_is_brought_up_to_date_with_all_it_has(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it was at r0002, with a batch in each state that there was, and a declaration that waits."""
    with monkeypatch.context() as patched:
        patched.setattr(ScriptDirectory, "get_current_head", lambda self: "r0002")
        upgrade = command.upgrade
        patched.setattr(command, "upgrade", lambda config, _: upgrade(config, "r0002"))
        old = Store.open(url, ORIGIN)
    values = [signed(number) for number in range(4)]
    with old.engine.begin() as connection:
        for number, (state, entry) in enumerate([("anchored", 0), ("sent", None), ("formed", None)], start=1):
            connection.execute(
                text("INSERT INTO batches VALUES (:id, :root, 1, :state, 5, :hash, :entry, :entry)"),
                {"id": number, "root": digest(number), "state": state, "hash": f"0x{number:064x}", "entry": entry},
            )
        for (made, signature), place in zip(values, (1, 2, 3, None), strict=True):
            connection.execute(
                text(
                    "INSERT INTO declarations VALUES (:id, :party, :digest, 380, :none, :signature, 5, :state, :batch, "
                    ":place)"
                ),
                {
                    "id": made.id(ORIGIN), "party": made.party, "digest": made.digest, "none": bytes(32),
                    "signature": signature, "state": {1: "anchored", None: "pending"}.get(place, "batched"),
                    "batch": place, "place": None if place is None else 0,
                },
            )  # fmt: skip
    old.close()
    store = Store.open(url, ORIGIN)
    rows = [store.declaration(made.id(ORIGIN)) for made, _ in values]
    assert [row and row.state for row in rows] == ["anchored", "batched", "batched", "pending"]
    assert [row and (row.declaration, row.signature) for row in rows] == values
    assert [store.batch(number).tx_hash is None for number in (1, 2, 3)] == [False, True, True]  # type: ignore[union-attr]
    with pytest.raises(HistoryBroken), store._database.writing() as connection:
        connection.execute(text("DELETE FROM batches"))  # references hold again
    store.close()


def test_databases_that_are_no_store(tmp_path: Path) -> None:
    foreign, noise, folder = tmp_path / "foreign", tmp_path / "noise", tmp_path / "none" / "store"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE entries (anything)")
    connection.close()
    noise.write_bytes(b"no database " * 1_000)
    with pytest.raises(Malformed, match="is a database of another program"):
        Store.open(f"sqlite:///{foreign}", ORIGIN)
    with pytest.raises(Unavailable, match="is no SQLite database: name another file"):
        Store.open(f"sqlite:///{noise}", ORIGIN)
    with pytest.raises(Unavailable, match="cannot be opened: its folder must exist"):
        Store.open(f"sqlite:///{folder}", ORIGIN)


def test_an_upgrade_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    connection = sqlite3.connect(file)
    connection.execute("CREATE VIEW checkpoints AS SELECT 1")  # the last table to be created finds its name taken
    with pytest.raises(Unavailable, match="checkpoints already exists"):
        Store.open(f"sqlite:///{file}", ORIGIN)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("checkpoints",)]
    connection.execute("DROP VIEW checkpoints")
    connection.close()
    Store.open(f"sqlite:///{file}", ORIGIN).close()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("sqlite://", "what is in memory only is lost"),
        ("sqlite:///:memory:", "what is in memory only is lost"),
        ("mysql+pymysql://root:hunter2@host/x", "must"),
        ("oracle9://root:hunter2@host/x", "must look like"),
        ("hunter2", "must look like"),
        ("postgresql://root:hunter2@host:port/x", "must look like"),
        ("", "must look like"),
    ],
)
def test_addresses_that_cannot_be_used(address: str, words: str) -> None:
    with pytest.raises(Malformed, match=words) as caught:
        Store.open(address, ORIGIN)
    assert "hunter2" not in str(caught.value)


def test_the_same_declarations_at_once_in_other_orders_are_each_new_once(store: Store) -> None:
    listed = [signed(number) for number in range(1_500)]

    def declare(turn: int) -> list[tuple[bytes, bool]]:
        some = listed[turn * 100 :] + listed[: turn * 100]
        return store.add_declarations((some if turn % 2 else some[::-1]) + some[:3], ORIGIN, 1)

    with ThreadPoolExecutor(8) as pool:
        told = [one for answer in pool.map(declare, range(8)) for one in answer]
    assert Counter(id_ for id_, is_new in told if is_new) == dict.fromkeys((id_ for id_, _ in told), 1)
    assert store.pending() == (1_500, 1)

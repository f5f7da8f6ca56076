"""Writes that touch several tables at once. Each function runs inside a writing transaction that the caller holds.

The index of the history says whether a batch is anchored: an entry that comes anchors its batch, and an entry that goes
takes its batch back, both in the transaction that changes the index. Every change of a batch leaves an event for
readers. Which state may follow on which is decided by ``core.anchoring``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from ledger.core.anchoring.batches import Batch, BatchState, Event, after, before
from ledger.core.encoding.ids import DeclarationId, Root
from ledger.core.history.entry import Anchored, EntryKind, encode_payload
from ledger.core.statements.origin import Origin
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.store.bulk import put_into_batch
from ledger.edges.store.limits import checked_number
from ledger.edges.store.rows import batch_of, entry_values
from ledger.edges.store.tables import BATCHES, CHANGES, DECLARATIONS, ENTRIES
from ledger.errors import BatchedElsewhere, HistoryBroken, Source

# Kinds of events that are not the state of a batch.
TAKEN_BACK, REORGANISED = "taken back", "reorganised"


def form_batch(connection: Connection, root: Root, ids: Sequence[DeclarationId], at: int) -> Batch:
    """Make a batch of pending declarations, in this order.

    :raises BatchedElsewhere: one of them is not pending, or there is none.
    """
    batch = BATCHES.c
    taken = BatchedElsewhere(
        "another process has put some of these declarations into a batch: try again", source=Source.STORE
    )
    if not ids or connection.execute(select(batch.id).where(batch.root == root, batch.size == len(ids))).first():
        raise taken
    values = {"root": root, "size": len(ids), "state": "batched", "created_at": checked_number(at, "time")}
    id_ = connection.execute(insert(BATCHES).values(values).returning(batch.id)).scalar_one()
    put_into_batch(connection, id_, ids)
    inside = select(func.count()).where(DECLARATIONS.c.batch_id == id_)
    if connection.execute(inside).scalar_one() != len(ids):
        raise taken
    _add_event(connection, "batched", id_)
    return read_batch(connection, id_)


def change_batch(connection: Connection, batch_id: int, event: Event, values: dict[str, Any]) -> BatchState | None:
    """Let an event happen to a batch and set the columns ``values``.

    :returns: the state that follows; None if the event changes nothing in the batch's present state.
    :raises KeyError: there is no such batch.
    """
    known = read_batch(connection, batch_id)
    state = after(known.state, event)
    if state is not None:
        connection.execute(update(BATCHES).where(BATCHES.c.id == batch_id).values(state=state, **values))
        number = values.get("entry_number", known.entry_number)
        _add_event(connection, TAKEN_BACK if event is Event.TAKEN_BACK else state, batch_id, number)
    return state


def anchor_batch(connection: Connection, batch: Batch, number: int, time: int) -> None:
    """Note the entry that anchors a batch.

    :raises HistoryBroken: the index has no such entry, or the entry anchors something else.
    """
    column = ENTRIES.c
    row = connection.execute(
        select(column.kind, column.time, column.payload).where(column.number == checked_number(number, "entry number"))
    ).first()
    expected = (int(EntryKind.ANCHORED), time, encode_payload(Anchored(batch.root, batch.size)))
    if row is None or tuple(row) != expected:
        raise HistoryBroken(
            "this entry of the index does not anchor the batch",
            expected=f"root 0x{batch.root.hex()} of {batch.size}",
            found="no entry" if row is None else "another entry",
            number=number,
        )
    change_batch(connection, batch.id, Event.ENTERED, {"entry_number": number, "entry_time": time})


def append_entries(connection: Connection, origin: Origin, logged: Sequence[LoggedEntry]) -> None:
    """Add entries that follow on the last one, and anchor the batches that they anchor.

    Entries that are in the index already, the same in the same block, are skipped.

    :raises HistoryBroken: there would be a gap, or the index has another entry of this number.
    """
    if not logged:
        return
    rows = [entry_values(item, origin) for item in logged]
    known = _stored_entries(connection, rows[0]["number"], rows[-1]["number"])
    last = connection.execute(select(ENTRIES.c.number).order_by(ENTRIES.c.number.desc()).limit(1)).scalar()
    following = 0 if last is None else last + 1
    new, items = [], []
    for row, item in zip(rows, logged, strict=True):
        number = row["number"]
        if number < following and known.get(number) == (row["hash"], row["block_hash"]):
            continue
        if number != following:
            raise HistoryBroken(
                "the entry does not follow on the index" if number > following else "the index has another one",
                expected=f"entry {following}" if number > following else known.get(number, ("none",))[0],
                found=row["hash"],
                number=number,
            )
        new.append(row)
        items.append(item)
        following += 1
    if new:
        connection.execute(insert(ENTRIES), new)
        _anchor_open_batches(connection, items)


def mend_entries(connection: Connection, origin: Origin, logged: Sequence[LoggedEntry]) -> None:
    """Write entries over the rows that have their numbers, or behind them. Readers are told nothing of those.

    :raises HistoryBroken: there would be a gap.
    """
    if not logged:
        return
    first, last = logged[0].entry.number, logged[-1].entry.number
    connection.execute(delete(ENTRIES).where(ENTRIES.c.number.between(first, last)))
    connection.execute(insert(ENTRIES), [entry_values(item, origin) for item in logged])
    numbers = select(func.count()).select_from(ENTRIES).where(ENTRIES.c.number < first)
    if connection.execute(numbers).scalar_one() != first or last - first + 1 != len(logged):
        raise HistoryBroken("the entry does not follow on the index", expected="no gap", found="one", number=first)
    _anchor_open_batches(connection, logged)


def truncate_entries(connection: Connection, number: int) -> None:
    """Drop the entries from ``number`` on; the batches that they anchored are to be sent again."""
    dropped = connection.execute(delete(ENTRIES).where(ENTRIES.c.number >= number)).rowcount
    undone = select(BATCHES.c.id).where(BATCHES.c.entry_number >= number).order_by(BATCHES.c.id)
    for id_ in list(connection.scalars(undone)):
        change_batch(connection, id_, Event.TAKEN_BACK, {"entry_number": None, "entry_time": None, "sent_at": None})
    if dropped:
        connection.execute(insert(CHANGES).values(kind=REORGANISED, entry_number=number, depth=dropped))


def read_batch(connection: Connection, batch_id: int) -> Batch:
    """One batch; KeyError if there is none of this id."""
    row = connection.execute(select(BATCHES).where(BATCHES.c.id == batch_id)).first()
    if row is None:
        raise KeyError("no such batch")
    return batch_of(row)


def _stored_entries(connection: Connection, first: int, last: int) -> dict[int, tuple[bytes, str]]:
    """Hash and block hash of the entries from ``first`` to ``last``, by number."""
    column = ENTRIES.c
    wanted = select(column.number, column.hash, column.block_hash).where(column.number.between(first, last))
    return {row.number: (row.hash, row.block_hash) for row in connection.execute(wanted)}


def _anchor_open_batches(connection: Connection, logged: Sequence[LoggedEntry]) -> None:
    """Anchor the batches that are under way by new entries, even if a reorganisation took them back before."""
    column = BATCHES.c
    still = select(column.id, column.root, column.size).where(column.state.in_(before(Event.ENTERED)))
    waiting = {encode_payload(Anchored(root, size)): id_ for id_, root, size in connection.execute(still)}
    for item in logged if waiting else ():
        entry = item.entry
        if entry.kind is EntryKind.ANCHORED and entry.payload in waiting:
            values = {"entry_number": entry.number, "entry_time": entry.time, "problem": None, "retry_at": None}
            change_batch(connection, waiting[entry.payload], Event.ENTERED, values)


def _add_event(connection: Connection, kind: str, batch_id: int, number: int | None = None) -> None:
    """Write what readers of ``Events`` see of a batch."""
    connection.execute(insert(CHANGES).values(kind=kind, batch_id=batch_id, entry_number=number))

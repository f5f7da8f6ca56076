"""Batches: formed of pending declarations, sent, anchored; sent again when a reorganisation takes the entry back.

Once a batch is sent, the index of the history decides whether it is anchored: its entry's coming anchors it, its
entry's going unanchors it, each in the transaction that changes the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Select, bindparam, func, insert, select, update

from ledger.core.entry import Anchored, EntryKind, encode_payload
from ledger.edges.events import LoggedEntry
from ledger.edges.store.part import Part, whole
from ledger.edges.store.tables import BATCHES, DECLARATIONS, ENTRIES
from ledger.errors import HistoryBroken, Unavailable

BatchState = Literal["formed", "sent", "anchored"]


@dataclass(frozen=True, slots=True)
class Batch:
    """A stored batch: RFC 9162 root over its declaration ids and their number, and how far it has come.

    ``tx_hash`` (0x and 64 digits) is the last transaction that carried it, None before, or where somebody else's did.
    ``entry_number`` and ``entry_time`` (seconds) are those of the entry that anchors it, None before.
    """

    id: int
    root: bytes
    size: int
    state: BatchState
    created_at: int
    tx_hash: str | None
    entry_number: int | None
    entry_time: int | None


class Batches(Part):
    """The table of batches, and the declarations' place in them."""

    def form_batch(self, root: bytes, ids: Sequence[bytes], at: int) -> Batch:
        """Make a batch of pending declarations, in this order, all or none; durable on return.

        :param root: what the core computed over ``ids``; it is stored, not checked.
        :raises Unavailable: one of them is not pending any more, for another process was faster: take the pending ones
            anew.
        """
        batch = BATCHES.c
        placing = (
            update(DECLARATIONS)
            .where(DECLARATIONS.c.id == bindparam("declaration"), DECLARATIONS.c.state == "pending")
            .values(state="batched", batch_id=bindparam("batch"), batch_index=bindparam("place"))
        )
        taken = Unavailable("another process has put some of these declarations into a batch: try again")
        with self._database.writing() as connection:
            if connection.execute(select(batch.id).where(batch.root == root, batch.size == len(ids))).first():
                raise taken
            values = {"root": root, "size": len(ids), "state": "formed", "created_at": whole(at, "time")}
            id_ = connection.execute(insert(BATCHES).values(values).returning(batch.id)).scalar_one()
            if ids:
                places = [{"declaration": one, "batch": id_, "place": place} for place, one in enumerate(ids)]
                connection.execute(placing, places)
            placed = select(func.count()).where(DECLARATIONS.c.batch_id == id_)
            if connection.execute(placed).scalar_one() != len(ids):
                raise taken
            return _one(connection, select(BATCHES).where(batch.id == id_))

    def mark_sent(self, batch_id: int, tx_hash: str) -> None:
        """Note the transaction that carries a batch. One that is anchored already stays as it is."""
        with self._database.writing() as connection:
            known = _one(connection, select(BATCHES).where(BATCHES.c.id == batch_id))
            if known.state != "anchored":
                changing = update(BATCHES).where(BATCHES.c.id == batch_id)
                connection.execute(changing.values(state="sent", tx_hash=tx_hash))

    def mark_anchored(self, batch_id: int, number: int, time: int) -> None:
        """Note the entry that anchors a batch; its declarations are anchored in the same transaction.

        :raises HistoryBroken: the index of the history has no such entry, or it anchors something else.
        """
        with self._database.writing() as connection:
            anchor(connection, _one(connection, select(BATCHES).where(BATCHES.c.id == batch_id)), number, time)

    def batch(self, batch_id: int) -> Batch | None:
        """One batch; None when there is none of this id."""
        with self._database.reading() as connection:
            row = connection.execute(select(BATCHES).where(BATCHES.c.id == batch_id)).first()
        return None if row is None else Batch(*row)

    def batches(self, state: BatchState | None = None) -> list[Batch]:
        """All batches, or those in a state, in the order in which they were formed."""
        wanted = select(BATCHES).order_by(BATCHES.c.id)
        return self._batches(wanted if state is None else wanted.where(BATCHES.c.state == state))

    def unfinished(self) -> list[Batch]:
        """Batches that are formed or sent but not known to be anchored: what to go on with after an interruption."""
        return self._batches(select(BATCHES).where(BATCHES.c.state.in_(("formed", "sent"))).order_by(BATCHES.c.id))

    def leaves(self, batch_id: int) -> list[bytes]:
        """The declaration ids of a batch, in order."""
        column = DECLARATIONS.c
        wanted = select(column.id).where(column.batch_id == batch_id).order_by(column.batch_index)
        with self._database.reading() as connection:
            return list(connection.scalars(wanted))

    def _batches(self, wanted: Select[Any]) -> list[Batch]:
        with self._database.reading() as connection:
            return [Batch(*row) for row in connection.execute(wanted)]


def anchor(connection: Connection, batch: Batch, number: int, time: int) -> None:
    """``Batches.mark_anchored``, inside a transaction that is already writing."""
    _check_entry(connection, batch, number, time)
    _anchor(connection, batch.id, number, time)


def anchor_sent(connection: Connection, logged: Sequence[LoggedEntry]) -> None:
    """New entries of the index anchor the batches that are on their way, however often the chain changed its mind."""
    sent = select(BATCHES.c.id, BATCHES.c.root, BATCHES.c.size).where(BATCHES.c.state == "sent")
    waiting = {encode_payload(Anchored(root, size)): id_ for id_, root, size in connection.execute(sent)}
    for item in logged if waiting else ():
        entry = item.entry
        if entry.kind is EntryKind.ANCHORED and entry.payload in waiting:
            _anchor(connection, waiting[entry.payload], entry.number, entry.time)


def unanchor(connection: Connection, number: int) -> None:
    """Take back what rested on entry ``number`` and later ones: their batches are on their way again."""
    undone = select(BATCHES.c.id).where(BATCHES.c.entry_number >= number)
    connection.execute(update(DECLARATIONS).where(DECLARATIONS.c.batch_id.in_(undone)).values(state="batched"))
    values = {"state": "sent", "entry_number": None, "entry_time": None}
    connection.execute(update(BATCHES).where(BATCHES.c.entry_number >= number).values(values))


def _anchor(connection: Connection, batch_id: int, number: int, time: int) -> None:
    values = {"state": "anchored", "entry_number": number, "entry_time": time}
    connection.execute(update(BATCHES).where(BATCHES.c.id == batch_id).values(values))
    connection.execute(update(DECLARATIONS).where(DECLARATIONS.c.batch_id == batch_id).values(state="anchored"))


def _one(connection: Connection, wanted: Select[Any]) -> Batch:
    row = connection.execute(wanted).first()
    if row is None:
        raise KeyError("no such batch")
    return Batch(*row)


def _check_entry(connection: Connection, batch: Batch, number: int, time: int) -> None:
    """A batch is anchored by an entry that says so, never by hearsay."""
    column = ENTRIES.c
    row = connection.execute(
        select(column.kind, column.time, column.payload).where(column.number == whole(number, "entry number"))
    ).first()
    expected = (int(EntryKind.ANCHORED), time, encode_payload(Anchored(batch.root, batch.size)))
    if row is None or tuple(row) != expected:
        raise HistoryBroken(
            "this entry of the index does not anchor the batch",
            expected=f"root 0x{batch.root.hex()} of {batch.size}",
            found="no entry" if row is None else "another entry",
            number=number,
        )

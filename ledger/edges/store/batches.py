"""Batches: formed of pending declarations, sent, anchored, final; and back, when a reorganisation takes the entry.

What may follow on what is said by ``core.anchoring``; here it is done. The index of the history decides whether a batch
is anchored: its entry's coming anchors it, its entry's going takes it back, each in the transaction that changes the
index.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from ledger.core.anchoring.batches import Batch, BatchState, Event, after, before
from ledger.core.history.entry import Anchored, EntryKind, encode_payload
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.store.bulk import place_all
from ledger.edges.store.limits import Part, whole
from ledger.edges.store.tables import BATCHES, CHANGES, DECLARATIONS, ENTRIES, META
from ledger.errors import BatchedElsewhere, HistoryBroken

_COLUMNS = (
    "id", "root", "size", "state", "created_at", "tx_hash", "entry_number", "entry_time", "nonce", "tip", "max_fee",
    "tries", "sent_at", "problem", "retry_at",
)  # fmt: skip
_LONGEST_PROBLEM = 300
TAKEN_BACK, REORGANISED = "taken back", "reorganised"


class Batches(Part):
    """The table of batches, and the declarations' place in them."""

    def form_batch(self, root: bytes, ids: Sequence[bytes], at: int) -> Batch:
        """Make a batch of pending declarations, in this order, all or none; durable on return.

        :param root: what the core computed over ``ids``; it is stored, not checked.
        :raises BatchedElsewhere: one of them is not pending any more, for another process was faster: take the pending
            ones anew.
        """
        batch = BATCHES.c
        taken = BatchedElsewhere("another process has put some of these declarations into a batch: try again")
        with self._database.writing() as connection:
            if connection.execute(select(batch.id).where(batch.root == root, batch.size == len(ids))).first():
                raise taken
            values = {"root": root, "size": len(ids), "state": "batched", "created_at": whole(at, "time")}
            id_ = connection.execute(insert(BATCHES).values(values).returning(batch.id)).scalar_one()
            if ids:
                place_all(connection, id_, ids)
            placed = select(func.count()).where(DECLARATIONS.c.batch_id == id_)
            if connection.execute(placed).scalar_one() != len(ids):
                raise taken
            note(connection, "batched", id_)
            return _one(connection, id_)

    def mark_sent(self, batch_id: int, tx_hash: str, nonce: int, tip: int, max_fee: int, at: int) -> bool:
        """Note the transaction that is going to carry a batch. False: it is anchored already, and stays as it is.

        :param tip: and ``max_fee``: wei per gas. ``at``: seconds since 1970.
        """
        values = {
            "tx_hash": tx_hash, "nonce": whole(nonce, "nonce"), "tip": whole(tip, "tip"),
            "max_fee": whole(max_fee, "max_fee"), "sent_at": whole(at, "time"), "tries": BATCHES.c.tries + 1,
            "problem": None, "retry_at": None,
        }  # fmt: skip
        with self._database.writing() as connection:
            return _happen(connection, batch_id, Event.SENT, values) is not None

    def sent_by(self, account: bytes) -> None:
        """Note the account that sends, 20 bytes. Where it was another before, its key is lost or was replaced: nonces
        of batches on their way are that account's, and say nothing any more.
        """
        address = f"0x{account.hex()}"
        mine = META.c.key == "relayer"
        with self._database.reading() as connection:
            if connection.execute(select(META.c.value).where(mine)).scalar() == address:
                return
        with self._database.writing() as connection:
            if connection.execute(update(META).where(mine).values(value=address)).rowcount == 0:
                connection.execute(insert(META).values(key="relayer", value=address))
                return
            nothing = dict.fromkeys(("tx_hash", "nonce", "tip", "max_fee", "sent_at"))
            for id_ in list(connection.scalars(select(BATCHES.c.id).where(BATCHES.c.state.in_(before(Event.REFUSED))))):
                _happen(connection, id_, Event.REFUSED, nothing)

    def mark_refused(self, batch_id: int, problem: str, retry_at: int) -> None:
        """Note that a node did not take the transaction: it is as if it had never been noted, but for the reason.

        :param retry_at: when to try again, seconds since 1970.
        """
        values = {"problem": problem[:_LONGEST_PROBLEM], "retry_at": whole(retry_at, "time"), "tx_hash": None,
                  "nonce": None, "tip": None, "max_fee": None, "sent_at": None}  # fmt: skip
        with self._database.writing() as connection:
            if _happen(connection, batch_id, Event.REFUSED, values) is None:
                known = BATCHES.c.id == batch_id, BATCHES.c.state.in_(("batched", "sent"))
                connection.execute(
                    update(BATCHES).where(*known).values(problem=values["problem"], retry_at=values["retry_at"])
                )

    def mark_anchored(self, batch_id: int, number: int, time: int) -> None:
        """Note the entry that anchors a batch.

        :raises HistoryBroken: the index of the history has no such entry, or it anchors something else.
        """
        with self._database.writing() as connection:
            anchor(connection, _one(connection, batch_id), number, time)

    def mark_final(self, size: int) -> list[Batch]:
        """The anchored batches whose entry is among the first ``size``, which are confirmed, become final."""
        wanted = select(BATCHES).where(
            BATCHES.c.state.in_(before(Event.CONFIRMED)), BATCHES.c.entry_number < whole(size, "size")
        )
        with self._database.reading() as connection:
            if connection.execute(wanted.limit(1)).first() is None:
                return []
        with self._database.writing() as connection:
            found = [batch_row(row) for row in connection.execute(wanted.order_by(BATCHES.c.id))]
            for batch in found:
                _happen(connection, batch.id, Event.CONFIRMED, {})
        return found

    def batch(self, batch_id: int) -> Batch | None:
        """One batch; None when there is none of this id."""
        with self._database.reading() as connection:
            row = connection.execute(select(BATCHES).where(BATCHES.c.id == batch_id)).first()
        return None if row is None else batch_row(row)

    def batches(self, state: BatchState | None = None) -> list[Batch]:
        """All batches, or those in a state, in the order in which they were formed."""
        wanted = select(BATCHES).order_by(BATCHES.c.id)
        return self._batches(wanted if state is None else wanted.where(BATCHES.c.state == state))

    def unfinished(self) -> list[Batch]:
        """Batches that no entry is known to anchor, in the order in which they were formed: what is to be done."""
        return self._batches(select(BATCHES).where(BATCHES.c.state.in_(before(Event.ENTERED))).order_by(BATCHES.c.id))

    def unconfirmed(self) -> bool:
        """Whether a batch is anchored and not yet final."""
        wanted = select(BATCHES.c.id).where(BATCHES.c.state.in_(before(Event.CONFIRMED))).limit(1)
        with self._database.reading() as connection:
            return connection.execute(wanted).first() is not None

    def leaves(self, batch_id: int) -> list[bytes]:
        """The declaration ids of a batch, in order."""
        column = DECLARATIONS.c
        wanted = select(column.id).where(column.batch_id == batch_id).order_by(column.batch_index)
        with self._database.reading() as connection:
            return list(connection.scalars(wanted))

    def _batches(self, wanted: Select[Any]) -> list[Batch]:
        with self._database.reading() as connection:
            return [batch_row(row) for row in connection.execute(wanted)]


def batch_row(row: Row[Any]) -> Batch:
    """A batch from a row that has the columns of the table under their names."""
    values = row._mapping
    return Batch(*(values[BATCHES.c[name]] for name in _COLUMNS))


def anchor(connection: Connection, batch: Batch, number: int, time: int) -> None:
    """``Batches.mark_anchored``, inside a transaction that is already writing."""
    _check_entry(connection, batch, number, time)
    _happen(connection, batch.id, Event.ENTERED, {"entry_number": number, "entry_time": time})


def anchor_open(connection: Connection, logged: Sequence[LoggedEntry]) -> None:
    """New entries of the index anchor the batches on their way, however often the chain changed its mind."""
    column = BATCHES.c
    still = select(column.id, column.root, column.size).where(column.state.in_(before(Event.ENTERED)))
    waiting = {encode_payload(Anchored(root, size)): id_ for id_, root, size in connection.execute(still)}
    for item in logged if waiting else ():
        entry = item.entry
        if entry.kind is EntryKind.ANCHORED and entry.payload in waiting:
            values = {"entry_number": entry.number, "entry_time": entry.time, "problem": None, "retry_at": None}
            _happen(connection, waiting[entry.payload], Event.ENTERED, values)


def take_back(connection: Connection, number: int) -> None:
    """Drop entries from ``number`` on; the batches that they anchored are to be sent at once, unless they come back."""
    dropped = connection.execute(delete(ENTRIES).where(ENTRIES.c.number >= number)).rowcount
    undone = select(BATCHES.c.id).where(BATCHES.c.entry_number >= number).order_by(BATCHES.c.id)
    for id_ in list(connection.scalars(undone)):
        _happen(connection, id_, Event.TAKEN_BACK, {"entry_number": None, "entry_time": None, "sent_at": None})
    if dropped:
        connection.execute(insert(CHANGES).values(kind=REORGANISED, entry_number=number, depth=dropped))


def note(connection: Connection, kind: str, batch_id: int, number: int | None = None) -> None:
    """Keep a change for whoever follows changes."""
    connection.execute(insert(CHANGES).values(kind=kind, batch_id=batch_id, entry_number=number))


def _happen(connection: Connection, batch_id: int, event: Event, values: dict[str, Any]) -> BatchState | None:
    """Let an event happen to a batch; the state that follows, or None where it changes nothing."""
    known = _one(connection, batch_id)
    state = after(known.state, event)
    if state is not None:
        connection.execute(update(BATCHES).where(BATCHES.c.id == batch_id).values(state=state, **values))
        number = values.get("entry_number", known.entry_number)
        note(connection, TAKEN_BACK if event is Event.TAKEN_BACK else state, batch_id, number)
    return state


def _one(connection: Connection, batch_id: int) -> Batch:
    row = connection.execute(select(BATCHES).where(BATCHES.c.id == batch_id)).first()
    if row is None:
        raise KeyError("no such batch")
    return batch_row(row)


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

"""Batches: formed of pending declarations, sent, anchored, final; sent again if a reorganisation takes the entry.

Which state may follow on which is decided by ``core.anchoring``. See ``transactions`` for what a batch shares with the
index of the history.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import exists, func, insert, select, update

from ledger.core.anchoring.batches import Batch, Event, before
from ledger.core.anchoring.interval import ANCHOR_GAS, DAY, HOUR, Anchoring, AnchorSpending, small_gas
from ledger.core.encoding.ids import DeclarationId, Root
from ledger.edges.store.bulk import read_in_chunks
from ledger.edges.store.database import Database
from ledger.edges.store.limits import checked_number
from ledger.edges.store.rows import batch_of
from ledger.edges.store.tables import ATTESTED_SETS, BATCHES, DECLARATIONS, META
from ledger.edges.store.transactions import anchor_batch, change_batch, form_batch, read_batch

_LONGEST_PROBLEM = 300  # characters of what a node said


class Batches:
    """The table of batches, and which declarations are in each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def form(self, root: Root, ids: Sequence[DeclarationId], at: int) -> Batch:
        """Make a batch of pending declarations, in this order, all or none; durable on return.

        :param root: what the core computed over ``ids``; it is stored, not checked.
        :param at: time now, seconds since 1970.
        :raises BatchedElsewhere: one of them is not pending any more, because another process was faster: read the
            pending ids again. If it was so fast that none was left to read, ``ids`` is empty.
        """
        with self._database.writing() as connection:
            return form_batch(connection, root, ids, at)

    def mark_sent(self, batch_id: int, tx_hash: str, nonce: int, tip: int, max_fee: int, at: int) -> bool:
        """Note the transaction that will carry a batch. False: the batch is anchored already, and nothing changes.

        :param tip: and ``max_fee``: wei per gas. ``at``: seconds since 1970.
        """
        values = {
            "tx_hash": tx_hash, "nonce": checked_number(nonce, "nonce"), "tip": checked_number(tip, "tip"),
            "max_fee": checked_number(max_fee, "max_fee"), "sent_at": checked_number(at, "time"),
            "tries": BATCHES.c.tries + 1, "problem": None, "retry_at": None,
        }  # fmt: skip
        with self._database.writing() as connection:
            return change_batch(connection, batch_id, Event.SENT, values) is not None

    def set_relayer(self, account: bytes) -> None:
        """Note the account that sends, 20 bytes.

        If it was another one before, its key was lost or replaced. The nonces of batches under way belong to that
        account and say nothing any more, so these batches are to be sent again.
        """
        address = f"0x{account.hex()}"
        relayer = META.c.key == "relayer"
        with self._database.reading() as connection:
            if connection.execute(select(META.c.value).where(relayer)).scalar() == address:
                return
        with self._database.writing() as connection:
            if connection.execute(update(META).where(relayer).values(value=address)).rowcount == 0:
                connection.execute(insert(META).values(key="relayer", value=address))
                return
            nothing = dict.fromkeys(("tx_hash", "nonce", "tip", "max_fee", "sent_at"))
            for id_ in list(connection.scalars(select(BATCHES.c.id).where(BATCHES.c.state.in_(before(Event.REFUSED))))):
                change_batch(connection, id_, Event.REFUSED, nothing)

    def mark_refused(self, batch_id: int, problem: str, retry_at: int) -> None:
        """Note why a node did not take the transaction, and drop what was noted of the transaction.

        :param retry_at: when to try again, seconds since 1970.
        """
        values = {"problem": problem[:_LONGEST_PROBLEM], "retry_at": checked_number(retry_at, "time"), "tx_hash": None,
                  "nonce": None, "tip": None, "max_fee": None, "sent_at": None}  # fmt: skip
        with self._database.writing() as connection:
            if change_batch(connection, batch_id, Event.REFUSED, values) is None:
                known = BATCHES.c.id == batch_id, BATCHES.c.state.in_(("batched", "sent"))
                connection.execute(
                    update(BATCHES).where(*known).values(problem=values["problem"], retry_at=values["retry_at"])
                )

    def mark_anchored(self, batch_id: int, number: int, time: int) -> None:
        """Note the entry that anchors a batch, and the entry's time (seconds since 1970).

        :raises HistoryBroken: the index of the history has no such entry, or the entry anchors something else.
        """
        with self._database.writing() as connection:
            anchor_batch(connection, read_batch(connection, batch_id), number, time)

    def mark_paid(self, batch_id: int, gas: int, fees: int) -> None:
        """Note what the transaction that anchored a batch cost: gas, and fees in gwei."""
        values = {"gas": checked_number(gas, "gas"), "fees": checked_number(fees, "fees")}
        with self._database.writing() as connection:
            connection.execute(update(BATCHES).where(BATCHES.c.id == batch_id).values(values))

    def spent(self, full_size: int, at: int) -> AnchorSpending:
        """What batches cost as of ``at`` (seconds): small ones in the last hour, and all in the last 24 hours.

        :param full_size: declarations in a batch that is not small.
        """
        column = BATCHES.c
        small = select(column.created_at, column.size, column.gas).where(
            column.created_at > at - HOUR, column.size < full_size
        )
        day = select(func.sum(func.coalesce(column.gas, ANCHOR_GAS))).where(column.created_at > at - DAY)
        with self._database.reading() as connection:
            batches = [Anchoring(*row) for row in connection.execute(small)]
            return AnchorSpending(small_gas(batches, full_size), int(connection.execute(day).scalar() or 0))

    def mark_final(self, size: int) -> list[Batch]:
        """Make the anchored batches final whose entry is among the first ``size``, which are confirmed; return them."""
        wanted = select(BATCHES).where(
            BATCHES.c.state.in_(before(Event.CONFIRMED)), BATCHES.c.entry_number < checked_number(size, "size")
        )
        with self._database.reading() as connection:
            if connection.execute(wanted.limit(1)).first() is None:
                return []
        with self._database.writing() as connection:
            found = [batch_of(row) for row in connection.execute(wanted.order_by(BATCHES.c.id))]
            for batch in found:
                change_batch(connection, batch.id, Event.CONFIRMED, {})
        return found

    def get(self, batch_id: int) -> Batch | None:
        """One batch; None if there is none of this id."""
        with self._database.reading() as connection:
            row = connection.execute(select(BATCHES).where(BATCHES.c.id == batch_id)).first()
        return None if row is None else batch_of(row)

    def unfinished(self) -> list[Batch]:
        """The batches that no known entry anchors, in the order in which they were formed: what is left to do."""
        wanted = select(BATCHES).where(BATCHES.c.state.in_(before(Event.ENTERED))).order_by(BATCHES.c.id)
        with self._database.reading() as connection:
            return [batch_of(row) for row in connection.execute(wanted)]

    def each(self) -> Iterator[Batch]:
        """All batches in the order in which they were formed, read in chunks."""
        return map(batch_of, read_in_chunks(self._database, select(BATCHES), BATCHES.c.id))

    def declaration_ids(self, batch_id: int) -> list[DeclarationId]:
        """The declaration ids of a batch, in order; those that are known, if it is known in part."""
        column = DECLARATIONS.c
        wanted = select(column.id).where(column.batch_id == batch_id).order_by(column.batch_index)
        with self._database.reading() as connection:
            return list(connection.scalars(wanted))

    def partly_known(self) -> list[tuple[Batch, int]]:
        """The batches of which not all declarations are known, each with how many are."""
        column = BATCHES.c
        known = func.count(DECLARATIONS.c.id)
        wanted = (
            select(BATCHES, known.label("known"))
            .join(DECLARATIONS, DECLARATIONS.c.batch_id == column.id, isouter=True)
            .where(~exists().where(ATTESTED_SETS.c.root == column.root, ATTESTED_SETS.c.size == column.size))
            .group_by(column.id)
            .having(known < column.size)
            .order_by(column.id)
        )
        with self._database.reading() as connection:
            return [(batch_of(row), row.known) for row in connection.execute(wanted)]

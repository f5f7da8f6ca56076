"""Restore: what exports and holders' evidence hold goes into a store in one transaction, all of it or nothing.

A store that holds part of it already keeps what it has, and takes the rest; where the two contradict each other,
HistoryBroken says both sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, insert, select, update

from ledger.core.anchoring.batches import Batch
from ledger.core.checkpoints.note import SignedNote
from ledger.core.evidence.inclusion import Place
from ledger.core.statements.origin import Origin
from ledger.core.statements.statement import Declaration
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.store.batches import anchor, batch_row
from ledger.edges.store.bulk import insert_new, place_all
from ledger.edges.store.declarations import DeclarationRow, declaration_row, pending_values
from ledger.edges.store.entries import append
from ledger.edges.store.inclusions import keep, settle
from ledger.edges.store.limits import Part, chunks, whole
from ledger.edges.store.sets import save
from ledger.edges.store.tables import BATCHES, CHECKPOINTS, DECLARATIONS
from ledger.errors import HistoryBroken


class Restoring:
    """One restoring transaction: entries first, then declarations, then batches and sets."""

    def __init__(self, connection: Connection, origin: Origin) -> None:
        self._connection = connection
        self._origin = origin

    def entries(self, logged: Sequence[LoggedEntry]) -> None:
        """The next entries, as ``Entries.append_entries``."""
        append(self._connection, self._origin, logged)

    def checkpoint(self, note: SignedNote, at: int) -> None:
        """A published checkpoint; one of the same size and root takes the signatures that it lacks."""
        size, root, column = whole(note.checkpoint.size, "size"), note.checkpoint.root, CHECKPOINTS.c
        known = self._connection.execute(select(column.root, column.note).where(column.size == size)).first()
        if known is None:
            values = {"size": size, "root": root, "note": str(note), "created_at": whole(at, "time")}
            self._connection.execute(insert(CHECKPOINTS).values(values))
        elif known.root != root:
            raise HistoryBroken(
                f"the store has another checkpoint of {size} entries", expected=known.root.hex(), found=root.hex()
            )
        else:
            merged = str(SignedNote.parse(known.note).with_signatures(note))
            self._connection.execute(update(CHECKPOINTS).where(column.size == size).values(note=merged))

    def declarations(self, received: Sequence[tuple[bytes, Declaration, bytes, int]]) -> None:
        """Declarations with id, signature and time of receipt, pending until their batch comes; known ones stay."""
        insert_new(self._connection, DECLARATIONS, "id", [pending_values(*item) for item in received])

    def batch(self, batch: Batch, ids: Sequence[bytes]) -> None:
        """A batch (its ``id`` is given anew) with its declarations in order; without any where ``place`` says which.

        :raises HistoryBroken: a declaration of it is not there, stands in another batch, or stands elsewhere in this
            one; or no entry anchors it although it is anchored.
        """
        column = BATCHES.c
        same = select(BATCHES).where(column.root == batch.root, column.size == whole(batch.size, "size"))
        row = self._connection.execute(same).first()
        if row is None:
            # Nothing is known here of a transaction under way: what is not anchored is to be sent.
            values = {
                "root": batch.root, "size": batch.size, "state": "batched",
                "created_at": whole(batch.created_at, "time"), "tx_hash": batch.tx_hash,
            }  # fmt: skip
            row = self._connection.execute(insert(BATCHES).values(values).returning(BATCHES)).one()
        known = batch_row(row)
        if ids:
            self._place(known, ids)
        if batch.entry_number is not None and batch.entry_time is not None:
            anchor(self._connection, known, batch.entry_number, batch.entry_time)

    def place(self, id_: bytes, place: Place) -> None:
        """Where a declaration stands in a batch or set that may be known in part; its path is not checked.

        A declaration that is here and pending takes its place in a batch that is here.
        """
        column, batch = DECLARATIONS.c, BATCHES.c
        keep(self._connection, id_, place)
        same = select(batch.id).where(batch.root == place.root, batch.size == place.size)
        batch_id = self._connection.execute(same).scalar()
        if batch_id is not None:
            mine = update(DECLARATIONS).where(column.id == id_, column.batch_id.is_(None))
            self._connection.execute(mine.values(batch_id=batch_id, batch_index=place.index))

    def settle(self) -> None:
        """The last step: places that tell no more than the members, who are all known now, are dropped."""
        settle(self._connection)

    def set(self, root: bytes, size: int, ids: Sequence[bytes]) -> None:
        """An attested set, as ``Sets.save_set``."""
        save(self._connection, root, size, ids)

    def rows(self, ids: Sequence[bytes]) -> dict[bytes, tuple[DeclarationRow, Batch | None]]:
        """Declarations as they stand now, by id, each with its batch."""
        found = {}
        for some in chunks(ids):
            wanted = (
                select(DECLARATIONS, BATCHES)
                .join(BATCHES, BATCHES.c.id == DECLARATIONS.c.batch_id, isouter=True)
                .where(DECLARATIONS.c.id.in_(some))
            )
            for row in self._connection.execute(wanted):
                batch = None if row.batch_id is None else batch_row(row)
                found[row._mapping[DECLARATIONS.c.id]] = declaration_row(row), batch
        return found

    def _place(self, batch: Batch, ids: Sequence[bytes]) -> None:
        column = DECLARATIONS.c
        place_all(self._connection, batch.id, ids)
        placed = select(column.batch_index, column.id).where(column.batch_id == batch.id)
        stored = {row.batch_index: row.id for row in self._connection.execute(placed)}
        for number, id_ in enumerate(ids):
            found = stored.get(number)
            if found != id_:
                raise HistoryBroken(
                    f"number {number} of the batch 0x{batch.root.hex()} is missing or stands in another batch",
                    expected=f"declaration 0x{id_.hex()}", found="none" if found is None else f"0x{found.hex()}",
                )  # fmt: skip


class Restores(Part):
    """Taking over what another store held."""

    @contextmanager
    def restoring(self) -> Iterator[Restoring]:
        """A transaction: on disk when the block ends, undone when it raises."""
        with self._database.writing() as connection:
            yield Restoring(connection, self.origin)

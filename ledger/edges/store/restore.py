"""Restore: write what exports and holders' evidence contain into a store, in one transaction, all of it or nothing.

A store that has part of it already keeps what it has and takes the rest. If the two contradict each other,
HistoryBroken carries both sides.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, insert, select, update

from ledger.core.anchoring.batches import Batch
from ledger.core.checkpoints.note import SignedNote
from ledger.core.encoding.ids import DeclarationId, Root, SetName
from ledger.core.evidence.inclusion import Inclusion
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.origin import Origin
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.store.bulk import insert_new, put_into_batch
from ledger.edges.store.checkpoints import merge_note, save_note
from ledger.edges.store.inbox_sets import note_members
from ledger.edges.store.limits import checked_number, chunks
from ledger.edges.store.rows import DeclarationRow, batch_of, declaration_of, pending_values
from ledger.edges.store.sets import read_members, save_members
from ledger.edges.store.tables import BATCHES, DECLARATIONS, INCLUSIONS
from ledger.edges.store.transactions import anchor_batch, append_entries
from ledger.errors import HistoryBroken


class Restoration:
    """One restoring transaction: entries first, then declarations, then batches and sets. See ``Store.restoring``."""

    def __init__(self, connection: Connection, origin: Origin) -> None:
        self._connection = connection
        self._origin = origin

    def add_entries(self, logged: Sequence[LoggedEntry]) -> None:
        """Add the next entries; like ``Entries.append``."""
        append_entries(self._connection, self._origin, logged)

    def add_checkpoint(self, note: SignedNote, at: int) -> None:
        """Add a published checkpoint. A known one of the same size and root takes the signatures that it lacks.

        :raises HistoryBroken: the store has another root for this size.
        """
        known = save_note(self._connection, note, at)
        if known is not note:
            merge_note(self._connection, known, note)

    def add_declarations(self, received: Sequence[tuple[DeclarationId, Declaration, bytes, int]]) -> None:
        """Add declarations, pending until their batch comes: (id, declaration, signature, time of receipt)."""
        insert_new(self._connection, DECLARATIONS, "id", [pending_values(*item) for item in received])

    def add_batch(self, batch: Batch, ids: Sequence[DeclarationId]) -> None:
        """Add a batch with its declarations in order, or with none if ``add_inclusion`` will name them.

        The store gives it an ``id`` of its own.

        :raises HistoryBroken: a declaration of it is not in the store, is in another batch, or has another index in
            this one; or the batch is anchored and no entry anchors it.
        """
        column = BATCHES.c
        same = select(BATCHES).where(column.root == batch.root, column.size == checked_number(batch.size, "size"))
        row = self._connection.execute(same).first()
        if row is None:
            # This store knows nothing of a transaction under way: a batch that is not anchored is to be sent.
            values = {
                "root": batch.root, "size": batch.size, "state": "batched",
                "created_at": checked_number(batch.created_at, "time"), "tx_hash": batch.tx_hash,
            }  # fmt: skip
            row = self._connection.execute(insert(BATCHES).values(values).returning(BATCHES)).one()
        known = batch_of(row)
        if ids:
            self._put_into_batch(known, ids)
            note_members(self._connection, SetName(known.root, known.size))
        if batch.entry_number is not None and batch.entry_time is not None:
            anchor_batch(self._connection, known, batch.entry_number, batch.entry_time)

    def add_inclusion(self, id_: DeclarationId, inclusion: Inclusion) -> None:
        """Add the inclusion of a declaration in a batch or set whose other members may be unknown. It is not checked.

        If the store has the batch and the declaration is pending, the declaration is put into the batch. An inclusion
        that the store has already stays as it is.
        """
        column, batch = DECLARATIONS.c, BATCHES.c
        self._keep_inclusion(id_, inclusion)
        same = select(batch.id).where(batch.root == inclusion.root, batch.size == inclusion.size)
        batch_id = self._connection.execute(same).scalar()
        if batch_id is not None:
            pending = update(DECLARATIONS).where(column.id == id_, column.batch_id.is_(None))
            self._connection.execute(pending.values(batch_id=batch_id, batch_index=inclusion.index))
        note_members(self._connection, inclusion.name, inclusion.index)

    def add_set(self, root: Root, size: int, ids: Sequence[DeclarationId]) -> None:
        """Add an attested set; like ``Sets.save``."""
        save_members(self._connection, root, size, ids)

    def complete_sets(self) -> None:
        """The last step: keep the members of each set that inclusions name completely, and drop those inclusions."""
        column = INCLUSIONS.c
        names = select(column.root, column.size, func.count().label("known")).group_by(column.root, column.size)
        for root, size, known in self._connection.execute(names).all():
            self._complete(SetName(root, size), known)

    def complete_set(self, name: SetName) -> None:
        """The same for one set."""
        column = INCLUSIONS.c
        inside = column.root == name.root, column.size == name.size
        known = self._connection.execute(select(func.count()).select_from(INCLUSIONS).where(*inside)).scalar_one()
        self._complete(name, known)

    def declarations(self, ids: Sequence[DeclarationId]) -> dict[DeclarationId, tuple[DeclarationRow, Batch | None]]:
        """The declarations that the store has now, by id, each with its batch."""
        found = {}
        for some in chunks(ids):
            wanted = (
                select(DECLARATIONS, BATCHES)
                .join(BATCHES, BATCHES.c.id == DECLARATIONS.c.batch_id, isouter=True)
                .where(DECLARATIONS.c.id.in_(some))
            )
            for row in self._connection.execute(wanted):
                batch = None if row.batch_id is None else batch_of(row)
                found[row._mapping[DECLARATIONS.c.id]] = declaration_of(row), batch
        return found

    def _complete(self, name: SetName, known: int) -> None:
        column = INCLUSIONS.c
        inside = column.root == name.root, column.size == name.size
        if read_members(self._connection, *name) is None:
            if known < name.size:
                return
            members = select(column.declaration).where(*inside).order_by(column.position)
            save_members(self._connection, *name, self._connection.scalars(members).all())
        self._connection.execute(delete(INCLUSIONS).where(*inside))

    def _put_into_batch(self, batch: Batch, ids: Sequence[DeclarationId]) -> None:
        column = DECLARATIONS.c
        put_into_batch(self._connection, batch.id, ids)
        inside = select(column.batch_index, column.id).where(column.batch_id == batch.id)
        stored = {row.batch_index: row.id for row in self._connection.execute(inside)}
        for index, id_ in enumerate(ids):
            found = stored.get(index)
            if found != id_:
                raise HistoryBroken(
                    f"number {index} of the batch 0x{batch.root.hex()} is missing or is in another batch",
                    expected=f"declaration 0x{id_.hex()}", found="none" if found is None else f"0x{found.hex()}",
                )  # fmt: skip

    def _keep_inclusion(self, id_: DeclarationId, inclusion: Inclusion) -> None:
        column = INCLUSIONS.c
        size, index = checked_number(inclusion.size, "size"), checked_number(inclusion.index, "index")
        same = column.root == inclusion.root, column.size == size, column.position == index
        if self._connection.execute(select(column.declaration).where(*same)).first() is None:
            values = {
                "root": inclusion.root, "size": size, "position": index, "declaration": id_,
                "path": b"".join(inclusion.proof),
            }  # fmt: skip
            self._connection.execute(insert(INCLUSIONS).values(values))

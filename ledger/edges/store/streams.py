"""Everything in the store, read through once and a little at a time: for auditors, and for whoever carries it away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Column, Select, select

from ledger.core.anchoring.batches import Batch
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.store.batches import batch_row
from ledger.edges.store.declarations import SELECTED, DeclarationRow, declaration_row
from ledger.edges.store.entries import logged_entry_row
from ledger.edges.store.limits import CHUNK, Part
from ledger.edges.store.tables import ATTESTED_SETS, BATCHES, CHECKPOINTS, DECLARATIONS, ENTRIES


class Indexed(NamedTuple):
    """A row of the index: the entry, and the subject (32 bytes) under which it is found."""

    logged: LoggedEntry
    subject: bytes


class Streams(Part):
    """Whole tables in the order of their keys. A row that is added meanwhile may be seen or not."""

    def each_entry(self) -> Iterator[Indexed]:
        """The index of the history by number; HistoryBroken at a row whose hash is not its content's."""
        for row in self._each(select(ENTRIES), ENTRIES.c.number):
            yield Indexed(logged_entry_row(row), row.subject)

    def each_declaration(self) -> Iterator[DeclarationRow]:
        """Declarations by id."""
        for row in self._each(SELECTED, DECLARATIONS.c.id):
            yield declaration_row(row)

    def each_batch(self) -> Iterator[Batch]:
        """Batches in the order in which they were formed."""
        for row in self._each(select(BATCHES), BATCHES.c.id):
            yield batch_row(row)

    def each_set(self) -> Iterator[tuple[bytes, int]]:
        """Root and size of attested sets that are no batches, as they were kept."""
        for row in self._each(select(ATTESTED_SETS), ATTESTED_SETS.c.id):
            yield row.root, row.size

    def each_checkpoint(self) -> Iterator[tuple[int, bytes, str]]:
        """(size, root, note) by size: both columns as they stand, whatever the note says."""
        wanted = select(CHECKPOINTS.c.size, CHECKPOINTS.c.root, CHECKPOINTS.c.note)
        for row in self._each(wanted, CHECKPOINTS.c.size):
            yield row.size, row.root, row.note

    def _each(self, wanted: Select[Any], key: Column[Any]) -> Iterator[Any]:
        """Rows by a key that names one row, a chunk in each transaction."""
        chunk = wanted.order_by(key).limit(CHUNK)
        while True:
            with self._database.reading() as connection:
                rows = list(connection.execute(chunk))
            yield from rows
            if len(rows) < CHUNK:
                return
            chunk = wanted.where(key > getattr(rows[-1], key.name)).order_by(key).limit(CHUNK)

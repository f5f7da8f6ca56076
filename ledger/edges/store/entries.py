"""The index of the history: entries as the chain gave them, without gaps, cut back when the chain takes some back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Select, select

from ledger.core.statements.origin import Origin
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.store.bulk import read_in_chunks
from ledger.edges.store.database import Database
from ledger.edges.store.limits import CHUNK, checked_number
from ledger.edges.store.rows import IndexedEntry, entry_of
from ledger.edges.store.tables import ENTRIES
from ledger.edges.store.transactions import append_entries, mend_entries, truncate_entries


class Entries:
    """The table of entries. It saves reading the chain again and proves nothing: readers replay what it says.

    A method that reads an entry raises HistoryBroken if the row was changed in the store.
    """

    def __init__(self, database: Database, origin: Origin) -> None:
        self._database = database
        self._origin = origin

    def append(self, logged: Sequence[LoggedEntry]) -> None:
        """Add entries that follow on the last one, all or none.

        Entries that are in the index already, the same in the same block, are skipped: two followers may fill one
        store. An entry that anchors a batch under way anchors it in the same transaction.

        :raises HistoryBroken: there would be a gap, or the index has another entry of this number.
        """
        with self._database.writing() as connection:
            append_entries(connection, self._origin, logged)

    def mend(self, logged: Sequence[LoggedEntry]) -> None:
        """Write entries over the rows of their numbers, which cannot be read, or behind them; all or none.

        Nobody is told of it: the chain took nothing back.

        :raises HistoryBroken: there would be a gap.
        """
        with self._database.writing() as connection:
            mend_entries(connection, self._origin, logged)

    def truncate(self, number: int) -> None:
        """Drop entry ``number`` and all after it, as a reorganisation of the chain did.

        The batches that these entries anchored are under way again, in the same transaction: the entry anchors them
        when it comes back, and the anchorer sends them again if it does not.
        """
        with self._database.writing() as connection:
            truncate_entries(connection, checked_number(number, "entry number"))

    def read(self, first: int = 0, until: int | None = None) -> Iterator[LoggedEntry]:
        """Entries in order, from ``first`` (inclusive) until ``until`` (exclusive); read in chunks."""
        number, column = checked_number(first, "entry number"), ENTRIES.c
        while True:
            wanted = select(ENTRIES).where(column.number >= number).order_by(column.number).limit(CHUNK)
            if until is not None:
                wanted = wanted.where(column.number < checked_number(until, "entry number"))
            found = self._found(wanted)
            yield from found
            if len(found) < CHUNK:
                return
            number = found[-1].entry.number + 1

    def each(self) -> Iterator[IndexedEntry]:
        """All entries by number, each with the topic that it is stored under; read in chunks."""
        for row in read_in_chunks(self._database, select(ENTRIES), ENTRIES.c.number):
            yield IndexedEntry(entry_of(row), row.topic)

    def by_number(self, number: int) -> LoggedEntry:
        """One entry; KeyError if the index has none of this number."""
        found = self._found(select(ENTRIES).where(ENTRIES.c.number == checked_number(number, "entry number")))
        if not found:
            raise KeyError(number)
        return found[0]

    def hash_of(self, number: int) -> bytes | None:
        """The hash of an entry as it was stored; None if the index has none of this number."""
        wanted = select(ENTRIES.c.hash).where(ENTRIES.c.number == checked_number(number, "entry number"))
        with self._database.reading() as connection:
            return connection.execute(wanted).scalar()

    def last(self) -> LoggedEntry | None:
        """The entry with the highest number; None if the index is empty."""
        found = self._found(select(ENTRIES).order_by(ENTRIES.c.number.desc()).limit(1))
        return found[0] if found else None

    def size_as_of(self, block: int) -> int:
        """How many entries of the index are in blocks up to this one."""
        wanted = select(ENTRIES.c.number).where(ENTRIES.c.block_number <= block)
        with self._database.reading() as connection:
            # From the end by number, because blocks ascend with numbers: the first row within is the last one.
            last = connection.execute(wanted.order_by(ENTRIES.c.number.desc()).limit(1)).scalar()
        return 0 if last is None else last + 1

    def _found(self, wanted: Select[Any]) -> list[LoggedEntry]:
        with self._database.reading() as connection:
            return [entry_of(row) for row in connection.execute(wanted)]

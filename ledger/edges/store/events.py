"""Events: what has changed in the store since a reader last looked.

A reader keeps a ``Cursor``: the number of the next entry, and the last change of a batch that it has. An event is
written in the transaction that makes the change, by one writer at a time, so ids ascend in the order in which events
become visible.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select, text

from ledger.core.encoding.ids import Root
from ledger.core.history.entry import Entry
from ledger.edges.store.database import Database
from ledger.edges.store.limits import MAX_NUMBER
from ledger.edges.store.rows import entry_of
from ledger.edges.store.tables import BATCHES, CHANGES, ENTRIES
from ledger.edges.store.transactions import REORGANISED
from ledger.errors import Malformed

IS_REORGANISED = CHANGES.c.kind == text(f"'{REORGANISED}'")  # a literal, so that the partial index is used
_CURSOR = re.compile(r"(\d{1,19})-(\d{1,19})", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """How far a reader has come: the number of the entry that comes next, and the id of the last change that it has."""

    entry: int
    change: int

    @classmethod
    def parse(cls, id_: str) -> Cursor:
        """Read what ``str`` gives; Malformed if it is something else."""
        found = _CURSOR.fullmatch(id_)
        numbers = [int(part) for part in found.groups()] if found else [MAX_NUMBER + 1]
        if max(numbers) > MAX_NUMBER:
            raise Malformed("is the id of an event of this stream, such as 20-57, or 0-0 for everything", "event id")
        return cls(*numbers)

    def __str__(self) -> str:
        return f"{self.entry}-{self.change}"


@dataclass(frozen=True, slots=True)
class StoreEvent:
    """A batch came to another state (``kind`` is that state), or was "taken back": it is to be sent again."""

    kind: str
    batch_id: int
    root: Root
    size: int
    entry_number: int | None


@dataclass(frozen=True, slots=True)
class Reorganised:
    """The chain took back the entries from this number on. The entries that replace them come next."""

    number: int


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened, and the reader's cursor after it."""

    cursor: Cursor
    what: Entry | StoreEvent | Reorganised


class Events:
    """Entries and changes of batches for readers. The cost of reading does not grow with the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, stopped: Cursor | None = None) -> Cursor:
        """Where a reader begins: at the newest, or where it stopped; never beyond the changes of this store."""
        with self._database.reading(one_moment=True) as connection:
            newest = Cursor(read_size(connection), _last_change(connection))
        return newest if stopped is None else Cursor(stopped.entry, min(stopped.change, newest.change))

    def after(self, cursor: Cursor, limit: int = 200) -> list[Step]:
        """What happened after ``cursor``, in order; at most ``limit`` entries and as many changes; nothing at the end.

        An entry comes before the change that it caused. A reorganisation comes before the entries that replace the old
        ones, and no entry above it comes earlier. So a reader that drops what a reorganisation takes back has one
        history at any time.

        :param cursor: from ``start``, or of the last step.
        """
        column = CHANGES.c
        with self._database.reading(one_moment=True) as connection:
            size, done = read_size(connection), cursor.change
            cuts = select(column.entry_number).where(IS_REORGANISED, column.id > done)
            lowest = min(connection.scalars(cuts), default=None)
            if lowest is None and cursor.entry > size:  # the reader's store was lost; this one read the chain again
                return [Step(Cursor(size, done), Reorganised(size))]
            wanted = select(ENTRIES).where(ENTRIES.c.number >= cursor.entry).order_by(ENTRIES.c.number).limit(limit)
            if lowest is not None:
                wanted = wanted.where(ENTRIES.c.number < lowest)
            entries = [entry_of(row).entry for row in connection.execute(wanted)]
            changes = (
                select(CHANGES, BATCHES.c.root, BATCHES.c.size)
                .join(BATCHES, BATCHES.c.id == column.batch_id, isouter=True)
                .where(column.id > done)
                .order_by(column.id)
                .limit(limit)
            )
            rows = connection.execute(changes).all()
        return list(_steps(cursor, entries, rows, limit))


def read_size(connection: Connection) -> int:
    """How many entries the index has, inside a transaction."""
    last = connection.execute(select(func.max(ENTRIES.c.number))).scalar()
    return 0 if last is None else int(last) + 1


def _steps(cursor: Cursor, entries: Sequence[Entry], rows: Sequence[Row[Any]], limit: int) -> Iterator[Step]:
    """Entries and changes as one sequence, as far as both are known."""
    following, done = cursor.entry, cursor.change
    left = list(reversed(entries))
    for row in rows:
        while row.kind == "anchored" and left and left[-1].number <= row.entry_number:
            entry = left.pop()
            following = entry.number + 1
            yield Step(Cursor(following, done), entry)
        if row.kind == "anchored" and not left and len(entries) == limit and row.entry_number >= following:
            return  # its entry comes with the next ones
        done = row.id
        if row.kind == REORGANISED:
            following = min(following, row.entry_number)
            yield Step(Cursor(following, done), Reorganised(row.entry_number))
            return  # what follows is of another branch
        event = StoreEvent(row.kind, row.batch_id, row.root, row.size, row.entry_number)
        yield Step(Cursor(following, done), event)
    if len(rows) < limit:
        for entry in reversed(left):
            yield Step(Cursor(entry.number + 1, done), entry)


def _last_change(connection: Connection) -> int:
    return int(connection.execute(select(func.max(CHANGES.c.id))).scalar() or 0)

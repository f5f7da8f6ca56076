"""Watching the store: how much is under way, and what has changed since a reader last looked.

A reader keeps a ``Cursor``: the number of the next entry, and the last change. Changes are written in the transaction
that makes them, by one writer at a time, so that their ids ascend in the order in which they become visible.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, text

from ledger.core.anchoring.batches import BatchState
from ledger.core.history.entry import Entry
from ledger.edges.store.batches import REORGANISED
from ledger.edges.store.entries import logged_entry_row
from ledger.edges.store.limits import MOST, Part
from ledger.edges.store.tables import BATCHES, CHANGES, CHECKPOINTS, DECLARATIONS, ENTRIES, META
from ledger.errors import Malformed

_UNDER_WAY = ("batched", "sent", "anchored")
_IS_REORGANISED = CHANGES.c.kind == text(f"'{REORGANISED}'")  # as it is, so that the index of a part serves
_CURSOR = re.compile(r"(\d{1,19})-(\d{1,19})", re.ASCII)
_PROBE = "probe"


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Batches in one state: how many, of how many declarations, formed since when (seconds), and refused by a node."""

    batches: int
    declarations: int
    oldest: int
    problems: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """How it stands, as of one moment.

    ``pending``: declarations that wait for a batch, the oldest since ``pending_since`` (seconds). ``under_way``:
    batches that are not final. ``problem``: why a node refused the oldest batch that one refused. ``entries``: how many
    the index has. ``checkpoint``: the newest note. ``depths``: reorganisations, by how many entries each took back.
    """

    pending: int
    pending_since: int | None
    under_way: dict[BatchState, UnderWay]
    problem: str | None
    entries: int
    checkpoint: str | None
    depths: dict[int, int]

    @property
    def oldest(self) -> int | None:
        """Since when (seconds) the oldest declaration waits that is not anchored; of one in a batch, the batch."""
        waiting = [state.oldest for name, state in self.under_way.items() if name != "anchored"]
        return min([*waiting, *([] if self.pending_since is None else [self.pending_since])], default=None)


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """How far a reader has come: the number of the entry that comes next, and the last change that it has."""

    entry: int
    change: int

    @classmethod
    def parse(cls, given: str) -> Cursor:
        """Read what ``str`` gives; Malformed where it is something else."""
        found = _CURSOR.fullmatch(given)
        numbers = [int(part) for part in found.groups()] if found else [MOST + 1]
        if max(numbers) > MOST:
            raise Malformed("is the id of an event of this stream, such as 20-57, or 0-0 for everything", "event id")
        return cls(*numbers)

    def __str__(self) -> str:
        return f"{self.entry}-{self.change}"


@dataclass(frozen=True, slots=True)
class Change:
    """A batch came to another state (``kind`` is that state), or was "taken back": it is to be sent again."""

    kind: str
    batch_id: int
    root: bytes
    size: int
    entry_number: int | None


@dataclass(frozen=True, slots=True)
class Reorganised:
    """The chain took back the entries from this number on. Those that stand there instead come next."""

    number: int


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened, and where its reader stands then."""

    cursor: Cursor
    what: Entry | Change | Reorganised


class Watching(Part):
    """Reading for those who look on. Safe to be asked often: what it costs does not grow with the store."""

    def outlook(self) -> Outlook:
        """How it stands now. Counting what is pending costs in proportion to the backlog."""
        waiting, batch, declared = DECLARATIONS.c.batch_id.is_(None), BATCHES.c, DECLARATIONS.c.received_at
        grouped = (
            select(
                batch.state, func.count(), func.sum(batch.size), func.min(batch.created_at), func.count(batch.problem)
            )
            .where(batch.state.in_(_UNDER_WAY))
            .group_by(batch.state)
        )
        refused = select(batch.problem).where(batch.state.in_(("batched", "sent")), batch.problem.is_not(None))
        depths = select(CHANGES.c.depth, func.count()).where(_IS_REORGANISED).group_by(CHANGES.c.depth)
        newest = select(CHECKPOINTS.c.note).order_by(CHECKPOINTS.c.size.desc()).limit(1)
        with self._one_moment() as connection:
            pending, since = connection.execute(select(func.count(), func.min(declared)).where(waiting)).one()
            return Outlook(
                pending=pending,
                pending_since=since,
                under_way={
                    state: UnderWay(count, int(size), oldest, problems)
                    for state, count, size, oldest, problems in connection.execute(grouped)
                },
                problem=connection.execute(refused.order_by(batch.id).limit(1)).scalar(),
                entries=_size(connection),
                checkpoint=connection.execute(newest).scalar(),
                depths={depth or 0: count for depth, count in connection.execute(depths)},
            )

    def check_writable(self) -> None:
        """Write something, durably, that leaves no trace.

        :raises Unavailable: what is declared cannot be stored either: the disk is full, the store read-only or away.
        """
        with self._database.writing() as connection:
            connection.execute(insert(META).values(key=_PROBE, value=""))
            connection.execute(delete(META).where(META.c.key == _PROBE))

    def cursor(self, stopped: Cursor | None = None) -> Cursor:
        """Where a reader begins: at the newest, or where it stopped; never beyond the changes of this store."""
        with self._one_moment() as connection:
            newest = Cursor(_size(connection), _last_change(connection))
        return newest if stopped is None else Cursor(stopped.entry, min(stopped.change, newest.change))

    def follow(self, cursor: Cursor, most: int = 200) -> list[Step]:
        """What happened after ``cursor``, in order: at most so many entries and as many changes; none at the end.

        An entry comes before the change that it caused. A reorganisation comes before the entries that stand there
        instead, and no entry above it comes earlier, so that whoever drops what it takes back has one history at any
        time.

        :param cursor: from ``Store.cursor``, or of the last step.
        """
        column = CHANGES.c
        with self._one_moment() as connection:
            size, done = _size(connection), cursor.change
            cuts = select(column.entry_number).where(_IS_REORGANISED, column.id > done)
            lowest = min(connection.scalars(cuts), default=None)
            if lowest is None and cursor.entry > size:  # of a store that was lost, and has read the chain anew
                return [Step(Cursor(size, done), Reorganised(size))]
            wanted = select(ENTRIES).where(ENTRIES.c.number >= cursor.entry).order_by(ENTRIES.c.number).limit(most)
            if lowest is not None:
                wanted = wanted.where(ENTRIES.c.number < lowest)
            entries = [logged_entry_row(row).entry for row in connection.execute(wanted)]
            changes = (
                select(CHANGES, BATCHES.c.root, BATCHES.c.size)
                .join(BATCHES, BATCHES.c.id == column.batch_id, isouter=True)
                .where(column.id > done)
                .order_by(column.id)
                .limit(most)
            )
            rows = connection.execute(changes).all()
        return list(_steps(cursor, entries, rows, most))

    @contextmanager
    def _one_moment(self) -> Iterator[Connection]:
        """A reading transaction whose statements all see the same state, on PostgreSQL too."""
        with self._database.reading() as connection:
            if not self._database.is_sqlite:
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            yield connection


def _steps(cursor: Cursor, entries: Sequence[Entry], rows: Sequence[Row[Any]], most: int) -> Iterator[Step]:
    """Entries and changes as one sequence, as far as both are known."""
    following, done = cursor.entry, cursor.change
    left = list(reversed(entries))
    for row in rows:
        while row.kind == "anchored" and left and left[-1].number <= row.entry_number:
            entry = left.pop()
            following = entry.number + 1
            yield Step(Cursor(following, done), entry)
        if row.kind == "anchored" and not left and len(entries) == most and row.entry_number >= following:
            return  # its entry comes with the next ones
        done = row.id
        if row.kind == REORGANISED:
            following = min(following, row.entry_number)
            yield Step(Cursor(following, done), Reorganised(row.entry_number))
            return  # what follows is of another branch
        change = Change(row.kind, row.batch_id, row.root, row.size, row.entry_number)
        yield Step(Cursor(following, done), change)
    if len(rows) < most:
        for entry in reversed(left):
            yield Step(Cursor(entry.number + 1, done), entry)


def _size(connection: Connection) -> int:
    last = connection.execute(select(func.max(ENTRIES.c.number))).scalar()
    return 0 if last is None else int(last) + 1


def _last_change(connection: Connection) -> int:
    return int(connection.execute(select(func.max(CHANGES.c.id))).scalar() or 0)

"""The index of the history: entries as the chain gave them, without gaps, cut back when the chain takes some back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select

from ledger.core.history.entry import Entry, EntryKind
from ledger.core.statements.origin import Origin
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.store.batches import anchor_open, take_back
from ledger.edges.store.limits import CHUNK, Part, whole
from ledger.edges.store.tables import ENTRIES
from ledger.errors import HistoryBroken


class Entries(Part):
    """The table of entries. It saves reading the chain again and proves nothing: readers replay what it says."""

    def append_entries(self, logged: Sequence[LoggedEntry]) -> None:
        """Add entries that follow on the last one, all or none.

        Entries that are here already, the same in the same block, are passed over: two followers may fill one store.
        Batches on their way are anchored by the entries that say so, in the same transaction.

        :raises HistoryBroken: there would be a gap, or another entry stands at this number.
        """
        with self._database.writing() as connection:
            append(connection, self.origin, logged)

    def truncate_entries(self, number: int) -> None:
        """Drop entry ``number`` and all after it, as a reorganisation of the chain did.

        Batches that were anchored by one of them are on their way again, in the same transaction: the entry anchors
        them when it comes back, and the anchorer sends them anew when it does not.
        """
        with self._database.writing() as connection:
            take_back(connection, whole(number, "entry number"))

    def entries(self, first: int = 0, until: int | None = None) -> Iterator[LoggedEntry]:
        """Entries in order, from ``first`` (inclusive) until ``until`` (exclusive); read in chunks."""
        number, column = whole(first, "entry number"), ENTRIES.c
        while True:
            wanted = select(ENTRIES).where(column.number >= number).order_by(column.number).limit(CHUNK)
            if until is not None:
                wanted = wanted.where(column.number < whole(until, "entry number"))
            found = self._found(wanted)
            yield from found
            if len(found) < CHUNK:
                return
            number = found[-1].entry.number + 1

    def find_entries(self, subject: bytes, kind: EntryKind | None = None) -> list[LoggedEntry]:
        """Entries under a subject (32 bytes, docs/formats.md section 5), of one kind or of all, in order."""
        wanted = select(ENTRIES).where(ENTRIES.c.subject == subject).order_by(ENTRIES.c.number)
        return self._found(wanted if kind is None else wanted.where(ENTRIES.c.kind == int(kind)))

    def entry(self, number: int) -> LoggedEntry:
        """One entry; KeyError when it is not in the index."""
        found = self._found(select(ENTRIES).where(ENTRIES.c.number == whole(number, "entry number")))
        if not found:
            raise KeyError(number)
        return found[0]

    def entry_hash(self, number: int) -> bytes | None:
        """The hash of an entry as it was stored; None when it is not in the index."""
        wanted = select(ENTRIES.c.hash).where(ENTRIES.c.number == whole(number, "entry number"))
        with self._database.reading() as connection:
            return connection.execute(wanted).scalar()

    def last_entry(self) -> LoggedEntry | None:
        """The entry with the highest number; None when the index is empty."""
        found = self._found(select(ENTRIES).order_by(ENTRIES.c.number.desc()).limit(1))
        return found[0] if found else None

    def _found(self, wanted: Select[Any]) -> list[LoggedEntry]:
        """Read entries.

        :raises HistoryBroken: one was changed in the store: it has another hash than the one stored with it.
        """
        with self._database.reading() as connection:
            return [logged_entry_row(row) for row in connection.execute(wanted)]


def append(connection: Connection, origin: Origin, logged: Sequence[LoggedEntry]) -> None:
    """``Entries.append_entries``, inside a transaction that is already writing."""
    if not logged:
        return
    rows = [_values(item, item.entry.subject(origin)) for item in logged]
    known = _stored(connection, rows[0]["number"], rows[-1]["number"])
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
        anchor_open(connection, items)


def _stored(connection: Connection, first: int, last: int) -> dict[int, tuple[bytes, str]]:
    column = ENTRIES.c
    wanted = select(column.number, column.hash, column.block_hash).where(column.number.between(first, last))
    return {row.number: (row.hash, row.block_hash) for row in connection.execute(wanted)}


def _values(item: LoggedEntry, subject: bytes) -> dict[str, Any]:
    entry = item.entry
    return {
        "number": whole(entry.number, "entry number"),
        "kind": int(entry.kind),
        "subject": subject,
        "time": whole(entry.time, "entry time"),
        "payload": entry.payload,
        "hash": entry.hash,
        "block_number": whole(item.block_number, "block number"),
        "block_hash": item.block_hash,
        "tx_hash": item.tx_hash,
        "log_index": whole(item.log_index, "log index"),
    }


def logged_entry_row(row: Row[Any]) -> LoggedEntry:
    """The entry of a row; HistoryBroken when it is none, or has another hash than the one stored with it."""
    try:
        entry = Entry(row.number, EntryKind(row.kind), row.time, row.payload)
        hash_ = entry.hash
    except (ValueError, OverflowError, TypeError) as error:
        raise HistoryBroken(
            "the store's copy is no entry", expected="an entry", found=error, number=row.number
        ) from None
    if hash_ != row.hash:
        raise HistoryBroken(
            "the store's copy was changed", expected=row.hash.hex(), found=hash_.hex(), number=row.number
        )
    return LoggedEntry(entry, row.block_number, row.block_hash, row.tx_hash, row.log_index)

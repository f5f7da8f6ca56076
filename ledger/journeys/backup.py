"""Backup: copy a SQLite store as of one moment, while servers go on writing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ledger.core.statements.origin import Origin
from ledger.edges.store import Store


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A copy of a store: its length in bytes, and what the store held at about that moment."""

    length: int
    origin: Origin
    entries: int
    pending: int


def back_up(store: Store, file: Path) -> BackedUp:
    """Copy ``store`` to a file that is not there yet.

    :raises Malformed: the file exists, or the store is no SQLite file.
    :raises Unavailable: the disk or the store cannot be used.
    """
    length, last = store.backup.copy_to(file), store.entries.last()
    entries = 0 if last is None else last.entry.number + 1
    return BackedUp(length, store.origin, entries, store.declarations.pending().total)

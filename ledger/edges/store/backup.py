"""Backup: a copy of a SQLite database as of one moment, while others write to it.

The file alone is no backup: the latest commits are in a second file beside it (the write-ahead log), and two files that
are copied one after the other are of two moments. PostgreSQL has tools of its own.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from ledger.edges.store.database import Database
from ledger.errors import Malformed, Source, Unavailable


class Backup:
    """Copies of the whole database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def copy_to(self, target: Path) -> int:
        """Copy the database into a new file, synced and checked; returns the file's length in bytes.

        Readers and writers go on meanwhile. A copy that is interrupted leaves no file of this name.

        :raises Malformed: there is such a file, or the database is not SQLite.
        :raises Unavailable: database or file cannot be read or written, or the copy is damaged.
        """
        if not self._database.is_sqlite:
            raise Malformed("is a PostgreSQL database: back it up with pg_dump (docs/recovery.md)", "store_url")
        if target.exists():
            raise Malformed("is there already: name a new file", str(target))
        part = target.with_name(f"{target.name}.part")
        try:
            part.unlink(missing_ok=True)
            os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            self._copy(part)
            os.link(part, target)  # unlike a rename, this never replaces a file that was made meanwhile
            part.unlink()
            _sync(target.parent)
            return target.stat().st_size
        except FileExistsError:
            raise Malformed("is there already: name a new file", str(target)) from None
        except (OSError, sqlite3.Error) as error:
            raise Unavailable(f"the store cannot be copied to {target}: {error}", source=Source.STORE) from None
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def _copy(self, part: Path) -> None:
        source = self._database.engine.raw_connection()
        try:
            with closing(sqlite3.connect(part, isolation_level=None)) as copy:
                held = source.driver_connection
                assert isinstance(held, sqlite3.Connection)
                held.backup(copy)  # all pages in one step, so that they are of one moment while others write
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, complete in itself
                found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
        finally:
            source.close()
        if found != "ok":
            raise sqlite3.DatabaseError(f"the copy is damaged, and so is the store: {found}")
        _sync(part)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

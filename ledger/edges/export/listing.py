"""The list of an export's files while it is made or checked: in a temporary file, for there may be a million."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from ledger.errors import Malformed, Source, Unavailable

_BLOCK = 1 << 20


class Listing:
    """Paths, lengths and SHA-256 of files, by path. SQLite with an empty name: nobody else sees it, and it goes."""

    def __init__(self) -> None:
        self._disk = sqlite3.connect("", isolation_level=None)
        for setting in ("journal_mode = OFF", "synchronous = OFF"):
            self._disk.execute(f"PRAGMA {setting}")
        self._disk.execute(
            "CREATE TABLE files (path TEXT PRIMARY KEY, length INTEGER NOT NULL, digest BLOB NOT NULL, seen INTEGER) "
            "WITHOUT ROWID"
        )

    def close(self) -> None:
        """Remove the temporary file."""
        self._disk.close()

    def add(self, path: str, length: int, digest: bytes) -> None:
        """Take a file in; Malformed when its path is there already with other bytes."""
        try:
            self._disk.execute("INSERT INTO files VALUES (?, ?, ?, 0)", (path, length, digest))
        except sqlite3.IntegrityError:
            if self.digest(path) != digest:
                raise Malformed("is listed twice", path) from None
        except sqlite3.Error as error:
            raise Unavailable(
                f"the temporary list of files cannot be written ({error}): free some space", source=Source.DISK
            ) from None

    def digest(self, path: str) -> bytes | None:
        """SHA-256 of a file; None when it is not in the list."""
        row = self._disk.execute("SELECT digest FROM files WHERE path = ?", (path,)).fetchone()
        return None if row is None else bytes(row[0])

    def see(self, path: str) -> None:
        """Note that this file was accounted for."""
        self._disk.execute("UPDATE files SET seen = 1 WHERE path = ?", (path,))

    def unseen(self) -> str | None:
        """The first file that was not accounted for."""
        row = self._disk.execute("SELECT path FROM files WHERE seen = 0 ORDER BY path LIMIT 1").fetchone()
        return None if row is None else str(row[0])

    def each(self, prefix: str = "") -> Iterator[tuple[str, int, bytes]]:
        """Path, length and SHA-256 of each file whose path starts with ``prefix``, in the order of paths."""
        cursor = self._disk.cursor()
        # SQLite compares text by its UTF-8 bytes, which is the order of the list.
        wanted = "SELECT path, length, digest FROM files WHERE path >= ? AND path < ? ORDER BY path"
        yield from cursor.execute(wanted, (prefix, prefix + "\U0010ffff"))

    def totals(self) -> tuple[int, int]:
        """How many files, and their bytes together."""
        number, length = self._disk.execute("SELECT count(*), coalesce(sum(length), 0) FROM files").fetchone()
        return int(number), int(length)


def digest_of(path: Path) -> tuple[int, bytes]:
    """Length and SHA-256 of a file; OSError when it cannot be read."""
    hash_, length = sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            hash_.update(block)
            length += len(block)
    return length, hash_.digest()


def walk(folder: Path) -> Iterator[str]:
    """Paths of everything in a folder that is no folder, relative and with slashes; links are not followed."""
    for base, folders, names in os.walk(folder):
        folders.sort()
        links = [name for name in folders if (Path(base) / name).is_symlink()]
        for name in sorted([*names, *links]):
            yield (Path(base) / name).relative_to(folder).as_posix()

"""A replay's memory on disk: what an audit must remember of a long history, in a temporary file that nobody sees.

SQLite with an empty name: the file has no path, is removed with the connection, and holds nothing that is not in the
history. No journal and no syncs, for a run that is cut short begins anew. Most questions are about what never was (is
this root anchored already?); a Bloom filter answers those without the disk.
"""

from __future__ import annotations

import sqlite3
from types import TracebackType
from typing import Self, assert_never

from ledger.core.history.entry import Anchored, Attested, Content, Enacted, Revoked, Withdrawn
from ledger.core.history.replay import Mark, Spoken
from ledger.core.statements.members import ZERO
from ledger.errors import Source, Unavailable

_CACHE_KIB = 16 * 1024
_RECENT = 8192  # facts that wait in memory, to be written in the order of their keys
_FILTER_BITS = 1 << 26  # 8 MiB: at a million facts one question in a thousand goes to the disk for nothing


class DiskMemory:
    """The ``Memory`` of a replay with a memory of its own that does not grow. Close it, or use it as a context.

    Every method raises Unavailable where the temporary file cannot be written.
    """

    def __init__(self) -> None:
        self._recent: dict[bytes, tuple[int, str]] = {}
        self._filter = bytearray(_FILTER_BITS // 8)
        self._disk = sqlite3.connect("", isolation_level=None)
        for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KIB}"):
            self._disk.execute(f"PRAGMA {setting}")
        self._disk.execute(
            "CREATE TABLE facts (key BLOB PRIMARY KEY, number INTEGER NOT NULL, agency TEXT NOT NULL) WITHOUT ROWID"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Remove the temporary file."""
        self._disk.close()

    def anchored(self, root: bytes, size: int) -> int | None:
        found = self._find(_anchor(root, size))
        return None if found is None else found[0]

    def attested(self, id_: bytes) -> Spoken | None:
        found = self._find(b"t" + id_)
        return None if found is None else Spoken(*found)

    def revoked(self, attestation: bytes, member: bytes) -> bool:
        return any(self._find(b"r" + attestation + key) is not None for key in dict.fromkeys((ZERO, member)))

    def withdrawn(self, declaration: bytes) -> int | None:
        found = self._find(b"w" + declaration)
        return None if found is None else found[0]

    def keep(self, mark: Mark, topic: bytes, content: Content) -> None:
        match content:
            case Anchored(root, size):
                self._keep(_anchor(root, size), mark.number)
            case Attested(attestation):
                self._keep(b"t" + topic, mark.number, attestation.agency)
            case Revoked(revocation):
                self._keep(b"r" + topic + revocation.member, mark.number)
            case Withdrawn():
                self._keep(b"w" + topic, mark.number)
            case Enacted():
                raise TypeError("resolutions are in the register of agencies")
            case _:
                assert_never(content)

    def _keep(self, key: bytes, number: int, agency: str = "") -> None:
        self._recent[key] = (number, agency)
        if len(self._recent) < _RECENT:
            return
        rows = [(fact, *self._recent[fact]) for fact in sorted(self._recent)]
        for written in self._recent:
            for bit in _bits(written):
                self._filter[bit >> 3] |= 1 << (bit & 7)
        try:
            self._disk.execute("BEGIN")
            self._disk.executemany("INSERT INTO facts VALUES (?, ?, ?)", rows)
            self._disk.execute("COMMIT")
        except sqlite3.Error as error:
            raise Unavailable(
                f"the temporary file of the audit cannot be written ({error}): free some space", source=Source.DISK
            ) from None
        self._recent.clear()

    def _find(self, key: bytes) -> tuple[int, str] | None:
        recent = self._recent.get(key)
        if recent is not None:
            return recent
        if not all(self._filter[bit >> 3] >> (bit & 7) & 1 for bit in _bits(key)):
            return None
        row: tuple[int, str] | None = self._disk.execute(
            "SELECT number, agency FROM facts WHERE key = ?", (key,)
        ).fetchone()
        return row


def _bits(key: bytes) -> tuple[int, int]:
    """Where a key is noted in the filter: two hashes of it. A key that is not noted was never written."""
    hash_ = hash(key)
    return hash_ & (_FILTER_BITS - 1), hash_ >> 32 & (_FILTER_BITS - 1)


def _anchor(root: bytes, size: int) -> bytes:
    return b"a" + root + size.to_bytes(8)

"""A replay's memory on disk: what an audit must remember of a long history, in a temporary file without a path.

SQLite with an empty name removes the file when the connection closes. There is no journal and no sync, because an
interrupted run starts again. Most lookups ask for something that is not there (is this root anchored already?); a Bloom
filter answers those without the disk.
"""

from __future__ import annotations

import sqlite3
from types import TracebackType
from typing import Self, assert_never

from rbloom import Bloom

from ledger.core.encoding.ids import AttestationId, DeclarationId, LineName, Root
from ledger.core.history.entry import Anchored, Attested, Content, Enacted, Posted, Revoked, Withdrawn
from ledger.core.history.replay import AttestationRef, EntryRef
from ledger.core.statements.member_types import ZERO
from ledger.errors import Source, Unavailable

_CACHE_KIB = 16 * 1024
_RECENT = 8192  # facts kept in memory, then written in the order of their keys
_FILTERED = 4_000_000  # facts that the filter is made for; 7 MiB
_NEEDLESS = 0.001  # lookups that go to the disk needlessly, at that number of facts


class DiskMemory:
    """The ``Memory`` of a replay with a memory of its own that does not grow. Close it, or use it as a context.

    Every method raises Unavailable if the temporary file cannot be written.
    """

    def __init__(self) -> None:
        self._recent: dict[bytes, tuple[int, str]] = {}
        self._filter = Bloom(_FILTERED, _NEEDLESS)
        self._disk = sqlite3.connect("", isolation_level=None)
        for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KIB}"):
            self._disk.execute(f"PRAGMA {setting}")
        self._disk.execute(
            # ``said``: the agency of an attestation, the present sheet of a line in hex, else nothing.
            "CREATE TABLE facts (key BLOB PRIMARY KEY, number INTEGER NOT NULL, said TEXT NOT NULL) WITHOUT ROWID"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Remove the temporary file."""
        self._disk.close()

    def anchored(self, root: Root, size: int) -> int | None:
        found = self._find(_anchor(root, size))
        return None if found is None else found[0]

    def attested(self, id_: AttestationId) -> AttestationRef | None:
        found = self._find(b"t" + id_)
        return None if found is None else AttestationRef(*found)

    def revoked(self, attestation: AttestationId, member: DeclarationId) -> bool:
        return any(self._find(b"r" + attestation + key) is not None for key in dict.fromkeys((ZERO, member)))

    def withdrawn(self, declaration: DeclarationId) -> int | None:
        found = self._find(b"w" + declaration)
        return None if found is None else found[0]

    def sheet(self, line: LineName) -> bytes:
        found = self._find(_line(line))
        return ZERO if found is None else bytes.fromhex(found[1])

    def keep(self, entry: EntryRef, topic: bytes, content: Content) -> None:
        match content:
            case Anchored(root, size):
                self._keep(_anchor(root, size), entry.number)
            case Attested(attestation):
                self._keep(b"t" + topic, entry.number, attestation.agency)
            case Revoked(revocation):
                self._keep(b"r" + topic + revocation.member, entry.number)
            case Withdrawn():
                self._keep(b"w" + topic, entry.number)
            case Posted(posting):
                self._keep(_line(posting.line_name), entry.number, posting.to.hex())
            case Enacted():
                raise TypeError("resolutions are in the register of agencies")
            case _:
                assert_never(content)

    def _keep(self, key: bytes, number: int, said: str = "") -> None:
        self._recent[key] = (number, said)
        if len(self._recent) < _RECENT:
            return
        rows = [(fact, *self._recent[fact]) for fact in sorted(self._recent)]
        self._filter.update(self._recent)
        try:
            self._disk.execute("BEGIN")
            self._disk.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?, ?)", rows)
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
        if key not in self._filter:
            return None
        row: tuple[int, str] | None = self._disk.execute(
            "SELECT number, said FROM facts WHERE key = ?", (key,)
        ).fetchone()
        return row


def _anchor(root: Root, size: int) -> bytes:
    return b"a" + root + size.to_bytes(8)


def _line(line: LineName) -> bytes:
    return b"s" + line.attestation + line.member + line.line.to_bytes(4)

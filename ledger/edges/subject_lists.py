"""Lists of subjects, collected entry by entry and sorted on disk: what an index is made of at the end of a replay.

Records of a key and a number are sorted in memory, so many at a time, and written to temporary files without a path.
In the end the files are merged.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import groupby
from tempfile import TemporaryFile
from typing import IO

from ledger.core.encoding.ids import SubjectKey
from ledger.core.tree.index_pages import Item
from ledger.errors import Source, Unavailable

_KEY, _NUMBER = 32, 8
_RECORD = _KEY + _NUMBER
_IN_MEMORY = 65_536  # records; 6 MiB
_AT_ONCE = 1_024  # records of a file that are read at once


class SubjectLists:
    """Collects the numbers of entries by key, in little memory. Unavailable: the disk is full."""

    def __init__(self) -> None:
        self._records: list[bytes] = []
        self._files: list[IO[bytes]] = []

    def add(self, key: SubjectKey, number: int) -> None:
        """One entry about one subject; numbers come in ascending order."""
        self._records.append(key + number.to_bytes(_NUMBER))
        if len(self._records) == _IN_MEMORY:
            self._spill()

    def take(self) -> Iterator[Item]:
        """All that was added since the last call, ascending by key. To be read to its end before more is added."""
        self._records.sort()
        files, self._files = self._files, []
        records, self._records = self._records, []
        ordered = merge(*map(_read, files), records) if files else iter(records)
        for key, group in groupby(ordered, key=lambda record: record[:_KEY]):
            yield Item(SubjectKey(key), tuple([int.from_bytes(record[_KEY:]) for record in group]))
        for file in files:
            file.close()

    def close(self) -> None:
        """Remove the temporary files."""
        for file in self._files:
            file.close()
        self._files.clear()

    def _spill(self) -> None:
        self._records.sort()
        try:
            file = TemporaryFile()  # noqa: SIM115 - closed by ``take`` or ``close``
            file.write(b"".join(self._records))
        except OSError as error:
            raise Unavailable(
                f"a temporary file cannot be written ({error}): free some space", source=Source.DISK
            ) from None
        self._files.append(file)
        self._records = []


def _read(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while data := file.read(_RECORD * _AT_ONCE):
        for at in range(0, len(data), _RECORD):
            yield data[at : at + _RECORD]

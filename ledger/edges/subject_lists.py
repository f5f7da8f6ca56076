"""Lists of subjects, collected entry by entry and sorted on disk: what an index is made of at the end of a replay.

Records of a key and a number are sorted in memory, so many at a time, and written to temporary files without a path.
In the end the files are merged.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from heapq import merge
from itertools import chain, groupby
from operator import itemgetter
from tempfile import TemporaryFile
from typing import IO

from ledger.core.encoding.ids import SubjectKey
from ledger.core.tree.index_page import Item
from ledger.errors import Source, Unavailable

_KEY, _NUMBER = 32, 8
_RECORD = _KEY + _NUMBER
_IN_MEMORY = 65_536  # records; 6 MiB
_AT_ONCE = 1_024  # records of a file that are read at once
_LEAF, _VALUE = b"\x00", b"\x02"
_ONE = _VALUE + (1).to_bytes(_NUMBER)
_key_of = itemgetter(slice(_KEY))


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
        for key, group in groupby(self._ordered(), key=_key_of):
            yield Item(SubjectKey(key), tuple([int.from_bytes(record[_KEY:]) for record in group]))
        self.close()
        self._records.clear()

    def leaves(self) -> Iterator[tuple[SubjectKey, bytes]]:
        """The leaves of an index of all that would be taken, ascending by key: enough for its root, without pages."""
        # As ``value_of`` and ``index_leaf`` have it, of numbers that are bytes already.
        key, numbers, count = b"", b"", 0
        for record in chain(self._ordered(), (b"",)):  # one more, that ends the last list
            if count and record[:_KEY] == key:
                numbers += record[_KEY:]
                count += 1
                continue
            if count:
                value = sha256((_ONE if count == 1 else _VALUE + count.to_bytes(_NUMBER)) + numbers).digest()
                yield SubjectKey(key), sha256(_LEAF + key + value).digest()
            key, numbers, count = record[:_KEY], record[_KEY:], 1

    def _ordered(self) -> Iterator[bytes]:
        self._records.sort()
        return merge(*map(_read, self._files), self._records) if self._files else iter(self._records)

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

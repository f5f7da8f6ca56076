"""What a column holds, and how many rows one statement names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from ledger.errors import Malformed

_Key = TypeVar("_Key", bound=bytes)
MAX_NUMBER = (1 << 63) - 1  # a signed 64-bit column holds no more
CHUNK = 500  # rows that one statement reads or names; far below any limit on the parameters of a statement


def checked_number(value: int, where: str) -> int:
    """Return ``value`` if it fits a column; raise Malformed, naming ``where``, if it does not."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_NUMBER:
        raise Malformed("must be a whole number from 0 to 2^63 - 1", where)
    return value


def chunks(values: Sequence[_Key]) -> Iterator[Sequence[_Key]]:
    """Cut ``values`` into pieces of at most ``CHUNK``, which fit one statement."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))

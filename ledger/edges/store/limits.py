"""What the parts of the store share: the database, the origin, and the range of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledger.core.statements.origin import Origin
from ledger.edges.store.database import Database
from ledger.errors import Malformed

MOST = (1 << 63) - 1  # what a signed 64-bit column holds
CHUNK = 500  # rows asked for at once; far below any limit on the parameters of a statement


class Part:
    """Some of the store's tables and what is done with them. Every method is one transaction."""

    def __init__(self, database: Database, origin: Origin) -> None:
        self._database = database
        self.origin = origin


def whole(value: int, where: str) -> int:
    """``value`` if it fits a column; Malformed otherwise."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
        raise Malformed("must be a whole number from 0 to 2^63 - 1", where)
    return value


def chunks(values: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """``values`` in pieces that fit one statement."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))

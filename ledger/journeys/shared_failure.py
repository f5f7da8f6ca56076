"""A look at the chain that failed, shared with all who ask soon after it."""

from __future__ import annotations

import math
import time

from ledger.errors import HistoryBroken, LedgerError, NodeLags

_LONGEST_PAUSE = 2.0


class SharedFailure:
    """The latest look that failed, for all who ask soon after it. Where nodes lag, it counts for longer each time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._error: LedgerError | None = None
        self._at = -math.inf
        self._pause = 0.0

    def check(self, asked: float) -> None:
        """Raise the failure if it counts for who asks at this time, on the monotonic clock."""
        error = self._error
        if error is not None and (asked <= self._at or asked < self._at + self._pause):
            raise error.with_traceback(None)

    def note(self, error: LedgerError) -> None:
        """A look failed now."""
        self._error, self._at = error, time.monotonic()
        if self._seconds:
            grows = isinstance(error, NodeLags | HistoryBroken) and self._pause > 0
            self._pause = min(2 * self._pause, max(_LONGEST_PAUSE, self._seconds)) if grows else self._seconds

    def clear(self) -> None:
        """A look succeeded."""
        self._error, self._pause = None, 0.0

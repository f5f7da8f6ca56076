"""The store's index of entries, and the history replayed from it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ledger.core.history.history import History
from ledger.core.statements.origin import Origin
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.store.entries import Entries
from ledger.errors import HistoryBroken

log = logging.getLogger(__name__)


class IndexedHistory:
    """A history in memory, kept in step with the index in the store. Not safe to use from threads.

    The index is dropped only where a reorganisation took entries back. A row that cannot be read is overwritten when
    the chain has told its entry again: until then nobody is told that anything was taken back.
    """

    def __init__(self, origin: Origin, entries: Entries) -> None:
        self._origin = origin
        self._entries = entries
        self._is_replayed = False
        self._is_damaged = False
        self._lowest = 0
        self.history = History(origin)

    def forget(self) -> None:
        """Replay the index from its beginning next time."""
        self._is_replayed = False

    def load(self) -> None:
        """Bring the history to where the index is, which another process may have moved on or back."""
        if not self._is_replayed:
            self.history, self._lowest = History(self._origin), 0
            self._is_replayed = True
        common = self.history.size
        while common > 0 and self._entries.hash_of(common - 1) != self.history.log.leaf(common - 1):
            common -= 1
        self._lowest = min(self._lowest, common)
        if common < self.history.size and not self.history.back_to(common):
            self.history = History(self._origin)
        self._is_damaged = False
        try:
            for logged in self._entries.read(self.history.size):
                self.history.apply(logged.entry)
        except HistoryBroken as error:
            # The index is a copy: from the first entry that cannot be, the chain is read again.
            log.warning("the store's index is wrong and will be mended from entry %d: %s", self.history.size, error)
            self._is_damaged = True

    def take_lowest(self) -> int:
        """The lowest size to which the history went back since this was last asked."""
        lowest, self._lowest = self._lowest, self.history.size
        return lowest

    def last(self) -> LoggedEntry | None:
        """The last entry that was replayed, and its position on the chain; None for none."""
        size = self.history.size
        return self._entries.by_number(size - 1) if size > 0 else None

    def go_back(self, number: int) -> None:
        """Drop what a reorganisation took back: entry ``number`` and all after it."""
        self._entries.truncate(number)
        self.load()

    def apply(self, new: Sequence[LoggedEntry]) -> None:
        """Replay entries that follow on the last one; none of them is in the index yet.

        :raises HistoryBroken: one of them cannot be. Then the history is as it was.
        """
        size = self.history.size
        try:
            for logged in new:
                self.history.apply(logged.entry)
        except BaseException:
            self.undo(size)
            raise

    def undo(self, size: int) -> None:
        """Take back from memory what was applied from number ``size`` on."""
        if not self.history.back_to(size):
            self.forget()

    def keep(self, new: Sequence[LoggedEntry]) -> None:
        """Write applied entries to the index.

        :raises HistoryBroken: another process wrote others in their place.
        """
        if self._is_damaged:
            self._entries.mend(new)
        else:
            self._entries.append(new)

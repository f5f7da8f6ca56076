"""Follow the chain: keep the store's index and a replayed history in step with the contract, reorganisations too."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock, RLock

from ledger.core.history.entry import Entry
from ledger.core.history.history import History
from ledger.edges.chain.contract import Chain, LoggedEntry
from ledger.edges.store import Store
from ledger.errors import HistoryBroken
from ledger.journeys.progress import Progress, no_progress

log = logging.getLogger(__name__)


class Follower:
    """One replayed history of the contract. ``refresh`` brings it up to the chain's head; safe to call from threads.

    The store is an index only: what it says is replayed under all rules and compared with the chain's own head, and
    whatever the chain no longer knows is dropped.
    """

    def __init__(self, chain: Chain, store: Store) -> None:
        self._chain = chain
        self._store = store
        self._looking = Lock()  # one asks the chain; taken before the other
        self._lock = RLock()  # the history is read, or moves
        self._history = History(chain.origin)
        self._replayed = False
        self._in_step = False
        self._confirmed = 0
        self._block = 0
        self._looked_at = -math.inf

    def refresh(self, progress: Progress = no_progress, max_age: float = 0.0) -> History:
        """The history at the chain's present head, or as of a look that is at most ``max_age`` seconds old.

        With an age, all who ask at once share one look. Not to be called where ``facts`` are being looked at.

        :raises Unavailable: the node does not answer; ``facts(fresh=False)`` still gives what was known.
        :raises HistoryBroken: the chain's log breaks a rule, or does not lead to the head that the contract states.
        """
        if time.monotonic() - self._looked_at < max_age:
            return self._history
        with self._looking:
            if time.monotonic() - self._looked_at < max_age:
                return self._history
            return self._see(progress)

    def glance(self, max_age: float) -> None:
        """As ``refresh``, but for who can do with what was known: while another asks the chain, nobody waits for it.

        :raises Unavailable: the node does not answer.
        :raises HistoryBroken: as for ``refresh``.
        """
        if time.monotonic() - self._looked_at < max_age or not self._looking.acquire(blocking=False):
            return
        try:
            self._see(no_progress)
        finally:
            self._looking.release()

    def _see(self, progress: Progress) -> History:
        try:
            return self._advance(progress)
        except HistoryBroken as error:
            # A reorganisation between two questions looks like a contradiction. Once more, from what is on disk.
            log.warning("reading the history again: %s", error)
            self._replayed = False
        try:
            return self._advance(progress)
        except HistoryBroken as error:
            # Then what is on disk is of another history than the chain's, or the node lies; all of it anew.
            log.warning("reading the history anew from the chain: %s", error)
            self._store.entries.truncate(0)
            self._replayed = False
            return self._advance(progress)

    @contextmanager
    def facts(self, fresh: bool = True, max_age: float = 0.0) -> Iterator[History]:
        """The history, held still while it is looked at; not ``fresh``: as of the latest refresh, without the chain."""
        if fresh:
            self.refresh(max_age=max_age)
        with self._lock:
            if not self._in_step:
                self._load()
                self._in_step = True
            yield self._history

    @property
    def confirmed(self) -> int:
        """How many entries had their confirmations at the latest refresh: what may be signed. 0 before the first."""
        with self._lock:
            return min(self._confirmed, self._history.size)

    @property
    def looked_at(self) -> float:
        """When the latest refresh began, on the monotonic clock; another number is another look."""
        return self._looked_at

    @property
    def block(self) -> int:
        """Number of the block as of which the latest refresh was. 0 before the first."""
        with self._lock:
            return self._block

    def entry(self, number: int) -> Entry:
        """An entry by number; KeyError when it is not in the index."""
        return self._store.entries.by_number(number).entry

    def _advance(self, progress: Progress) -> History:
        looked_at = time.monotonic()
        # The index before the chain: what another process adds to it meanwhile, the chain has too.
        with self._lock:
            self._load()
        size, head, block = self._chain.head()
        agrees = self._chain_agrees()
        with self._lock:
            # Until all of it is stored and agrees: a failure on the way must not leave memory ahead of the disk.
            self._in_step = False
            if self._history.size > size or not agrees:
                self._rewind()
            self._fetch(size, block, progress)
            if self._history.head != head:
                raise HistoryBroken(
                    "the log does not lead to the contract's head", expected=head.hex(), found=self._history.head.hex()
                )
            wanted = self._chain.confirmations
            self._confirmed = self._history.size if wanted == 1 else self._store.entries.size_as_of(block - wanted + 1)
            self._in_step = True
            self._looked_at = looked_at
            self._block = block
            return self._history

    def _load(self) -> None:
        """Bring this memory to where the store's index is, which another process may have moved on or back."""
        if not self._replayed:
            self._history = History(self._chain.origin)
            self._replayed = True
        self._catch_up()

    def _apply_stored(self) -> None:
        """Go on with what the store's index has and this memory has not."""
        try:
            for logged in self._store.entries.read(self._history.size):
                self._history.apply(logged.entry)
        except HistoryBroken as error:
            # The index is a copy: from the first entry that cannot be, the chain is read again.
            size = self._history.size
            log.warning("the store's index is wrong and will be rebuilt from entry %d: %s", size, error)
            self._store.entries.truncate(size)

    def _catch_up(self) -> None:
        """Back to the last entry that the index has too, and on from there."""
        common = self._history.size
        while common > 0 and self._store.entries.hash_of(common - 1) != self._history.log.leaf(common - 1):
            common -= 1
        if common < self._history.size and not self._history.back_to(common):
            self._history = History(self._chain.origin)
        self._apply_stored()

    def _chain_agrees(self) -> bool:
        """Whether the last entry indexed still stands in the block it was found in."""
        last = self._store.entries.last()
        return last is None or self._stands(last)

    def _stands(self, logged: LoggedEntry) -> bool:
        return self._chain.block_hash(logged.block_number) == logged.block_hash

    def _rewind(self) -> None:
        """Drop what a reorganisation undid: back to the last entry whose block the chain still has."""
        last = self._store.entries.last()
        number = 0 if last is None else last.entry.number + 1
        while number > 0 and not self._stands(self._store.entries.by_number(number - 1)):
            number -= 1
        if last is not None and number <= last.entry.number:
            self._store.entries.truncate(number)
        self._catch_up()

    def _fetch(self, size: int, block: int, progress: Progress) -> None:
        if self._history.size >= size:
            return
        last = self._store.entries.last()
        begin = last.block_number if last is not None else 0
        found = self._chain.entries(begin, block)
        batch = []
        for item in found:
            if item.entry.number < self._history.size:
                continue
            self._history.apply(item.entry)
            batch.append(item)
            if len(batch) == 1000:
                self._keep(batch, last)
                batch.clear()
                progress(self._history.size, size)
        self._keep(batch, last)
        progress(self._history.size, size)

    def _keep(self, new: Sequence[LoggedEntry], last: LoggedEntry | None) -> None:
        """Store entries, unless what they follow on was moved to another block while they were read: an entry may come
        back the same, and nothing but its block would tell.
        """
        if new and last is not None and not self._stands(last):
            raise HistoryBroken(
                "the chain was reorganised while it was read", expected=last.block_hash, found="another block"
            )
        self._store.entries.append(new)

"""Follow the chain: keep the store's index and a replayed history in step with the contract, reorganisations too."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock, RLock

from ledger.core.history.entry import Entry
from ledger.core.history.history import History
from ledger.core.tree.index_pages import Indexed
from ledger.core.verification.snapshot import Snapshot, Wanted
from ledger.edges.chain.contract import Chain
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.store import Store
from ledger.errors import HistoryBroken, Source, Unavailable
from ledger.journeys.index import HistoryIndex, kept_root
from ledger.journeys.progress import Progress, no_progress

log = logging.getLogger(__name__)
_ENTRIES_AT_ONCE = 1_000  # stored in one transaction
_LONGEST_WAIT_SECONDS = 2.0  # of one who judges, for one who reads the chain


class Follower:
    """One replayed history of the contract. ``refresh`` brings it up to the chain's head; safe to call from threads.

    The store is an index only: what it says is replayed under all rules and compared with the chain's own head, and
    whatever the chain no longer knows is dropped. ``index`` proves which entries are about a subject.
    """

    def __init__(self, chain: Chain, store: Store) -> None:
        self._chain = chain
        self._store = store
        self._refreshing = Lock()  # held by the one who asks the chain; taken before the other lock
        self._lock = RLock()  # held while the history is read or moves
        self._index = _IndexedHistory(chain, store)
        self.index = HistoryIndex(store)
        self._is_loaded = False
        self._confirmed = 0
        self._block = 0
        self._refreshed_at = -math.inf

    def refresh(self, progress: Progress = no_progress, max_age: float = 0.0) -> History:
        """The history at the chain's present head, or as of a refresh that is at most ``max_age`` seconds old.

        With an age, all who ask at once share one refresh. Not to be called while the history is held still.

        :raises Unavailable: the node does not answer; ``known_history`` still gives what was known.
        :raises HistoryBroken: the chain's log breaks a rule, or does not lead to the head that the contract states.
        """
        if time.monotonic() - self._refreshed_at < max_age:
            return self._index.history
        with self._refreshing:
            if time.monotonic() - self._refreshed_at < max_age:
                return self._index.history
            return self._refresh(progress)

    def refresh_unless_busy(self, max_age: float) -> None:
        """Like ``refresh``, but does nothing instead of waiting while another thread refreshes.

        :raises Unavailable: the node does not answer.
        :raises HistoryBroken: as for ``refresh``.
        """
        if time.monotonic() - self._refreshed_at < max_age or not self._refreshing.acquire(blocking=False):
            return
        try:
            self._refresh(no_progress)
        finally:
            self._refreshing.release()

    def _refresh(self, progress: Progress) -> History:
        try:
            return self._advance(progress)
        except HistoryBroken as error:
            # A reorganisation between two questions looks like a contradiction. Once more, from what is on disk.
            log.warning("reading the history again: %s", error)
            self._index.forget()
        try:
            return self._advance(progress)
        except HistoryBroken as error:
            # Then what is on disk is of another history than the chain's, or the node lies; all of it anew.
            log.warning("reading the history anew from the chain: %s", error)
            self._store.entries.truncate(0)
            self._index.forget()
            return self._advance(progress)

    @contextmanager
    def fresh_history(self, max_age: float = 0.0) -> Iterator[History]:
        """The history after a ``refresh``, held still while the block runs."""
        self.refresh(max_age=max_age)
        with self.known_history() as history:
            yield history

    @contextmanager
    def known_history(self) -> Iterator[History]:
        """The history as of the latest refresh, held still while the block runs; the chain is not asked."""
        with self._lock:
            if not self._is_loaded:
                self._index.load()
                self._is_loaded = True
            yield self._index.history

    def snapshot(self, wanted: Wanted) -> Snapshot:
        """What the history as of the latest refresh says of one declaration; it is held still only to take it out.

        The index at the size of the evidence's checkpoint is looked up, and not made: its holder chose that size.

        :raises Unavailable: the history is being read from the chain, and that takes long.
        """
        if not self._lock.acquire(timeout=_LONGEST_WAIT_SECONDS):
            raise Unavailable("the history is being read from the chain: try again shortly", source=Source.CHAIN)
        try:
            with self.known_history() as history:
                taken = Snapshot.of(history, wanted)
        finally:
            self._lock.release()
        if taken.root is None:
            return taken
        return replace(taken, index=kept_root(self._store, Indexed(wanted.size, taken.root)))

    @property
    def confirmed(self) -> int:
        """How many entries had their confirmations at the latest refresh: what may be signed. 0 before the first."""
        with self._lock:
            return min(self._confirmed, self._index.history.size)

    @property
    def refreshed_at(self) -> float:
        """When the latest refresh began, on the monotonic clock; another number is another refresh."""
        return self._refreshed_at

    @property
    def block(self) -> int:
        """Number of the block as of which the latest refresh was. 0 before the first."""
        with self._lock:
            return self._block

    @property
    def block_time(self) -> int:
        """Time of the block as of which the latest refresh was, in seconds; Unavailable if the node is away."""
        return self._chain.block_time(self.block)

    def confirmed_at(self, number: int) -> int:
        """Time of the block that gave an entry the last of its confirmations, in seconds, by the chain's clock.

        :raises KeyError: the index does not have the entry.
        :raises Unavailable: the node is away, or has no such block.
        """
        written = self._store.entries.by_number(number).block_number
        return self._chain.block_time(written + self._chain.confirmations - 1)

    def entry(self, number: int) -> Entry:
        """An entry by number; KeyError when it is not in the index."""
        return self._store.entries.by_number(number).entry

    def _advance(self, progress: Progress) -> History:
        began, index = time.monotonic(), self._index
        # The index before the chain: what another process adds to it meanwhile, the chain has too.
        with self._lock:
            index.load()
        size, head, block = self._chain.head()
        is_on_chain = index.is_on_chain()
        with self._lock:
            # Until all of it is stored and agrees: a failure on the way must not leave memory ahead of the disk.
            self._is_loaded = False
            if index.history.size > size or not is_on_chain:
                index.rewind()
            index.fetch(size, block, progress)
            if index.history.head != head:
                raise HistoryBroken(
                    "the log does not lead to the contract's head", expected=head.hex(), found=index.history.head.hex()
                )
            wanted = self._chain.confirmations
            size = index.history.size
            self._confirmed = size if wanted == 1 else self._store.entries.size_as_of(block - wanted + 1)
            self._is_loaded = True
            self._refreshed_at = began
            self._block = block
            return index.history


class _IndexedHistory:
    """The store's index of entries, and the history replayed from it. Not safe to use from threads."""

    def __init__(self, chain: Chain, store: Store) -> None:
        self._chain = chain
        self._entries = store.entries
        self._is_replayed = False
        self.history = History(chain.origin)

    def forget(self) -> None:
        """Replay the index from its beginning next time."""
        self._is_replayed = False

    def load(self) -> None:
        """Bring the history to where the index is, which another process may have moved on or back."""
        if not self._is_replayed:
            self.history = History(self._chain.origin)
            self._is_replayed = True
        self._catch_up()

    def is_on_chain(self) -> bool:
        """Whether the last entry of the index is still in the block in which it was found."""
        last = self._entries.last()
        return last is None or self._is_in_its_block(last)

    def rewind(self) -> None:
        """Drop what a reorganisation undid: back to the last entry whose block the chain still has."""
        last = self._entries.last()
        number = 0 if last is None else last.entry.number + 1
        while number > 0 and not self._is_in_its_block(self._entries.by_number(number - 1)):
            number -= 1
        if last is not None and number <= last.entry.number:
            self._entries.truncate(number)
        self._catch_up()

    def fetch(self, size: int, block: int, progress: Progress) -> None:
        """Read the entries up to ``size`` from the chain's logs up to ``block``; replay and index them."""
        if self.history.size >= size:
            return
        last = self._entries.last()
        batch = []
        for item in self._chain.entries(0 if last is None else last.block_number, block):
            if item.entry.number < self.history.size:
                continue
            self.history.apply(item.entry)
            batch.append(item)
            if len(batch) == _ENTRIES_AT_ONCE:
                self._append(batch, last)
                batch.clear()
                progress(self.history.size, size)
        self._append(batch, last)
        progress(self.history.size, size)

    def _append(self, new: Sequence[LoggedEntry], last: LoggedEntry | None) -> None:
        """Index entries, unless the one before them was moved to another block while they were read: an entry may
        come back the same, and nothing but its block would tell.
        """
        if new and last is not None and not self._is_in_its_block(last):
            raise HistoryBroken(
                "the chain was reorganised while it was read", expected=last.block_hash, found="another block"
            )
        self._entries.append(new)

    def _catch_up(self) -> None:
        """Back to the last entry that the index has too, and on from there."""
        common = self.history.size
        while common > 0 and self._entries.hash_of(common - 1) != self.history.log.leaf(common - 1):
            common -= 1
        if common < self.history.size and not self.history.back_to(common):
            self.history = History(self._chain.origin)
        try:
            for logged in self._entries.read(self.history.size):
                self.history.apply(logged.entry)
        except HistoryBroken as error:
            # The index is a copy: from the first entry that cannot be, the chain is read again.
            size = self.history.size
            log.warning("the store's index is wrong and will be rebuilt from entry %d: %s", size, error)
            self._entries.truncate(size)

    def _is_in_its_block(self, logged: LoggedEntry) -> bool:
        return self._chain.block_hash(logged.block_number) == logged.block_hash

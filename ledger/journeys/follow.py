"""Follow the chain: keep the store's index and a replayed history in step with the contract, reorganisations too.

A node may lag, and may leave logs out without an error. So every look compares what was replayed with the head that
the contract states, both as of one block by its hash, and only then is anything stored. What does not fit is never
taken for a reorganisation: entries are taken back only where the block in which they were seen is gone, and another
one has its number (docs/adr/0029).
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock, RLock

from ledger.core.history.entry import Entry
from ledger.core.history.history import History
from ledger.core.tree.index_pages import Indexed
from ledger.core.verification.snapshot import Snapshot, Wanted
from ledger.edges.chain.contract import Chain
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.chain.node import Node
from ledger.edges.chain.nodes import Look
from ledger.edges.store import Store
from ledger.errors import AnotherHistory, DefiniteNo, HistoryBroken, NodeLags, Source, Unavailable
from ledger.journeys.index import HistoryIndex, kept_root
from ledger.journeys.indexed_history import IndexedHistory
from ledger.journeys.progress import Progress, no_progress
from ledger.journeys.replay_anew import check_head, first_difference
from ledger.journeys.shared_failure import SharedFailure

log = logging.getLogger(__name__)
PATIENCE_SECONDS = 3.0
"""How long a command waits for a node that lags."""
_SHARED_PATIENCE_SECONDS = 0.3  # a server's requests, and its rounds, ask again by themselves
_SHARED_WAIT_SECONDS = 2.0  # for a look that is under way
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0
_MOST_MOVES = 10
_LONGEST_REST = 300.0  # until the whole history is read again, where it contradicted the contract
_ENTRIES_AT_ONCE = 10_000  # read, replayed and stored together; a look seldom finds more


class _Contradiction(Exception):
    """What was replayed, or its logs, do not lead to what the contract states at one block."""

    def __init__(self, broken: HistoryBroken) -> None:
        super().__init__(str(broken))
        self.broken = broken


class _Moved(Exception):
    """Chain or store moved while they were read: once more."""


class Follower:
    """One replayed history of the contract. ``refresh`` brings it up to the chain's head; safe to call from threads.

    The store is an index only: what it says is replayed under all rules and compared with the chain's own head.
    ``index`` proves which entries are about a subject. No lock is held while a node is asked, but that of those who
    refresh.
    """

    def __init__(self, chain: Chain, store: Store, look_seconds: float = 0.0, patience: float | None = None) -> None:
        """
        :param look_seconds: for how long a look that failed fails for all who ask; 0: everybody looks anew. If it is
            not 0, who asks while another look is under way waits for two seconds at most.
        :param patience: how long one refresh waits for a node that lags, in seconds.
        """
        self._chain = chain
        self._store = store
        self._look_seconds = look_seconds
        default = _SHARED_PATIENCE_SECONDS if look_seconds else PATIENCE_SECONDS
        self._patience = default if patience is None else patience
        self._refreshing = Lock()  # held by the one who asks the chain; taken before the other lock
        self._lock = RLock()  # held while the history is read or moves
        self._index = IndexedHistory(chain.origin, store.entries)
        self.index = HistoryIndex(store)
        self._is_loaded = False
        self._confirmed = 0
        self._block = 0
        self._refreshed_at = -math.inf
        self._failures = SharedFailure(look_seconds)
        self._finding: HistoryBroken | None = None
        self._verified: tuple[str, bytes] | None = None
        self._reread_at, self._rest = -math.inf, _LONGEST_PAUSE

    # ------------------------------------------------------------------------------------------------------ refreshing

    def refresh(self, progress: Progress = no_progress, max_age: float = 0.0) -> History:
        """The history at the chain's present head, or as of a refresh that is at most ``max_age`` seconds old.

        All who ask at once share one refresh, and its failure. Not to be called while the history is held still.

        :raises NodeLags: the node does not have, or not yet, what was seen; ``known_history`` still gives it.
        :raises Unavailable: the node does not answer, and as before.
        :raises NodesDiffer: two nodes contradict each other.
        :raises HistoryBroken: the chain's log breaks a rule, or does not lead to the head that the contract states,
            whenever it is read.
        """
        asked = time.monotonic()
        if self._is_shared(asked, max_age):
            return self._index.history
        if not self._refreshing.acquire(timeout=_SHARED_WAIT_SECONDS if self._look_seconds else -1):
            raise Unavailable(
                f"the node has not answered for {_SHARED_WAIT_SECONDS:g} seconds: try again", source=Source.CHAIN
            )
        try:
            return self._index.history if self._is_shared(asked, max_age) else self._refresh(progress)
        finally:
            self._refreshing.release()

    def refresh_unless_busy(self, max_age: float) -> None:
        """Like ``refresh``, but does nothing instead of waiting while another thread refreshes.

        Raises as ``refresh`` does.
        """
        asked = time.monotonic()
        if self._is_shared(asked, max_age) or not self._refreshing.acquire(blocking=False):
            return
        try:
            self._refresh(no_progress)
        finally:
            self._refreshing.release()

    def _is_shared(self, asked: float, max_age: float) -> bool:
        """Whether a look of another serves who asks at this time; raises what made it fail."""
        if self._refreshed_at >= asked - max_age:
            return True
        self._failures.check(asked)
        return False

    def _refresh(self, progress: Progress) -> History:
        began = time.monotonic()
        try:
            look = self._look(progress, began + self._patience)
        except (Unavailable, DefiniteNo) as error:
            if isinstance(error, HistoryBroken) and not isinstance(error, AnotherHistory):
                if self._finding is None:
                    log.error("nothing is anchored or signed while this lasts: %s", error)
                self._finding = error
            self._failures.note(error)
            raise
        if self._finding is not None:
            log.warning("the contradiction is over: %s", self._finding)
        with self._lock:
            self._finding = None
            self._failures.clear()
            self._note(look)
            self._refreshed_at = began
            return self._index.history

    def _look(self, progress: Progress, until: float) -> Look:
        """Advance; again where a node lags, where something moved, and where they contradict each other."""
        lagging: set[Node] = set()
        contradicted = moves = 0
        pause = _FIRST_PAUSE
        while True:
            try:
                return self._advance(progress, lagging)
            except NodeLags as error:
                node = self._chain.node
                if self._chain.has_second_node and node not in lagging:
                    lagging.add(node)  # the other is asked at once
                    continue
                lagging.clear()
                log.info("waiting for the node: %s", error)
                if time.monotonic() + pause > until:
                    raise
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            except _Moved as moved:
                log.warning("reading once more: %s", moved)
                moves += 1
                if moves > _MOST_MOVES:
                    raise NodeLags(f"the chain moves while it is read: {moved}") from None
            except _Contradiction as error:
                contradicted += 1
                self._chain.forget_looks()
                if contradicted == 1:
                    log.warning("reading the history again: %s", error)
                    self._index.forget()
                elif contradicted > 2 or not self._agrees_when_read_anew(error.broken):
                    raise error.broken from None

    def _advance(self, progress: Progress, lagging: Collection[Node]) -> Look:
        """Bring index and history to the newest block.

        :raises NodeLags: the node does not have all of it.
        """
        with self._lock:
            # The index before the chain: what another process adds to it meanwhile, the chain has too.
            self._load()
            last, size = self._index.last(), self._index.history.size
        try:
            look = self._chain.look(0 if last is None else last.block_number, lagging)
        except NodeLags:
            # A chain that is shorter for a moment may still have other blocks at the heights that it has.
            if last is None or not self._take_back(self._chain.latest().number, size):
                raise
            raise _Moved("the chain took back entries") from None
        with self._lock:
            if self._verified == (look.block.hash, self._index.history.head):
                return look  # the same block, and the same entries, as before
        if self._take_back(look.block.number, size):
            raise _Moved("the chain took back entries")
        if look.size < size:
            raise _Contradiction(
                HistoryBroken(
                    f"at block {look.block.number} {look.block.hash} the contract has fewer entries than were read",
                    expected=size, found=look.size,
                )
            )  # fmt: skip
        new: list[LoggedEntry] = []
        first = 0 if last is None else last.block_number
        for item in self._logged(first, look) if look.size > size else ():
            if item.entry.number < size:
                continue
            if item.entry.number > size + len(new):
                raise NodeLags(f"the node's logs up to block {look.block.number} lack entry {size + len(new)}")
            new.append(item)
            if len(new) == _ENTRIES_AT_ONCE:
                self._take(new, look, size, is_last=False)
                size, new = size + len(new), []
                progress(size, look.size)
        if size + len(new) < look.size:
            raise NodeLags(f"the node's logs up to block {look.block.number} lack entry {size + len(new)}")
        self._take(new, look, size, is_last=True)
        if new:
            progress(look.size, look.size)
        return look

    def _logged(self, first: int, look: Look) -> Iterator[LoggedEntry]:
        try:
            yield from self._chain.entries(first, look.block.number)
        except HistoryBroken as error:
            raise _Contradiction(error) from None

    def _take(self, new: Sequence[LoggedEntry], look: Look, size: int, *, is_last: bool) -> None:
        """Replay and keep entries from number ``size`` on, if they fit what the contract states."""
        if new:
            # Read between two reorganisations, an entry may come back the same in another block: nothing else tells.
            at_end = new[-1].block_number, new[-1].block_hash
            for number, hash_ in (at_end, (look.block.number, look.block.hash)):
                if self._chain.block_hash(number) != hash_:
                    raise _Moved(f"the chain was reorganised while it was read: block {number} is another now")
        with self._lock:
            self._load()
            history = self._index.history
            if history.size < size:
                raise _Moved("another process took entries back")
            new = [item for item in new if item.entry.number >= history.size]  # it may have added the same
            before = history.size
            try:
                self._index.apply(new)
                if is_last and history.size <= look.size:
                    check_head(history, look)
            except HistoryBroken as error:
                self._undo(before)
                raise _Contradiction(error) from None
            try:
                self._index.keep(new)
            except HistoryBroken as error:
                self._undo(before)
                raise _Moved(f"another process wrote to the index: {error}") from None
            except BaseException:
                self._undo(before)
                raise
            if is_last:
                self._verified = look.block.hash, history.head

    def _take_back(self, highest: int, size: int) -> bool:
        """Drop the entries whose block is gone while another one has its number; whether there were any.

        Those in blocks above ``highest``, which the node does not have, are gone only if one below them is.

        :raises NodeLags: the node does not have a block that it should have.
        """
        number, gone = min(size, self._store.entries.size_as_of(highest)), None
        hashes: dict[int, str | None] = {}
        while number > 0:
            logged = self._store.entries.by_number(number - 1)
            at = logged.block_number
            if at not in hashes:
                hashes[at] = self._chain.block_hash(at)
            if hashes[at] is None:
                raise NodeLags(f"the node does not have block {at}, in which entry {number - 1} was seen")
            if hashes[at] == logged.block_hash:
                break
            number = gone = number - 1
        if gone is None:
            return False
        log.warning("the chain took back the entries from %d on: their blocks are gone", gone)
        with self._lock:
            self._is_loaded = False
            self._index.go_back(gone)
        return True

    def _agrees_when_read_anew(self, broken: HistoryBroken) -> bool:
        """Read the whole history from the chain, once in a while; whether it leads to what the contract states.

        Then the index is of another history than the chain's, and is dropped from the first entry that differs.
        """
        now = time.monotonic()
        if now < self._reread_at:
            return False
        self._rest = min(2 * self._rest, _LONGEST_REST)
        self._reread_at = now + self._rest
        log.warning("reading the whole history anew from the chain: %s", broken)
        try:
            differs = first_difference(self._chain, self._store.entries)
        except HistoryBroken as error:
            log.warning("it contradicts the contract too: %s", error)
            return False
        if differs is not None:
            log.warning("the index is of another history from entry %d on", differs)
            with self._lock:
                self._is_loaded = False
                self._index.go_back(differs)
        self._rest = _LONGEST_PAUSE
        return True

    def _undo(self, size: int) -> None:
        self._is_loaded = False
        self._index.undo(size)

    def _load(self) -> None:
        self._is_loaded = False
        self._index.load()
        self._confirmed = min(self._confirmed, self._index.take_lowest())
        self._is_loaded = True

    def _note(self, look: Look) -> None:
        """What a look says of confirmations. A node whose newest block goes back by some takes none of them away."""
        wanted, size = self._chain.confirmations, self._index.history.size
        confirmed = size if wanted == 1 else self._store.entries.size_as_of(look.block.number - wanted + 1)
        self._confirmed = max(self._confirmed, confirmed)
        self._block = look.block.number

    # --------------------------------------------------------------------------------------------------------- reading

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
                self._load()
            yield self._index.history

    def snapshot(self, wanted: Wanted) -> Snapshot:
        """What the history as of the latest refresh says of one declaration; it is held still only to take it out.

        The index at the size of the evidence's checkpoint is looked up, and not made: its holder chose that size.

        :raises Unavailable: the history is being replayed, and that takes long.
        """
        if not self._lock.acquire(timeout=_SHARED_WAIT_SECONDS):
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
    def finding(self) -> HistoryBroken | None:
        """The contradiction that the latest look found, or one before it that nothing has resolved since."""
        return self._finding

    @property
    def confirmed(self) -> int:
        """How many entries had their confirmations at the latest refresh: what may be signed.

        0 before the first, and while there is a ``finding``.
        """
        with self._lock:
            return 0 if self._finding is not None else min(self._confirmed, self._index.history.size)

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

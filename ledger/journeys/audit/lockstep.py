"""Sources of the same entries read side by side, an entry of each in memory: another node's log, the store's index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from ledger.core.encoding.reading import hex_text
from ledger.core.statements.origin import Origin
from ledger.core.verification.verdict import Status
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.store import IndexedEntry
from ledger.errors import DefiniteNo, HistoryBroken, Unavailable
from ledger.journeys.audit.findings import Finding

Item = TypeVar("Item")


def describe(logged: LoggedEntry | None) -> str:
    """One side of a difference, in words."""
    if logged is None:
        return "no entry"
    entry = logged.entry
    return (
        f"{entry.kind.name} as number {entry.number}, hash {hex_text(entry.hash)}, "
        f"log {logged.log_index} of block {logged.block_number}"
    )


def out_of_place(what: str, number: int, found: LoggedEntry, after: LoggedEntry | None) -> HistoryBroken:
    """The error of a source that should give entry ``number``, and gives ``found`` and then ``after``."""
    if found.entry.number < number:
        words = f"{what} has added an entry, or repeats one"
    elif after is not None and after.entry.number == number:
        words = f"{what} has reordered entries"
    else:
        words = f"{what} has dropped an entry"
    return HistoryBroken(words, expected=f"number {number}", found=describe(found), number=number)


class Lockstep(Generic[Item]):
    """One other source. ``compare`` takes each entry of the first source in turn; the first difference ends it."""

    def __init__(self, name: str, source: Iterator[Item]) -> None:
        self.name = name
        self.count = 0
        self.finding: Finding | None = None
        self._source = source

    def compare(self, ours: LoggedEntry) -> None:
        """Compare this entry with the other source's next."""
        if self.finding is not None:
            return
        try:
            theirs = next(self._source, None)
            self._compare_next(ours, theirs)
            self.count += theirs is not None
        except (DefiniteNo, Unavailable) as error:
            self.finding = Finding.of(self.name, error)

    def finish(self, complete: bool) -> Finding:
        """The finding. ``complete``: the first source was read to its end, so the other must end too."""
        if self.finding is None and complete:
            try:
                self._compare_next(None, next(self._source, None))
            except (DefiniteNo, Unavailable) as error:
                self.finding = Finding.of(self.name, error)
        if self.finding is None:
            words = self._summary() if complete else f"the same as far as it was read, {self.count} entries"
            self.finding = Finding(self.name, Status.VALID if complete else Status.SKIPPED, words)
        return self.finding

    def _summary(self) -> str:
        return f"{self.count} entries, all the same and in the same order"

    def _compare_next(self, ours: LoggedEntry | None, theirs: Item | None) -> None:
        """Raise HistoryBroken if the two differ."""
        raise NotImplementedError


class OtherNodeLog(Lockstep[LoggedEntry]):
    """Another node's log."""

    def _compare_next(self, ours: LoggedEntry | None, theirs: LoggedEntry | None) -> None:
        if ours == theirs:
            return
        number = self.count
        if ours is not None and ours.entry.number != number:
            words = f"{self.name} has another entry here"  # the first node's is out of place, and the replay says how
        elif theirs is not None and theirs.entry.number != number:
            words = out_of_place(self.name, number, theirs, next(self._source, None)).what
        elif theirs is None:
            words = f"{self.name} has dropped an entry"
        elif ours is None:
            words = f"{self.name} has added an entry"
        elif ours.entry != theirs.entry:
            words = f"{self.name} has altered an entry"
        else:
            words = f"{self.name} has an entry in another place"
        raise HistoryBroken(
            words, expected=_describe_with_block(ours), found=_describe_with_block(theirs), number=number
        )


class StoredEntries(Lockstep[IndexedEntry]):
    """The store's index of the history, which may be behind. ``until``: entries of later blocks are ignored."""

    def __init__(self, name: str, source: Iterator[IndexedEntry], origin: Origin, until: int) -> None:
        super().__init__(name, source)
        self._origin = origin
        self._until = until

    def _summary(self) -> str:
        return f"{self.count} entries, all the same and in the same order, each under its topic"

    def _compare_next(self, ours: LoggedEntry | None, theirs: IndexedEntry | None) -> None:
        if theirs is None or (ours is None and theirs.logged.block_number > self._until):
            return
        logged, number = theirs.logged, self.count
        if ours is None:
            raise HistoryBroken(
                "the store has an entry that the chain does not have",
                expected="no entry",
                found=describe(logged),
                number=number,
            )
        if logged.entry.number != number:
            raise HistoryBroken(
                "the store lacks an entry", expected=describe(ours), found=describe(logged), number=number
            )
        if logged != ours:
            raise HistoryBroken(
                "the store has another entry than the chain",
                expected=_describe_with_block(ours),
                found=_describe_with_block(logged),
                number=number,
            )
        topic = ours.entry.topic(self._origin)
        if topic != theirs.topic:
            raise HistoryBroken(
                "the store has an entry under another topic", expected=hex_text(topic),
                found=hex_text(theirs.topic), number=number,
            )  # fmt: skip


def _describe_with_block(logged: LoggedEntry | None) -> str:
    """Like ``describe``, with the hashes of block and transaction."""
    more = "" if logged is None else f", block {logged.block_hash}, transaction {logged.tx_hash}"
    return describe(logged) + more

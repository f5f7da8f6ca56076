"""Checkpoints compared with a history while it is replayed: those given, and every one that the store published."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from ledger.core.checkpoints.note import SignedNote
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.encoding.ids import Root
from ledger.core.encoding.reading import hex_text
from ledger.core.history.replay import Replay
from ledger.core.statements.origin import Origin
from ledger.core.verification.verdict import Status
from ledger.errors import DefiniteNo, HistoryBroken, LedgerError, Unavailable
from ledger.journeys.audit.findings import Finding
from ledger.journeys.audit.index import AuditedIndex


class NamedCheckpoint(NamedTuple):
    """A checkpoint that somebody has, and what to call it (a file's name)."""

    name: str
    note: SignedNote


class GivenCheckpoints:
    """The checkpoints given. Call ``compare`` at every size that ``next_size`` names, from 0 on; then ``finish``."""

    def __init__(self, given: Sequence[NamedCheckpoint], trust: TrustRoot | None, as_of_now: bool) -> None:
        self._given = sorted(given, key=lambda item: item.note.checkpoint.size)
        self._trust = trust
        self._as_of_now = as_of_now
        self._findings: dict[int, Finding] = {}
        self._index = 0
        self.newest: SignedNote | None = None

    @property
    def next_size(self) -> int:
        """The size at which the next comparison is due; -1 if there is none."""
        return self._given[self._index].note.checkpoint.size if self._index < len(self._given) else -1

    def compare(self, replay: Replay, index: AuditedIndex) -> None:
        """Compare every checkpoint of the replay's present size with it."""
        while self.next_size == replay.size:
            self._judge(lambda note: compare_checkpoint(note, replay.origin, replay.root(), index, self._trust))

    def finish(self, origin: Origin, size: int, complete: bool) -> list[Finding]:
        """Findings in the order of size; checkpoints beyond what was read could not be compared, and say so."""

        def beyond(note: SignedNote) -> str:
            if note.checkpoint.origin != origin:
                raise HistoryBroken("a checkpoint of another history", expected=origin, found=note.checkpoint.origin)
            raise HistoryBroken(
                "a checkpoint has more entries than the chain", expected=f"at most {size}", found=note.checkpoint.size
            )

        while self._index < len(self._given):
            name, note = self._given[self._index]
            if note.checkpoint.origin == origin and not (complete and self._as_of_now):
                words = f"of {note.checkpoint.size} entries, and {size} were read"
                self._findings[self._index] = Finding(f"checkpoint {name}", Status.SKIPPED, words)
                self._index += 1
            else:
                self._judge(beyond)
        return [self._findings[index] for index in range(len(self._given))]

    def disagreement(self, stored: Callable[[int], SignedNote | None]) -> str:
        """Check that no two checkpoints of one size, given or stored, disagree on root or index; returns so in words.

        :raises HistoryBroken: naming both; their signers have shown two histories.
        """
        for (name, note), (other_name, other) in combinations(self._given, 2):
            self._agree(name, note, other_name, other)
        for name, note in self._given:
            kept = stored(note.checkpoint.size)
            if kept is not None:
                self._agree(name, note, "the store's", kept)
        given = f"the {len(self._given)} given, nor the store's of the same sizes"
        return f"no two of {given}, have two roots or indexes for one size"

    def _agree(self, name: str, note: SignedNote, other_name: str, other: SignedNote) -> None:
        left, right = note.checkpoint, other.checkpoint
        if (left.origin, left.size) == (right.origin, right.size) and left != right:
            same = left.root == right.root
            what = " about the index of the same entries" if same else ""
            sides = [item.index if same else item.root for item in (left, right)]
            raise HistoryBroken(
                f"two checkpoints of {left.size} entries disagree{what}",
                expected=f"{hex_text(sides[0])} ({name})", found=f"{hex_text(sides[1])} ({other_name})",
            )  # fmt: skip

    def _judge(self, check: Callable[[SignedNote], str]) -> None:
        name, note = self._given[self._index]
        try:
            self._findings[self._index] = Finding(f"checkpoint {name}", Status.VALID, check(note))
            self.newest = note
        except (DefiniteNo, Unavailable) as error:
            self._findings[self._index] = Finding.of(f"checkpoint {name}", error)
        self._index += 1


class StoredCheckpoints:
    """Every checkpoint in the store, one in memory at a time. The first difference ends the comparison."""

    def __init__(self, notes: Iterator[SignedNote], trust: TrustRoot | None) -> None:
        self._notes = notes
        self._trust = trust
        self._count = 0
        self._finding: Finding | None = None
        self._next: SignedNote | None = None
        self.newest: SignedNote | None = None
        self._advance()

    @property
    def next_size(self) -> int:
        return self._next.checkpoint.size if self._next is not None else -1

    @property
    def last_size(self) -> int:
        """The greatest size that was compared with the history."""
        return 0 if self.newest is None else self.newest.checkpoint.size

    def compare(self, replay: Replay, index: AuditedIndex) -> None:
        """Compare the checkpoint of the replay's present size with it."""
        note = self._next
        if note is None:
            return
        try:
            compare_checkpoint(note, replay.origin, replay.root(), index, self._trust)
        except DefiniteNo as error:
            what, expected, found = str(error), "a checkpoint of this history, signed by its log", str(note)
            number = None
            if isinstance(error, HistoryBroken):
                what, expected, found, number = error.what, str(error.expected), str(error.found), error.number
            words = f"the stored checkpoint of {note.checkpoint.size} entries is wrong: {what}"
            self._fail(HistoryBroken(words, expected=expected, found=found, number=number))
            return
        self.newest, self._count = note, self._count + 1
        self._advance()

    def finish(self, size: int, complete: bool, as_of_now: bool) -> Finding:
        """The finding about all of them."""
        if self._finding is None and self._next is not None and complete and as_of_now:
            self._fail(HistoryBroken(
                "the store has a checkpoint of more entries than the chain has",
                expected=f"at most {size}", found=self.next_size,
            ))  # fmt: skip
        if self._finding is None:
            words = f"{self._count} checkpoints in the store are of the chain's first entries"
            rest = "" if self._next is None else "; later ones were not looked at"
            return Finding("store checkpoints", Status.VALID if complete else Status.SKIPPED, words + rest)
        return self._finding

    def _advance(self) -> None:
        try:
            self._next = next(self._notes, None)
        except (DefiniteNo, Unavailable) as error:
            self._fail(error)

    def _fail(self, error: LedgerError) -> None:
        self._finding = Finding.of("store checkpoints", error)
        self._next = None


def compare_checkpoint(
    note: SignedNote, origin: Origin, root: Root, index: AuditedIndex, trust: TrustRoot | None
) -> str:
    """Compare a checkpoint with the root and the index of the history at its size; returns what was compared, in words.

    The trust root checks who signed it. Its threshold is not demanded: the replay itself shows that the root is right,
    and a checkpoint is published before its witnesses have cosigned it.

    :raises HistoryBroken: it is of another history, or has another index than these entries.
    :raises VerificationFailed: a signature does not fit.
    """
    checkpoint = note.checkpoint
    if checkpoint.origin != origin:
        raise HistoryBroken("a checkpoint of another history", expected=origin, found=checkpoint.origin)
    if checkpoint.root != root:
        raise HistoryBroken(
            f"a checkpoint of another history: other root for {checkpoint.size} entries",
            expected=hex_text(root), found=hex_text(checkpoint.root),
        )  # fmt: skip
    index.check(checkpoint)
    return f"its {checkpoint.size} entries are the chain's first, and its index is theirs; {_signers(note, trust)}"


def _signers(note: SignedNote, trust: TrustRoot | None) -> str:
    if trust is None:
        return "signatures not checked: no log key is known"
    trust.verify_log(note)
    names = [item.witness.name for item in trust.cosignatures(note)]
    return "signed by the log" + (f", cosigned by {', '.join(names)}" if names else "")

"""What an audit found: one finding for each thing compared, the first difference with both sides, and the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ledger.core.history.entry import EntryKind
from ledger.core.verification.verdict import Status
from ledger.errors import DefiniteNo, HistoryBroken, LedgerError, Unavailable

LIMITS = (
    "That declarations are true: a history shows who said what and when, not that it is so.",
    "Documents: only digests are in the history. Holders compare theirs with `ledger verify`.",
    "Entries written after the block of this audit, and blocks that a later reorganisation takes back.",
    "A chain that lies as a whole: if all nodes given here say the same, that is taken for the chain. Ask nodes of "
    "others, and compare checkpoints that witnesses have cosigned.",
    "Declarations that were accepted and dropped before they were stored: a holder's receipt shows those.",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was compared.

    ``number`` is the entry of the first difference, if it has one; ``expected`` and ``found`` are its two sides.
    """

    name: str
    status: Status
    words: str
    number: int | None = None
    expected: str = ""
    found: str = ""

    @classmethod
    def of(cls, name: str, error: LedgerError) -> Finding:
        """A check that ended with an error: nobody could say (ERROR), or a difference (INVALID)."""
        if isinstance(error, HistoryBroken):
            sides = str(error.expected), str(error.found)
            return cls(name, Status.INVALID, str(error), error.number, *sides)
        return cls(name, Status.ERROR if isinstance(error, Unavailable) else Status.INVALID, str(error))

    def to_json(self) -> dict[str, Any]:
        value: dict[str, Any] = {"name": self.name, "status": self.status.value, "words": self.words}
        if self.status is Status.INVALID:
            value |= {"number": self.number, "expected": self.expected, "found": self.found}
        return value


@dataclass(slots=True)
class AuditReport:
    """What was read and what was found. Block hash, head, root and index are lower-case hex with ``0x``.

    ``good``: every comparison held. A comparison that was not made (SKIPPED) says why and does not count.
    """

    origin: str
    nodes: list[str] = field(default_factory=list)
    block: int = 0
    block_hash: str = ""
    size: int = 0
    head: str = ""
    root: str = ""
    index: str = ""
    last_time: int = 0
    signatures: int = 0
    kinds: dict[EntryKind, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not self.with_status(Status.INVALID) and not self.with_status(Status.ERROR)

    def with_status(self, status: Status) -> list[Finding]:
        return [finding for finding in self.findings if finding.status is status]

    @property
    def first_difference(self) -> Finding | None:
        """The difference at the smallest entry, or the first that was found if none has an entry."""
        found = self.with_status(Status.INVALID)
        return min(found, key=lambda finding: (finding.number is None, finding.number or 0), default=None)

    def find(self, name: str, check: Callable[[], str]) -> bool:
        """Make a comparison and note what came of it; whether it held.

        ``check`` returns words where it holds. It raises where it does not hold, or where nobody could say.
        """
        try:
            self.findings.append(Finding(name, Status.VALID, check()))
        except (DefiniteNo, Unavailable) as error:
            self.findings.append(Finding.of(name, error))
            return False
        return True

    def to_json(self) -> dict[str, Any]:
        first = self.first_difference
        return {
            "ledger": "trade-ledger/audit-report/1",
            "origin": self.origin,
            "good": self.good,
            "nodes": self.nodes,
            "block": self.block,
            "block_hash": self.block_hash,
            "size": self.size,
            "head": self.head,
            "root": self.root,
            "index": self.index,
            "last_time": self.last_time,
            "signatures": self.signatures,
            "kinds": {kind.name.lower(): count for kind, count in sorted(self.kinds.items())},
            "first_difference": None if first is None else first.to_json(),
            "findings": [finding.to_json() for finding in self.findings],
            "not_shown": list(LIMITS),
        }

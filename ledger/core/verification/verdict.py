"""The verdict: checks, each VALID, INVALID, SKIPPED or ERROR, three questions, one conclusion."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from ledger.core.encoding.reading import hex_text
from ledger.core.verification.policy import VerificationPolicy

_LAST_SECOND = 253_402_300_799


class Status(Enum):
    VALID = "VALID"
    INVALID = "INVALID"
    SKIPPED = "SKIPPED"
    ERROR = "ERROR"


class Question(Enum):
    INTACT = "intact?"
    IN_FORCE = "issued and in force?"
    AUTHORITY = "by whom, with what authority?"


class Conclusion(Enum):
    """The conclusion; the value is the exit code of ``ledger verify``."""

    GOOD = 0
    NOT_GOOD = 1
    UNDECIDED = 3


class Grade(Enum):
    """What a statement is worth that was made with a key declared compromised from some date."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    UNDECIDABLE = "undecidable"


def grade(made: int, compromised_from: int, tolerance: int) -> Grade:
    """Re-grade a statement by the time of its entry; ``tolerance``: by how much that may be off. All in seconds."""
    if made >= compromised_from:
        return Grade.UNSAFE
    return Grade.SAFE if made + tolerance < compromised_from else Grade.UNDECIDABLE


@dataclass(frozen=True, slots=True)
class Check:
    """One step. A check that is not ``decisive`` is told but does not count: another attestation stands in for it."""

    step: int
    name: str
    question: Question
    status: Status
    words: str
    decisive: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """All checks in order, and what follows from them at time ``at`` (seconds)."""

    declaration: bytes
    at: int
    checks: tuple[Check, ...]
    policy: VerificationPolicy
    attested_by: tuple[str, ...] = ()

    def answer(self, question: Question) -> Status:
        """The weakest decisive check of a question; VALID only if all are."""
        found = {check.status for check in self.checks if check.question is question and check.decisive}
        for status in (Status.INVALID, Status.ERROR, Status.SKIPPED):
            if status in found:
                return status
        return Status.VALID

    @property
    def conclusion(self) -> Conclusion:
        answers = {self.answer(question) for question in Question}
        if Status.INVALID in answers:
            return Conclusion.NOT_GOOD
        if Status.ERROR in answers or (Status.SKIPPED in answers and not self.policy.allow_skipped):
            return Conclusion.UNDECIDED
        return Conclusion.GOOD

    def to_json(self) -> dict[str, Any]:
        return {
            "declaration": hex_text(self.declaration),
            "at": self.at,
            "conclusion": self.conclusion.name,
            "questions": {question.name.lower(): self.answer(question).value for question in Question},
            "attested_by": list(self.attested_by),
            "checks": [
                {
                    "step": check.step,
                    "name": check.name,
                    "question": check.question.name.lower(),
                    "status": check.status.value,
                    "decisive": check.decisive,
                    "words": check.words,
                }
                for check in self.checks
            ],
        }


def when(at: int) -> str:
    """Seconds as an ISO 8601 time in UTC; beyond the year 9999, which has none, the number."""
    if at > _LAST_SECOND:
        return f"second {at}"
    return f"{datetime.fromtimestamp(at, UTC).replace(tzinfo=None).isoformat()}Z"

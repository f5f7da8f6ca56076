"""The verdict: checks, each VALID, INVALID, SKIPPED or ERROR, three questions, one conclusion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from ledger.core.encoding.ids import DeclarationId
from ledger.core.encoding.reading import hex_text
from ledger.core.verification.policy import VerificationPolicy
from ledger.core.verification.wording import Param, Template


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


class Message(NamedTuple):
    """What a code means: the status of its check, and its English."""

    status: Status
    words: Template


@dataclass(frozen=True, slots=True)
class Check:
    """What one step found.

    ``step`` is its number in docs/evidence-format.md; a step about attestations makes one check for each. ``code`` and
    ``params`` say what was found, and ``detail`` says it in English. A check that is not ``decisive`` is told but does
    not count: another attestation stands in for it, or it is of a later time.
    """

    step: int
    name: str
    question: Question
    code: str
    message: Message = field(repr=False)
    params: Mapping[str, Param]
    decisive: bool = True

    @property
    def status(self) -> Status:
        return self.message.status

    @property
    def detail(self) -> str:
        return self.message.words.fill(self.params)

    def to_json(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "name": self.name,
            "question": self.question.name.lower(),
            "status": self.status.value,
            "decisive": self.decisive,
            "code": self.code,
            "params": dict(self.params),
            "words": self.detail,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """All checks in order, and what follows from them at time ``at`` (seconds)."""

    declaration: DeclarationId
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
            "checks": [check.to_json() for check in self.checks],
        }

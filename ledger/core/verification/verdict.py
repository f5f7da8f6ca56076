"""The verdict: checks, each VALID, INVALID, SKIPPED or ERROR, three questions, one conclusion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from ledger.core.encoding.ids import DeclarationId
from ledger.core.encoding.reading import hex_text
from ledger.core.encoding.text import one_line
from ledger.core.statements.code_lists import is_adverse, outcome_in_words, type_in_words
from ledger.core.verification.policy import VerificationPolicy
from ledger.core.verification.rules import rule_of
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
            "rule": rule_of(self.code),
            "params": dict(self.params),
            "words": self.detail,
        }


def is_proven(checks: Iterable[Check]) -> bool:
    """Whether no check found that checkpoint (step 6) or entries (step 8) are not of the history that is trusted."""
    return not any(check.step in (6, 8) and check.status is Status.INVALID for check in checks)


class FieldCounts(NamedTuple):
    """How many fields of the declared document were shown, and how many hidden."""

    shown: int
    hidden: int


@dataclass(frozen=True, slots=True)
class AgencyWord:
    """What an agency says of the declaration: an attestation in force, made with authority."""

    agency: str
    name: str
    jurisdiction: str
    kind: int
    outcome: int

    @property
    def adverse(self) -> bool:
        return is_adverse(self.kind, self.outcome)

    def __str__(self) -> str:
        who = f"{one_line(self.name)} ({self.agency}, {self.jurisdiction})"
        return f"{who} says {type_in_words(self.kind)}: {outcome_in_words(self.kind, self.outcome)}"

    def to_json(self) -> dict[str, Any]:
        return {
            "agency": self.agency,
            "name": self.name,
            "jurisdiction": self.jurisdiction,
            "kind": self.kind,
            "outcome": self.outcome,
            "adverse": self.adverse,
            "words": str(self),
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """All checks in order, and what follows from them at time ``at``, by the verifier's ``clock`` (seconds).

    ``document_type``: of the declaration (UNCL 1001). ``attested_by``: what agencies say of it, adverse words first.
    """

    declaration: DeclarationId
    document_type: int
    at: int
    clock: int
    checks: tuple[Check, ...]
    policy: VerificationPolicy
    attested_by: tuple[AgencyWord, ...] = ()
    fields: FieldCounts | None = None

    def answer(self, question: Question) -> Status:
        """The weakest decisive check of a question; VALID only if all are, SKIPPED if none was made."""
        found = {check.status for check in self.checks if check.question is question and check.decisive}
        if not found:
            return Status.SKIPPED
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

    @property
    def decided_by(self) -> tuple[Check, ...]:
        """The checks that keep the conclusion from being GOOD, in order; none where it is GOOD.

        NOT_GOOD is decided by what is INVALID; UNDECIDED by what is ERROR, or SKIPPED where the policy allows none.
        """
        weakest = {Conclusion.GOOD: set[Status](), Conclusion.NOT_GOOD: {Status.INVALID}}.get(
            self.conclusion, {Status.ERROR} if self.policy.allow_skipped else {Status.ERROR, Status.SKIPPED}
        )
        return tuple(check for check in self.checks if check.decisive and check.status in weakest)

    @property
    def first_line(self) -> str:
        """The verdict in one line: conclusion, document type, and which agencies spoke, adverse words first."""
        conclusion, document = self.conclusion.name.replace("_", " "), type_in_words(self.document_type)
        words = list(dict.fromkeys(map(str, self.attested_by)))
        if any(check.code == "origin.another_chain" for check in self.checks):
            conclusion += ", for the chain that was asked has another history"
            return f"{conclusion}: {document} (type {self.document_type})"
        if not is_proven(self.checks):
            return f"{conclusion}, for the entries shown are not proven: {document} (type {self.document_type})"
        if any(check.code.startswith("complete.") and check.status is Status.INVALID for check in self.checks):
            conclusion += ", and something is left out"
        elif not words:
            return f"{conclusion}, without any agency's word: {document} (type {self.document_type})"
        but = ", with an ADVERSE word in force" if any(word.adverse for word in self.attested_by) else ""
        return ". ".join([f"{conclusion}{but}: {document} (type {self.document_type})", *words])

    def to_json(self) -> dict[str, Any]:
        return {
            "first_line": self.first_line,
            "declaration": hex_text(self.declaration),
            "at": self.at,
            "clock": self.clock,
            "conclusion": self.conclusion.name,
            "decided_by": [
                {"name": check.name, "code": check.code, "rule": rule_of(check.code)} for check in self.decided_by
            ],
            "questions": {question.name.lower(): self.answer(question).value for question in Question},
            "attested_by": [word.to_json() for word in self.attested_by],
            "fields": None if self.fields is None else self.fields._asdict(),
            "checks": [check.to_json() for check in self.checks],
        }

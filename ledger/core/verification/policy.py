"""What a verifier believes beforehand (the trust root) and what it demands (the policy). Both are files."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.core.document.patterns import check_pattern
from ledger.core.encoding.canonical_json import of_format, read_file
from ledger.core.encoding.json_text import Json
from ledger.core.encoding.reading import read_bool, read_count, read_list, read_object, read_optional, read_string
from ledger.core.statements.member_types import JURISDICTION, UINT16
from ledger.errors import Malformed

POLICY_FORMAT = "trade-ledger/policy/2"
CLOCK_TOLERANCE = 15
MAX_CLOCK_TOLERANCE = 86_400
MAX_PATTERNS = 16
MAX_DEMANDS = 64
_MEMBERS = [
    *("allow_skipped", "clock_tolerance", "ledger", "max_age", "max_hidden", "refuse", "require", "show", "witnesses")
]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Attestations that must not be in force: kind (UNCL 1001) and outcomes, empty for all adverse ones of the kind."""

    kind: int
    outcomes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Requirement:
    """An attestation that must be in force: kind (UNCL 1001); jurisdictions and outcomes that count, empty for all."""

    kind: int
    jurisdictions: tuple[str, ...] = ()
    outcomes: tuple[int, ...] = ()

    def __str__(self) -> str:
        where = f" from {' or '.join(self.jurisdictions)}" if self.jurisdictions else ""
        how = f" with outcome {' or '.join(map(str, self.outcomes))}" if self.outcomes else ""
        return f"kind {self.kind}{where}{how}"


@dataclass(frozen=True, slots=True)
class VerificationPolicy:
    """What must hold.

    ``max_age``: how many seconds the evidence may be old at the time of the verdict. Its age counts from its last
    entry, or from the demanded witnesses' cosignatures if these are later. None: any age.
    ``witnesses``: cosignatures, at least; None is the trust root's threshold, which it cannot lower.
    ``clock_tolerance``: seconds by which the time of an entry may be off, where a compromise date lies close to it.
    ``allow_skipped``: whether a verdict is good although something could not be known (offline and without ``max_age``:
    whether an attestation was revoked, or the declaration withdrawn, after the evidence was made).
    ``show``: patterns (:mod:`ledger.core.document.patterns`), each of which must match a field that is shown.
    ``max_hidden``: how many fields of the document may be hidden; None for any number.
    ``refuse``: attestations that must not be in force.
    """

    require: tuple[Requirement, ...] = ()
    max_age: int | None = None
    witnesses: int | None = None
    clock_tolerance: int = CLOCK_TOLERANCE
    allow_skipped: bool = True
    show: tuple[str, ...] = ()
    max_hidden: int | None = None
    refuse: tuple[Refusal, ...] = ()


def read_policy(data: bytes) -> VerificationPolicy:
    """Read a policy file (JSON); Malformed names the member."""
    return policy_from_value(read_file(data, POLICY_FORMAT))


def policy_from_value(value: Json) -> VerificationPolicy:
    """Read the JSON value of a policy, which comes from a strict reader; Malformed names the member."""
    skipped, tolerance, _, age, hidden, refuse, require, show, witnesses = read_object(
        of_format(value, POLICY_FORMAT), _MEMBERS, "policy"
    )
    requirements = read_list(require, "policy.require", MAX_DEMANDS, "attestations")
    refusals = read_list(refuse, "policy.refuse", MAX_DEMANDS, "attestations")
    patterns = read_list(show, "policy.show", MAX_PATTERNS, "patterns")
    return VerificationPolicy(
        tuple(_requirement(item, f"policy.require[{number}]") for number, item in enumerate(requirements)),
        read_optional(read_count, age, "policy.max_age"),
        read_optional(read_count, witnesses, "policy.witnesses"),
        read_count(tolerance, "policy.clock_tolerance", MAX_CLOCK_TOLERANCE),
        read_bool(skipped, "policy.allow_skipped"),
        tuple(_pattern(item, f"policy.show[{number}]") for number, item in enumerate(patterns)),
        read_optional(read_count, hidden, "policy.max_hidden"),
        tuple(_refusal(item, f"policy.refuse[{number}]") for number, item in enumerate(refusals)),
    )


def _pattern(value: object, where: str) -> str:
    pattern = read_string(value, where)
    try:
        check_pattern(pattern)
    except Malformed as error:
        raise Malformed(error.what, where) from None
    return pattern


def _refusal(value: object, where: str) -> Refusal:
    kind, outcomes = read_object(value, ["kind", "outcomes"], where)
    UINT16.check(kind, f"{where}.kind")
    for number, outcome in enumerate(read_list(outcomes, f"{where}.outcomes")):
        UINT16.check(outcome, f"{where}.outcomes[{number}]")
    return Refusal(kind, tuple(outcomes))


def _requirement(value: object, where: str) -> Requirement:
    jurisdictions, kind, outcomes = read_object(value, ["jurisdictions", "kind", "outcomes"], where)
    UINT16.check(kind, f"{where}.kind")
    for number, jurisdiction in enumerate(read_list(jurisdictions, f"{where}.jurisdictions")):
        JURISDICTION.check(jurisdiction, f"{where}.jurisdictions[{number}]")
    for number, outcome in enumerate(read_list(outcomes, f"{where}.outcomes")):
        UINT16.check(outcome, f"{where}.outcomes[{number}]")
    return Requirement(kind, tuple(jurisdictions), tuple(outcomes))

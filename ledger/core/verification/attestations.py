"""Still in force, and by whom? The checks about each attestation, and the policy that demands attestations.

Steps 13 to 18 of docs/evidence-format.md; each function that begins with ``check_`` is one step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.core.encoding.ids import AttestationId, SetName
from ledger.core.evidence.inclusion import Inclusion, set_of_one
from ledger.core.history import history
from ledger.core.history.agencies import Agency
from ledger.core.history.history import RecordedAttestation, Standing
from ledger.core.history.replay import EntryRef
from ledger.core.statements.statement import Attestation
from ledger.core.verification.authority import NotEmpowered
from ledger.core.verification.context import Verification
from ledger.core.verification.intact import check_inclusion
from ledger.core.verification.policy import Requirement
from ledger.core.verification.verdict import Status
from ledger.errors import Unavailable


@dataclass(frozen=True, slots=True)
class AttestationInQuestion:
    """An attestation about the declaration, its standing at the time of the verdict, and the entry that decides it.

    One that is not ``decisive`` is told and does not count: it came later, or another one in force stands in for it.
    """

    id: AttestationId
    recorded: RecordedAttestation
    standing: Standing
    decided_by: EntryRef
    decisive: bool

    @property
    def said(self) -> Attestation:
        return self.recorded.attested.attestation

    @property
    def name(self) -> str:
        """Agency and kind, as the names of its checks begin."""
        return f"{self.said.agency} {self.said.kind}"

    @property
    def in_force(self) -> bool:
        return self.standing is Standing.IN_FORCE


@dataclass(frozen=True, slots=True)
class Candidate:
    """An attestation in force that no check refused: what the policy's requirements are held against.

    ``agency`` is None where the council's resolutions could not be judged, and ``known`` is false where anything about
    it could not be judged.
    """

    said: Attestation
    agency: Agency | None
    known: bool

    def __str__(self) -> str:
        where = f"{self.agency.name} ({self.agency.jurisdiction})" if self.agency else self.said.agency
        return f"{where}, kind {self.said.kind}, outcome {self.said.outcome}"


def attestations_in_question(verification: Verification) -> list[AttestationInQuestion]:
    """All attestations about the declaration, in the order of the history, each with its standing."""
    facts = verification.facts
    found = []
    for id_, recorded in facts.attestations().items():
        compromised = facts.compromised_from(recorded.attested.signer)
        found.append((id_, recorded, *history.standing(recorded, facts.revocations(id_), compromised, verification.at)))
    alive = {_group(recorded) for _, recorded, standing, _ in found if standing is Standing.IN_FORCE}
    return [
        AttestationInQuestion(id_, recorded, standing, entry, _counts(standing, _group(recorded) in alive))
        for id_, recorded, standing, entry in found
    ]


def _group(recorded: RecordedAttestation) -> tuple[str, int]:
    """Agency and kind: attestations of one group stand in for each other."""
    return recorded.attested.attestation.agency, recorded.attested.attestation.kind


def _counts(standing: Standing, another_stands_in: bool) -> bool:
    return standing is Standing.IN_FORCE or (standing is not Standing.NOT_YET and not another_stands_in)


def check_in_force(verification: Verification, one: AttestationInQuestion) -> None:
    """Step 13."""
    decided, entry = one.decided_by, {"entry": one.decided_by.number, "time": one.decided_by.time}
    match one.standing:
        case Standing.IN_FORCE:
            code = "in_force.not_revoked" if verification.facts.complete else "in_force.no_revocation_shown"
            verification.add(code, one.name, one.decisive, **entry, **verification.as_of)
        case Standing.REVOKED:
            code = "in_force.revocation_in_doubt" if _may_be_a_thiefs(verification, one) else "in_force.revoked"
            verification.add(code, one.name, one.decisive, **entry)
        case Standing.NOT_YET_VALID:
            begins = one.said.valid_from
            verification.add(
                "in_force.before_validity", one.name, one.decisive, entry=decided.number, valid_from=begins
            )
        case Standing.EXPIRED:
            ended = one.said.valid_until
            verification.add("in_force.expired", one.name, one.decisive, entry=decided.number, valid_until=ended)
        case Standing.COMPROMISED:
            verification.add("in_force.compromised", one.name, one.decisive, **entry)
        case Standing.NOT_YET | Standing.UNKNOWN:
            verification.add("in_force.not_yet_attested", one.name, one.decisive, **entry)


def _may_be_a_thiefs(verification: Verification, one: AttestationInQuestion) -> bool:
    """Whether each revocation that counts was signed with a key that may have been stolen by then."""
    facts, tolerance = verification.facts, verification.policy.clock_tolerance
    counted = [item for item in facts.revocations(one.id) if item.entry.time <= verification.at]
    dates = [(item.entry.time, facts.compromised_from(item.revoked.signer)) for item in counted]
    return all(since is not None and grade(time, since, tolerance) != "safe" for time, since in dates)


def grade(made: int, compromised_from: int, tolerance: int) -> str:
    """What a statement is worth that was made at ``made`` with a key declared compromised from some date.

    ``tolerance``: by how much ``made`` may be off. All in seconds. Returns "safe", "unsafe" or "undecidable".
    """
    if made >= compromised_from:
        return "unsafe"
    return "safe" if made + tolerance < compromised_from else "undecidable"


def check_compromise(verification: Verification, one: AttestationInQuestion) -> None:
    """Step 14, where the attester is declared compromised."""
    since = verification.facts.compromised_from(one.recorded.attested.signer)
    if since is None:
        return
    made, tolerance = one.recorded.entry, verification.policy.clock_tolerance
    verification.add(
        f"compromise.{grade(made.time, since, tolerance)}",
        one.name, since=since, entry=made.number, time=made.time, tolerance=tolerance,
    )  # fmt: skip


def check_set(verification: Verification, one: AttestationInQuestion) -> Status:
    """Step 15. The set of one needs no inclusion: its root is the leaf."""
    inclusions = {inclusion.name: inclusion for inclusion in verification.evidence.inclusions}
    inclusion = inclusions.get(SetName(one.said.root, one.said.size)) or Inclusion(*set_of_one(verification.id), 0, ())
    return check_inclusion(verification, "set", inclusion, one.name)


def check_attester(verification: Verification, one: AttestationInQuestion) -> Status:
    """Step 16."""
    attested = one.recorded.attested
    return verification.check_signature("signature", one.name, attested.signer, one.id, attested.signature)


def check_authority(verification: Verification, one: AttestationInQuestion) -> tuple[Status, Agency | None]:
    """Step 17. Returns the agency too, where it had authority."""
    try:
        found = verification.facts.empowered(one.id, one.recorded)
    except NotEmpowered as error:
        return verification.add(error.code, one.name, **error.params), None
    except Unavailable as error:
        return verification.add("authority.unavailable", one.name, reason=str(error)), None
    agency = found.agency
    named = {"name": agency.name, "jurisdiction": agency.jurisdiction}
    return verification.add(found.code, one.name, **named, **found.params), agency


def check_requirement(verification: Verification, wanted: Requirement, candidates: Sequence[Candidate]) -> None:
    """Step 18, for one item of the policy."""
    fitting = [candidate for candidate in candidates if _fits(wanted, candidate)]
    code = "policy.undecided" if fitting else "policy.not_met"
    if any(candidate.known for candidate in fitting):
        code = "policy.met"
    verification.add(
        code, kind=wanted.kind, jurisdictions=list(wanted.jurisdictions), outcomes=list(wanted.outcomes)
    )  # fmt: skip


def _fits(wanted: Requirement, candidate: Candidate) -> bool:
    where = candidate.agency.jurisdiction if candidate.agency else None
    return (
        candidate.said.kind == wanted.kind
        and (not wanted.jurisdictions or where in (None, *wanted.jurisdictions))
        and (not wanted.outcomes or candidate.said.outcome in wanted.outcomes)
    )

"""Still in force, and by whom? The checks about each attestation, and the policy that demands attestations.

Steps 13 to 18 of docs/evidence-format.md; each function that begins with ``check_`` is one step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger.core.encoding.ids import AttestationId, SetName
from ledger.core.evidence.inclusion import Inclusion, set_of_one
from ledger.core.history.agencies import Agency
from ledger.core.history.replay import EntryRef
from ledger.core.history.standing import RecordedAttestation, RecordedRevocation, Standing, standing_of
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.code_lists import is_adverse
from ledger.core.statements.signature import WalletUndecided, verify_signature
from ledger.core.verification.authority import NotEmpowered
from ledger.core.verification.context import Verification
from ledger.core.verification.intact import check_inclusion
from ledger.core.verification.policy import Requirement
from ledger.core.verification.verdict import AgencyWord, Status
from ledger.core.verification.wording import Param
from ledger.errors import DefiniteNo


@dataclass(frozen=True, slots=True)
class AttestationInQuestion:
    """An attestation about the declaration, its standing at the time of the verdict, and the entry that decides it.

    One that is not ``decisive`` is told and does not count: it came later, another one in force stands in for it, or it
    is a lifted hold. ``revocations``: those that end it by then; none where another stands in for it.
    """

    id: AttestationId
    recorded: RecordedAttestation
    standing: Standing
    decided_by: EntryRef
    in_doubt: bool
    decisive: bool
    revocations: Sequence[RecordedRevocation]

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

    @property
    def adverse(self) -> bool:
        return is_adverse(self.said.kind, self.said.outcome)

    @property
    def says(self) -> dict[str, Param | bytes]:
        """Kind and outcome, as parameters of its checks."""
        return {"kind": self.said.kind, "outcome": self.said.outcome}


@dataclass(frozen=True, slots=True)
class Candidate:
    """An attestation in force that no check refused: what the policy's requirements are held against.

    ``known`` is false where a signature by a wallet contract, under it or under its authority, could not be judged.
    """

    said: Attestation
    agency: Agency
    known: bool

    @property
    def word(self) -> AgencyWord:
        agency, said = self.agency, self.said
        return AgencyWord(said.agency, agency.name, agency.jurisdiction, said.kind, said.outcome)


def attestations_in_question(verification: Verification) -> list[AttestationInQuestion]:
    """All attestations about the declaration, in the order of the history, each with its standing."""
    facts, at = verification.facts, verification.at
    found = []
    for id_, recorded in facts.attestations().items():
        compromised = facts.compromised_from(recorded.attested.signer)
        revocations = [item for item in facts.revocations(id_) if item.entry.time <= at]
        found.append((id_, recorded, revocations, *standing_of(recorded, revocations, compromised, at)))
    alive = {_group(recorded) for _, recorded, _, standing, _ in found if standing is Standing.IN_FORCE}
    questions = []
    for id_, recorded, revocations, standing, entry in found:
        stood_in = standing is not Standing.IN_FORCE and _group(recorded) in alive
        in_doubt = standing is Standing.REVOKED and _may_be_a_thiefs(verification, revocations)
        said = recorded.attested.attestation
        lifted = standing is Standing.REVOKED and is_adverse(said.kind, said.outcome) and not in_doubt
        decisive = standing is not Standing.NOT_YET and not stood_in and not lifted
        counting = [] if stood_in or standing is not Standing.REVOKED else revocations
        questions.append(AttestationInQuestion(id_, recorded, standing, entry, in_doubt, decisive, counting))
    return questions


def _group(recorded: RecordedAttestation) -> tuple[str, int, int]:
    """Agency, kind and outcome: attestations of one group stand in for each other."""
    said = recorded.attested.attestation
    return said.agency, said.kind, said.outcome


def _may_be_a_thiefs(verification: Verification, revocations: Sequence[RecordedRevocation]) -> bool:
    """Whether each of these revocations was signed with a key that may have been stolen by then."""
    facts, tolerance = verification.facts, verification.policy.clock_tolerance
    dates = [(item.entry.time, facts.compromised_from(item.revoked.signer)) for item in revocations]
    return all(since is not None and grade(time, since, tolerance) != "safe" for time, since in dates)


def check_in_force(verification: Verification, one: AttestationInQuestion) -> None:
    """Step 13."""
    decided, entry = one.decided_by, {"entry": one.decided_by.number, "time": one.decided_by.time}
    match one.standing:
        case Standing.IN_FORCE:
            code = "in_force.not_revoked" if verification.all_known else "in_force.no_revocation_shown"
            verification.add(code, one.name, one.decisive, **one.says, **entry, **verification.as_of)
        case Standing.REVOKED:
            code = "in_force.lifted" if one.adverse else "in_force.revoked"
            code = "in_force.revocation_in_doubt" if one.in_doubt else code
            verification.add(code, one.name, one.decisive, **one.says, **entry)
        case Standing.NOT_YET_VALID:
            begins = one.said.valid_from
            verification.add(
                "in_force.before_validity", one.name, one.decisive,
                **one.says, entry=decided.number, valid_from=begins,
            )  # fmt: skip
        case Standing.EXPIRED:
            ended = one.said.valid_until
            verification.add(
                "in_force.expired", one.name, one.decisive, **one.says, entry=decided.number, valid_until=ended
            )
        case Standing.COMPROMISED:
            verification.add("in_force.compromised", one.name, one.decisive, **one.says, **entry)
        case Standing.NOT_YET | Standing.UNKNOWN:
            verification.add("in_force.not_yet_attested", one.name, one.decisive, **one.says, **entry)


def check_revocation(verification: Verification, one: AttestationInQuestion, revocation: RecordedRevocation) -> None:
    """Step 13, for a revocation that ends the attestation: its signer signed it, and spoke for the agency then.

    It is decisive even if the attestation is not: nobody but the agency lifts its hold.
    """
    entry, revoked = revocation.entry, revocation.revoked
    named: dict[str, Param | bytes] = {"entry": entry.number, "signer": revoked.signer}
    done: dict[str, Param | bytes] = {
        "entry": entry.number, "time": entry.time, "reason_code": revoked.revocation.reason
    }  # fmt: skip
    undecided: str | None = None
    verification.budget.spend(signatures=1)
    try:
        verify_signature(
            verification.evidence.origin,
            revoked.signer,
            revoked.revocation.id(verification.evidence.origin),
            revoked.signature,
        )
    except WalletUndecided as error:  # what is wrong for certain outweighs it
        undecided = str(error)
    except DefiniteNo as error:
        verification.add("revocation.not_signed", one.name, **named, reason=str(error))
        return
    if verification.facts.replayed:
        code = "replayed" if undecided is None else "contract_accepted"
        verification.add(f"revocation.{code}", one.name, **done)
        return
    try:
        found = verification.facts.revoker(revocation)
    except NotEmpowered as error:
        verification.add("revocation.not_empowered", one.name, **named, because=error.code, reason=str(error))
        return
    if undecided is None and found.undecided is not None:
        undecided = f"entry {found.undecided.entry}: {found.undecided.reason}"
    if undecided is not None:
        verification.add("revocation.only_contract", one.name, **named, reason=undecided)
        return
    verification.add(
        "revocation.shown", one.name, **done, signer=revoked.signer, authorised=found.authorised.number
    )  # fmt: skip


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


def check_set(
    verification: Verification, one: AttestationInQuestion, inclusions: Mapping[SetName, Inclusion]
) -> Status:
    """Step 15. ``inclusions``: of the evidence, by set. The set of one needs none: its root is the leaf."""
    inclusion = inclusions.get(SetName(one.said.root, one.said.size)) or Inclusion(*set_of_one(verification.id), 0, ())
    return check_inclusion(verification, "set", inclusion, one.name)


def check_attester(verification: Verification, one: AttestationInQuestion) -> Status:
    """Step 16. The attester may be a wallet contract: then only the contract could judge, when it wrote the entry."""
    entry, attested = one.recorded
    signer = attested.signer
    verification.budget.spend(signatures=1)
    try:
        verify_signature(verification.evidence.origin, signer, one.id, attested.signature)
    except WalletUndecided as error:
        if verification.facts.is_on_chain(one.id):
            return verification.add("signature.contract_accepted", one.name, signer=signer, entry=entry.number)
        return verification.add("signature.only_contract", one.name, signer=signer, reason=str(error))
    except DefiniteNo as error:
        return verification.add("signature.not_signed", one.name, signer=signer, reason=str(error))
    return verification.add_signed("signature", one.name, signer, one.id, attested.signature)


def check_authority(verification: Verification, one: AttestationInQuestion) -> tuple[Status, Agency | None]:
    """Step 17. Returns the agency too, unless it is shown to have had no authority."""
    try:
        found = verification.facts.empowered(one.id, one.recorded)
    except NotEmpowered as error:
        return verification.add(error.code, one.name, **error.params), None
    agency = found.agency
    named = {"name": agency.name, "jurisdiction": agency.jurisdiction}
    return verification.add(found.code, one.name, **named, **found.params), agency


def check_requirement(verification: Verification, wanted: Requirement, candidates: Sequence[Candidate]) -> None:
    """Step 18, for one item of the policy."""
    jurisdictions, outcomes = frozenset(wanted.jurisdictions), frozenset(wanted.outcomes)
    fitting = [
        candidate
        for candidate in candidates
        if candidate.said.kind == wanted.kind
        and (not jurisdictions or candidate.agency.jurisdiction in jurisdictions)
        and (candidate.said.outcome in outcomes if outcomes else not candidate.word.adverse)
    ]
    code = "policy.undecided" if fitting else "policy.not_met"
    if any(candidate.known for candidate in fitting):
        code = "policy.met"
    verification.add(
        code, kind=wanted.kind, jurisdictions=list(wanted.jurisdictions), outcomes=list(wanted.outcomes)
    )  # fmt: skip

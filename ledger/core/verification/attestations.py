"""By whom, and still in force? The checks about each attestation: standing, compromise, set, signature, authority.

docs/evidence-format.md, checks 13 to 18.
"""

from __future__ import annotations

from ledger.core.evidence.inclusion import Place, set_of_one
from ledger.core.history import history
from ledger.core.history.agencies import Agency
from ledger.core.history.history import Recorded, Standing
from ledger.core.history.replay import Mark
from ledger.core.verification.context import Judged, Run
from ledger.core.verification.intact import verify_place
from ledger.core.verification.policy import Requirement
from ledger.core.verification.verdict import Grade, Question, Status, grade, when
from ledger.errors import Unavailable, VerificationFailed


def check_attestations(run: Run) -> None:
    """One attestation after the other, then the policy's requirements."""
    judged = [(id_, recorded, *_standing(run, id_, recorded)) for id_, recorded in run.facts.attestations().items()]
    alive = {_group(recorded) for _, recorded, standing, _ in judged if standing is Standing.IN_FORCE}
    for id_, recorded, standing, mark in judged:
        # What came later does not count at this time; what ended does not count where another stands in for it.
        decisive = standing is Standing.IN_FORCE or (standing is not Standing.NOT_YET and _group(recorded) not in alive)
        _force(run, id_, recorded, standing, mark, decisive)
        if decisive:
            _compromise(run, recorded)
            _authority(run, id_, recorded, standing is Standing.IN_FORCE)
    _requirements(run)


def _standing(run: Run, id_: bytes, recorded: Recorded) -> tuple[Standing, Mark]:
    compromised = run.facts.compromised_from(recorded.attested.signer)
    return history.standing(recorded, run.facts.revocations(id_), compromised, run.at)


def _force(run: Run, id_: bytes, recorded: Recorded, standing: Standing, mark: Mark, decisive: bool) -> None:
    name, entry = f"{_name(recorded)} in force", f"entry {mark.number} at {when(mark.time)}"
    if standing is Standing.IN_FORCE:
        status = Status.VALID if run.facts.complete else Status.SKIPPED
        words = f"attested by {entry}; {'not revoked' if run.facts.complete else 'no revocation shown'}, {run.as_of}"
        run.add(name, Question.IN_FORCE, status, words)
    elif standing is Standing.REVOKED and _only_thieves_revoked(run, id_):
        words = f"revoked ({entry}) with a key declared compromised from before: ask the agency whether it was theirs"
        run.add(name, Question.IN_FORCE, Status.ERROR, words, decisive)
    else:
        run.add(name, Question.IN_FORCE, Status.INVALID, f"{standing.value} ({entry})", decisive)


def _only_thieves_revoked(run: Run, id_: bytes) -> bool:
    """Whether every revocation that counts may be by somebody who had stolen the key."""
    counted = [item for item in run.facts.revocations(id_) if item.mark.time <= run.at]
    return all(
        since is not None and grade(item.mark.time, since, run.policy.clock_tolerance) is not Grade.SAFE
        for item in counted
        for since in [run.facts.compromised_from(item.revoked.signer)]
    )


def _compromise(run: Run, recorded: Recorded) -> None:
    since = run.facts.compromised_from(recorded.attested.signer)
    if since is None:
        return
    made, tolerance = recorded.mark.time, run.policy.clock_tolerance
    graded = grade(made, since, tolerance)
    why = f"the key is declared compromised from {when(since)}, and entry {recorded.mark.number} is of {when(made)}"
    status, reason = {
        Grade.SAFE: (Status.VALID, "before"),
        Grade.UNSAFE: (Status.INVALID, "not before: a thief may have made it"),
        Grade.UNDECIDABLE: (Status.ERROR, f"closer than the {tolerance} s by which a block's clock may be off"),
    }[graded]
    run.add(f"{_name(recorded)} compromise", Question.IN_FORCE, status, f"{graded.value}: {why}, {reason}")


def _authority(run: Run, id_: bytes, recorded: Recorded, in_force: bool) -> None:
    attested, attestation, name = recorded.attested, recorded.attested.attestation, _name(recorded)
    places = {place.name: place for place in run.evidence.places}
    place = places.get((attestation.root, attestation.size), Place(*set_of_one(run.id), 0, ()))
    words = f"the declaration is number {place.index} of {place.size} in the attested set"
    if run.attempt(f"{name} set", Question.AUTHORITY, words, lambda: verify_place(run.id, place)) is not Status.VALID:
        return
    signed = run.attempt(
        f"{name} signature",
        Question.AUTHORITY,
        f"signed by the attester 0x{attested.signer.hex()}",
        lambda: run.signature(attested.signer, id_, attested.signature),
    )
    agency: Agency | None = None
    try:
        agency, shown = run.facts.empowered(id_, recorded, run.signature)
    except VerificationFailed as error:
        run.add(f"{name} authority", Question.AUTHORITY, Status.INVALID, str(error))
        return
    except Unavailable as error:
        run.add(f"{name} authority", Question.AUTHORITY, Status.ERROR, str(error))
    else:
        words = f"{agency.name} ({agency.jurisdiction}): {shown}"
        run.add(f"{name} authority", Question.AUTHORITY, Status.VALID, words)
    if not in_force or signed is Status.INVALID:
        return
    known = agency is not None and signed is Status.VALID
    run.judged.append(Judged(attestation.kind, agency.jurisdiction if agency else None, attestation.outcome, known))
    if agency is not None and known:
        run.attested_by.append(
            f"{agency.name} ({agency.jurisdiction}), kind {attestation.kind}, outcome {attestation.outcome}"
        )


def _requirements(run: Run) -> None:
    for wanted in run.policy.require:
        fitting = [judged for judged in run.judged if _fits(wanted, judged)]
        status, found = Status.INVALID, "there is none in force"
        if any(judged.known for judged in fitting):
            status, found = Status.VALID, "there is one"
        elif fitting:
            status, found = Status.ERROR, "nobody could say whether the one that is there counts"
        run.add("policy", Question.AUTHORITY, status, f"the policy demands an attestation of {wanted}: {found}")


def _fits(wanted: Requirement, judged: Judged) -> bool:
    return (
        judged.kind == wanted.kind
        and (not wanted.jurisdictions or judged.jurisdiction in (None, *wanted.jurisdictions))
        and (not wanted.outcomes or judged.outcome in wanted.outcomes)
    )


def _name(recorded: Recorded) -> str:
    attestation = recorded.attested.attestation
    return f"{attestation.agency} {attestation.kind}"


def _group(recorded: Recorded) -> tuple[str, int]:
    attestation = recorded.attested.attestation
    return attestation.agency, attestation.kind

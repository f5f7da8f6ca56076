"""With what authority, and as the policy demands? Steps 15 to 18, each test under the number of its step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.core.evidence.evidence import ProvenEntry
from ledger.core.evidence.payloads import contents
from ledger.core.history.entry import Attested, EntryKind
from ledger.core.history.replay import EntryRef
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.resolutions import (
    AgencyReinstatement,
    AgencySuspension,
    AttesterCompromise,
    AttesterRetirement,
    MandateWithdrawal,
)
from ledger.core.verification.authority import AgencyStatement, NotEmpowered, ShownAuthority
from ledger.core.verification.policy import Requirement, VerificationPolicy
from ledger.core.verification.verdict import Conclusion
from ledger.core.verification.verify import verify
from ledger.testing.world import ORIGIN, PLANT, START, Key, World
from tests.core.verification.samples import Sample, attested_in, check, code, failing, offline, shown


def test_step_15_the_place_in_the_attested_set_must_hold(sample: Sample) -> None:
    """Whoever is not in the set is not attested: signature and authority are not looked at, and no policy is met."""
    held = sample.evidence()
    found = check(offline(sample.world, held), "NZ-MPI 851 set")
    assert (found.code, found.params["index"], found.params["size"]) == ("set.included", 4, 5)
    elsewhere = replace(held.inclusions[0], index=3)
    demanded = VerificationPolicy(require=(Requirement(851),))
    verdict = offline(sample.world, replace(held, inclusions=(elsewhere,)), policy=demanded)
    assert code(verdict, "NZ-MPI 851 set") == "set.not_included"
    assert code(verdict, "policy") == "policy.not_met"
    assert not {16, 17} & {item.step for item in verdict.checks}


def test_step_16_an_attestation_that_nobody_signed(world: World) -> None:
    """A wallet might have signed, which only the contract could say: that is neither a signature nor a forgery."""
    declared = world.declare(b"\x01" * 32)
    batch = world.anchor([declared[0]])
    statement = Attestation("NZ-MPI", 851, 1, ZERO, START, NO_END, *batch[:2], ZERO)
    world.append(Attested(statement, PLANT.signer, Key("thief").sign(statement.id(ORIGIN))))
    found = offline(world, shown(world, declared, batch))
    assert failing(found) == []
    assert code(found, "NZ-MPI 851 signature") == "signature.only_contract"
    assert found.conclusion is Conclusion.UNDECIDED


@pytest.mark.parametrize(
    ("missing", "found"),
    [
        (EntryKind.AGENCY_ENROLLED, "not_enrolled"),
        (EntryKind.ATTESTER_AUTHORISED, "not_authorised"),
        (EntryKind.MANDATE_GRANTED, "no_mandate"),
        (EntryKind.COUNCIL_CHANGED, "no_first_council"),
    ],
)
def test_step_17_authority_needs_every_entry_that_gave_it(sample: Sample, missing: EntryKind, found: str) -> None:
    evidence = sample.evidence()
    kept = tuple(item for item in evidence.entries if item.entry.kind != missing)
    verdict = verify(replace(evidence, entries=kept), clock=sample.world.now, trust=sample.world.trust)
    assert code(verdict, "NZ-MPI 851 authority") == f"authority.{found}"


@pytest.mark.parametrize(
    ("undo", "found"),
    [
        ((AttesterRetirement, PLANT.signer), "attester_ended"),
        ((AttesterCompromise, PLANT.signer, START), "attester_ended"),
        ((AgencySuspension, "NZ-MPI"), "suspended"),
        ((MandateWithdrawal, "NZ-MPI", 851), "no_mandate"),
    ],
)
def test_step_17_authority_that_was_undone_before(world: World, undo: tuple[object, ...], found: str) -> None:
    held = attested_in(world)
    (attested,) = [content for _, content in contents(held.entries) if isinstance(content, Attested)]
    world.enact(*undo)  # type: ignore[arg-type]
    known = contents(ProvenEntry(entry, ()) for entry in world.entries)
    before, after = EntryRef(world.history.size - 1, world.now - 60), EntryRef(world.history.size, world.now)

    statements = [AgencyStatement(entry, attested.signer, "NZ-MPI", 851) for entry in (after, before)]
    power = ShownAuthority(known, statements, ORIGIN)
    power.of(before.number)
    with pytest.raises(NotEmpowered) as refused:
        power.of(after.number)
    assert refused.value.code == f"authority.{found}"


def test_step_17_reinstated_speaks_again(world: World) -> None:
    world.enact(AgencySuspension, "NZ-MPI")
    world.enact(AgencyReinstatement, "NZ-MPI")
    assert offline(world, attested_in(world)).conclusion is Conclusion.GOOD


def test_step_18_policy_demands_kind_jurisdiction_and_outcome(sample: Sample) -> None:
    def outcome(*requirements: Requirement) -> Conclusion:
        return sample.verdict(online=True, policy=VerificationPolicy(require=requirements)).conclusion

    assert outcome(Requirement(851, ("NZ",), (1,)), Requirement(132, (), (4,))) is Conclusion.GOOD
    assert outcome(Requirement(851, ("NL",))) is Conclusion.NOT_GOOD
    assert outcome(Requirement(851, (), (8,))) is Conclusion.NOT_GOOD
    assert outcome(Requirement(861)) is Conclusion.NOT_GOOD


def test_step_18_a_policy_is_not_met_by_what_has_expired(world: World) -> None:
    declared = world.declare(b"\x01" * 32)
    batch = world.anchor([declared[0]])
    until = world.now + 1000
    world.attest("NZ-MPI", 851, *batch[:2], PLANT, until=until)
    held, policy = shown(world, declared, batch), VerificationPolicy(require=(Requirement(851),))
    assert "policy" not in failing(offline(world, held, at=until - 1, policy=policy))
    assert "policy" in failing(offline(world, held, at=until, policy=policy))

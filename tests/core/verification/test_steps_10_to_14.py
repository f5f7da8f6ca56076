"""Declared, recent, not withdrawn, in force? Steps 10 to 14, each test under the number of its step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.core.encoding.text import when
from ledger.core.history.entry import EntryKind
from ledger.core.statements.resolutions import AttesterAuthorisation, AttesterCompromise
from ledger.core.verification.policy import VerificationPolicy
from ledger.core.verification.verdict import Conclusion, Status
from ledger.core.verification.verify import verify
from ledger.testing.world import CUSTOMS, ORIGIN, PLANT, Key, World
from tests.core.verification.samples import Sample, attested_in, check, code, failing, offline, shown


def test_step_10_party_signature_by_somebody_else(sample: Sample) -> None:
    evidence = replace(sample.evidence(), signature=Key("thief").sign(sample.declaration.id(ORIGIN)))
    found = check(verify(evidence, clock=sample.world.now, trust=sample.world.trust), "declaration")
    assert found.code == "declaration.not_signed"
    assert "no wallet contract (ERC-1271) is asked" in found.detail


@pytest.mark.parametrize("online", [False, True])
@pytest.mark.parametrize(
    ("party", "words"),
    [
        (b"\x77" * 20, "a party is a key"),
        (b"\x77" * 20 + bytes(64), "names the verifier 0x77"),
        (ORIGIN.p256_verifier + b"half a key", "names the verifier"),
        (ORIGIN.p256_verifier + bytes(64), "not signed by this P-256 key"),
    ],
    ids=["wallet contract", "foreign verifier", "half a key", "no point"],
)
def test_step_10_a_party_is_a_key_with_and_without_a_chain(
    sample: Sample, party: bytes, words: str, online: bool
) -> None:
    """What no key signed is nobody's declaration, and no contract is asked about it."""
    declaration = replace(sample.declaration, party=party)
    evidence = replace(sample.evidence(), declaration=declaration, signature=bytes([1]) * 64)
    history = sample.world.history if online else None
    verdict = verify(evidence, clock=sample.world.now, trust=sample.world.trust, history=history)
    found = check(verdict, "declaration")
    assert (found.code, found.status) == ("declaration.not_signed", Status.INVALID)
    assert words in found.detail


def test_step_11_freshness_reaches_as_far_as_the_witnesses_demanded(sample: Sample) -> None:
    """Two demanded: the time at which two had cosigned counts, the older of the two latest."""
    last = sample.world.history.last_time
    verdicts = {
        age: check(sample.cosigned(3, 2, VerificationPolicy(max_age=age)), "freshness").status
        for age in (12_799, 12_800, 20_059)
    }
    assert sample.world.now == last + 60
    assert verdicts == {12_799: Status.INVALID, 12_800: Status.VALID, 20_059: Status.VALID}
    assert check(sample.cosigned(3, 0, VerificationPolicy(max_age=20_059)), "freshness").code == "freshness.stale"
    assert check(sample.cosigned(3, 0, VerificationPolicy(max_age=20_060)), "freshness").code == "freshness.recent"


def test_step_11_freshness_counts_from_the_latest_entry_shown(sample: Sample) -> None:
    latest = sample.world.history.last_time
    policy = VerificationPolicy(max_age=100)
    assert sample.verdict(policy=policy, at=latest + 100).conclusion is Conclusion.GOOD
    assert sample.verdict(policy=policy, at=latest + 101).conclusion is Conclusion.NOT_GOOD


@pytest.mark.parametrize("online", [False, True])
def test_step_12_withdrawn_names_the_replacement(sample: Sample, online: bool) -> None:
    replacement = bytes([7]) * 32
    sample.world.withdraw(sample.declaration, replacement=replacement)
    found = check(sample.verdict(online), "withdrawal")
    assert (found.code, found.params["replacement"]) == ("withdrawal.withdrawn", "0x" + replacement.hex())
    assert found.detail.endswith(f", replaced (5); the replacement is 0x{replacement.hex()}")


@pytest.mark.parametrize("online", [False, True])
def test_step_12_withdrawn_for_good_names_no_replacement(sample: Sample, online: bool) -> None:
    before = sample.verdict(online)
    assert code(before, "withdrawal") == "withdrawal.none"
    sample.world.withdraw(sample.declaration)
    found = check(sample.verdict(online), "withdrawal")
    assert (found.code, found.params["replacement"]) == ("withdrawal.withdrawn", None)
    assert "replacement" not in found.detail


@pytest.mark.parametrize("online", [False, True])
def test_step_13_revoked_is_not_good_and_names_the_entry(sample: Sample, online: bool) -> None:
    sample.world.revoke(sample.plant, PLANT)
    verdict = sample.verdict(online)
    found = check(verdict, "NZ-MPI 851 in force")
    assert (found.code, found.params["entry"]) == ("in_force.revoked", sample.world.history.size - 1)
    assert verdict.conclusion is Conclusion.NOT_GOOD


def test_step_13_before_the_revocation_it_was_in_force(sample: Sample) -> None:
    before = sample.world.now - 1
    sample.world.revoke(sample.plant, PLANT)
    assert sample.verdict(online=True, at=before).conclusion is Conclusion.GOOD


def test_step_13_a_member_revocation_touches_that_member_only(sample: Sample) -> None:
    sample.world.revoke(sample.plant, PLANT, member=sample.batch[2][0])
    assert sample.verdict(online=True).conclusion is Conclusion.GOOD
    sample.world.revoke(sample.plant, PLANT, member=sample.declaration.id(sample.world.history.origin))
    assert sample.verdict(online=True).conclusion is Conclusion.NOT_GOOD


def test_step_13_a_reissued_certificate_stands_in_for_the_revoked(sample: Sample) -> None:
    sample.world.revoke(sample.plant, PLANT)
    sample.world.attest("NZ-MPI", 851, sample.batch[0], sample.batch[1], PLANT)
    verdict = sample.verdict(online=True)
    assert verdict.conclusion is Conclusion.GOOD
    assert [item.decisive for item in verdict.checks if item.status is Status.INVALID] == [False]


@pytest.mark.parametrize("online", [False, True])
def test_step_13_a_compromise_ends_what_was_attested_from_its_date_on(sample: Sample, online: bool) -> None:
    attested_at = sample.world.history.attestations[sample.plant].entry.time
    sample.world.enact(AttesterCompromise, PLANT.signer, attested_at)
    assert code(sample.verdict(online), "NZ-MPI 851 in force") == "in_force.compromised"


@pytest.mark.parametrize("online", [False, True])
def test_step_13_a_revocation_by_a_thief_is_undecidable(sample: Sample, online: bool) -> None:
    sample.world.enrol("NZ-DOC", "NZ", [861], Key("other officer"))
    thief = Key("stolen")
    sample.world.enact(AttesterAuthorisation, thief.signer, "NZ-MPI")
    stolen = sample.world.now
    sample.world.revoke(sample.plant, thief)
    assert sample.verdict(online).conclusion is Conclusion.NOT_GOOD
    sample.world.enact(AttesterCompromise, thief.signer, stolen)
    verdict = sample.verdict(online)
    assert code(verdict, "NZ-MPI 851 in force") == "in_force.revocation_in_doubt"
    assert verdict.conclusion is Conclusion.UNDECIDED
    sample.world.attest("NZ-MPI", 851, *sample.batch[:2], PLANT)
    assert sample.verdict(online).conclusion is Conclusion.GOOD, "one in force stands in for it"


def test_step_13_a_revocation_before_the_key_was_stolen_stands(sample: Sample) -> None:
    revoked = sample.world.now
    sample.world.revoke(sample.plant, PLANT)
    sample.world.enact(AttesterCompromise, PLANT.signer, revoked + 16)
    assert code(sample.verdict(), "NZ-MPI 851 in force") == "in_force.revoked"


def test_step_13_what_was_attested_later_does_not_count_at_a_past_time(sample: Sample) -> None:
    made = sample.world.history.attestations[sample.customs].entry.time
    verdict = sample.verdict(at=made - 1)
    (late,) = [item for item in verdict.checks if item.name.startswith("NZ-CUSTOMS")]
    assert (late.name, late.code, late.decisive) == ("NZ-CUSTOMS 132 in force", "in_force.not_yet_attested", False)
    assert verdict.conclusion is Conclusion.GOOD


def test_step_13_expired_attestation_is_not_in_force(sample: Sample) -> None:
    until = sample.world.now + 500
    sample.world.attest("NZ-MPI", 851, *sample.batch[:2], PLANT, until=until)
    sample.world.revoke(sample.plant, PLANT)
    assert sample.verdict(online=True, at=until - 1).conclusion is Conclusion.GOOD
    verdict = sample.verdict(online=True, at=until)
    assert verdict.conclusion is Conclusion.NOT_GOOD
    assert "in_force.expired" in [item.code for item in verdict.checks]


def test_step_13_a_revocation_of_another_member_does_not_count(world: World) -> None:
    declarations = [world.declare(bytes([number]) * 32) for number in (1, 2)]
    batch = world.anchor([declaration for declaration, _ in declarations])
    attestation = world.attest("NZ-MPI", 851, *batch[:2], PLANT)
    world.revoke(attestation, PLANT, member=batch[2][1])
    assert shown(world, declarations[0], batch).entries[-1].entry.number == world.history.size - 1
    assert offline(world, shown(world, declarations[0], batch)).conclusion is Conclusion.GOOD
    assert failing(offline(world, shown(world, declarations[1], batch))) == ["NZ-MPI 851 in force"]


@pytest.mark.parametrize("online", [False, True])
@pytest.mark.parametrize(
    ("later", "status", "grade", "conclusion"),
    [
        (-1, Status.INVALID, "unsafe", Conclusion.NOT_GOOD),
        (0, Status.INVALID, "unsafe", Conclusion.NOT_GOOD),
        (1, Status.ERROR, "undecidable", Conclusion.UNDECIDED),
        (15, Status.ERROR, "undecidable", Conclusion.UNDECIDED),
        (16, Status.VALID, "safe", Conclusion.GOOD),
    ],
)
def test_step_14_compromise_regrades_by_its_date(
    sample: Sample, online: bool, later: int, status: Status, grade: str, conclusion: Conclusion
) -> None:
    """Safe before the date, unsafe from it on, undecidable where a block's clock is not that exact; with the reason."""
    attested_at = sample.world.history.attestations[sample.plant].entry.time
    sample.world.enact(AttesterCompromise, PLANT.signer, attested_at + later)
    verdict = sample.verdict(online)
    found = check(verdict, "NZ-MPI 851 compromise")
    assert (found.code, found.status, verdict.conclusion) == (f"compromise.{grade}", status, conclusion)
    assert found.detail.startswith(f"{grade}: the key is declared compromised from {when(attested_at + later)}")
    exact = sample.verdict(online, policy=VerificationPolicy(clock_tolerance=0))
    assert code(exact, "NZ-MPI 851 compromise") == ("compromise.safe" if later > 0 else "compromise.unsafe")


def test_step_14_a_compromise_counts_in_a_verdict_about_the_past(sample: Sample) -> None:
    """What it says about the past was true before anyone knew; whatever else came later does not count."""
    then = sample.world.now - 1
    attested_at = sample.world.history.attestations[sample.plant].entry.time
    sample.world.revoke(sample.customs, CUSTOMS)
    sample.world.withdraw(sample.declaration)
    assert sample.verdict(at=then).conclusion is Conclusion.GOOD
    sample.world.enact(AttesterCompromise, PLANT.signer, attested_at)
    assert code(sample.verdict(at=then), "NZ-MPI 851 compromise") == "compromise.unsafe"


def test_step_14_the_earliest_compromise_date_counts(world: World) -> None:
    held = attested_in(world)
    made = next(item.entry.time for item in held.entries if item.entry.kind is EntryKind.ATTESTED)
    declared = (held.declaration, held.signature)
    ids = [world.declare(bytes([number]) * 32)[0].id(ORIGIN) for number in (1, 2, 3)]
    batch = (held.inclusions[0].root, held.inclusions[0].size, ids)
    world.enact(AttesterCompromise, PLANT.signer, made + 16)
    assert failing(offline(world, shown(world, declared, batch))) == []
    world.enact(AttesterCompromise, PLANT.signer, made)
    assert failing(offline(world, shown(world, declared, batch))) == ["NZ-MPI 851 in force", "NZ-MPI 851 compromise"]

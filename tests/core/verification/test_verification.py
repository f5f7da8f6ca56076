"""The verdict on evidence that is good, changed, revoked, withdrawn, compromised or foreign."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from ledger.core.document import Format, Redacted, Wrapped, disclose, wrap
from ledger.core.evidence.evidence import Evidence
from ledger.core.evidence.reading import read_evidence
from ledger.core.history.entry import EntryKind
from ledger.core.statements.statement import (
    AttesterAuthorisation,
    AttesterCompromise,
    Declaration,
)
from ledger.core.verification.policy import Requirement, VerificationPolicy
from ledger.core.verification.verdict import Conclusion, Question, Status, Verdict, when
from ledger.core.verification.verify import verify
from ledger.errors import LedgerError
from ledger.testing.world import COUNCIL, CUSTOMS, PLANT, TRADER, Key, Witness, World

DIGEST = bytes(range(32))


class Case(SimpleNamespace):
    world: World
    declaration: Declaration
    signature: bytes
    batch: tuple[bytes, int, list[bytes]]
    plant: bytes
    customs: bytes

    def evidence(self) -> Evidence:
        return self.world.evidence(self.declaration, self.signature, self.batch)

    def verdict(self, online: bool = False, **options: object) -> Verdict:
        facts = {"history": self.world.history} if online else {"trust": self.world.trust}
        document = SimpleNamespace(digest=DIGEST, leaf_hashes={})
        settings = {"at": self.world.now, "document": document, **facts, **options}
        return verify(self.evidence(), **settings)  # type: ignore[arg-type]


@pytest.fixture
def case() -> Case:
    world = World()
    world.enrol("NZ-MPI", "NZ", [851], PLANT)
    world.enrol("NZ-CUSTOMS", "NZ", [132], CUSTOMS)
    declaration, signature = world.declare(DIGEST, 851)
    others = [world.declare(bytes([number]) * 32)[0] for number in range(4)]
    batch = world.anchor([*others, declaration])
    plant = world.attest("NZ-MPI", 851, batch[0], batch[1], PLANT)
    customs = world.attest("NZ-CUSTOMS", 132, batch[0], batch[1], CUSTOMS, outcome=4)
    return Case(world=world, declaration=declaration, signature=signature, batch=batch, plant=plant, customs=customs)


def named(verdict: Verdict, name: str) -> tuple[Status, str]:
    (check,) = [check for check in verdict.checks if check.name == name]
    return check.status, check.words


def test_good_online_answers_all_three_questions(case: Case) -> None:
    verdict = case.verdict(online=True)
    assert [verdict.answer(question) for question in Question] == [Status.VALID] * 3
    assert verdict.conclusion is Conclusion.GOOD
    assert len(verdict.attested_by) == 2


def test_offline_says_skipped_for_what_cannot_be_known(case: Case) -> None:
    verdict = case.verdict()
    assert verdict.answer(Question.INTACT) is Status.VALID
    assert verdict.answer(Question.AUTHORITY) is Status.VALID
    assert verdict.answer(Question.IN_FORCE) is Status.SKIPPED
    status, words = named(verdict, "NZ-MPI 851 in force")
    assert status is Status.SKIPPED
    assert f"as of entry {case.world.history.size - 1}, 2026-09-21T" in words
    assert verdict.conclusion is Conclusion.GOOD
    assert case.verdict(policy=VerificationPolicy(allow_skipped=False)).conclusion is Conclusion.UNDECIDED


def test_without_trust_or_chain_nobody_can_say(case: Case) -> None:
    verdict = verify(case.evidence(), at=case.world.now)
    assert verdict.conclusion is Conclusion.UNDECIDED
    assert named(verdict, "origin")[0] is Status.ERROR


def test_another_document_is_named_with_its_changed_field(case: Case) -> None:
    verdict = case.verdict(document=SimpleNamespace(digest=bytes(32), leaf_hashes={"$['total']": b"x"}))
    assert named(verdict, "document")[0] is Status.INVALID
    assert verdict.conclusion is Conclusion.NOT_GOOD


@pytest.mark.parametrize("online", [False, True])
def test_revoked_is_not_good_and_names_the_entry(case: Case, online: bool) -> None:
    case.world.revoke(case.plant, PLANT)
    verdict = case.verdict(online)
    status, words = named(verdict, "NZ-MPI 851 in force")
    assert status is Status.INVALID
    assert words.startswith(f"revoked (entry {case.world.history.size - 1}")
    assert verdict.conclusion is Conclusion.NOT_GOOD


def test_before_the_revocation_it_was_in_force(case: Case) -> None:
    before = case.world.now - 1
    case.world.revoke(case.plant, PLANT)
    assert case.verdict(online=True, at=before).conclusion is Conclusion.GOOD


def test_a_member_revocation_touches_that_member_only(case: Case) -> None:
    case.world.revoke(case.plant, PLANT, member=case.batch[2][0])
    assert case.verdict(online=True).conclusion is Conclusion.GOOD
    case.world.revoke(case.plant, PLANT, member=case.declaration.id(case.world.history.origin))
    assert case.verdict(online=True).conclusion is Conclusion.NOT_GOOD


def test_a_reissued_certificate_stands_in_for_the_revoked(case: Case) -> None:
    case.world.revoke(case.plant, PLANT)
    case.world.attest("NZ-MPI", 851, case.batch[0], case.batch[1], PLANT)
    verdict = case.verdict(online=True)
    assert verdict.conclusion is Conclusion.GOOD
    assert [check.decisive for check in verdict.checks if check.status is Status.INVALID] == [False]


@pytest.mark.parametrize("online", [False, True])
def test_withdrawn_names_the_replacement(case: Case, online: bool) -> None:
    replacement = bytes([7]) * 32
    case.world.withdraw(case.declaration, replacement=replacement)
    verdict = case.verdict(online)
    status, words = named(verdict, "withdrawal")
    assert status is Status.INVALID
    assert replacement.hex() in words


@pytest.mark.parametrize("online", [False, True])
def test_compromise_regrades_what_was_attested_from_its_date_on(case: Case, online: bool) -> None:
    attested_at = case.world.history.attestations[case.plant].mark.time
    case.world.enact(AttesterCompromise, PLANT.signer, attested_at)
    assert named(case.verdict(online), "NZ-MPI 851 in force")[1].startswith("attester compromised")


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
def test_compromise_regrades_by_its_date(
    case: Case, online: bool, later: int, status: Status, grade: str, conclusion: Conclusion
) -> None:
    """Safe before the date, unsafe from it on, undecidable where a block's clock is not that exact; with the reason."""
    attested_at = case.world.history.attestations[case.plant].mark.time
    case.world.enact(AttesterCompromise, PLANT.signer, attested_at + later)
    verdict = case.verdict(online)
    found, words = named(verdict, "NZ-MPI 851 compromise")
    assert (found, verdict.conclusion) == (status, conclusion)
    assert words.startswith(f"{grade}: the key is declared compromised from {when(attested_at + later)}")
    exact = case.verdict(online, policy=VerificationPolicy(clock_tolerance=0))
    assert named(exact, "NZ-MPI 851 compromise")[0] is (Status.VALID if later > 0 else Status.INVALID)


def test_a_compromise_counts_in_a_verdict_about_the_past(case: Case) -> None:
    """What it says about the past was true before anyone knew; whatever else came later does not count."""
    then = case.world.now - 1
    attested_at = case.world.history.attestations[case.plant].mark.time
    case.world.revoke(case.customs, CUSTOMS)
    case.world.withdraw(case.declaration)
    assert case.verdict(at=then).conclusion is Conclusion.GOOD
    case.world.enact(AttesterCompromise, PLANT.signer, attested_at)
    assert named(case.verdict(at=then), "NZ-MPI 851 compromise")[0] is Status.INVALID


@pytest.mark.parametrize("online", [False, True])
def test_a_revocation_by_a_thief_is_undecidable(case: Case, online: bool) -> None:
    case.world.enrol("NZ-DOC", "NZ", [861], Key("other officer"))
    thief = Key("stolen")
    case.world.enact(AttesterAuthorisation, thief.signer, "NZ-MPI")
    stolen = case.world.now
    case.world.revoke(case.plant, thief)
    assert case.verdict(online).conclusion is Conclusion.NOT_GOOD
    case.world.enact(AttesterCompromise, thief.signer, stolen)
    verdict = case.verdict(online)
    assert named(verdict, "NZ-MPI 851 in force")[0] is Status.ERROR
    assert verdict.conclusion is Conclusion.UNDECIDED
    case.world.attest("NZ-MPI", 851, *case.batch[:2], PLANT)
    assert case.verdict(online).conclusion is Conclusion.GOOD, "one in force stands in for it"


def test_a_revocation_before_the_key_was_stolen_stands(case: Case) -> None:
    revoked = case.world.now
    case.world.revoke(case.plant, PLANT)
    case.world.enact(AttesterCompromise, PLANT.signer, revoked + 16)
    assert named(case.verdict(), "NZ-MPI 851 in force")[0] is Status.INVALID


def test_what_was_attested_later_does_not_count_at_a_past_time(case: Case) -> None:
    made = case.world.history.attestations[case.customs].mark.time
    verdict = case.verdict(at=made - 1)
    (late,) = [check for check in verdict.checks if check.name.startswith("NZ-CUSTOMS")]
    assert (late.name, late.decisive) == ("NZ-CUSTOMS 132 in force", False)
    assert verdict.conclusion is Conclusion.GOOD


WITNESSES = [Witness("kiwi.example"), Witness("emu.example"), Witness("moa.example")]


def witnessed(case: Case, cosigned: int, threshold: int, policy: VerificationPolicy | None = None) -> Verdict:
    """The verdict where ``cosigned`` of three witnesses did, an hour later each, and ``threshold`` are demanded."""
    held, keys = case.evidence(), tuple(item.key for item in WITNESSES)
    note = held.checkpoint
    for hour, witness in enumerate(WITNESSES[:cosigned], start=1):
        note = witness.cosign(note, case.world.now + 3600 * hour)
    trust = replace(case.world.trust, witnesses=keys, threshold=threshold)
    document = SimpleNamespace(digest=DIGEST, leaf_hashes={})
    at = case.world.now + 20_000
    return verify(replace(held, checkpoint=note), at=at, document=document, trust=trust, policy=policy)


@pytest.mark.parametrize("threshold", [1, 2, 3])
@pytest.mark.parametrize("cosigned", [0, 1, 2, 3])
def test_as_many_witnesses_as_the_threshold_must_have_cosigned(case: Case, cosigned: int, threshold: int) -> None:
    verdict = witnessed(case, cosigned, threshold)
    enough = cosigned >= threshold
    assert named(verdict, "witnesses")[0] is (Status.VALID if enough else Status.INVALID)
    assert (verdict.conclusion is Conclusion.GOOD) == enough


def test_a_policy_raises_the_threshold_and_cannot_lower_it(case: Case) -> None:
    assert witnessed(case, 1, 1, VerificationPolicy(witnesses=2)).conclusion is Conclusion.NOT_GOOD
    assert witnessed(case, 1, 2, VerificationPolicy(witnesses=0)).conclusion is Conclusion.NOT_GOOD
    assert witnessed(case, 2, 0, VerificationPolicy(witnesses=2)).conclusion is Conclusion.GOOD
    assert named(case.verdict(policy=VerificationPolicy(witnesses=1)), "witnesses")[0] is Status.INVALID
    assert "witnesses" not in [check.name for check in witnessed(case, 3, 0).checks]


def test_a_cosignature_that_does_not_fit_refuses_the_note(case: Case) -> None:
    held = case.evidence()
    note = WITNESSES[1].cosign(WITNESSES[0].cosign(held.checkpoint, case.world.now), case.world.now)
    name, id_, blob = note.signatures[-1]
    forged = replace(note, signatures=(*note.signatures[:-1], (name, id_, blob[:-1] + bytes([blob[-1] ^ 1]))))
    trust = replace(case.world.trust, witnesses=tuple(item.key for item in WITNESSES), threshold=1)
    status, words = named(verify(replace(held, checkpoint=forged), at=case.world.now, trust=trust), "witnesses")
    assert status is Status.INVALID
    assert "emu.example does not fit" in words


def test_freshness_reaches_as_far_as_the_witnesses_demanded(case: Case) -> None:
    """Two demanded: the time at which two had cosigned counts, the older of the two latest."""
    last = case.world.history.last_time
    verdicts = {
        age: named(witnessed(case, 3, 2, VerificationPolicy(max_age=age)), "freshness")[0]
        for age in (12_799, 12_800, 20_059)
    }
    assert case.world.now == last + 60
    assert verdicts == {12_799: Status.INVALID, 12_800: Status.VALID, 20_059: Status.VALID}
    assert named(witnessed(case, 3, 0, VerificationPolicy(max_age=20_059)), "freshness")[0] is Status.INVALID
    assert named(witnessed(case, 3, 0, VerificationPolicy(max_age=20_060)), "freshness")[0] is Status.VALID


def test_what_the_evidence_discloses_is_the_document(case: Case) -> None:
    document = wrap(b'{"goods":"kiwifruit","net":1000}', Format.JSON, bytes(32))
    declared = case.world.declare(document.digest)
    batch = case.world.anchor([declared[0]])
    trust, at = case.world.trust, case.world.now

    def found(disclosed: Redacted, given: Wrapped | None = None) -> list[tuple[str, Status, str]]:
        held = read_evidence(case.world.evidence(*declared, batch, document=disclosed).to_bytes())
        return [(c.name, c.status, c.words) for c in verify(held, at=at, document=given, trust=trust).checks[:2]]

    for paths, count, status in [([], 0, Status.SKIPPED), (["$.goods"], 1, Status.VALID)]:
        (first, second) = found(disclose(document, paths))
        assert first == (
            "disclosure",
            Status.VALID,
            f"the evidence discloses {count} of 2 fields of the declared document",
        )
        assert second[:2] == ("document", status)
    changed = wrap(b'{"goods":"kiwifruit","net":1001}', Format.JSON, bytes(32))
    assert "changed: $['net']" in found(disclose(document, []), changed)[1][2]
    (first, second) = found(disclose(changed, ["$.net"]))
    assert (first[:2], second[:2]) == (("disclosure", Status.INVALID), ("document", Status.INVALID))


def test_expired_attestation_is_not_in_force(case: Case) -> None:
    until = case.world.now + 500
    case.world.attest("NZ-MPI", 851, *case.batch[:2], PLANT, until=until)
    case.world.revoke(case.plant, PLANT)
    assert case.verdict(online=True, at=until - 1).conclusion is Conclusion.GOOD
    verdict = case.verdict(online=True, at=until)
    assert verdict.conclusion is Conclusion.NOT_GOOD
    assert "expired" in " ".join(check.words for check in verdict.checks)


def test_policy_demands_kind_jurisdiction_and_outcome(case: Case) -> None:
    def outcome(*requirements: Requirement) -> Conclusion:
        return case.verdict(online=True, policy=VerificationPolicy(require=requirements)).conclusion

    assert outcome(Requirement(851, ("NZ",), (1,)), Requirement(132, (), (4,))) is Conclusion.GOOD
    assert outcome(Requirement(851, ("NL",))) is Conclusion.NOT_GOOD
    assert outcome(Requirement(851, (), (8,))) is Conclusion.NOT_GOOD
    assert outcome(Requirement(861)) is Conclusion.NOT_GOOD


def test_policy_freshness_counts_from_the_latest_entry_shown(case: Case) -> None:
    latest = case.world.history.last_time
    policy = VerificationPolicy(max_age=100)
    assert case.verdict(policy=policy, at=latest + 100).conclusion is Conclusion.GOOD
    assert case.verdict(policy=policy, at=latest + 101).conclusion is Conclusion.NOT_GOOD


def test_another_log_key_or_origin_is_refused(case: Case) -> None:
    other = World(council=(Key("other council"),))
    stranger = replace(case.world.trust, log_key=replace(other.log_key, public_key=bytes(32)))
    assert named(case.verdict(trust=stranger), "checkpoint")[0] is Status.INVALID
    origin = replace(case.world.trust.origin, chain_id=1)
    elsewhere = replace(case.world.trust, origin=origin, log_key=replace(case.world.log_key, name=str(origin)))
    assert named(case.verdict(trust=elsewhere), "origin")[0] is Status.INVALID


def test_a_chain_behind_or_beside_the_checkpoint_is_told(case: Case) -> None:
    behind = World()
    assert "the chain has 1" in named(case.verdict(online=False, history=behind.history), "checkpoint on chain")[1]
    beside = World(council=(COUNCIL, Key("second")), threshold=1)
    while beside.history.size < case.world.history.size:
        beside.anchor([beside.declare(bytes([beside.history.size]) * 32)[0]])
    assert "another root" in named(case.verdict(history=beside.history), "checkpoint on chain")[1]


@pytest.mark.parametrize(
    "missing",
    [
        EntryKind.AGENCY_ENROLLED,
        EntryKind.ATTESTER_AUTHORISED,
        EntryKind.MANDATE_GRANTED,
        EntryKind.COUNCIL_CHANGED,
    ],
)
def test_authority_needs_every_entry_that_gave_it(case: Case, missing: EntryKind) -> None:
    evidence = case.evidence()
    kept = tuple(item for item in evidence.entries if item.entry.kind != missing)
    verdict = verify(replace(evidence, entries=kept), at=case.world.now, trust=case.world.trust)
    assert named(verdict, "NZ-MPI 851 authority")[0] is Status.INVALID


def test_party_signature_by_somebody_else(case: Case) -> None:
    evidence = replace(case.evidence(), signature=Key("thief").sign(case.declaration.id(case.world.history.origin)))
    verdict = verify(evidence, at=case.world.now, trust=case.world.trust)
    status, words = named(verdict, "declaration")
    assert status is Status.INVALID
    assert "wallet contract" in words


def test_a_wallet_is_asked_on_chain(case: Case) -> None:
    asked = []
    evidence = replace(case.evidence(), signature=b"wallet says yes")
    verdict = verify(
        evidence, at=case.world.now, trust=case.world.trust, wallets=lambda *question: asked.append(question)
    )
    assert named(verdict, "declaration")[0] is Status.VALID
    assert asked[0][0] == TRADER.signer


def test_every_changed_byte_of_the_evidence_is_found(case: Case) -> None:
    data = case.evidence().to_bytes()
    assert verify(read_evidence(data), at=case.world.now, trust=case.world.trust).conclusion is Conclusion.GOOD
    accepted = []
    for position in range(len(data)):
        changed = data[:position] + bytes([data[position] ^ 0x01]) + data[position + 1 :]
        try:
            verdict = verify(read_evidence(changed), at=case.world.now, trust=case.world.trust)
        except LedgerError:
            continue
        if verdict.conclusion is Conclusion.GOOD:
            accepted.append(position)
    assert not accepted

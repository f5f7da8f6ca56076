"""The verdict on evidence that is good, changed, revoked, withdrawn, compromised or foreign."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from ledger.core import statement as st
from ledger.core.evidence import Evidence, read_evidence
from ledger.core.policy import Policy, Requirement
from ledger.core.verdict import Outcome, Question, Status, Verdict
from ledger.core.verification import verify
from ledger.errors import LedgerError
from tests.world import COUNCIL, CUSTOMS, PLANT, TRADER, Key, World

DIGEST = bytes(range(32))


class Case(SimpleNamespace):
    world: World
    declaration: st.Declaration
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
    assert verdict.outcome is Outcome.GOOD
    assert len(verdict.attested_by) == 2


def test_offline_says_skipped_for_what_cannot_be_known(case: Case) -> None:
    verdict = case.verdict()
    assert verdict.answer(Question.INTACT) is Status.VALID
    assert verdict.answer(Question.AUTHORITY) is Status.VALID
    assert verdict.answer(Question.IN_FORCE) is Status.SKIPPED
    status, words = named(verdict, "NZ-MPI 851 in force")
    assert status is Status.SKIPPED
    assert f"as of entry {case.world.history.size - 1}, 2026-09-21T" in words
    assert verdict.outcome is Outcome.GOOD
    assert case.verdict(policy=Policy(allow_skipped=False)).outcome is Outcome.UNDECIDED


def test_without_trust_or_chain_nobody_can_say(case: Case) -> None:
    verdict = verify(case.evidence(), at=case.world.now)
    assert verdict.outcome is Outcome.UNDECIDED
    assert named(verdict, "origin")[0] is Status.ERROR


def test_another_document_is_named_with_its_changed_field(case: Case) -> None:
    verdict = case.verdict(document=SimpleNamespace(digest=bytes(32), leaf_hashes={"$['total']": b"x"}))
    assert named(verdict, "document")[0] is Status.INVALID
    assert verdict.outcome is Outcome.NOT_GOOD


@pytest.mark.parametrize("online", [False, True])
def test_revoked_is_not_good_and_names_the_entry(case: Case, online: bool) -> None:
    case.world.revoke(case.plant, PLANT)
    verdict = case.verdict(online)
    status, words = named(verdict, "NZ-MPI 851 in force")
    assert status is Status.INVALID
    assert words.startswith(f"revoked (entry {case.world.history.size - 1}")
    assert verdict.outcome is Outcome.NOT_GOOD


def test_before_the_revocation_it_was_in_force(case: Case) -> None:
    before = case.world.now - 1
    case.world.revoke(case.plant, PLANT)
    assert case.verdict(online=True, at=before).outcome is Outcome.GOOD


def test_a_member_revocation_touches_that_member_only(case: Case) -> None:
    case.world.revoke(case.plant, PLANT, member=case.batch[2][0])
    assert case.verdict(online=True).outcome is Outcome.GOOD
    case.world.revoke(case.plant, PLANT, member=case.declaration.id(case.world.history.origin))
    assert case.verdict(online=True).outcome is Outcome.NOT_GOOD


def test_a_reissued_certificate_stands_in_for_the_revoked(case: Case) -> None:
    case.world.revoke(case.plant, PLANT)
    case.world.attest("NZ-MPI", 851, case.batch[0], case.batch[1], PLANT)
    verdict = case.verdict(online=True)
    assert verdict.outcome is Outcome.GOOD
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
    case.world.decide(st.AttesterCompromise, PLANT.signer, attested_at)
    assert named(case.verdict(online), "NZ-MPI 851 in force")[1].startswith("attester compromised")


def test_compromise_after_the_attestation_leaves_it_in_force(case: Case) -> None:
    attested_at = case.world.history.attestations[case.plant].mark.time
    case.world.decide(st.AttesterCompromise, PLANT.signer, attested_at + 1)
    assert case.verdict(online=True).outcome is Outcome.GOOD


def test_expired_attestation_is_not_in_force(case: Case) -> None:
    until = case.world.now + 500
    case.world.attest("NZ-MPI", 851, *case.batch[:2], PLANT, until=until)
    case.world.revoke(case.plant, PLANT)
    assert case.verdict(online=True, at=until - 1).outcome is Outcome.GOOD
    verdict = case.verdict(online=True, at=until)
    assert verdict.outcome is Outcome.NOT_GOOD
    assert "expired" in " ".join(check.words for check in verdict.checks)


def test_policy_demands_kind_jurisdiction_and_outcome(case: Case) -> None:
    def outcome(*requirements: Requirement) -> Outcome:
        return case.verdict(online=True, policy=Policy(require=requirements)).outcome

    assert outcome(Requirement(851, ("NZ",), (1,)), Requirement(132, (), (4,))) is Outcome.GOOD
    assert outcome(Requirement(851, ("NL",))) is Outcome.NOT_GOOD
    assert outcome(Requirement(851, (), (8,))) is Outcome.NOT_GOOD
    assert outcome(Requirement(861)) is Outcome.NOT_GOOD


def test_policy_freshness_counts_from_the_latest_entry_shown(case: Case) -> None:
    latest = case.world.history.last_time
    policy = Policy(max_age=100)
    assert case.verdict(policy=policy, at=latest + 100).outcome is Outcome.GOOD
    assert case.verdict(policy=policy, at=latest + 101).outcome is Outcome.NOT_GOOD


def test_another_log_key_or_origin_is_refused(case: Case) -> None:
    other = World(council=(Key("other council"),))
    stranger = replace(case.world.trust, log_key=replace(other.log_key, public_key=bytes(32)))
    assert named(case.verdict(trust=stranger), "checkpoint")[0] is Status.INVALID
    elsewhere = replace(case.world.trust, origin=replace(case.world.trust.origin, chain_id=1))
    assert named(case.verdict(trust=elsewhere), "origin")[0] is Status.INVALID


def test_a_chain_behind_or_beside_the_checkpoint_is_told(case: Case) -> None:
    behind = World()
    assert "the chain has 1" in named(case.verdict(online=False, history=behind.history), "checkpoint on chain")[1]
    beside = World(council=(COUNCIL, Key("second")), threshold=1)
    while beside.history.size < case.world.history.size:
        beside.anchor([beside.declare(bytes([beside.history.size]) * 32)[0]])
    assert "another root" in named(case.verdict(history=beside.history), "checkpoint on chain")[1]


@pytest.mark.parametrize("missing", [st.AgencyEnrolment, st.AttesterAuthorisation, st.MandateGrant, st.CouncilChange])
def test_authority_needs_every_entry_that_gave_it(case: Case, missing: type[st.Decision]) -> None:
    evidence = case.evidence()
    kind = st.DECISIONS.index(missing)
    kept = tuple(item for item in evidence.entries if item.entry.kind != kind)
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
    assert verify(read_evidence(data), at=case.world.now, trust=case.world.trust).outcome is Outcome.GOOD
    accepted = []
    for position in range(len(data)):
        changed = data[:position] + bytes([data[position] ^ 0x01]) + data[position + 1 :]
        try:
            verdict = verify(read_evidence(changed), at=case.world.now, trust=case.world.trust)
        except LedgerError:
            continue
        if verdict.outcome is Outcome.GOOD:
            accepted.append(position)
    assert not accepted

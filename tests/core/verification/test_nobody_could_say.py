"""What only the contract could say, when it took a wallet's signature: never a no, and offline never a yes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.core.encoding.ids import Signer
from ledger.core.encoding.keccak import keccak
from ledger.core.evidence.evidence import ProvenEntry
from ledger.core.evidence.payloads import contents
from ledger.core.history.entry import Attested, Enacted, Endorsement
from ledger.core.history.history import History
from ledger.core.history.replay import EntryRef
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.resolutions import AgencySuspension, CouncilChange, MandateGrant
from ledger.core.statements.signature import WalletUndecided
from ledger.core.verification.authority import AgencyStatement, NotEmpowered, ShownAuthority
from ledger.core.verification.cache import check_carried
from ledger.core.verification.policy import Refusal, Requirement, VerificationPolicy
from ledger.core.verification.verdict import AgencyWord, Conclusion, Question, Status, Verdict
from ledger.core.verification.verify import verify
from ledger.errors import VerificationFailed
from ledger.testing.world import COUNCIL, ORIGIN, PLANT, START, Key, World

Batch = tuple[bytes, int, list[bytes]]
DEMANDED = VerificationPolicy(require=(Requirement(861, ("NZ",), (1,)),))


class Wallet(Key):
    """A signer whose signatures no key made: only a contract at its address could have accepted them."""

    def sign(self, digest: bytes) -> bytes:
        return b"accepted by a contract only" + digest


def attested_by(officer: Key, councillor: Key) -> tuple[World, tuple[Declaration, bytes], Batch]:
    """A declaration that was attested under a mandate which ``councillor`` carried."""
    world = World([COUNCIL, councillor])
    world.enrol("NZ-MPI", "NZ", [851], officer)
    world.enact(MandateGrant, "NZ-MPI", 861, 0, NO_END, signers=[councillor])
    declared = world.declare(bytes(32), 851)
    batch = world.anchor([declared[0]])
    said = Attestation("NZ-MPI", 861, 1, ZERO, START, NO_END, *batch[:2], ZERO)
    world.append(Attested(said, officer.signer, officer.sign(said.id(world.origin))))
    return world, declared, batch


def judged(
    made: tuple[World, tuple[Declaration, bytes], Batch], online: bool = False, policy: VerificationPolicy = DEMANDED
) -> Verdict:
    world, declared, batch = made
    history = world.history if online else None
    return verify(world.evidence(*declared, batch), clock=world.now, trust=world.trust, policy=policy, history=history)


def names(verdict: Verdict, status: Status) -> set[str]:
    return {one.name for one in verdict.checks if one.status is status}


@pytest.mark.parametrize(
    ("officer", "councillor", "step"),
    [(Wallet("officer"), Key("councillor"), "signature"), (PLANT, Wallet("councillor"), "authority")],
    ids=["attester", "council"],
)
def test_offline_a_wallets_signature_is_an_error_and_online_the_contract_accepted_it(
    officer: Key, councillor: Key, step: str
) -> None:
    made, name = attested_by(officer, councillor), f"NZ-MPI 861 {step}"

    offline = judged(made)
    assert (offline.conclusion, names(offline, Status.INVALID)) == (Conclusion.UNDECIDED, set())
    assert names(offline, Status.ERROR) == {name, "policy"}
    assert offline.attested_by == ()

    online = judged(made, online=True)
    assert (online.conclusion, names(online, Status.INVALID), names(online, Status.ERROR)) == (
        Conclusion.GOOD, set(), set()
    )  # fmt: skip
    (check,) = [item for item in online.checks if item.name == name]
    assert (check.code, check.status) == (f"{step}.contract_accepted", Status.SKIPPED)
    assert "when entry" in check.detail
    assert "the wallet cannot be asked about the past" in check.detail
    assert online.attested_by == (AgencyWord("NZ-MPI", "Agency NZ-MPI", "NZ", 861, 1),)
    strict = VerificationPolicy(allow_skipped=False, require=DEMANDED.require)
    assert judged(made, online=True, policy=strict).conclusion is Conclusion.UNDECIDED


@pytest.mark.parametrize(
    ("officer", "councillor"), [(Wallet("officer"), Key("councillor")), (PLANT, Wallet("councillor"))]
)
def test_what_nobody_can_judge_may_be_what_the_policy_refuses(officer: Key, councillor: Key) -> None:
    made, refused = attested_by(officer, councillor), VerificationPolicy(refuse=(Refusal(861, (1,)),))
    offline = judged(made, policy=refused)
    assert (offline.conclusion, "refusal" in names(offline, Status.ERROR)) == (Conclusion.UNDECIDED, True)
    assert names(judged(made, online=True, policy=refused), Status.INVALID) == {"refusal"}


@pytest.mark.parametrize(
    ("officer", "councillor"), [(Wallet("officer"), Key("councillor")), (PLANT, Wallet("councillor"))]
)
@pytest.mark.parametrize(
    "wanted",
    [Requirement(851), Requirement(861, (), (8,)), Requirement(861, ("NL",))],
    ids=["kind", "outcome", "where"],
)
def test_what_nobody_attested_as_demanded_is_missing_all_the_same(
    officer: Key, councillor: Key, wanted: Requirement
) -> None:
    verdict = judged(attested_by(officer, councillor), policy=VerificationPolicy(require=(wanted,)))
    assert (verdict.conclusion, names(verdict, Status.INVALID)) == (Conclusion.NOT_GOOD, {"policy"})


def test_a_resolution_after_the_attestation_leaves_it_as_it_is() -> None:
    """Only what gave authority counts: a wallet that endorsed later says nothing about it."""
    made = attested_by(PLANT, Wallet("councillor"))
    world = World([COUNCIL, Wallet("councillor")])
    world.enrol("NZ-MPI", "NZ", [861], PLANT)
    declared = world.declare(bytes(32), 851)
    batch = world.anchor([declared[0]])
    world.attest("NZ-MPI", 861, *batch[:2], PLANT)
    world.enact(MandateGrant, "NZ-MPI", 851, 0, NO_END, signers=[Wallet("councillor")])
    for online in (False, True):
        assert judged((world, declared, batch), online).conclusion is Conclusion.GOOD
    assert world.history.first_wallet_resolution == world.history.size - 1
    assert made[0].history.first_wallet_resolution == 4


@pytest.mark.parametrize("first", [True, False])
def test_an_endorsement_that_is_wrong_for_certain_outweighs_a_wallets(first: bool) -> None:
    """Whatever the order: a P-256 key did not sign, so no contract wrote this entry."""
    wallet, made = Wallet("wallet").signer, AgencySuspension("NZ-MPI", 1)
    cards = [Signer(ORIGIN.p256_verifier + number.to_bytes(64)) for number in range(2_000)]
    card = next(card for card in cards if (keccak(card) < keccak(wallet)) is first)
    both = sorted(
        [Endorsement(wallet, b"accepted"), Endorsement(card, bytes([1]) * 64)], key=lambda one: keccak(one[0])
    )
    with pytest.raises(VerificationFailed, match="P-256"):
        check_carried(Enacted(made, tuple(both)), ORIGIN, CouncilChange((wallet, card), 2, 0))
    with pytest.raises(WalletUndecided):
        check_carried(Enacted(made, (Endorsement(wallet, b"accepted"),)), ORIGIN, CouncilChange((wallet, card), 1, 0))


def test_what_took_authority_away_outweighs_a_wallets_endorsement() -> None:
    world, declared, batch = attested_by(PLANT, Wallet("councillor"))
    (attested,) = [
        content for _, content in contents(world.evidence(*declared, batch).entries) if isinstance(content, Attested)
    ]
    before = EntryRef(world.history.size - 1, world.now - 60)
    world.enact(AgencySuspension, "NZ-MPI")
    known = contents(ProvenEntry(entry, ()) for entry in world.entries)
    after = EntryRef(world.history.size, world.now)
    statements = [AgencyStatement(entry, attested.signer, "NZ-MPI", 861) for entry in (before, after)]
    found = ShownAuthority(known, statements, world.origin)
    assert found.of(before.number).undecided is not None
    with pytest.raises(NotEmpowered) as refused:
        found.of(after.number)
    assert refused.value.code == "authority.suspended"


def test_a_chain_of_another_origin_says_only_that() -> None:
    world, declared, batch = attested_by(PLANT, Key("councillor"))
    elsewhere, ours = History(replace(world.origin, chain_id=1)), world.origin
    for trust in (None, world.trust):
        verdict = verify(world.evidence(*declared, batch), clock=world.now, trust=trust, history=elsewhere)
        (check,) = verdict.checks
        assert (check.step, check.code, check.status) == (5, "origin.another_chain", Status.ERROR)
        assert str(ours) in check.detail
        assert str(elsewhere.origin) in check.detail
        assert verdict.conclusion is Conclusion.UNDECIDED
        answers = {question: verdict.answer(question) for question in Question}
        assert answers == {
            Question.INTACT: Status.ERROR, Question.IN_FORCE: Status.SKIPPED, Question.AUTHORITY: Status.SKIPPED
        }  # fmt: skip

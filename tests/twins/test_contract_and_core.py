"""Twins: the contract and the core give the same ids, heads, refusals, standings and inclusion verdicts."""

from __future__ import annotations

import random
import secrets
import time
from typing import Any

import pytest
from coincurve import PrivateKey
from web3.exceptions import ContractLogicError

from ledger import artifact
from ledger.core.encoding.ids import LineName
from ledger.core.history.entry import (
    Anchored,
    Attested,
    Content,
    Enacted,
    Endorsement,
    Entry,
    Posted,
    Revoked,
    Withdrawn,
    encode_payload,
    kind_of,
)
from ledger.core.history.history import History
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.origin import Origin
from ledger.core.statements.posting import Posting
from ledger.core.statements.resolutions import (
    RESOLUTIONS,
    AgencyEnrolment,
    AgencyReinstatement,
    AgencySuspension,
    AttesterAuthorisation,
    AttesterCompromise,
    AttesterRetirement,
    CouncilChange,
    MandateGrant,
    MandateWithdrawal,
    Resolution,
)
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.signature import Algorithm
from ledger.core.statements.signer import address_of
from ledger.core.statements.withdrawal import Withdrawal
from ledger.core.tree.merkle import Tree, leaf_hash, verify_inclusion
from ledger.edges.chain import calls
from ledger.edges.chain.calls import Call
from ledger.edges.chain.contract import Chain, TransactionReceipt, deploy
from ledger.errors import (
    HistoryBroken,
    PartyKeyMismatch,
    PartyVerifierUnknown,
    PeriodMalformed,
    Refused,
    SignatureMismatch,
    VerificationFailed,
)
from ledger.journeys.attest import relay_attestation
from ledger.journeys.revoke import relay_revocation
from ledger.testing.local_ledger import LIMITS, LocalLedger
from tests import contract_views, houses, past_authority


def call(house: LocalLedger, name: str, *arguments: Any) -> Any:
    """Ask the contract directly, beside the product's own edge."""
    from web3 import HTTPProvider, Web3

    web3 = Web3(HTTPProvider(house.devchain.url))
    address = Web3.to_checksum_address("0x" + house.chain.origin.contract.hex())
    contract = web3.eth.contract(address=address, abi=list(artifact.load().abi))
    return getattr(contract.functions, name)(*arguments).call()


def some_hash() -> bytes:
    return secrets.token_bytes(32)


def test_ids_of_statements(house: LocalLedger) -> None:
    origin: Origin = house.chain.origin
    for _ in range(10):
        signer = secrets.token_bytes(random.choice([20, 84]))
        number = random.randrange(1 << 16)
        declaration = Declaration(signer, some_hash(), number, some_hash())
        attestation = Attestation(
            "NZ-MPI", number, number, some_hash(), random.randrange(1 << 40), random.randrange(1 << 40), some_hash(),
            random.randrange(1 << 64), some_hash(),
        )  # fmt: skip
        revocation = Revocation(some_hash(), some_hash(), number)
        withdrawal = Withdrawal(some_hash(), number, some_hash())
        assert call(house, "declarationId", declaration.abi_values()) == declaration.id(origin)
        assert call(house, "attestationId", attestation.abi_values()) == attestation.id(origin)
        assert call(house, "revocationId", revocation.abi_values()) == revocation.id(origin)
        assert call(house, "withdrawalId", withdrawal.abi_values()) == withdrawal.id(origin)


def test_verifier_of_p256_keys_follows_from_the_origin(house: LocalLedger) -> None:
    address = call(house, "p256Verifier")
    assert bytes.fromhex(address[2:]) == house.chain.origin.p256_verifier


def test_history_replays_to_the_contracts_head(house: LocalLedger) -> None:
    houses.attest(house, [item.id(house.chain.origin) for item in houses.anchored(house, 3)])
    history = History(house.chain.origin)
    for logged in house.chain.entries(0, house.chain.head()[2]):
        history.apply(logged.entry)
    assert (history.size, history.head) == (call(house, "numberOfEntries"), call(house, "head"))
    assert history.agencies.resolutions == call(house, "resolutions")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 100])
def test_inclusion_verdicts(house: LocalLedger, size: int) -> None:
    """The same proofs, good and bad, are taken and refused by both."""
    ids = [some_hash() for _ in range(size)]
    tree = Tree(leaf_hash(id_) for id_ in ids)
    house.chain.submit(calls.anchor(tree.root, size), house.key("relayer"))
    for index in {0, size // 2, size - 1}:
        proof = tree.inclusion(index)
        cases = [
            (ids[index], index, size, proof),
            (ids[index], index, size, [*proof, bytes(32)]),
            (ids[index], index + size, size, proof),
            (ids[index], index + 1, size, proof),
            (some_hash(), index, size, proof),
        ]
        if proof:
            cases += [(ids[index], index, size, proof[:-1]), (ids[index], index, size, proof[1:])]
        for id_, at, of, path in cases:
            try:
                verify_inclusion(leaf_hash(id_), at, of, path, tree.root)
                core = True
            except VerificationFailed:
                core = False
            try:
                call(house, "declarationAnchored", id_, at, tree.root, of, path)
                contract = True
            except ContractLogicError:
                contract = False
            assert core is contract, (size, index, at, len(path))


def test_p256_officer_attests_and_revokes(house: LocalLedger) -> None:
    officer = house.key("card", Algorithm.P256)
    origin = house.chain.origin
    signer = officer.signer(origin)
    houses.enact(house, AttesterAuthorisation, signer, houses.MPI)
    (declared,) = houses.anchored(house)
    made, _ = houses.attestation(house, [declared.id(origin)])
    relay_attestation(house.relay, made, signer, officer.sign(made.id(origin)))
    revocation = Revocation(made.id(origin), ZERO, 41)
    relay_revocation(house.relay, revocation, signer, officer.sign(revocation.id(origin)))
    with house.follower.fresh_history() as history:
        assert not history.by_wallets


KEYS = {name: PrivateKey(secrets.token_bytes(32)) for name in ("council", "first", "second", "stranger")}


def signer_of(name: str) -> bytes:
    return address_of(KEYS[name].public_key.format(compressed=False))


def sign(name: str, digest: bytes) -> bytes:
    signature = KEYS[name].sign_recoverable(digest, hasher=None)
    return signature[:64] + bytes([signature[64] + 27])


class Story:
    """Random statements, most of them against some rule, sent to the contract and applied to the core."""

    def __init__(self, house: LocalLedger, seed: int) -> None:
        self.house = house
        self.random = random.Random(seed)
        self.relayer = house.key("relayer")
        origin, receipt = deploy(house.devchain.url, [signer_of("council")], 1, self.relayer, LIMITS)
        self.chain = Chain.connect(house.devchain.url, origin, LIMITS)
        self.history = History(origin)
        self.take(receipt)
        self.attestations: list[bytes] = []
        self.declarations: list[Declaration] = []

    def take(self, receipt: TransactionReceipt) -> None:
        for logged in receipt.entries:
            self.history.apply(logged if isinstance(logged, Entry) else logged.entry)

    def resolution(self) -> tuple[Call, Content]:
        pick = self.random.choice
        number = self.history.agencies.resolutions + pick([1, 1, 1, 1, 2])
        signer = signer_of(pick(["first", "second"]))
        code, now = pick(["A", "B"]), self.history.last_time
        choices: list[Resolution] = [
            CouncilChange((signer_of("council"),), pick([0, 1, 1, 2]), number),
            AgencyEnrolment(code, "x", "NZ", "x", number),
            AgencySuspension(code, number),
            AgencyReinstatement(code, number),
            AttesterAuthorisation(signer, code, number),
            AttesterRetirement(signer, number),
            AttesterCompromise(signer, pick([now - 100, now, now + 10_000]), number),
            MandateGrant(code, pick([851, 182]), pick([0, now - 10, now + 10_000]), pick([now, NO_END]), number),
            MandateWithdrawal(code, pick([851, 182]), number),
        ]
        assert {type(choice) for choice in choices} == set(RESOLUTIONS)
        made = pick(choices)
        by = pick(["council"] * 9 + ["stranger"])
        endorsement = Endorsement(signer_of(by), sign(by, made.id(self.chain.origin)))
        return calls.enact(made, [endorsement]), Enacted(made, (endorsement,))

    def statement(self) -> tuple[Call, Content]:
        pick, origin, now = self.random.choice, self.chain.origin, self.history.last_time
        by = pick(["first", "second", "stranger"])
        match pick(["anchor", "attest", "attest", "revoke", "withdraw", "post", "post"]):
            case "anchor":
                root, size = pick([bytes(32), some_hash()]), pick([0, 1, 5])
                return calls.anchor(root, size), Anchored(root, size)
            case "attest":
                until = pick([now, NO_END, NO_END])
                made = Attestation(
                    pick(["A", "B"]), pick([851, 851, 132]), 1, bytes(32), 5, until, some_hash(), pick([0, 1, 1]),
                    some_hash(),
                )  # fmt: skip
                signature = sign(by, made.id(origin))
                return calls.attest(made, signer_of(by), signature), Attested(made, signer_of(by), signature)
            case "revoke":
                known = pick([*self.history.attestations, some_hash()])
                revocation = Revocation(known, pick([bytes(32), b"\x01" * 32]), 41)
                signature = sign(by, revocation.id(origin))
                return calls.revoke(revocation, signer_of(by), signature), Revoked(revocation, signer_of(by), signature)
            case "post":
                known = pick([*self.history.attestations, some_hash()])
                line = LineName(known, pick([bytes(32), b"\x01" * 32]), 1)
                present = self.history.sheet(line)
                posting = Posting(
                    pick(["A", "A", "B"]), *line, pick([present, present, bytes(32), some_hash()]),
                    pick([some_hash(), some_hash(), present, bytes(32)]),
                )  # fmt: skip
                signature = sign(by, posting.id(origin))
                return calls.post(posting, signer_of(by), signature), Posted(posting, signer_of(by), signature)
            case _:
                declaration = Declaration(signer_of(by), b"\x02" * 32, 380)
                id_ = declaration.id(origin)
                withdrawal = Withdrawal(pick([id_, id_, some_hash()]), 1, pick([bytes(32), id_]))
                signature = sign(by, withdrawal.id(origin))
                return calls.withdraw(declaration, withdrawal, signature), Withdrawn(declaration, withdrawal, signature)

    def step(self) -> str:
        return self.send(*self.random.choice([self.resolution, self.statement])())

    def send(self, sent: Call, content: Content) -> str:
        """Send a call to the contract and apply its content to the core: the kind written, or the refusal of both."""
        entry = Entry(
            self.history.size, kind_of(content), max(int(time.time()), self.history.last_time) + 1,
            encode_payload(content),
        )  # fmt: skip
        size = self.history.size
        try:
            receipt = self.chain.submit(sent, self.relayer)
        except Refused as refused:
            with pytest.raises(HistoryBroken) as caught:
                self.history.apply(entry)
            check_alike(refused, caught.value.__cause__)
            assert self.history.size == size
            return type(refused).__name__
        self.take(receipt)
        assert self.history.size == size + 1
        return kind_of(content).name


def check_alike(contract: Refused, core: BaseException | None) -> None:
    """The core refuses for the same reason with the same values."""
    if isinstance(contract, SignatureMismatch):  # the core says whether the key or the party is wrong
        assert isinstance(core, VerificationFailed | PartyKeyMismatch | PartyVerifierUnknown)
    else:
        assert isinstance(core, Refused)
        assert type(core) is type(contract)
        assert values_of(core) == values_of(contract)


def values_of(refused: Refused) -> dict[str, object]:
    """What an error carries, without the present time, because contract and core were asked at different times."""
    now = {"time", "from_"} if isinstance(refused, PeriodMalformed) else {"time"}
    return {name: value for name, value in refused.values.items() if name not in now}


@pytest.mark.parametrize("seed", range(3))
def test_random_stories_are_taken_and_refused_alike(house: LocalLedger, seed: int) -> None:
    story = Story(house, seed)
    seen = [story.step() for _ in range(120)]
    size, head, _ = story.chain.head()
    assert (story.history.size, story.history.head) == (size, head)
    assert len(set(seen)) > 10
    now = story.history.last_time
    for id_ in story.history.attestations:
        for at in (now - 5, now, now + 5):
            assert contract_views.in_force(story.chain, id_, bytes(32), at) is (
                story.history.standing(id_, bytes(32), at)[0].value == "in force"
            )
    for line in story.history.postings:
        assert contract_views.sheet(story.chain, line) == story.history.sheet(line)
    for name in ("first", "second"):
        for at in (now - 50, now - 5, now, now + 5):
            signer, agencies = signer_of(name), story.history.agencies
            by_contract = contract_views.may_attest(story.chain, signer, 851, at)
            assert by_contract is past_authority.may_attest(agencies, signer, 851, at)

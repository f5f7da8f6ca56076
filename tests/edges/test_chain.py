"""The chain's edge against the real contract on a real node."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from ledger import artifact, errors
from ledger.core.encoding.keccak import keccak
from ledger.core.history.entry import RESOLUTION_OF, Endorsement, EntryKind
from ledger.core.history.history import History
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.eip712 import uint_word as word
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.origin import Origin
from ledger.core.statements.posting import BALANCE_CONFIRMATION, Posting
from ledger.core.statements.resolutions import (
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
from ledger.core.statements.withdrawal import Withdrawal
from ledger.edges.chain import calls
from ledger.edges.chain.calls import refusal_of
from ledger.edges.chain.contract import Chain, deploy
from ledger.edges.devchain.anvil import DevChain
from ledger.edges.keys.keystore import SigningKey
from tests.conftest import LIMITS, key_of
from tests.contract_views import anchored, in_force, may_attest, withdrawn
from tests.edges.authorities import AGENCY, KIND, Authorities, now, rpc, wallet_code

OFFICER = key_of("officer")
CARD = key_of("card", Algorithm.P256)
WALLET = keccak(b"wallet")[:20]
STRANGER = key_of("stranger")
TRADER = key_of("trader")


@pytest.fixture
def authorities(chain: Chain, council: SigningKey, relayer: SigningKey, devchain: DevChain) -> Authorities:
    """A contract of the test's own, with one agency and an officer of each kind of signer."""
    rpc(devchain.url, "anvil_setCode", "0x" + WALLET.hex(), "0x" + wallet_code(OFFICER.address).hex())
    made = Authorities(chain, council, relayer)
    made.enrol(OFFICER.address, CARD.signer(chain.origin), WALLET)
    return made


# ---------------------------------------------------------------------------------------------- connect and deploy


def test_deploying_writes_the_first_council_as_entry_0(
    devchain: DevChain, relayer: SigningKey, council: SigningKey
) -> None:
    origin, receipt = deploy(devchain.url, [council.address, STRANGER.address], 2, relayer, LIMITS)
    (entry,) = receipt.entries
    assert (entry.number, entry.kind) == (0, EntryKind.COUNCIL_CHANGED)
    history = History(origin)
    history.apply(entry)
    assert history.agencies.members == (council.address, STRANGER.address)
    size, head, _ = Chain.connect(devchain.url, origin.contract).head()
    assert (size, head) == (1, history.head)


@pytest.mark.parametrize(
    ("members", "threshold", "refusal"),
    [
        ([], 1, errors.CouncilMalformed),
        ([OFFICER.address], 2, errors.CouncilMalformed),
        ([OFFICER.address] * 2, 1, errors.CouncilMemberRepeated),
        ([b"short"], 1, errors.SignerMalformed),
    ],
)
def test_a_council_that_cannot_be_is_not_deployed(
    devchain: DevChain, relayer: SigningKey, members: list[bytes], threshold: int, refusal: type[errors.Refused]
) -> None:
    before = relayer_nonce(devchain, relayer)
    with pytest.raises(refusal):
        deploy(devchain.url, members, threshold, relayer, LIMITS)
    assert relayer_nonce(devchain, relayer) == before


def relayer_nonce(devchain: DevChain, relayer: SigningKey) -> int:
    return int(rpc(devchain.url, "eth_getTransactionCount", "0x" + relayer.address.hex(), "latest"), 16)


def test_the_contract_is_found_by_text_and_bytes(deployed: Chain, devchain: DevChain) -> None:
    for contract in (deployed.origin.contract, f"0x{deployed.origin.contract.hex()}"):
        assert Chain.connect(devchain.url, contract).origin == deployed.origin


@pytest.mark.parametrize("contract", ["", "0x", "0x" + "zz" * 20, "0x" + "11" * 19, b"\x11" * 21])
def test_what_is_no_address_is_malformed(devchain: DevChain, contract: str | bytes) -> None:
    with pytest.raises(errors.Malformed, match="40 hex digits"):
        Chain.connect(devchain.url, contract)


def test_another_chain_is_not_taken_for_this_one(deployed: Chain, devchain: DevChain) -> None:
    with pytest.raises(errors.HistoryBroken, match="another chain: expected chain 1, found chain 31337"):
        Chain.connect(devchain.url, replace(deployed.origin, chain_id=1))


def test_no_code_is_said_to_be_no_contract(devchain: DevChain) -> None:
    with pytest.raises(errors.ContractMissing, match="no contract at 0x1212") as caught:
        Chain.connect(devchain.url, b"\x12" * 20)
    assert caught.value.values == {"contract": b"\x12" * 20, "chain_id": 31337}


def test_one_changed_byte_of_code_is_found(chain: Chain, devchain: DevChain) -> None:
    code = artifact.load().code_at(chain.origin)
    name = "0x" + chain.origin.contract.hex()
    for at in (0, len(code) // 2, len(code) - 1):
        changed = code[:at] + bytes([code[at] ^ 1]) + code[at + 1 :]
        rpc(devchain.url, "anvil_setCode", name, "0x" + changed.hex())
        with pytest.raises(errors.HistoryBroken, match="not the shipped contract's"):
            chain.check_code()
    rpc(devchain.url, "anvil_setCode", name, "0x" + code.hex())
    chain.check_code()


def test_the_same_code_at_another_address_is_other_code(chain: Chain, devchain: DevChain) -> None:
    """Its immutables bind it to its origin."""
    copy = b"\x34" * 20
    rpc(devchain.url, "anvil_setCode", "0x" + copy.hex(), "0x" + artifact.load().code_at(chain.origin).hex())
    with pytest.raises(errors.HistoryBroken, match="not the shipped contract's"):
        Chain.connect(devchain.url, copy)


# ------------------------------------------------------------------------------------------------ write and read


def test_an_anchor_is_written_once_and_a_repeat_harms_nobody(chain: Chain, relayer: SigningKey) -> None:
    root = keccak(b"batch")
    first = chain.submit(calls.anchor(root, 7), relayer)
    assert [(entry.number, entry.kind) for entry in first.entries] == [(1, EntryKind.ANCHORED)]
    assert first.gas_used > 21_000
    assert first.effective_gas_price > 0
    assert chain.block_hash(first.block_number) == first.block_hash
    assert anchored(chain, root, 7) == (1, first.entries[0].time)
    assert anchored(chain, root, 8) is None
    again = chain.submit(calls.anchor(root, 7), relayer)
    assert again.entries == ()
    assert chain.head()[0] == 2


def signer_of(name: str, origin: Origin) -> tuple[SigningKey, bytes]:
    key = CARD if name == "P-256" else OFFICER
    return key, WALLET if name == "ERC-1271 wallet" else key.signer(origin)


@pytest.mark.parametrize("kind", ["address", "ERC-1271 wallet", "P-256"])
def test_every_kind_of_signer_attests_and_revokes(authorities: Authorities, kind: str) -> None:
    chain = authorities.chain
    key, signer = signer_of(kind, chain.origin)
    attestation = authorities.attestation(kind)
    id_ = attestation.id(chain.origin)
    receipt = authorities.attest(attestation, key, signer)
    assert receipt.entries[0].kind is EntryKind.ATTESTED
    assert in_force(chain, id_, ZERO)
    assert in_force(chain, id_, ZERO, now() + 1000)
    assert not in_force(chain, id_, ZERO, attestation.valid_from)
    revocation = Revocation(id_, keccak(b"member"))
    chain.submit(calls.revoke(revocation, signer, key.sign(revocation.id(chain.origin))), authorities.relayer)
    assert not in_force(chain, id_, revocation.member)
    assert in_force(chain, id_, ZERO)


def test_a_party_withdraws(chain: Chain, relayer: SigningKey) -> None:
    declaration = Declaration(TRADER.address, keccak(b"document"), 380)
    id_ = declaration.id(chain.origin)
    withdrawal = Withdrawal(id_, 5, keccak(b"replacement"))
    assert withdrawn(chain, id_) is None
    receipt = chain.submit(calls.withdraw(declaration, withdrawal, TRADER.sign(withdrawal.id(chain.origin))), relayer)
    assert withdrawn(chain, id_) == (1, receipt.entries[0].time)


def test_the_council_decides_everything_that_it_can_and_the_core_replays_it(authorities: Authorities) -> None:
    chain, origin = authorities.chain, authorities.chain.origin
    authorities.enact(AgencySuspension, AGENCY)
    assert not may_attest(chain, OFFICER.address, KIND, now() + 9)
    authorities.enact(AgencyReinstatement, AGENCY)
    assert may_attest(chain, OFFICER.address, KIND, now() + 9)
    authorities.enact(MandateGrant, AGENCY, 861, now() + 100, now() + 200)
    authorities.enact(MandateWithdrawal, AGENCY, 861)
    authorities.enact(AttesterRetirement, OFFICER.address)
    authorities.enact(AttesterCompromise, CARD.signer(origin), 1)
    members = (authorities.council.address, CARD.signer(origin), WALLET)
    authorities.enact(CouncilChange, members, 3)
    three = AgencySuspension(AGENCY, authorities.next_resolution)
    id_ = three.id(origin)
    endorsements = [
        *authorities.endorse(three, authorities.council, CARD),
        Endorsement(WALLET, OFFICER.sign(id_)),
    ]
    chain.submit(
        calls.enact(three, sorted(endorsements, key=lambda endorsement: keccak(endorsement.signer))),
        authorities.relayer,
    )
    history = History(origin)
    kinds = set()
    for logged in chain.entries(0):
        history.apply(logged.entry)
        kinds.add(logged.entry.kind)
    assert kinds == set(RESOLUTION_OF)
    size, head, _ = chain.head()
    assert (history.size, history.head) == (size, head)
    assert history.by_wallets == [size - 1]
    assert history.first_wallet_resolution == size - 1


def test_entries_say_where_they_were_found(authorities: Authorities, devchain: DevChain) -> None:
    logged = list(authorities.chain.entries(0))
    assert [item.entry.number for item in logged] == list(range(len(logged)))
    for item in logged:
        assert item.block_hash == authorities.chain.block_hash(item.block_number)
        receipt = rpc(devchain.url, "eth_getTransactionReceipt", item.tx_hash)
        assert int(receipt["blockNumber"], 16) == item.block_number
        assert any(int(log["logIndex"], 16) == item.log_index for log in receipt["logs"])
    later = list(authorities.chain.entries(logged[2].block_number, logged[3].block_number))
    assert later == logged[2:4]


def test_an_account_shows_its_balance(deployed: Chain, devchain: DevChain) -> None:
    devchain.fund(STRANGER.address, 12345)
    assert deployed.balance(STRANGER.address) == 12345


def test_a_block_that_is_not_there_has_no_hash(deployed: Chain) -> None:
    assert deployed.block_hash(10**9) is None


# ------------------------------------------------------------------------------------------------------- refusals


def enact_wrongly(
    change: Callable[[Authorities], tuple[Resolution, list[Endorsement]]],
) -> Callable[[Authorities], object]:
    return lambda authorities: authorities.chain.submit(calls.enact(*change(authorities)), authorities.relayer)


def withdraw_wrongly(
    withdrawal: Callable[[bytes], Withdrawal], key: SigningKey = TRADER
) -> Callable[[Authorities], object]:
    def submit(authorities: Authorities) -> object:
        declaration = Declaration(TRADER.address, keccak(b"document"), 380)
        statement = withdrawal(declaration.id(authorities.chain.origin))
        signature = key.sign(statement.id(authorities.chain.origin))
        return authorities.chain.submit(calls.withdraw(declaration, statement, signature), authorities.relayer)

    return submit


def twice(action: Callable[[Authorities], object]) -> Callable[[Authorities], object]:
    def act(authorities: Authorities) -> object:
        action(authorities)
        return action(authorities)

    return act


def after(*actions: Callable[[Authorities], object]) -> Callable[[Authorities], object]:
    def act(authorities: Authorities) -> object:
        return [action(authorities) for action in actions]

    return act


def anchors(root: bytes, size: int) -> Callable[[Authorities], object]:
    return lambda authorities: authorities.chain.submit(calls.anchor(root, size), authorities.relayer)


def enacts(kind: type[Resolution], *members: object) -> Callable[[Authorities], object]:
    return lambda authorities: authorities.enact(kind, *members)


def attests(salt: str = "x", key: SigningKey = OFFICER, **changes: object) -> Callable[[Authorities], object]:
    return lambda authorities: authorities.attest(authorities.attestation(salt, **changes), key)


def attests_at_length(authorities: Authorities) -> object:
    call = calls.attest(authorities.attestation("x"), OFFICER.address, bytes(1025))
    return authorities.chain.submit(call, authorities.relayer)


def revokes(authorities: Authorities, member: bytes = ZERO) -> object:
    id_ = authorities.attestation("x", valid_from=1).id(authorities.chain.origin)
    revocation = Revocation(id_, member)
    call = calls.revoke(revocation, OFFICER.address, OFFICER.sign(revocation.id(authorities.chain.origin)))
    return authorities.chain.submit(call, authorities.relayer)


def posts(**changes: object) -> Callable[[Authorities], object]:
    def post(authorities: Authorities) -> object:
        id_ = authorities.attestation("x", valid_from=1).id(authorities.chain.origin)
        posting = replace(Posting(AGENCY, id_, b"\x01" * 32, 7, ZERO, b"\x05" * 32), **changes)
        call = calls.post(posting, OFFICER.address, OFFICER.sign(posting.id(authorities.chain.origin)))
        return authorities.chain.submit(call, authorities.relayer)

    return post


def may_post(authorities: Authorities) -> object:
    return authorities.enact(MandateGrant, AGENCY, BALANCE_CONFIRMATION, 0, NO_END)


def suspension(authorities: Authorities, ahead: int = 0) -> AgencySuspension:
    return AgencySuspension(AGENCY, authorities.next_resolution + ahead)


NEW = key_of("new").address
REFUSALS: list[tuple[type[errors.Refused], dict[str, object], Callable[[Authorities], object]]] = [
    (errors.SetMalformed, {"root": ZERO, "size": 1}, anchors(ZERO, 1)),
    (errors.PeriodMalformed, {"from_": 5, "until": 5}, attests(valid_from=5, valid_until=5)),
    (errors.AttestationAlreadyRecorded, {"number": 6}, twice(attests(valid_from=1))),
    (errors.AttesterUnknown, {"signer": STRANGER.address}, attests(key=STRANGER)),
    (errors.AgencyMismatch, {"stated": "NZ-X", "actual": AGENCY}, attests(agency="NZ-X")),
    (errors.MandateMissing, {"agency": AGENCY, "kind": 861}, attests(kind=861)),
    (errors.AgencyNotActive, {"agency": AGENCY}, after(enacts(AgencySuspension, AGENCY), attests())),
    (
        errors.AttesterNotActive, {"signer": OFFICER.address},
        after(enacts(AttesterRetirement, OFFICER.address), attests()),
    ),
    (
        errors.AttesterDeclaredCompromised, {"signer": OFFICER.address, "since": 1},
        after(enacts(AttesterCompromise, OFFICER.address, 1), attests()),
    ),
    (
        errors.SignatureMismatch, {"signer": OFFICER.address},
        lambda authorities: authorities.attest(authorities.attestation("x"), STRANGER, OFFICER.address),
    ),
    (errors.SignatureTooLong, {"length": 1025}, attests_at_length),
    (errors.AttestationUnknown, {}, revokes),
    (errors.AttestationAlreadyRevoked, {"member": ZERO}, after(attests(valid_from=1), twice(revokes))),
    (
        errors.AttestationAlreadyRevoked, {"member": b"\x01" * 32},
        after(attests(valid_from=1), revokes, lambda o: revokes(o, b"\x01" * 32)),
    ),
    (errors.PostingMalformed, {"from_": ZERO, "to": ZERO}, posts(to=ZERO)),
    (errors.AttestationUnknown, {}, posts()),
    (errors.MandateMissing, {"agency": AGENCY, "kind": 182}, after(attests(valid_from=1), posts())),
    (errors.SheetStale, {"line": 7, "current": b"\x05" * 32}, after(attests(valid_from=1), may_post, twice(posts()))),
    (errors.DeclarationMismatch, {"stated": b"\x02" * 32}, withdraw_wrongly(lambda id_: Withdrawal(b"\x02" * 32, 1))),
    (errors.DeclarationReplacesItself, {}, withdraw_wrongly(lambda id_: Withdrawal(id_, 5, id_))),
    (errors.DeclarationAlreadyWithdrawn, {"number": 6}, twice(withdraw_wrongly(lambda id_: Withdrawal(id_, 1)))),
    (errors.SignatureMismatch, {"signer": TRADER.address}, withdraw_wrongly(lambda id_: Withdrawal(id_, 1), STRANGER)),
    (
        errors.ResolutionNumberMismatch, {"expected": 6, "given": 8},
        enact_wrongly(lambda o: (suspension(o, 2), o.endorse(suspension(o, 2)))),
    ),
    (errors.QuorumMissing, {"needed": 1, "given": 0}, enact_wrongly(lambda o: (suspension(o), []))),
    (
        errors.CouncilMemberUnknown, {"signer": STRANGER.address},
        enact_wrongly(lambda o: (suspension(o), o.endorse(suspension(o), STRANGER))),
    ),
    (
        errors.EndorsementsUnordered, {},
        enact_wrongly(lambda o: (suspension(o), o.endorse(suspension(o)) * 2)),
    ),
    (errors.CouncilMalformed, {"members": 1, "threshold": 2}, enacts(CouncilChange, (NEW,), 2)),
    (
        errors.AgencyAlreadyEnrolled, {"agency": AGENCY},
        enacts(AgencyEnrolment, AGENCY, "again", "NZ", "https://x.example"),
    ),
    (errors.AgencyUnknown, {"agency": "NZ-X"}, enacts(AgencySuspension, "NZ-X")),
    (errors.AgencyNotSuspended, {"agency": AGENCY}, enacts(AgencyReinstatement, AGENCY)),
    (
        errors.AttesterAlreadyAuthorised, {"signer": OFFICER.address},
        enacts(AttesterAuthorisation, OFFICER.address, AGENCY),
    ),
    (errors.CompromiseInFuture, {"since": NO_END}, enacts(AttesterCompromise, OFFICER.address, NO_END)),
    (
        errors.CompromiseNotEarlier, {"since": 7, "known": 6},
        after(enacts(AttesterCompromise, OFFICER.address, 6), enacts(AttesterCompromise, OFFICER.address, 7)),
    ),
    (errors.MandateOverlaps, {"kind": KIND, "until": NO_END}, enacts(MandateGrant, AGENCY, KIND, 0, NO_END)),
]  # fmt: skip


@pytest.mark.parametrize(("refusal", "values", "action"), REFUSALS, ids=lambda item: getattr(item, "__name__", ""))
def test_what_the_contract_refuses_is_refused_by_name(
    authorities: Authorities,
    refusal: type[errors.Refused],
    values: dict[str, object],
    action: Callable[[Authorities], object],
) -> None:
    with pytest.raises(refusal) as caught:
        action(authorities)
    assert {key: caught.value.values[key] for key in values} == values


def test_a_refusal_costs_no_gas(authorities: Authorities) -> None:
    before = authorities.chain.balance(authorities.relayer.address)
    with pytest.raises(errors.MandateMissing):
        authorities.attest(authorities.attestation("x", kind=861), OFFICER)
    assert authorities.chain.balance(authorities.relayer.address) == before


def test_every_contract_error_has_its_class_with_its_values() -> None:
    # Raised by OpenZeppelin's constructor only, for a name longer than ours.
    never = {"InvalidShortString", "StringTooLong"}
    for item in artifact.load().abi:
        if item["type"] == "error" and item["name"] not in never:
            cls = getattr(errors, item["name"])
            assert issubclass(cls, errors.Refused)
            names = [parameter["name"].rstrip("_") for parameter in item["inputs"]]
            assert [name.rstrip("_") for name in cls.FIELDS] == names
            str(cls(*range(len(names))))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "without data"),
        (b"\x01\x02", "0x0102"),
        (b"\xde\xad\xbe\xef" + bytes(32), "0xdeadbeef"),
        (keccak(b"Error(string)")[:4] + word(32) + word(2) + b"no".ljust(32, b"\0"), "no"),
        (keccak(b"Panic(uint256)")[:4] + word(17), "panic 0x11"),
        (keccak(b"SignatureMismatch(bytes,bytes32)")[:4] + b"\xff" * 7, "0x"),
    ],
)  # fmt: skip
def test_a_revert_that_is_not_the_contracts_is_told_apart(data: bytes, words: str) -> None:
    refusal = refusal_of(data)
    assert type(refusal) is errors.Reverted
    assert words in str(refusal)


# ----------------------------------------------------------------------------------------------- many at the same time


def test_a_hundred_statements_at_once_all_arrive(authorities: Authorities) -> None:
    attestations = [authorities.attestation(f"parallel {number}") for number in range(100)]
    with ThreadPoolExecutor(10) as pool:
        receipts = list(pool.map(lambda attestation: authorities.attest(attestation, OFFICER), attestations))
    numbers = sorted(entry.number for receipt in receipts for entry in receipt.entries)
    assert numbers == list(range(6, 106))


def test_the_same_statement_ten_times_at_once_is_written_once(authorities: Authorities) -> None:
    attestation = authorities.attestation("same")
    barrier = threading.Barrier(10)

    def attest(_: int) -> str:
        barrier.wait()
        try:
            authorities.attest(attestation, OFFICER)
        except errors.AttestationAlreadyRecorded:
            return "already"
        return "written"

    with ThreadPoolExecutor(10) as pool:
        assert sorted(pool.map(attest, range(10))) == ["already"] * 9 + ["written"]

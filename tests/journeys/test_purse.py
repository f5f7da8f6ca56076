"""A server pays for statements of others: for which, how much at most, and what nobody can make it pay for."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest

from ledger.core.anchoring.interval import Pace
from ledger.core.encoding.ids import DeclarationId
from ledger.core.encoding.reading import hex_text
from ledger.core.relaying.budget import RelayLimits
from ledger.core.relaying.rules import PayerKind
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.resolutions import AgencyReinstatement, AgencySuspension, AttesterAuthorisation
from ledger.core.statements.withdrawal import Withdrawal
from ledger.errors import (
    AgencyNotActive,
    AttesterUnknown,
    DeclarationNotAnchored,
    DeclarationNotKnown,
    DefiniteNo,
    NotRelayed,
    PartyKeyMismatch,
    RelayBudgetSpent,
    RelayUnderWay,
    SetNotKnown,
    StatementGasTooHigh,
    Unavailable,
    WalletNotConvinced,
)
from ledger.journeys import relay as relaying
from ledger.journeys.attest import relay_attestation
from ledger.journeys.follow import Follower
from ledger.journeys.relay import Relay
from ledger.journeys.withdraw import relay_withdrawal
from ledger.testing.local_ledger import RELAYER_WEI, LocalLedger
from ledger.testing.world import Key
from tests import houses
from tests.edges.authorities import rpc
from tests.edges.faulty_node import Reply, faulty_node
from tests.journeys.test_wallets import connected

HOSTILE = 24
ACCEPTS = bytes.fromhex("631626ba7e60e01b5f5260205ff3")
"""Returns the value by which a wallet contract accepts a signature (ERC-1271)."""
# jumpdest gas push2 30000 lt push1 0 jumpi: uses all gas that it is given, but for a rest; then it accepts.
GREEDY = bytes.fromhex("5b5a61753010600057") + ACCEPTS
# push3 100,000 jumpdest push1 1 swap1 sub dup1 push1 4 jumpi: uses 2.6 million gas; then it accepts.
EXPENSIVE = bytes.fromhex("620186a05b60019003806004" + "57") + ACCEPTS
# gasprice iszero push1 .. jumpi: in a transaction, which has a price, all gas is used; a simulation has none.
TWO_FACED = bytes.fromhex("3a1560" + "0b" + "57" + "5b60" + "05" + "56" + "0000" + "5b") + ACCEPTS


def now() -> int:
    return int(time.time())


def purse_of(house: LocalLedger, limits: RelayLimits | None = None, at: int | None = None) -> Relay:
    """The relay of a server. By default its day begins anew, as what others spent in this house is older."""
    made = house.app.relay_for_others(lambda: now() if at is None else at)
    assert made.purse is not None
    return made if limits is None else replace(made, purse=replace(made.purse, limits=limits))


def spent(house: LocalLedger, at: int | None = None) -> int:
    return sum(item.cost.gas for item in house.store.relaying.spent(now() if at is None else at))


def nonce(house: LocalLedger, block: str = "pending") -> int:
    return int(rpc(house.devchain.url, "eth_getTransactionCount", hex_text(house.key("relayer").address), block), 16)


def withdrawal(house: LocalLedger, made: Declaration, key: Key | None = None) -> tuple[Declaration, Withdrawal, bytes]:
    origin = house.chain.origin
    words = Withdrawal(made.id(origin), 1)
    return made, words, (key or house.key("trader")).sign(words.id(origin))


def attest(relay: Relay, house: LocalLedger, ids: Sequence[bytes], members: Sequence[bytes] = ()) -> bytes:
    made, officer = houses.attestation(house, ids)
    signature = officer.sign(made.id(house.chain.origin))
    return relay_attestation(relay, made, officer.address, signature, [DeclarationId(id_) for id_ in members]).id


@contextmanager
def wallet(house: LocalLedger, code: bytes) -> Iterator[bytes]:
    """A wallet contract with this code that may attest for the agency."""
    address = secrets.token_bytes(20)
    rpc(house.devchain.url, "anvil_setCode", hex_text(address), hex_text(code))
    houses.enact(house, AttesterAuthorisation, address, houses.MPI)
    yield address


def test_what_is_anchored_here_is_paid_for(house: LocalLedger) -> None:
    relay, at = purse_of(house), now()
    before = spent(house, at)
    ids = sorted(made.id(house.chain.origin) for made in houses.anchored(house, 3))  # as a batch has them
    attest(relay, house, ids)
    attest(relay, house, ids[:1], ids[:1])
    attest(relay, house, ids[:2], ids[:2])
    assert house.store.sets.members(*houses.set_of(ids[:2])) == ids[:2]
    (made,) = houses.anchored(house)
    done = relay_withdrawal(relay, *withdrawal(house, made))
    assert relay_withdrawal(relay, *withdrawal(house, made)).number == done.number
    assert 300_000 < spent(house, at) - before < 500_000
    kinds = {item.payer.kind for item in house.store.relaying.spent(at)}
    assert kinds == {PayerKind.AGENCY, PayerKind.PARTY}


def test_a_stranger_spends_no_gas(house: LocalLedger) -> None:
    relay, stranger, before = purse_of(house), Key("a stranger"), (nonce(house), spent(house))
    (known,) = houses.anchored(house)
    origin = house.chain.origin
    id_ = known.id(origin)
    elsewhere = Declaration(stranger.signer, secrets.token_bytes(32), 380)
    waiting, signature = houses.declaration(house)
    house.store.declarations.add([(waiting, signature)], origin, now())
    made, officer = houses.attestation(house, [id_])
    by_officer = officer.sign(made.id(origin))

    def refused(reason: type[DefiniteNo], is_declined: bool, statement: object) -> None:
        with pytest.raises(reason) as raised:
            statement()  # type: ignore[operator]
        error = raised.value
        assert isinstance(error, NotRelayed) is is_declined
        if isinstance(error, NotRelayed):
            assert error.transaction is not None
            assert error.transaction.to == origin.contract
            assert error.transaction.gas is not None

    refused(DeclarationNotKnown, True, lambda: relay_withdrawal(relay, *withdrawal(house, elsewhere, stranger)))
    refused(DeclarationNotAnchored, True, lambda: relay_withdrawal(relay, *withdrawal(house, waiting)))
    refused(PartyKeyMismatch, False, lambda: relay_withdrawal(relay, *withdrawal(house, known, stranger)))
    refused(AttesterUnknown, False, lambda: relay_attestation(relay, made, stranger.signer, by_officer))
    refused(SetNotKnown, True, lambda: attest(relay, house, [secrets.token_bytes(32)]))
    houses.enact(house, AgencySuspension, houses.MPI)
    try:
        refused(AgencyNotActive, False, lambda: relay_attestation(relay, made, officer.address, by_officer))
    finally:
        houses.enact(house, AgencyReinstatement, houses.MPI)
    assert (nonce(house) - 2, spent(house)) == before  # the council's two


@pytest.mark.parametrize(
    ("code", "reason"), [(GREEDY, StatementGasTooHigh), (EXPENSIVE, WalletNotConvinced)], ids=["greedy", "expensive"]
)
def test_a_wallet_cannot_burn_the_gas(house: LocalLedger, code: bytes, reason: type[NotRelayed]) -> None:
    """Such a wallet makes the contract spend what it likes, and then accepts whatever a stranger wrote."""
    relay, (made,) = purse_of(house), houses.anchored(house)
    statement, _ = houses.attestation(house, [made.id(house.chain.origin)])
    with wallet(house, code) as address:
        before = nonce(house), spent(house)
        with pytest.raises(reason, match="500000 gas"):
            relay_attestation(relay, statement, address, secrets.token_bytes(900))
        assert (nonce(house), spent(house)) == before
        unlimited = replace(relay, purse=None, most_gas=None)  # who pays himself may
        receipt = relay_attestation(unlimited, statement, address, secrets.token_bytes(900)).receipt
        assert receipt is not None
        assert receipt.gas_used > 1_000_000


def test_a_wallet_with_two_faces_burns_no_more_than_one_statement_may(house: LocalLedger) -> None:
    relay, (made,), at = purse_of(house), houses.anchored(house), now()
    assert relay.purse is not None
    assert relay.most_gas is not None
    statement, _ = houses.attestation(house, [made.id(house.chain.origin)])
    with wallet(house, TWO_FACED) as address:
        before = nonce(house), spent(house, at)
        with pytest.raises((DefiniteNo, Unavailable)):
            relay_attestation(relay, statement, address, b"\x01" * 65)
        assert nonce(house) == before[0] + 1
        assert 0 < spent(house, at) - before[1] <= relay.most_gas


def test_what_is_over_the_budget_can_be_relayed_by_oneself(house: LocalLedger) -> None:
    (made,) = houses.anchored(house)
    id_ = made.id(house.chain.origin)
    statement, officer = houses.attestation(house, [id_])
    signature = officer.sign(statement.id(house.chain.origin))
    limits = RelayLimits(agency=50_000, party=10**9, parties=10**9, total=10**9)
    before = nonce(house), spent(house)
    with pytest.raises(RelayBudgetSpent, match="at most 50000 gas on agency NZ-MPI in 24 hours") as raised:
        relay_attestation(purse_of(house, limits), statement, officer.address, signature)
    assert (nonce(house), spent(house)) == before
    own = raised.value.transaction
    assert own is not None
    assert (own.to, own.chain_id) == (house.chain.origin.contract, house.chain.origin.chain_id)
    oneself = house.key("somebody")
    house.devchain.fund(oneself.address, RELAYER_WEI)
    receipt = house.chain.sender.send(own.to, own.data, oneself)
    assert own.gas is not None
    assert receipt["gasUsed"] <= own.gas
    assert statement.id(house.chain.origin) in house.follower.refresh().attestations


def test_what_was_not_sent_is_given_back(house: LocalLedger) -> None:
    (made,) = houses.anchored(house)
    before = spent(house)
    poor = replace(purse_of(house), relayer=house.key("relayer-without-coins"))
    with pytest.raises(Unavailable, match="send it more"):
        relay_withdrawal(poor, *withdrawal(house, made))
    assert spent(house) == before
    relay_withdrawal(purse_of(house), *withdrawal(house, made))
    assert spent(house) > before


def test_what_was_perhaps_sent_counts_and_is_not_sent_twice(
    house: LocalLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "_UNDER_WAY_SECONDS", 0.0)
    (made,) = houses.anchored(house)
    before = spent(house)
    with faulty_node(house.devchain.url) as faulty:
        faulty.rule = lambda method, _: Reply(dead=True) if method == "eth_sendRawTransaction" else None
        chain = connected(house, faulty.url)
        relay = replace(purse_of(house), chain=chain, follower=Follower(chain, house.store))
        with pytest.raises(Unavailable):
            relay_withdrawal(relay, *withdrawal(house, made))
    assert spent(house) > before
    with pytest.raises(RelayUnderWay):
        relay_withdrawal(purse_of(house), *withdrawal(house, made))
    assert relay.purse is not None
    later = purse_of(house, at=now() + relay.purse.patience)
    assert relay_withdrawal(later, *withdrawal(house, made)).receipt is not None


def test_one_statement_at_once_from_many_costs_one_transaction(house: LocalLedger) -> None:
    (made,) = houses.anchored(house)
    before = nonce(house)
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: relay_withdrawal(purse_of(house), *withdrawal(house, made)), range(8)))
    assert nonce(house) == before + 1
    assert len({item.number for item in done}) == 1


# --------------------------------------------------------------------------------------------- relaying and anchoring


@contextmanager
def mined_by_hand(house: LocalLedger) -> Iterator[str]:
    """No block but those that the test asks for."""
    url = house.devchain.url
    rpc(url, "evm_setAutomine", False)
    try:
        yield url
    finally:
        rpc(url, "anvil_setNextBlockBaseFeePerGas", hex(1))
        rpc(url, "evm_mine")
        rpc(url, "evm_setAutomine", True)


def test_hostile_requests_do_not_delay_an_anchor(house: LocalLedger) -> None:
    """24 withdrawals wait in the node's pool, for less than the chain now asks: nothing of that account is mined.

    The next anchor is in the next block all the same.
    """
    owners = [Key(f"a hostile party {number}") for number in range(HOSTILE)]
    origin, relay = house.chain.origin, purse_of(house)
    theirs = [Declaration(owner.signer, secrets.token_bytes(32), 380) for owner in owners]
    signed = [(made, owner.sign(made.id(origin))) for made, owner in zip(theirs, owners, strict=True)]
    house.store.declarations.add(signed, origin, now())
    house.anchorer.run(10_000, now())
    mined = nonce(house, "latest")
    with ThreadPoolExecutor(HOSTILE) as pool:
        with mined_by_hand(house) as url:
            sent = [
                pool.submit(relay_withdrawal, relay, *withdrawal(house, made, owner))
                for made, owner in zip(theirs, owners, strict=True)
            ]
            deadline = time.monotonic() + 60
            while nonce(house) < mined + HOSTILE:
                assert time.monotonic() < deadline, "they are not all handed over"
                time.sleep(0.05)
            rpc(url, "anvil_setNextBlockBaseFeePerGas", hex(10**12))
            rpc(url, "evm_mine")
            made, signature = houses.declaration(house)
            house.store.declarations.add([(made, signature)], origin, now())
            formed = house.anchorer.step(10_000, 0, now())
            assert (len(formed.formed), formed.sent) == (1, 1)
            block = house.chain.latest().number
            for _ in range(2):
                rpc(url, "evm_mine")
            (anchored,) = house.anchorer.step(10_000, 0, now()).anchored
            assert nonce(house, "latest") == mined, "they were mined too, so this tries nothing"
            assert anchored.receipt is not None
            assert anchored.receipt.block_number <= block + 2
        assert all(item.result().receipt is not None for item in sent)


def test_an_anchor_is_sent_while_somebody_holds_the_relayers_account(house: LocalLedger) -> None:
    made, signature = houses.declaration(house)
    house.store.declarations.add([(made, signature)], house.chain.origin, now())
    with house.store.leadership.sending(house.key("relayer").address):
        assert house.anchorer.step(10_000, 0, now()).sent == 1
    house.anchorer.run(10_000, now())


def test_what_an_anchor_cost_is_kept(house: LocalLedger) -> None:
    before = house.store.batches.spent(100, now())
    houses.anchored(house)
    houses.anchored(house, 100)
    after = house.store.batches.spent(100, now())
    assert 2 * 50_000 < after.day - before.day < 2 * 80_000
    assert 45_000 < after.small_hour - before.small_hour < 80_000


def test_small_batches_wait_longer_once_they_have_cost_much(house: LocalLedger) -> None:
    """A clock of the test's own, ahead of the house's: what was anchored before is more than an hour old."""
    pace, at = Pace(shortest=1, longest=60, small_gas=100_000, full_size=10, day_gas=10**9), now() + 4_000
    formed = []
    for second in range(160):
        made, signature = houses.declaration(house)
        house.store.declarations.add([(made, signature)], house.chain.origin, at + second)
        formed += [(second, batch.size) for batch in house.anchorer.step(10_000, 1, at + second, pace).formed]
    assert formed[0] == (1, 2)
    assert 3 <= len(formed) < 25  # instead of 80
    assert max(second for second, _ in formed) > 100, "anchoring has stopped"
    many = [houses.declaration(house) for _ in range(pace.full_size)]
    house.store.declarations.add(many, house.chain.origin, at + 160)
    (burst,) = house.anchorer.step(10_000, 1, at + 161, pace).formed
    assert burst.size >= pace.full_size
    house.anchorer.run(10_000, at + 162)

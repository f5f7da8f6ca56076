"""One transaction of somebody who is not enrolled must not spoil an audit, whatever signs in it as a party.

Strangers can anchor, and withdraw declarations of their own. A wallet contract that is gone after the transaction
(EIP-6780), a delegation that is taken back (EIP-7702) and a foreign verifier accept a signature while they are there;
the contract does not ask them.
"""

from __future__ import annotations

import secrets
import time

import pytest

from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.encoding.keccak import keccak
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.withdrawal import Withdrawal
from ledger.core.verification.verdict import Conclusion, Status
from ledger.edges.chain import calls
from ledger.errors import PartyKeyMismatch, PartyVerifierUnknown, SignatureMismatch
from ledger.journeys.audit.audit import Scope, audit
from ledger.journeys.checkpoint import note_key
from ledger.journeys.evidence import evidence_of
from ledger.journeys.verify import VerificationRequest, verify_offline, verify_online
from ledger.journeys.withdraw import relay_withdrawal
from ledger.testing.local_ledger import LocalLedger
from ledger.testing.world import Key
from tests import houses
from tests.edges.authorities import rpc, wallet_code
from tests.edges.short_lived import ShortLivedWallet, create, delegate

WALLET = b"\x77" * 20
OWNER = Key("a stranger who owns a wallet")
REFUSED = keccak(b"SignatureMismatch(bytes,bytes32)")[:4]


def now() -> int:
    return int(time.time())


def withdrawing(house: LocalLedger, party: bytes, key: Key) -> tuple[Declaration, Withdrawal, bytes]:
    """A declaration of ``party``, and its withdrawal signed by ``key``."""
    origin = house.chain.origin
    declaration = Declaration(party, secrets.token_bytes(32), 380)
    withdrawal = Withdrawal(declaration.id(origin), 1)
    return declaration, withdrawal, key.sign(withdrawal.id(origin))


def spoils_nothing(house: LocalLedger, size: int) -> None:
    """The history has this size, an audit of it is good, and so is the evidence of somebody else."""
    assert house.chain.head()[0] == size
    (declared,) = houses.anchored(house)
    id_, origin = declared.id(house.chain.origin), house.chain.origin
    houses.attest(house, [id_])
    trust = TrustRoot.of(origin, note_key(origin, house.log_key))
    report = audit(house.chain, Scope(store=house.store, trust=trust)).report
    assert report.good, report.findings
    assert {finding.status for finding in report.findings} == {Status.VALID}
    made = evidence_of(id_, house.store, house.follower, house.log_key, now()).to_bytes()
    asked = VerificationRequest.read(made, None, trust.to_bytes())
    for verdict in (verify_offline(asked, now()), verify_online(asked, now(), lambda: house.follower)):
        assert verdict.conclusion is Conclusion.GOOD, verdict


def test_a_wallet_of_one_transaction_withdraws_nothing(house: LocalLedger) -> None:
    """It accepts the signature while it is there; the contract does not ask it."""
    size, stranger = house.chain.head()[0], ShortLivedWallet(Key("a stranger").signer)
    call = calls.withdraw(*withdrawing(house, stranger.address, Key("a stranger")))
    assert stranger.transact(house.devchain, house.chain.origin.contract, call)[:4] == REFUSED
    spoils_nothing(house, size)


def test_a_delegated_account_withdraws_by_its_own_key_only(house: LocalLedger) -> None:
    """EIP-7702: the delegation accepts the owner's signature, and it is taken back afterwards."""
    size, account = house.chain.head()[0], Key("a stranger's account")
    rpc(house.devchain.url, "anvil_setCode", hex_text(WALLET), hex_text(wallet_code(OWNER.signer)))
    delegate(house.devchain, account, WALLET)
    by_owner = withdrawing(house, account.signer, OWNER)
    with pytest.raises(SignatureMismatch):
        house.chain.submit(calls.withdraw(*by_owner), house.key("relayer"))
    with pytest.raises(PartyKeyMismatch):
        relay_withdrawal(house.relay, *by_owner)
    relay_withdrawal(house.relay, *withdrawing(house, account.signer, account))
    delegate(house.devchain, account, bytes(20))
    spoils_nothing(house, size + 1)


def test_a_foreign_verifier_withdraws_nothing(house: LocalLedger) -> None:
    """A verifier (ERC-7913) that says yes to everything: push4 magic, shift, mstore, return."""
    size, verifier = house.chain.head()[0], b"\x55" * 20
    magic = keccak(b"verify(bytes,bytes32,bytes)")[:4]
    rpc(
        house.devchain.url,
        "anvil_setCode",
        hex_text(verifier),
        hex_text(b"\x63" + magic + b"\x60\xe0\x1b\x5f\x52\x60\x20\x5f\xf3"),
    )
    made = withdrawing(house, verifier + b"any key", OWNER)
    with pytest.raises(SignatureMismatch):
        house.chain.submit(calls.withdraw(*made), house.key("relayer"))
    with pytest.raises(PartyVerifierUnknown, match="declare with the key of an account"):
        relay_withdrawal(house.relay, *made)
    spoils_nothing(house, size)


def test_a_stranger_anchors_in_a_transaction_of_its_own(house: LocalLedger) -> None:
    """All that somebody who is not enrolled can write: a root that no batch here leads to."""
    size = house.chain.head()[0]
    stranger = ShortLivedWallet(Key("another stranger").signer)
    call = calls.anchor(secrets.token_bytes(32), 7)
    assert int.from_bytes(stranger.transact(house.devchain, house.chain.origin.contract, call)) == size
    create(house.devchain, b"\x5f\x5f\xf3")  # a block more
    spoils_nothing(house, size + 1)

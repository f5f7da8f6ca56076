"""Who signed? One permitted form each for secp256k1 and P-256; everything else is refused."""

from __future__ import annotations

from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as some

from ledger.core.statements.signature import (
    MAX_SIGNATURE_SIZE,
    P256_N,
    SECP256K1_N,
    WalletUndecided,
    recover_address,
    verify_party_signature,
    verify_signature,
)
from ledger.core.statements.signer import p256_signer
from ledger.errors import DefiniteNo, PartyKeyMismatch, PartyVerifierUnknown, SignatureTooLong, VerificationFailed
from ledger.testing.world import ORIGIN, TRADER

DIGEST = sha256(b"a statement").digest()
P256 = ec.derive_private_key(7, ec.SECP256R1())
P256_POINT = P256.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def p256_sign(digest: bytes) -> tuple[int, int]:
    r, s = decode_dss_signature(P256.sign(digest, ec.ECDSA(Prehashed(SHA256()))))
    return r, min(s, P256_N - s)


def raw(r: int, s: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def test_agrees_with_eth_account() -> None:
    account = Account.from_key(sha256(b"somebody").digest())
    signed = account.unsafe_sign_hash(DIGEST)
    verify_signature(ORIGIN, bytes.fromhex(account.address[2:]), DIGEST, bytes(signed.signature))


def test_secp256k1_has_one_form() -> None:
    good = TRADER.sign(DIGEST)
    verify_signature(ORIGIN, TRADER.signer, DIGEST, good)
    s = int.from_bytes(good[32:64])
    high = good[:32] + (SECP256K1_N - s).to_bytes(32, "big") + bytes([55 - good[64]])
    others = [high, good[:64] + bytes([good[64] - 27]), good[:64], good + b"\x00", bytes(64) + b"\x1b", b""]
    for other in others:
        with pytest.raises(WalletUndecided):
            verify_signature(ORIGIN, TRADER.signer, DIGEST, other)


@given(some.binary(min_size=65, max_size=65), some.binary(min_size=32, max_size=32))
def test_recovery_never_raises(signature: bytes, digest: bytes) -> None:
    assert recover_address(digest, signature) != TRADER.signer


def test_p256_has_one_form() -> None:
    signer = p256_signer(ORIGIN, P256_POINT)
    r, s = p256_sign(DIGEST)
    verify_signature(ORIGIN, signer, DIGEST, raw(r, s))
    numbers = [(r, P256_N - s), (0, s), (r, 0), (P256_N, s), (s, r)]
    for other in [*(raw(*pair) for pair in numbers), raw(r, s)[:-1], raw(r, s) + b"\0", b""]:
        with pytest.raises(VerificationFailed):
            verify_signature(ORIGIN, signer, DIGEST, other)
    with pytest.raises(VerificationFailed):
        verify_signature(ORIGIN, signer, sha256(b"another").digest(), raw(r, s))


@pytest.mark.parametrize(
    "signer",
    [
        bytes(20) + P256_POINT[1:],
        ORIGIN.p256_verifier + P256_POINT[1:33],
        ORIGIN.p256_verifier + bytes(64),
        ORIGIN.p256_verifier + b"\xff" * 64,
    ],
    ids=["another verifier, which only the chain can ask", "half a key", "no point", "off the curve"],
)
def test_keys_that_are_none(signer: bytes) -> None:
    with pytest.raises((VerificationFailed, WalletUndecided)):
        verify_signature(ORIGIN, signer, DIGEST, raw(*p256_sign(DIGEST)))
    with pytest.raises((VerificationFailed, PartyVerifierUnknown)):
        verify_party_signature(ORIGIN, signer, DIGEST, raw(*p256_sign(DIGEST)))


def test_what_no_key_signed_is_undecided_and_of_a_party_a_no() -> None:
    """A wallet contract may speak for an attester or a council member. A party is a key."""
    foreign = bytes(20) + P256_POINT[1:]
    for signer, refusal in ((TRADER.signer, PartyKeyMismatch), (foreign, PartyVerifierUnknown)):
        with pytest.raises(WalletUndecided) as undecided:
            verify_signature(ORIGIN, signer, DIGEST, bytes(65))
        assert not isinstance(undecided.value, DefiniteNo)
        with pytest.raises(refusal) as refused:
            verify_party_signature(ORIGIN, signer, DIGEST, bytes(65))
        assert isinstance(refused.value, DefiniteNo)
    verify_party_signature(ORIGIN, TRADER.signer, DIGEST, TRADER.sign(DIGEST))
    verify_party_signature(ORIGIN, p256_signer(ORIGIN, P256_POINT), DIGEST, raw(*p256_sign(DIGEST)))


@pytest.mark.parametrize(
    "signer",
    [TRADER.signer, ORIGIN.p256_verifier + P256_POINT[1:], bytes(20) + b"key"],
    ids=["address", "P-256", "other"],
)
@given(more=some.integers(1, 10_000))
def test_no_signature_is_longer_than_the_contract_takes(signer: bytes, more: int) -> None:
    """Not undecided, whoever the signer is: no chain holds such an entry, so none need be asked."""
    with pytest.raises(SignatureTooLong) as caught:
        verify_signature(ORIGIN, signer, DIGEST, bytes(MAX_SIGNATURE_SIZE + more))
    assert caught.value.values == {"length": MAX_SIGNATURE_SIZE + more, "limit": MAX_SIGNATURE_SIZE}


def test_the_longest_signature_may_be_a_wallets() -> None:
    with pytest.raises(WalletUndecided):
        verify_signature(ORIGIN, TRADER.signer, DIGEST, bytes(MAX_SIGNATURE_SIZE))

"""What wallets, cards and libraries send in the place of the one form: it becomes that, or the true reason is told."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from eth_account import Account
from eth_account.messages import encode_defunct
from hypothesis import given
from hypothesis import strategies as some

from ledger.core.encoding.ids import Signer
from ledger.core.statements.signature import P256_N, SECP256K1_N, verify_party_signature
from ledger.core.statements.signature_forms import canonical_signature, check_slips
from ledger.core.statements.signer import checksummed, p256_signer, signer_from_text
from ledger.errors import Malformed
from ledger.testing.world import ORIGIN, TRADER
from tests.core.statements.test_signature import P256, P256_POINT, p256_sign, raw
from tests.passkeys import Passkey

DIGEST = sha256(b"a statement").digest()
GOOD = TRADER.sign(DIGEST)
CARD = p256_signer(ORIGIN, P256_POINT)
PASSKEY = Passkey("a passkey of the test")


def compact(signature: bytes) -> bytes:
    """EIP-2098: the parity in the highest bit of s."""
    return signature[:32] + bytes([signature[32] | (signature[64] - 27) << 7]) + signature[33:64]


def der(plain: bytes) -> bytes:
    return encode_dss_signature(int.from_bytes(plain[:32]), int.from_bytes(plain[32:64]))


def high(plain: bytes, order: int) -> bytes:
    return plain[:32] + (order - int.from_bytes(plain[32:64])).to_bytes(32)


@given(some.binary(min_size=32, max_size=32))
def test_an_account_keys_other_forms_become_the_one(digest: bytes) -> None:
    good = TRADER.sign(digest)
    for other in (good, good[:64] + bytes([good[64] - 27]), compact(good)):
        assert canonical_signature(TRADER.signer, digest, other) == good
    verify_party_signature(ORIGIN, TRADER.signer, digest, good)


@given(some.binary(max_size=70))
def test_what_another_made_stays_as_it_is(signature: bytes) -> None:
    """A wallet contract may mean something by any byte: a Safe's approved hash ends in 1."""
    for other in (signature, signature[:64].ljust(64, b"\1"), signature[:64].ljust(64, b"\1") + b"\1"):
        assert canonical_signature(TRADER.signer, DIGEST, other) == other
        assert canonical_signature(CARD, DIGEST, other) == other


def test_another_keys_signature_is_not_respelled() -> None:
    other = GOOD[:64] + bytes([GOOD[64] - 27])
    assert canonical_signature(Signer(bytes(20)), DIGEST, other) == other


PERSONAL = bytes(
    Account.from_key(sha256(b"somebody").digest()).sign_message(encode_defunct(DIGEST)).signature
)  # wallets that know no typed data sign so
SOMEBODY = Signer(bytes.fromhex(Account.from_key(sha256(b"somebody").digest()).address[2:]))
PLAIN = raw(*p256_sign(DIGEST))
HASHED = raw(*p256_sign(sha256(DIGEST).digest()))
ASSERTION = PASSKEY.sign(DIGEST)


@pytest.mark.parametrize(
    ("signer", "signature", "words"),
    [
        (TRADER.signer, der(GOOD), "this is a DER signature: send r ‖ s ‖ v, 65 bytes"),
        (TRADER.signer, high(GOOD, SECP256K1_N) + bytes([55 - GOOD[64]]), "s is in the upper half of the order"),
        (TRADER.signer, high(GOOD, SECP256K1_N) + bytes([28 - GOOD[64]]), "s is in the upper half of the order"),
        (TRADER.signer, GOOD[:64] + bytes([55 - GOOD[64]]), "v is the wrong one of the two"),
        (TRADER.signer, GOOD[:64] + bytes([GOOD[64] + 10]), f"its last byte is {GOOD[64] + 10}: send r ‖ s ‖ v"),
        (TRADER.signer, GOOD + b"\0", "this has 66 bytes"),
        (TRADER.signer, b"", "this has 0 bytes"),
        (SOMEBODY, PERSONAL, "signed as a message (personal_sign)"),
        (CARD, der(PLAIN), "this is a DER signature: send r ‖ s, 64 bytes"),
        (CARD, high(PLAIN, P256_N), "s is in the upper half of the order: send n - s"),
        (CARD, PLAIN + b"\x1b", "a P-256 signature is r ‖ s, 64 bytes; this has 65 bytes"),
        (CARD, HASHED, "signed the SHA-256 of the id"),
        (PASSKEY.signer, high(ASSERTION, P256_N) + ASSERTION[64:], "s is in the upper half of the order"),
        (PASSKEY.signer, der(ASSERTION) + ASSERTION[64:], "begins with a DER signature, as authenticators give it"),
        (PASSKEY.signer, PLAIN, "a passkey's signature is r, s, the length"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # signatures of P-256 differ in each process
)
def test_the_true_reason_is_told(signer: Signer, signature: bytes, words: str) -> None:
    with pytest.raises(Malformed) as told:
        check_slips(ORIGIN, signer, DIGEST, signature, is_party=True)
    assert words in str(told.value)
    assert told.value.where == "signature"


def test_nothing_is_said_of_what_another_key_signed() -> None:
    """Then it is true that the signer did not sign."""
    for signer, signature in [
        (Signer(bytes(20)), GOOD), (TRADER.signer, TRADER.sign(bytes(32))), (CARD, raw(*p256_sign(bytes(32)))),
        (PASSKEY.signer, ASSERTION[:63] + b"\1" + ASSERTION[64:]), (PASSKEY.signer, PASSKEY.sign(bytes(32))),
    ]:  # fmt: skip
        check_slips(ORIGIN, signer, DIGEST, signature, is_party=True)


def test_a_wallets_bytes_are_no_slip() -> None:
    """An attester's address may be a contract, which takes signatures of any length and form."""
    for signature in (b"", b"\1" * 130, der(PLAIN)):
        check_slips(ORIGIN, TRADER.signer, DIGEST, signature)


@given(some.binary(max_size=140), some.sampled_from([TRADER.signer, CARD, PASSKEY.signer, Signer(b"\7" * 30)]))
def test_no_bytes_break_the_door(signature: bytes, signer: Signer) -> None:
    assert canonical_signature(signer, DIGEST, signature) == signature
    with suppress(Malformed):
        check_slips(ORIGIN, signer, DIGEST, signature, is_party=True)


def test_a_card_that_hashes_itself_is_meant() -> None:
    signed = P256.sign(DIGEST, ec.ECDSA(SHA256()))
    assert signed != P256.sign(DIGEST, ec.ECDSA(Prehashed(SHA256())))
    with pytest.raises(Malformed, match="DER"):
        check_slips(ORIGIN, CARD, DIGEST, signed)


# Of EIP-55 itself.
CHECKSUMMED = [
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    "0x52908400098527886E0F7030069857D2E4169EE7", "0xde709f2102306220921060314715629080e2fb77",
]  # fmt: skip


@pytest.mark.parametrize("address", CHECKSUMMED)
def test_an_address_in_any_case(address: str) -> None:
    plain = Signer(bytes.fromhex(address[2:]))
    assert checksummed(plain) == address
    for text in (address, address.lower(), "0x" + address[2:].upper()):
        assert signer_from_text(text) == plain


def test_a_wrong_checksum_is_told() -> None:
    with pytest.raises(Malformed, match="EIP-55"):
        signer_from_text(CHECKSUMMED[0].replace("5aAe", "5aae"))
    with pytest.raises(Malformed, match="20 to 128 bytes"):
        signer_from_text("0x12")
    longer = checksummed(Signer(b"\xab" * 20)) + "Cd" * 64
    assert len(signer_from_text(longer)) == 84

"""What a signer is: its bytes, how to make them from a key, and its kind. docs/formats.md section 3, "Signers"."""

from __future__ import annotations

from enum import StrEnum

from ledger.core.encoding.ids import Signer
from ledger.core.encoding.keccak import keccak
from ledger.core.encoding.reading import hex_bytes
from ledger.core.statements.origin import ADDRESS_SIZE, Origin
from ledger.errors import Malformed

P256_SIGNER_SIZE = ADDRESS_SIZE + 64
MAX_SIGNER_SIZE = 128


def check_signer(signer: Signer, where: str = "signer") -> None:
    """Malformed unless ``signer`` is 20 to 128 bytes, the range that the contract takes."""
    if not ADDRESS_SIZE <= len(signer) <= MAX_SIGNER_SIZE:
        raise Malformed(f"a signer is {ADDRESS_SIZE} to {MAX_SIGNER_SIZE} bytes, not {len(signer)}", where)


def address_of(public_key: bytes) -> Signer:
    """Ethereum address of an uncompressed secp256k1 key (65 bytes, leading 4): the last 20 bytes of its hash."""
    return Signer(keccak(public_key[1:])[12:])


def p256_signer(origin: Origin, public_key: bytes) -> Signer:
    """ERC-7913 signer of an uncompressed P-256 key (65 bytes, leading 4) under this origin's verifier: 84 bytes."""
    return Signer(origin.p256_verifier + public_key[1:])


def passkey_signer(origin: Origin, public_key: bytes) -> Signer:
    """ERC-7913 signer of a passkey: its uncompressed P-256 key (65 bytes, leading 4) under the passkeys' verifier."""
    return Signer(origin.webauthn_verifier + public_key[1:])


def is_passkey(origin: Origin, signer: Signer) -> bool:
    """Whether ``signer`` is a passkey under this origin's verifier, so that its signatures are WebAuthn assertions."""
    return len(signer) == P256_SIGNER_SIZE and signer[:ADDRESS_SIZE] == origin.webauthn_verifier


def signer_from_text(text: str, where: str = "signer") -> Signer:
    """A signer as people and wallets write it: 0x and hex digits in any case.

    An address in both cases has a checksum in its capitals (EIP-55), which must fit: it shows a slip of the pen.

    :raises Malformed: it is no signer, or the checksum does not fit.
    """
    signer = Signer(hex_bytes(text.lower(), where))
    check_signer(signer, where)
    if len(signer) == ADDRESS_SIZE and text[2:] not in (text[2:].lower(), text[2:].upper(), checksummed(signer)[2:]):
        raise Malformed(
            "the capitals of this address are no checksum (EIP-55), so a character of it is wrong: copy it again; an "
            "address in lower case is not checked",
            where,
        )
    return signer


def checksummed(address: Signer) -> str:
    """An address of 20 bytes as wallets show it: with a checksum in its capitals (EIP-55)."""
    digits = address.hex()
    marks = keccak(digits.encode()).hex()
    return "0x" + "".join(digit.upper() if mark > "7" else digit for digit, mark in zip(digits, marks, strict=False))


def signers_of(text: str) -> frozenset[Signer]:
    """The signers of a text, each as 0x and hex digits, with spaces between.

    :raises Malformed: it is no such text, or one of them does not have 20 to 128 bytes, or not the checksum it shows.
    """
    return frozenset(map(signer_from_text, text.split()))


class SignerKind(StrEnum):
    """The kinds of signers, by name for programs."""

    ADDRESS = "address"
    """An account key's, or a wallet contract's: only the chain can tell."""
    P256_KEY = "p256_key"
    PASSKEY = "passkey"
    OTHER_VERIFIER = "other_verifier"


def kind_of_signer(signer: Signer, origin: Origin) -> SignerKind:
    """The kind of a signer in the history ``origin``; Malformed unless it has 20 to 128 bytes.

    A P-256 key or passkey of another history names the verifier of that one, so here it is OTHER_VERIFIER.
    """
    check_signer(signer)
    if len(signer) == ADDRESS_SIZE:
        return SignerKind.ADDRESS
    if is_passkey(origin, signer):
        return SignerKind.PASSKEY
    if len(signer) == P256_SIGNER_SIZE and signer[:ADDRESS_SIZE] == origin.p256_verifier:
        return SignerKind.P256_KEY
    return SignerKind.OTHER_VERIFIER

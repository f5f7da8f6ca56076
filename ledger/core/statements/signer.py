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


def signers_of(text: str) -> frozenset[Signer]:
    """The signers of a text, each as 0x and hex digits, with spaces between.

    :raises Malformed: it is no such text, or one of them does not have 20 to 128 bytes.
    """
    found = frozenset(Signer(hex_bytes(word.lower(), "signer")) for word in text.split())
    for signer in found:
        check_signer(signer)
    return found


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

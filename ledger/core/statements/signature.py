"""Who signed this digest? Nothing here about authority.

Signers are ERC-7913 bytes: 20 bytes are an address, ``verifier ‖ x ‖ y`` is a P-256 key or a passkey, under one of the
two verifiers that the contract deployed. Wallet contracts (ERC-1271) and other verifiers (ERC-7913) have no key: the
contract asks their code when an entry is written, and nobody can ask it about that time later. ``WalletUndecided`` says
that only the contract could judge. A party is a key: ``verify_party_signature`` knows no such signer. docs/adr/0011.
"""

from __future__ import annotations

from enum import StrEnum

from coincurve import PublicKey
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from ledger.core.encoding.ids import Signer
from ledger.core.statements.origin import ADDRESS_SIZE, Origin
from ledger.core.statements.passkey import Assertion
from ledger.core.statements.signer import P256_SIGNER_SIZE, address_of, is_passkey
from ledger.errors import (
    PartyKeyMismatch,
    PartyVerifierUnknown,
    SignatureTooLong,
    Source,
    Unavailable,
    VerificationFailed,
)

SECP256K1_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
P256_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
MAX_SIGNATURE_SIZE = 1024


class Algorithm(StrEnum):
    """What a key is for: statements and transactions, statements by card-like keys, checkpoints."""

    SECP256K1 = "secp256k1"
    P256 = "p256"
    ED25519 = "ed25519"


class WalletUndecided(Unavailable):
    """No key known here signed, and only the contract could judge: it asked a wallet (ERC-1271) or verifier (ERC-7913)
    when the entry was written. It is no proof of a forgery, and no proof of a signature either.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message, source=Source.CHAIN)


def verify_signature(origin: Origin, signer: Signer, digest: bytes, signature: bytes) -> None:
    """Check that ``signer``, an attester or a council member, signed ``digest`` (32 bytes); returns nothing.

    :raises SignatureTooLong: it has more than 1,024 bytes, which the contract takes from nobody.
    :raises VerificationFailed: it did not, or the signature is not in its one permitted form.
    :raises WalletUndecided: the signer is an address whose key did not sign, or names a verifier contract of its own.
    """
    if len(signature) > MAX_SIGNATURE_SIZE:
        raise SignatureTooLong(len(signature), MAX_SIGNATURE_SIZE)
    if len(signer) == ADDRESS_SIZE:
        if recover_address(digest, signature) != signer:
            raise WalletUndecided(
                f"not signed by the key of 0x{signer.hex()}; whether a wallet contract at that address accepted it, "
                "only the contract could say, when the entry was written"
            )
    elif len(signer) == P256_SIGNER_SIZE and signer[:ADDRESS_SIZE] == origin.p256_verifier:
        _verify_p256(signer[ADDRESS_SIZE:], digest, signature)
    elif is_passkey(origin, signer):
        assertion = Assertion.read(signature, digest)
        _verify_p256(signer[ADDRESS_SIZE:], assertion.digest, assertion.p256_signature)
    else:
        raise WalletUndecided(
            f"the signer names the verifier contract 0x{signer[:ADDRESS_SIZE].hex()}; whether that accepted the "
            "signature, only the contract could say, when the entry was written"
        )


def verify_party_signature(origin: Origin, party: Signer, digest: bytes, signature: bytes) -> None:
    """Check that the key of ``party`` signed ``digest`` (32 bytes), of a declaration or a withdrawal; returns nothing.

    A party is a key, and nobody's code is asked: a wallet contract and a verifier other than the contract's own have
    none, so that they cannot sign as a party. docs/formats.md section 3.

    :raises SignatureTooLong: as for ``verify_signature``.
    :raises PartyKeyMismatch: the party is an address, and its key did not sign.
    :raises PartyVerifierUnknown: the party names a verifier that is not the contract's own.
    :raises VerificationFailed: the party's key under the contract's verifier did not sign.
    """
    try:
        verify_signature(origin, party, digest, signature)
    except WalletUndecided:
        if len(party) == ADDRESS_SIZE:
            raise PartyKeyMismatch(party, digest) from None
        raise PartyVerifierUnknown(party[:ADDRESS_SIZE]) from None


def recover_address(digest: bytes, signature: bytes) -> Signer | None:
    """The 20-byte address whose key signed, or None where the 65 bytes are no signature in permitted form (EIP-2)."""
    if len(signature) != 65 or signature[64] not in (27, 28):
        return None
    if not 0 < int.from_bytes(signature[32:64]) <= SECP256K1_N // 2:
        return None
    try:
        key = PublicKey.from_signature_and_message(signature[:64] + bytes([signature[64] - 27]), digest, hasher=None)
    except ValueError:
        return None
    return address_of(key.format(compressed=False))


def _verify_p256(point: bytes, digest: bytes, signature: bytes) -> None:
    if len(signature) != 64:
        raise VerificationFailed("a P-256 signature is 64 bytes")
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    if not (0 < r < P256_N and 0 < s <= P256_N // 2):
        raise VerificationFailed("a P-256 signature has r and s in range, and s in the lower half")
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + point)
        key.verify(encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(SHA256())))
    except (InvalidSignature, ValueError):
        raise VerificationFailed("not signed by this P-256 key") from None

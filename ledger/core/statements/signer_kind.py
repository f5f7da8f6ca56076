"""What a signer is: its kind, as its bytes alone tell under one origin. docs/formats.md section 3, "Signers"."""

from __future__ import annotations

from enum import StrEnum

from ledger.core.encoding.ids import Signer
from ledger.core.statements.origin import ADDRESS_SIZE, Origin
from ledger.core.statements.signature import P256_SIGNER_SIZE, check_signer, is_passkey


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

"""Signing: answer a request for a signature with a key of the keystore, or with what a card signed.

What a portal asks the signing page, these ask too: docs/portal.md, "The signing page".
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from ledger.core.encoding.ids import Signer
from ledger.core.statements.origin import Origin
from ledger.core.statements.signature import P256_N, Algorithm, verify_signature
from ledger.core.statements.signature_forms import P256_SIZE, check_slips
from ledger.core.statements.signer import p256_signer
from ledger.core.statements.signing_request import SigningAnswer, SigningRequest
from ledger.edges.keys.keystore import Keystore, SigningKey
from ledger.errors import Malformed, VerificationFailed
from ledger.journeys.council import signer_under


def keystore_signer(origin: Origin, name: str, keystore: Keystore) -> Signer:
    """The signer that a key of the keystore is in this history; needs no passphrase. Malformed if it is none."""
    if keystore.info(name).algorithm is Algorithm.ED25519:
        raise Malformed("is an ed25519 key, which signs checkpoints: statements need secp256k1 or p256", name)
    return signer_under(origin, name, keystore)


def sign_request(request: SigningRequest, key: SigningKey) -> SigningAnswer:
    """Sign what is asked, with a key of the keystore.

    :raises Malformed: the statement is not one, somebody else shall sign it, or the key signs no statements.
    """
    signer = key.signer(request.origin)
    return request.answer(signer, key.sign(request.statement(signer).id(request.origin)))


def card_signer(origin: Origin, key: bytes) -> Signer:
    """The signer of a card's P-256 key.

    :param key: its public key (SubjectPublicKeyInfo) or certificate, in PEM or DER.
    :raises Malformed: it is neither, or a key of another kind.
    """
    found = _public_key(key)
    if not isinstance(found, ec.EllipticCurvePublicKey) or not isinstance(found.curve, ec.SECP256R1):
        raise Malformed("is a key of another kind: statements need P-256 (secp256r1, prime256v1)", "card")
    return p256_signer(origin, found.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def answer_of_card(request: SigningRequest, signer: Signer, made: bytes) -> SigningAnswer:
    """The answer with what a card signed, judged and in its one form.

    :param made: the card's signature of the statement's id: r ‖ s (64 bytes) or DER, with low or high s.
    :raises Malformed: it is no signature, or not of the id itself.
    :raises VerificationFailed: another key made it, or it is of another statement.
    """
    id_, signature = request.statement(signer).id(request.origin), _plain(made)
    try:
        verify_signature(request.origin, signer, id_, signature)
    except VerificationFailed:
        check_slips(request.origin, signer, id_, signature)
        raise
    return request.answer(signer, signature)


def _public_key(data: bytes) -> object:
    readers: tuple[Callable[[bytes], object], ...] = (
        lambda pem: x509.load_pem_x509_certificate(pem).public_key(),
        load_pem_public_key,
        load_der_public_key,
        lambda der: x509.load_der_x509_certificate(der).public_key(),
    )
    for read in readers:
        with suppress(ValueError, UnsupportedAlgorithm):
            return read(data)
    raise Malformed("is no public key and no certificate, in PEM or DER", "card")


def _plain(made: bytes) -> bytes:
    """r ‖ s with low s."""
    try:
        r, s = (
            (int.from_bytes(made[:32]), int.from_bytes(made[32:]))
            if len(made) == P256_SIZE
            else decode_dss_signature(made)
        )
        return r.to_bytes(32) + min(s, P256_N - s).to_bytes(32)
    except (ValueError, OverflowError):
        raise Malformed("is no P-256 signature: r and s in 64 bytes, or DER", "signature") from None

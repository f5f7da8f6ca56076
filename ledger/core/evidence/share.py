"""A share: a document that its party leaves at a server, sealed, for whoever has a link with the key.

The link's key is 16 random bytes, made for one share of one declaration. From it and the declaration's id two things
follow by HKDF-SHA-256 (RFC 5869): the share's id, under which the server keeps it, and the key that seals it. So the
server can hand a share out, and learns neither its contents nor the key. docs/formats.md, section 8, is the
specification.

A sealed document is ``nonce (12) ‖ ciphertext ‖ tag (16)`` of AES-256-GCM (NIST SP 800-38D), without additional data.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.core.encoding.ids import DeclarationId, ShareId, Signer
from ledger.errors import Malformed, VerificationFailed

KEY_SIZE, NONCE_SIZE, TAG_SIZE = 16, 12, 16
LEAST_SEALED = NONCE_SIZE + TAG_SIZE
_ID, _CIPHER = b"trade-ledger/share/1 id", b"trade-ledger/share/1 cipher"


@dataclass(frozen=True, slots=True)
class NewShare:
    """What its party hands in: what is ``sealed``, for which declaration, under which id, until when (seconds)."""

    id: ShareId
    declaration: DeclarationId
    sealed: bytes
    until: int


@dataclass(frozen=True, slots=True)
class Share:
    """A share as a server keeps it: its ``size`` in bytes, whose it is, and from when until when.

    Times are in seconds; ``until`` is the first second without it.
    """

    id: ShareId
    signer: Signer
    declaration: DeclarationId
    size: int
    made_at: int
    until: int


def share_id(key: bytes, declaration: DeclarationId) -> ShareId:
    """The name under which a server keeps the share: it tells nothing of the key."""
    return ShareId(_derived(key, declaration, _ID))


def seal(document: bytes, key: bytes, declaration: DeclarationId, nonce: bytes) -> bytes:
    """Seal a wrapped or redacted document for whoever has ``key``.

    :param key: 16 bytes from a good random source, used for no other share.
    :param nonce: 12 bytes from a good random source.
    """
    if len(nonce) != NONCE_SIZE:
        raise Malformed(f"must be {NONCE_SIZE} bytes", "nonce")
    return nonce + AESGCM(_derived(key, declaration, _CIPHER)).encrypt(nonce, document, None)


def unseal(sealed: bytes, key: bytes, declaration: DeclarationId) -> bytes:
    """The document that ``seal`` was given. It is not judged: its digest says whether it is the declared one.

    :raises VerificationFailed: it was sealed with another key, for another declaration, or was changed.
    """
    cipher = AESGCM(_derived(key, declaration, _CIPHER))
    try:
        if len(sealed) < LEAST_SEALED:
            raise InvalidTag
        return cipher.decrypt(sealed[:NONCE_SIZE], sealed[NONCE_SIZE:], None)
    except InvalidTag:
        raise VerificationFailed("the share does not open with this key: the link or the share was changed") from None


def _derived(key: bytes, declaration: DeclarationId, what: bytes) -> bytes:
    if len(key) != KEY_SIZE:
        raise Malformed(f"must be {KEY_SIZE} bytes", "key")
    return HKDF(SHA256(), 32, salt=declaration, info=what).derive(key)

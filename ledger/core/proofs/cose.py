"""COSE_Sign1 with ES256: RFC 9052 section 4.2 and RFC 9053 section 2.1, and keys named by their thumbprint (RFC 9679).

Signatures have s in the lower half, as everywhere in this ledger (docs/formats.md section 3), so a statement cannot be
changed into a second file with the same content. Other programs accept them like any other signature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from ledger.core.encoding import cbor
from ledger.core.statements.origin import Origin
from ledger.core.statements.signature import verify_signature
from ledger.core.statements.signer import p256_signer
from ledger.errors import Malformed, VerificationFailed

ALGORITHM, CONTENT_TYPE, KEY_ID, CWT_CLAIMS = 1, 3, 4, 15
ISSUER, SUBJECT = 1, 2
ES256 = -7
POINT_SIZE = 65
SIGNATURE_SIZE = 64
_SIGN1 = 18

Headers = Mapping[int | str, cbor.Value]


@dataclass(frozen=True, slots=True)
class Unsigned:
    """What a signature will cover: the protected headers and the payload, which the message may contain or not."""

    protected: Headers
    payload: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 of the Sig_structure (RFC 9052 section 4.4), 32 bytes: what an ES256 key signs."""
        return _digest(cbor.encode(dict(self.protected)), self.payload)

    def signed(self, signature: bytes, unprotected: Headers, *, detached: bool = False) -> Sign1:
        """The message; ``signature`` is ``r ‖ s``, 64 bytes, made elsewhere over ``digest``."""
        return Sign1(self.protected, unprotected, None if detached else self.payload, signature)


@dataclass(frozen=True, slots=True)
class Sign1:
    """A COSE_Sign1 message. ``payload`` is None if it is detached."""

    protected: Headers
    unprotected: Headers
    payload: bytes | None
    signature: bytes = field(repr=False)

    def to_bytes(self) -> bytes:
        """Tag 18 and the deterministic encoding."""
        protected = cbor.encode(dict(self.protected))
        return cbor.encode(cbor.Tag(_SIGN1, [protected, dict(self.unprotected), self.payload, self.signature]))

    @classmethod
    def parse(cls, data: bytes, longest: int, where: str) -> Sign1:
        """Read what ``to_bytes`` prints; Malformed names ``where``. The signature is not checked."""
        try:
            message = cbor.decode(data, longest)
            match message:
                case cbor.Tag(
                    number=18, value=[bytes(protected), dict(unprotected), None | bytes() as payload, bytes(signature)]
                ):
                    headers = cbor.decode(protected, longest)
                case _:
                    raise Malformed("is not a COSE_Sign1 message: tag 18 around two header maps, payload and signature")
        except Malformed as error:
            raise Malformed(str(error), where) from None
        if not isinstance(headers, dict):
            raise Malformed("the protected headers must be a map", where)
        if len(signature) != SIGNATURE_SIZE:
            raise Malformed(f"the signature must be {SIGNATURE_SIZE} bytes", where)
        return cls(headers, unprotected, payload, signature)

    def verify(self, origin: Origin, point: bytes, payload: bytes) -> None:
        """Check that the P-256 key ``point`` (65 bytes, uncompressed) signed the headers and ``payload``.

        :raises VerificationFailed: it did not, or the headers name another algorithm or key.
        """
        if self.protected.get(ALGORITHM) != ES256 or self.protected.get(KEY_ID) != thumbprint(point):
            raise VerificationFailed("the headers name another key or algorithm than the expected key and ES256")
        digest = _digest(cbor.encode(dict(self.protected)), payload)
        verify_signature(origin, p256_signer(origin, point), digest, self.signature)


def thumbprint(point: bytes) -> bytes:
    """COSE key thumbprint of a P-256 key (RFC 9679 section 4.2): SHA-256 of its required members, 32 bytes."""
    return sha256(cbor.encode({1: 2, -1: 1, -2: point[1:33], -3: point[33:]})).digest()


def _digest(protected: bytes, payload: bytes) -> bytes:
    return sha256(cbor.encode(["Signature1", protected, b"", payload])).digest()

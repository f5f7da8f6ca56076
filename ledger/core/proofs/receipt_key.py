"""The key that signs a log's receipts, and the log key's word that it is the log's.

COSE verifiers in the field know ES256 and not all know EdDSA, so receipts are signed by a P-256 key. A signed note
(C2SP signed-note) by the log key names it, so that a trust root needs to know the log key alone. docs/exports.md.
"""

from __future__ import annotations

import base64
import re
import textwrap
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.core.checkpoints.note import NoteKey
from ledger.core.encoding.reading import read_base64
from ledger.core.proofs.cose import POINT_SIZE
from ledger.core.statements.origin import Origin
from ledger.core.statements.signature import p256_signer
from ledger.errors import Malformed, VerificationFailed

FORMAT = "trade-ledger/receipt-key/1"
_SPKI_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")  # RFC 5480 section 2
_B64 = "[A-Za-z0-9+/]+={0,2}"
_NOTE = re.compile(rf"{FORMAT}\n([^\n]+)\n({_B64})\n\n\u2014 ([^\n ]+) ({_B64})\n")


@dataclass(frozen=True, slots=True)
class ReceiptKey:
    """A P-256 key (65 bytes, uncompressed) that signs the receipts of one history."""

    origin: Origin
    point: bytes

    @property
    def signer(self) -> bytes:
        """The signer (ERC-7913) that this key is under the history's contract, 84 bytes."""
        return p256_signer(self.origin, self.point)

    @property
    def pem(self) -> str:
        """SubjectPublicKeyInfo (RFC 5480) as PEM, for other programs."""
        lines = textwrap.wrap(base64.b64encode(self._spki).decode(), 64)
        return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])

    @property
    def text(self) -> str:
        """The three lines that the log key signs. No checkpoint begins with their first."""
        return f"{FORMAT}\n{self.origin}\n{base64.b64encode(self._spki).decode()}\n"

    @property
    def _spki(self) -> bytes:
        return _SPKI_P256 + self.point


@dataclass(frozen=True, slots=True)
class NamedReceiptKey:
    """A receipt key in a signed note: the note key's id (4 bytes) and its Ed25519 signature over ``key.text``."""

    key: ReceiptKey
    id: bytes
    signature: bytes

    def __str__(self) -> str:
        line = base64.b64encode(self.id + self.signature).decode()
        return f"{self.key.text}\n\u2014 {self.key.origin} {line}\n"

    @classmethod
    def parse(cls, note: str) -> NamedReceiptKey:
        """Read what ``str`` prints; Malformed for anything else. The signature is not judged."""
        match = _NOTE.fullmatch(note)
        if match is None:
            raise Malformed(f'is no signed note of the format "{FORMAT}"', "receipt key")
        origin = Origin.parse(match[1])
        spki, blob = (read_base64(match[group], "receipt key") for group in (2, 4))
        if not spki.startswith(_SPKI_P256) or len(spki) != len(_SPKI_P256) + POINT_SIZE:
            raise Malformed("is no P-256 key, uncompressed, as SubjectPublicKeyInfo", "receipt key")
        named = cls(ReceiptKey(origin, spki[-POINT_SIZE:]), blob[:4], blob[4:])
        if str(named) != note:
            raise Malformed("is spelled otherwise than it is printed", "receipt key")
        return named

    def verify(self, log_key: NoteKey) -> None:
        """Check that the log key named this receipt key; VerificationFailed when it did not."""
        if (log_key.name, log_key.id) != (str(self.key.origin), self.id):
            raise VerificationFailed("the receipt key is named by another key than the log's")
        try:
            Ed25519PublicKey.from_public_bytes(log_key.public_key).verify(self.signature, self.key.text.encode())
        except InvalidSignature:
            raise VerificationFailed("the log key's signature on the receipt key does not fit") from None

"""The key that signs a log's receipts, and the signed note with which the log key names it.

All COSE verifiers know ES256 and not all know EdDSA, so a P-256 key signs the receipts. The log key signs a note (C2SP
signed-note) that names it, so a trust root needs the log key only. docs/exports.md.
"""

from __future__ import annotations

import base64
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.core.checkpoints.note import NoteKey, print_note, read_note
from ledger.core.encoding.reading import read_base64
from ledger.core.proofs.cose import POINT_SIZE
from ledger.core.statements.origin import Origin
from ledger.core.statements.signer import p256_signer
from ledger.errors import Malformed, VerificationFailed

FORMAT = "trade-ledger/receipt-key/1"
_SPKI_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")  # RFC 5480 section 2
_WHERE = "receipt key"


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
        """SubjectPublicKeyInfo (RFC 5480) as PEM, which other programs read."""
        lines = textwrap.wrap(base64.b64encode(self._spki).decode(), 64)
        return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])

    @property
    def text(self) -> str:
        """The three lines that the log key signs. The first line keeps them apart from every checkpoint."""
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
        return print_note(self.key.text, [(str(self.key.origin), self.id, self.signature)])

    @classmethod
    def parse(cls, note: str) -> NamedReceiptKey:
        """Read what ``str`` prints; Malformed names the line. The signature is not checked."""
        (format_, origin, key), signatures = read_note(note, _WHERE, 3)
        if format_ != FORMAT:
            raise Malformed(f'not of the format "{FORMAT}"', _WHERE)
        spki = read_base64(key, f"{_WHERE} line 3")
        if not spki.startswith(_SPKI_P256) or len(spki) != len(_SPKI_P256) + POINT_SIZE:
            raise Malformed("must be an uncompressed P-256 key as SubjectPublicKeyInfo", f"{_WHERE} line 3")
        (name, id_, signature), *others = signatures
        if others or name != origin:
            raise Malformed("must have one signature line, of the key named after the origin", _WHERE)
        return cls(ReceiptKey(Origin.parse(origin), spki[-POINT_SIZE:]), id_, signature)

    def verify(self, log_keys: Sequence[NoteKey]) -> None:
        """Check that one of these log keys named this receipt key; VerificationFailed when none did."""
        name = str(self.key.origin)
        log_key = next((key for key in log_keys if (key.name, key.id) == (name, self.id)), None)
        if log_key is None:
            raise VerificationFailed("the receipt key is signed by another key than the log's")
        try:
            log_key.verify(self.signature, self.key.text.encode())
        except VerificationFailed as error:
            raise VerificationFailed(f"receipt key: {error}") from None

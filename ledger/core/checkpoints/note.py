"""Signed notes: a checkpoint as text, signed by the log and cosigned by witnesses.

C2SP signed-note, tlog-checkpoint and tlog-cosignature ("Ed25519 signed message"). docs/formats.md section 6.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.core.checkpoints.checkpoint import INDEX_LINE, Checkpoint
from ledger.core.encoding.ids import IndexRoot, Root
from ledger.core.encoding.reading import read_base64
from ledger.core.statements.origin import Origin
from ledger.errors import Malformed, VerificationFailed

MAX_NOTE = 64 * 1024
_COSIGNATURE_SIZE = 8 + 64
_SIGNATURE_SIZE = 64
_P = 2**255 - 19  # the prime of edwards25519, and its constant d (RFC 8032 section 5.1)
_D = -121665 * pow(121666, -1, _P) % _P
_NAME = re.compile(r"[^\s+\x00-\x1f]{1,200}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_SIGNATURE_LINE = re.compile(r"\u2014 ([^\s+]{1,200}) (\S+)")

SignatureLine = tuple[str, bytes, bytes]
"""A signature line of a note: key name, key id (4 bytes), signature."""


class KeyType(Enum):
    """The signature type of a note key: the first byte of its key in a vkey, and part of the hash that makes its id."""

    LOG = b"\x01"
    WITNESS = b"\x04"


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A verifier key of signed notes: its name, its Ed25519 public key (32 bytes), and what it signs."""

    name: str
    public_key: bytes
    type: KeyType = KeyType.LOG

    def __post_init__(self) -> None:
        if _NAME.fullmatch(self.name) is None or len(self.public_key) != 32:
            raise Malformed("a note key has a name without spaces and plus signs, and 32 bytes")
        if not _is_public_key(self.public_key):
            raise Malformed(f"the key of {self.name} is not the canonical encoding of a point of full order")

    @property
    def id(self) -> bytes:
        """First four bytes of SHA-256(name ‖ newline ‖ type ‖ key)."""
        return sha256(self.name.encode() + b"\n" + self.type.value + self.public_key).digest()[:4]

    def __str__(self) -> str:
        """The vkey text ``name+id+key`` of C2SP signed-note."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self.type.value + self.public_key).decode()}"

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check an Ed25519 signature of this key over ``message``; VerificationFailed when it does not fit."""
        # OpenSSL takes an R of small order, and the Web Cryptography API does not.
        if len(signature) == _SIGNATURE_SIZE and _has_small_order(signature[:32]):
            raise VerificationFailed(f"the signature of {self.name} does not fit: its R is a point of small order")
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except InvalidSignature:
            raise VerificationFailed(f"the signature of {self.name} does not fit") from None

    @classmethod
    def parse(cls, text: str) -> NoteKey:
        """Read a vkey; Malformed also when its id does not follow from its name and key."""
        parts = text.split("+", 2)
        if len(parts) != 3:
            raise Malformed("a verifier key looks like name+id+key")
        key = read_base64(parts[2], "key")
        types = {type_.value: type_ for type_ in KeyType}
        if key[:1] not in types or len(key) != 33:
            raise Malformed("a verifier key is an Ed25519 key (0x01) or an Ed25519 cosignature key (0x04)")
        made = cls(parts[0], key[1:], types[key[:1]])
        if parts[1] != made.id.hex():
            raise Malformed("the verifier key's id does not follow from its name and key")
        return made


def _height(encoded: bytes) -> int:
    """The y of an encoded point: 255 bits, little-endian. The last bit is the sign of x."""
    return int.from_bytes(encoded, "little") & (1 << 255) - 1


def _has_small_order(encoded: bytes) -> bool:
    """Whether a point, in whatever spelling, has order 1, 2, 4 or 8.

    y is 1, -1 or 0, or twice the point has the height 0, which is d y^4 + 2 y^2 = 1.
    """
    y = _height(encoded)
    square = y * y % _P
    return y * (square - 1) * (_D * square * square + 2 * square - 1) % _P == 0


def _is_public_key(encoded: bytes) -> bool:
    """Whether 32 bytes are the canonical encoding of a point that is not of small order.

    OpenSSL takes y + p in the place of y, and points of small order, under which anybody can sign. One witness could
    then be listed twice, and a key could be nobody's.
    """
    y = _height(encoded)
    if y >= _P or _has_small_order(encoded):
        return False
    # x^2 = (y^2 - 1) / (d y^2 + 1) must have a root: Euler's criterion, where a quotient is as good as a product.
    square = y * y % _P
    return pow((square - 1) * (_D * square + 1), (_P - 1) // 2, _P) == 1


def read_note(note: str, what: str, count: int) -> tuple[list[str], tuple[SignatureLine, ...]]:
    """Split a signed note of ``count`` text lines into these and its signature lines. No signature is checked.

    :param what: what the note is, for messages: "checkpoint".
    :raises Malformed: names the line.
    """
    if len(note) > MAX_NOTE:
        raise Malformed(f"must have at most {MAX_NOTE} characters, not {len(note)}", what)
    if _CONTROL.search(note):
        raise Malformed("must not contain control characters other than newlines", what)
    text, separator, tail = note.partition("\n\n")
    lines = text.split("\n")
    if not separator or len(lines) != count or not tail.endswith("\n"):
        raise Malformed(f"must be {count} lines, an empty line, and signature lines", what)
    signatures = []
    for number, line in enumerate(tail[:-1].split("\n"), start=count + 2):
        where = f"{what} line {number}"
        match = _SIGNATURE_LINE.fullmatch(line)
        if match is None:
            raise Malformed("is not a signature line", where)
        blob = read_base64(match[2], where)
        if len(blob) < 5:
            raise Malformed("the signature is too short", where)
        signatures.append((match[1], blob[:4], blob[4:]))
    return lines, tuple(signatures)


def print_note(text: str, signatures: Sequence[SignatureLine]) -> str:
    """The note of ``text``, whose lines all end in a newline, with these signature lines."""
    return f"{text}\n{_print_lines(signatures)}"


def _print_lines(signatures: Sequence[SignatureLine]) -> str:
    return "".join(
        f"\u2014 {name} {base64.b64encode(id_ + signature).decode()}\n" for name, id_, signature in signatures
    )


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A checkpoint and its signature lines."""

    checkpoint: Checkpoint
    signatures: tuple[SignatureLine, ...]

    @classmethod
    def parse(cls, note: str) -> SignedNote:
        """Read a signed checkpoint strictly; Malformed names the line. No signature is checked."""
        lines, signatures = read_note(note, "checkpoint", 4)
        if re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1]) is None:
            raise Malformed("the size must be a decimal number", "checkpoint line 2")
        root = Root(read_base64(lines[2], "checkpoint line 3", 32))
        if not lines[3].startswith(INDEX_LINE):
            raise Malformed(f'must begin with "{INDEX_LINE}"', "checkpoint line 4")
        index = IndexRoot(read_base64(lines[3].removeprefix(INDEX_LINE), "checkpoint line 4", 32))
        return cls(Checkpoint(Origin.parse(lines[0]), int(lines[1]), root, index), signatures)

    def __str__(self) -> str:
        return print_note(self.checkpoint.text, self.signatures)

    @property
    def lines(self) -> str:
        """The signature lines alone, each with its newline: what a witness answers with."""
        return _print_lines(self.signatures)

    def with_signatures(self, other: SignedNote) -> SignedNote:
        """Merge the signatures of two notes over the same checkpoint; no signature is checked.

        The log's own come first; duplicates are dropped.

        :raises VerificationFailed: the other note is of another checkpoint.
        """
        if other.checkpoint != self.checkpoint:
            raise VerificationFailed(
                f"signatures of another checkpoint, {_named(other.checkpoint)}, not of {_named(self.checkpoint)}"
            )
        log = str(self.checkpoint.origin)
        lines = dict.fromkeys((*self.signatures, *other.signatures))
        return SignedNote(self.checkpoint, tuple(sorted(lines, key=lambda line: line[0] != log)))

    def names(self, key: NoteKey) -> bool:
        """Whether a line bears this key's name and id. Its signature is not checked."""
        return any((name, id_) == (key.name, key.id) for name, id_, _ in self.signatures)

    def verify(self, key: NoteKey) -> None:
        """Check that the log key ``key`` signed this checkpoint; VerificationFailed when it did not.

        Every line under the key's name and id must fit, as signed-note demands.
        """
        if key.type is not KeyType.LOG:
            raise VerificationFailed(f"{key.name} is a witness's key and cannot sign a checkpoint")
        for signature in self._lines_of(key):
            key.verify(signature, self.checkpoint.text.encode())

    def cosigned_at(self, key: NoteKey) -> int:
        """When the witness ``key`` cosigned, in seconds; the latest time if it did more than once.

        :raises VerificationFailed: it did not cosign, or a line under its name and id does not fit.
        """
        return max(self.cosignature_times(key))

    def cosignature_times(self, key: NoteKey) -> list[int]:
        """When the witness ``key`` cosigned, each time in seconds; at least one.

        :raises VerificationFailed: it did not cosign, or a line under its name and id does not fit.
        """
        if key.type is not KeyType.WITNESS:
            raise VerificationFailed(f"{key.name} is not a witness's key")
        times = []
        for blob in self._lines_of(key):
            if len(blob) != _COSIGNATURE_SIZE:
                raise VerificationFailed(f"the cosignature of {key.name} is not {_COSIGNATURE_SIZE} bytes")
            times.append(int.from_bytes(blob[:8]))
            if not 0 < times[-1] < 1 << 63:
                raise VerificationFailed(f"the cosignature of {key.name} has an impossible time")
            key.verify(blob[8:], cosigned_text(self.checkpoint, times[-1]))
        return times

    def _lines_of(self, key: NoteKey) -> list[bytes]:
        found = [signature for name, id_, signature in self.signatures if (name, id_) == (key.name, key.id)]
        if not found:
            raise VerificationFailed(f"not signed by {key.name} with the key {key.id.hex()}")
        return found


def signed(checkpoint: Checkpoint, key: NoteKey, signature: bytes) -> SignedNote:
    """A checkpoint with the log's signature, which was made elsewhere over ``checkpoint.text``."""
    return SignedNote(checkpoint, ((key.name, key.id, signature),))


def cosigned(checkpoint: Checkpoint, key: NoteKey, time: int, signature: bytes) -> SignedNote:
    """A checkpoint with a witness's line alone; ``signature`` was made elsewhere over ``cosigned_text`` at ``time``."""
    return SignedNote(checkpoint, ((key.name, key.id, time.to_bytes(8) + signature),))


def cosigned_text(checkpoint: Checkpoint, time: int) -> bytes:
    """What a witness signs at ``time`` (seconds): C2SP tlog-cosignature, section "Format"."""
    return f"cosignature/v1\ntime {time}\n{checkpoint.text}".encode()


def _named(checkpoint: Checkpoint) -> str:
    return f"size {checkpoint.size} and root 0x{checkpoint.root.hex()} of {checkpoint.origin}"

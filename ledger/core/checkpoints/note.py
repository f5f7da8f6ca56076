"""Signed notes: a checkpoint as text, signed by the log and cosigned by witnesses.

C2SP signed-note, tlog-checkpoint and tlog-cosignature ("Ed25519 signed message"). docs/formats.md section 6.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.encoding.reading import read_base64
from ledger.core.statements.origin import Origin
from ledger.errors import Malformed, VerificationFailed

MAX_NOTE = 64 * 1024


_COSIGNATURE_SIZE = 8 + 64


_NAME = re.compile(r"[^\s+\x00-\x1f]{1,200}")


_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class KeyType(Enum):
    """The signature type of a note key: its first byte in a vkey, and part of what its id is made from."""

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
            raise Malformed("a note key has a name without spaces or plus, and 32 bytes")

    @property
    def id(self) -> bytes:
        """First four bytes of SHA-256(name ‖ newline ‖ type ‖ key)."""
        return sha256(self.name.encode() + b"\n" + self.type.value + self.public_key).digest()[:4]

    def __str__(self) -> str:
        """The vkey text ``name+id+key`` of C2SP signed-note."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self.type.value + self.public_key).decode()}"

    @classmethod
    def parse(cls, text: str) -> NoteKey:
        """Read a vkey; Malformed when its id does not follow from its name and key."""
        parts = text.split("+", 2)
        if len(parts) != 3:
            raise Malformed("a verifier key looks like name+id+key")
        key = read_base64(parts[2], "key")
        types = {type_.value: type_ for type_ in KeyType}
        if key[:1] not in types or len(key) != 33:
            raise Malformed("the verifier key is neither Ed25519 (0x01) nor an Ed25519 cosignature key (0x04)")
        made = cls(parts[0], key[1:], types[key[:1]])
        if parts[1] != made.id.hex():
            raise Malformed("the verifier key's id does not follow from its name and key")
        return made


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A checkpoint and its signature lines: (key name, key id, signature)."""

    checkpoint: Checkpoint
    signatures: tuple[tuple[str, bytes, bytes], ...]

    @classmethod
    def parse(cls, note: str) -> SignedNote:
        """Read a note strictly; Malformed says which line. Signatures are not judged here."""
        if len(note) > MAX_NOTE:
            raise Malformed(f"a checkpoint has at most {MAX_NOTE} characters")
        if _CONTROL.search(note):
            raise Malformed("a checkpoint has no control characters but newlines")
        text, separator, tail = note.partition("\n\n")
        lines = text.split("\n")
        if not separator or len(lines) != 3 or not tail.endswith("\n"):
            raise Malformed("a checkpoint is three lines, an empty line, and signature lines")
        if re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1]) is None:
            raise Malformed("the size is not a decimal number", "checkpoint line 2")
        root = read_base64(lines[2], "checkpoint line 3", 32)
        signatures = []
        for number, line in enumerate(tail[:-1].split("\n"), start=5):
            match = re.fullmatch(r"\u2014 ([^\s+]{1,200}) (\S+)", line)
            if match is None:
                raise Malformed("no signature line", f"checkpoint line {number}")
            blob = read_base64(match[2], f"checkpoint line {number}")
            if len(blob) < 5:
                raise Malformed("the signature is too short", f"checkpoint line {number}")
            signatures.append((match[1], blob[:4], blob[4:]))
        return cls(Checkpoint(Origin.parse(lines[0]), int(lines[1]), root), tuple(signatures))

    def __str__(self) -> str:
        return f"{self.checkpoint.text}\n{self.lines}"

    @property
    def lines(self) -> str:
        """The signature lines alone, each with its newline: what a witness answers with."""
        return "".join(
            f"\u2014 {name} {base64.b64encode(id_ + signature).decode()}\n" for name, id_, signature in self.signatures
        )

    def with_signatures(self, other: SignedNote) -> SignedNote:
        """This note with the lines of another over the same checkpoint: the log's first, each once, else as they came.

        Nothing is verified here.

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
        """Whether there is a line under this key's name and id, whatever its signature is worth."""
        return any((name, id_) == (key.name, key.id) for name, id_, _ in self.signatures)

    def verify(self, key: NoteKey) -> None:
        """Check that the log key ``key`` signed this checkpoint; VerificationFailed when it did not, or something else.

        Every line under the key's name and id must fit, as signed-note asks.
        """
        if key.type is not KeyType.LOG:
            raise VerificationFailed(f"{key.name} is a witness's key and cannot sign a checkpoint")
        for signature in self._lines_of(key):
            _verify(key, signature, self.checkpoint.text.encode())

    def cosigned_at(self, key: NoteKey) -> int:
        """The time (seconds) at which the witness ``key`` cosigned, the latest where it did more than once.

        :raises VerificationFailed: it did not cosign, or a line under its name and id does not fit.
        """
        if key.type is not KeyType.WITNESS:
            raise VerificationFailed(f"{key.name} is no witness's key")
        times = []
        for blob in self._lines_of(key):
            if len(blob) != _COSIGNATURE_SIZE:
                raise VerificationFailed(f"the cosignature of {key.name} is not {_COSIGNATURE_SIZE} bytes")
            times.append(int.from_bytes(blob[:8]))
            if not 0 < times[-1] < 1 << 63:
                raise VerificationFailed(f"the cosignature of {key.name} bears no time that could be")
            _verify(key, blob[8:], cosigned_text(self.checkpoint, times[-1]))
        return max(times)

    def _lines_of(self, key: NoteKey) -> list[bytes]:
        found = [signature for name, id_, signature in self.signatures if (name, id_) == (key.name, key.id)]
        if not found:
            raise VerificationFailed(f"not signed by {key.name} with the key {key.id.hex()}")
        return found


def signed(checkpoint: Checkpoint, key: NoteKey, signature: bytes) -> SignedNote:
    """A note with one signature, made elsewhere over ``checkpoint.text``."""
    return SignedNote(checkpoint, ((key.name, key.id, signature),))


def cosigned(checkpoint: Checkpoint, key: NoteKey, time: int, signature: bytes) -> SignedNote:
    """A note with a witness's line alone: ``signature`` was made elsewhere, over ``cosigned_text`` at ``time``."""
    return SignedNote(checkpoint, ((key.name, key.id, time.to_bytes(8) + signature),))


def cosigned_text(checkpoint: Checkpoint, time: int) -> bytes:
    """What a witness signs at ``time`` (seconds): C2SP tlog-cosignature, format."""
    return f"cosignature/v1\ntime {time}\n{checkpoint.text}".encode()


def _named(checkpoint: Checkpoint) -> str:
    return f"size {checkpoint.size} and root 0x{checkpoint.root.hex()} of {checkpoint.origin}"


def _verify(key: NoteKey, signature: bytes, message: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature, message)
    except InvalidSignature:
        raise VerificationFailed(f"the signature of {key.name} does not fit") from None

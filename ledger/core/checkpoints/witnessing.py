"""Requests to witnesses, and lists of witnesses, as text: C2SP tlog-witness and tlog-policy.

This module reads and prints. ``journeys/cosign.py`` asks witnesses, ``journeys/witness.py`` answers as one.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from ledger.core.checkpoints.note import MAX_NOTE, KeyType, NoteKey
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.encoding.reading import read_base64
from ledger.core.tree.merkle import HASH_SIZE
from ledger.errors import Malformed

MAX_PROOF_LINES = 63  # C2SP tlog-witness
MAX_REQUEST_BYTES = MAX_NOTE + 4096
MAX_WITNESSES_FILE = 64 * 1024
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_URL = re.compile(r"https?://[^\s/]+\S*")


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """The body of an ``add-checkpoint`` request.

    ``proof`` (32-byte hashes) shows that the checkpoint in ``note`` extends the one of ``old_size``. The note stays
    text, because a witness must look at its origin before it may answer that it is malformed.
    """

    old_size: int
    proof: tuple[bytes, ...]
    note: str

    @property
    def origin(self) -> str:
        """The first line of the note."""
        return self.note.split("\n", 1)[0]

    def to_bytes(self) -> bytes:
        lines = [f"old {self.old_size}", *(base64.b64encode(hash_).decode() for hash_ in self.proof)]
        return ("\n".join(lines) + "\n\n" + self.note).encode()

    @classmethod
    def parse(cls, body: bytes) -> AddCheckpoint:
        """Read a body strictly; Malformed names the line. The note is not read."""
        if len(body) > MAX_REQUEST_BYTES:
            raise Malformed(f"must have at most {MAX_REQUEST_BYTES} bytes", "request")
        try:
            head, separator, note = body.decode().partition("\n\n")
        except UnicodeDecodeError:
            raise Malformed("is not UTF-8", "request") from None
        first, *hashes = head.split("\n")
        word, _, size = first.partition(" ")
        if not separator or word != "old":
            raise Malformed('must begin with "old" and a size, proof lines and an empty line', "request")
        if len(hashes) > MAX_PROOF_LINES:
            raise Malformed(f"must have at most {MAX_PROOF_LINES} proof lines", "request")
        proof = tuple(read_base64(line, f"line {number}", HASH_SIZE) for number, line in enumerate(hashes, start=2))
        return cls(read_size(size, "line 1"), proof, note)


def read_size(text: str, where: str) -> int:
    """A tree size in decimal without leading zeros; Malformed otherwise."""
    if _SIZE.fullmatch(text) is None:
        raise Malformed("must be a size in decimal", where)
    return int(text)


@dataclass(frozen=True, slots=True)
class KnownWitness:
    """A witness: its verifier key, and the URL at which it answers (its submission prefix) without a final slash."""

    key: NoteKey
    url: str | None = None

    def __str__(self) -> str:
        """Its line in a witnesses file."""
        return str(self.key) if self.url is None else f"{self.key} {self.url}"


def read_witnesses(text: str) -> tuple[KnownWitness, ...]:
    """Read a witnesses file: ``<vkey> [<url>]`` a line; empty lines and lines that begin with ``#`` are ignored.

    :raises Malformed: names the line; also for a witness that is there twice, by name or by key.
    """
    if len(text) > MAX_WITNESSES_FILE:
        raise Malformed(f"must have at most {MAX_WITNESSES_FILE} characters", "witnesses file")
    found: list[KnownWitness] = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        where = f"witnesses file, line {number}"
        if len(words) > 2:
            raise Malformed("must be a verifier key and at most one address", where)
        try:
            key = NoteKey.parse(words[0])
        except Malformed as error:
            raise Malformed(error.what, where) from None
        if key.type is not KeyType.WITNESS:
            raise Malformed("is not a witness's key: its type must be 0x04, a cosignature key", where)
        if any(key.name == other.key.name or key.public_key == other.key.public_key for other in found):
            raise Malformed("names a witness twice", where)
        if len(words) == 2 and _URL.fullmatch(words[1]) is None:
            raise Malformed("an address must begin with http:// or https://", where)
        found.append(KnownWitness(key, words[1].rstrip("/") if len(words) == 2 else None))
    return tuple(found)


def tlog_policy(trust: TrustRoot) -> str:
    """The trust root as a C2SP tlog-policy file, which other programs read: https://c2sp.org/tlog-policy."""
    names = [f"w{number}" for number in range(1, len(trust.witnesses) + 1)]
    lines = [f"log {trust.log_key}"]
    lines += [f"witness {name} {key}" for name, key in zip(names, trust.witnesses, strict=True)]
    if trust.threshold:
        lines.append(f"group enough {trust.threshold} {' '.join(names)}")
    lines.append(f"quorum {'enough' if trust.threshold else 'none'}")
    return "\n".join(lines) + "\n"

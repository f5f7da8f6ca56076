"""Requests to witnesses, as text: C2SP tlog-witness.

This module reads and prints. ``journeys/cosign.py`` asks witnesses, ``journeys/witness.py`` answers as one.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from ledger.core.checkpoints.note import MAX_NOTE
from ledger.core.encoding.reading import read_base64
from ledger.core.tree.merkle import HASH_SIZE
from ledger.errors import Malformed

MAX_PROOF_LINES = 63  # C2SP tlog-witness
MAX_REQUEST_BYTES = MAX_NOTE + 4096
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


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

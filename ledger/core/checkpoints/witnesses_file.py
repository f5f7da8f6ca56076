"""The witnesses file: a text file with the verifier key and perhaps the address of each witness."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ledger.core.checkpoints.note import KeyType, NoteKey
from ledger.errors import Malformed

MAX_WITNESSES_FILE = 64 * 1024
_URL = re.compile(r"https?://[^\s/]+\S*")


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

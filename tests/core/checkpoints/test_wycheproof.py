"""Project Wycheproof's Ed25519 signatures as signatures of a note."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.core.checkpoints.note import NoteKey, SignedNote
from ledger.errors import VerificationFailed
from tests.fetched.wycheproof import Vector, ed25519


@dataclass
class Message:
    """Stands in for a checkpoint: the vectors sign bytes that are no checkpoint's text."""

    signed: bytes

    @property
    def text(self) -> Message:
        return self

    def encode(self) -> bytes:
        return self.signed


def fits(vector: Vector) -> bool:
    key = NoteKey("wycheproof", vector.key)
    try:
        SignedNote(Message(vector.signed), ((key.name, key.id, vector.signature),)).verify(key)
    except VerificationFailed:
        return False
    return True


def test_a_note_takes_the_signatures_that_wycheproof_takes() -> None:
    vectors = ed25519()
    assert [vector.about for vector in vectors if fits(vector) is not vector.valid] == []
    assert (len(vectors), sum(vector.valid for vector in vectors)) == (151, 88)

"""Cosignatures: made, merged and read back; what a witness answers with; what no signed note may contain."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as some

from ledger.core.checkpoints.note import KeyType, NoteKey, SignedNote, cosigned, cosigned_text
from ledger.errors import Malformed, VerificationFailed
from ledger.testing.world import START, Witness, World

# Made by Go (tests/peers/go), so that nothing of ours has to be right for them to be.
VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "cosignatures.json").read_text())
ONE, TWO = Witness("witness.example/one"), Witness("witness.example/two")


@pytest.fixture(scope="module")
def note() -> SignedNote:
    """A checkpoint with the log's signature only."""
    return World().checkpoint()


def line_of(witness: Witness, note: SignedNote, time: int) -> SignedNote:
    signature = witness.secret.sign(cosigned_text(note.checkpoint, time))
    return cosigned(note.checkpoint, witness.key, time, signature)


def test_a_cosignature_says_when(note: SignedNote) -> None:
    made = note.with_signatures(line_of(ONE, note, START))
    assert SignedNote.parse(str(made)).cosigned_at(ONE.key) == START
    made.verify(World().log_key)
    with pytest.raises(VerificationFailed, match="not signed by witness.example/two"):
        made.cosigned_at(TWO.key)


def test_the_lines_alone_make_a_note_when_they_follow_the_text(note: SignedNote) -> None:
    made = line_of(ONE, note, START)
    assert made.lines.startswith("\u2014 witness.example/one ")
    assert made.lines.endswith("\n")
    assert SignedNote.parse(f"{note.checkpoint.text}\n{made.lines}") == made


@given(some.permutations([ONE, TWO, Witness("w3")]), some.integers(0, 3))
def test_merging_repeats_no_line_and_keeps_the_log_first(order: list[Witness], begin: int) -> None:
    note = World().checkpoint()
    parts = [line_of(witness, note, START) for witness in order]
    parts.insert(begin, note)
    merged = parts[0]
    for part in [*parts[1:], *parts]:
        merged = merged.with_signatures(part)
    assert [name for name, _, _ in merged.signatures] == [str(note.checkpoint.origin), *(item.name for item in order)]


def test_a_witness_may_cosign_again_and_the_latest_time_counts(note: SignedNote) -> None:
    made = line_of(ONE, note, START + 60).with_signatures(line_of(ONE, note, START))
    assert len(made.signatures) == 2
    assert made.cosigned_at(ONE.key) == START + 60


@pytest.mark.parametrize("change", [{"size": 7}, {"root": bytes(32)}], ids=["size", "root"])
def test_lines_of_another_checkpoint_are_not_merged(note: SignedNote, change: dict[str, object]) -> None:
    other = line_of(ONE, SignedNote(replace(note.checkpoint, **change), ()), START)  # type: ignore[arg-type]
    with pytest.raises(VerificationFailed, match="another checkpoint"):
        note.with_signatures(other)


@pytest.mark.parametrize("time", [0, 1 << 63])
def test_a_time_that_cannot_be_is_refused(note: SignedNote, time: int) -> None:
    with pytest.raises(VerificationFailed, match="impossible time"):
        line_of(ONE, note, time).cosigned_at(ONE.key)


@pytest.mark.parametrize("place", ["name", "text", "end"])
@pytest.mark.parametrize("control", ["\x00", "\t", "\r", "\x1f"])
def test_control_characters_are_refused(note: SignedNote, place: str, control: str) -> None:
    text = str(note)
    changed = {
        "name": text.replace("\u2014 ", f"\u2014 {control}", 1),
        "text": control + text,
        "end": text[:-1] + control + "\n",
    }
    with pytest.raises(Malformed, match="must not contain control characters"):
        SignedNote.parse(changed[place])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_known_answers(vector: dict[str, Any]) -> None:
    secret = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["seed"]))
    key = NoteKey(vector["name"], secret.public_key().public_bytes_raw(), KeyType.WITNESS)
    assert NoteKey.parse(vector["vkey"]) == key
    assert str(key) == vector["vkey"]
    note = SignedNote.parse(f"{vector['text']}\n{vector['line']}")
    assert note.checkpoint.text == vector["text"]
    assert note.cosigned_at(key) == vector["time"]
    signature = secret.sign(cosigned_text(note.checkpoint, vector["time"]))
    assert cosigned(note.checkpoint, key, vector["time"], signature).lines == vector["line"]

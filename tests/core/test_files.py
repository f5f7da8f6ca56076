"""Evidence, checkpoints, trust roots and policies: exact printing, strict reading, each defect named."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from ledger.core.checkpoint import NoteKey, SignedNote
from ledger.core.evidence import Leaves, read_evidence
from ledger.core.policy import read_policy, read_trust_root
from ledger.errors import Malformed, VerificationFailed
from tests.world import PLANT, World


@pytest.fixture
def made() -> tuple[World, bytes]:
    world = World()
    world.enrol("NZ-MPI", "NZ", [851], PLANT)
    declaration, signature = world.declare(b"\x01" * 32)
    batch = world.anchor([declaration])
    world.attest("NZ-MPI", 851, *batch[:2], PLANT)
    leaves = Leaves("json", (b"\x01" * 32, b"\x02" * 32))
    return world, world.evidence(declaration, signature, batch, leaves=leaves).to_bytes()


def spelled(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def changed(**members: Any) -> Callable[[dict[str, Any]], bytes]:
    return lambda value: spelled(value | members)


DEFECTS: dict[str, tuple[Callable[[dict[str, Any]], bytes], str]] = {
    "indented": (lambda value: json.dumps(value, indent=1, sort_keys=True).encode() + b"\n", "canonical form"),
    "names not sorted": (
        lambda value: json.dumps(dict(reversed(value.items())), separators=(",", ":")).encode() + b"\n",
        "canonical form",
    ),
    "no final newline": (lambda value: spelled(value)[:-1], "canonical form"),
    "name twice": (lambda value: b'{"ledger":"x",' + spelled(value)[1:], "has already"),
    "not JSON": (lambda value: spelled(value)[:-3], "line 1, column"),
    "not ASCII": (lambda value: "{\u00e9}".encode(), "expected a name"),
    "too deep": (lambda value: b"[" * 100_000, "depth limit of 8"),
    "huge number": (lambda value: b"[" + b"9" * 10_000 + b"]\n", "an integer beyond"),
    "another format": (changed(ledger="trade-ledger/evidence/2"), "not of the format"),
    "no object": (lambda value: b"[]\n", "not of the format"),
    "member unknown": (changed(color=1), '"color" is not a member'),
    "member missing": (lambda value: spelled({k: v for k, v in value.items() if k != "places"}), '"places" is missing'),
    "places empty": (changed(places=[]), "at least the batch"),
    "place twice": (lambda value: spelled(value | {"places": value["places"] * 2}), "names a set twice"),
    "entries out of order": (
        lambda value: spelled(value | {"entries": value["entries"][::-1]}),
        "must ascend by number",
    ),
    "entry too short": (changed(entries=[{"bytes": "0x00", "proof": []}]), "entry bytes are"),
    "path too long": (
        lambda value: spelled(value | {"places": [value["places"][0] | {"proof": ["0x" + "00" * 32] * 65}]}),
        "at most 64 hashes",
    ),
    "hash too short": (
        lambda value: spelled(value | {"places": [value["places"][0] | {"root": "0x00"}]}),
        "every hash must be 32 bytes",
    ),
    "index negative": (
        lambda value: spelled(value | {"places": [value["places"][0] | {"index": -1}]}),
        "whole number from 0",
    ),
    "leaves out of order": (
        changed(leaves={"format": "json", "hashes": ["0x" + "02" * 32, "0x" + "01" * 32]}),
        "leaves.hashes: must ascend",
    ),
    "leaves of no format": (changed(leaves={"format": "pdf", "hashes": []}), "must be json, xml or opaque"),
    "checkpoint no text": (changed(checkpoint=1), "checkpoint: must be text"),
    "origin of no chain": (changed(origin="eip155:0:0x00"), "an origin looks like"),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_evidence_defect(made: tuple[World, bytes], name: str) -> None:
    change, words = DEFECTS[name]
    with pytest.raises(Malformed) as caught:
        read_evidence(change(json.loads(made[1])))
    assert words in str(caught.value)


def test_evidence_prints_what_it_read(made: tuple[World, bytes]) -> None:
    assert read_evidence(made[1]).to_bytes() == made[1]


def test_checkpoint_round_trip_and_signature(made: tuple[World, bytes]) -> None:
    world, _ = made
    note = world.checkpoint()
    assert SignedNote.parse(str(note)) == note
    note.verify(NoteKey.parse(str(world.log_key)))
    text = str(note)
    for other in (text.replace("31337", "1", 1), text.replace(f"\n{world.history.size}\n", "\n1\n")):
        with pytest.raises(VerificationFailed, match="does not fit"):
            SignedNote.parse(other).verify(world.log_key)
    with pytest.raises(VerificationFailed, match="not signed by"):
        note.verify(NoteKey("somebody", world.log_key.public_key))


def test_note_key_follows_the_published_example() -> None:
    """The verifier key of C2SP signed-note's example, also that of golang.org/x/mod/sumdb/note's tests."""
    text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    key = NoteKey.parse(text)
    assert (key.name, key.id.hex(), str(key)) == ("PeterNeumann", "c74f20a3", text)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("\n\n", "\n"), "three lines"),
        (lambda text: text[:-1], "three lines"),
        (lambda text: text.replace("eip155", "eip156"), "an origin looks like"),
        (lambda text: text.replace("\n6\n", "\n06\n"), "decimal number"),
        (lambda text: text.replace("\n6\n", "\n-6\n"), "decimal number"),
        (lambda text: text.replace("=\n\n", "\n\n"), "no base64"),
        (lambda text: text.replace("\u2014", "-"), "no signature line"),
        (lambda text: text + "x\n", "no signature line"),
        (lambda text: text * 1000, "at most"),
    ],
)
def test_checkpoint_defect(made: tuple[World, bytes], change: Callable[[str], str], words: str) -> None:
    text = str(made[0].checkpoint())
    assert "\n6\n" in text
    with pytest.raises(Malformed) as caught:
        SignedNote.parse(change(text))
    assert words in str(caught.value)


def test_trust_root_round_trip(made: tuple[World, bytes]) -> None:
    trust = made[0].trust
    assert read_trust_root(trust.to_bytes()) == trust


POLICY = {"ledger": "trade-ledger/policy/1", "allow_skipped": True, "max_age": None, "require": []}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"allow_skipped": 1}, "allow_skipped: must be true or false"),
        ({"max_age": -1}, "max_age: must be a number of seconds"),
        ({"max_age": True}, "max_age: must be a number of seconds"),
        ({"require": {}}, "require: must be a list"),
        ({"require": [{"kind": "851", "jurisdictions": [], "outcomes": []}]}, "require[0].kind"),
        ({"require": [{"kind": 851, "jurisdictions": "NZ", "outcomes": []}]}, "require[0].jurisdictions"),
        ({"require": [{"kind": 851, "jurisdictions": [], "outcomes": ["1"]}]}, "require[0].outcomes"),
        ({"require": [{"kind": 851}]}, '"jurisdictions" is missing'),
        ({"ledger": "other"}, "not of the format"),
        ({"color": 1}, '"color" is not a member'),
    ],
)
def test_policy_defect(change: dict[str, Any], words: str) -> None:
    read_policy(json.dumps(POLICY).encode())
    with pytest.raises(Malformed) as caught:
        read_policy(json.dumps(POLICY | change).encode())
    assert words in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[]", b'{"ledger":1,"ledger":1}', b"[" * 100_000])
def test_policy_that_is_no_json(data: bytes) -> None:
    with pytest.raises(Malformed):
        read_policy(data)


def test_base64_of_the_root_has_one_spelling(made: tuple[World, bytes]) -> None:
    """The last digit before the padding has two bits that decoders ignore; another digit would be the same root."""
    text = str(made[0].checkpoint())
    root = text.split("\n")[2]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = root[:-2] + alphabet[alphabet.index(root[-2]) ^ 1] + "="
    assert base64.b64decode(other) == base64.b64decode(root)
    with pytest.raises(Malformed, match="another spelling"):
        SignedNote.parse(text.replace(root, other))

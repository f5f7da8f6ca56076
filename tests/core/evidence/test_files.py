"""Evidence, checkpoints, trust roots and policies: exact printing, strict reading, each defect named."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger.core.checkpoints.log_keys import LogKey
from ledger.core.checkpoints.note import KeyType, NoteKey, SignedNote
from ledger.core.checkpoints.trust import read_trust_root
from ledger.core.document import Format, disclose, wrap
from ledger.core.encoding.canonical_json import read_canonical
from ledger.core.evidence.reading import read_evidence
from ledger.core.verification.policy import read_policy
from ledger.errors import Malformed, VerificationFailed
from ledger.testing.world import PLANT, Witness, World


@pytest.fixture
def made() -> tuple[World, bytes]:
    world = World()
    world.enrol("NZ-MPI", "NZ", [851], PLANT)
    document = wrap(b'{"goods":"kiwifruit","net":1000}', Format.JSON, b"\x01" * 32)
    declaration, signature = world.declare(document.digest)
    batch = world.anchor([declaration])
    world.attest("NZ-MPI", 851, *batch[:2], PLANT)
    return world, world.evidence(declaration, signature, batch, document=disclose(document, ["$.goods"])).to_bytes()


def disclosing(**members: Any) -> Callable[[dict[str, Any]], bytes]:
    return lambda value: spelled(value | {"document": value["document"] | members})


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
    "name twice": (lambda value: b'{"ledger":"x",' + spelled(value)[1:], "already has"),
    "not JSON": (lambda value: spelled(value)[:-3], "line 1, column"),
    "not ASCII": (lambda value: "{\u00e9}".encode(), "expected a name"),
    "too deep": (lambda value: b"[" * 100_000, "depth limit of 8"),
    "huge number": (lambda value: b"[" + b"9" * 10_000 + b"]\n", "an integer beyond"),
    "another format": (changed(ledger="trade-ledger/evidence/1"), "not of the format"),
    "no object": (lambda value: b"[]\n", "not of the format"),
    "member unknown": (changed(color=1), '"color" is not a member'),
    "member missing": (
        lambda value: spelled({k: v for k, v in value.items() if k != "inclusions"}),
        '"inclusions" is missing',
    ),
    "inclusions empty": (changed(inclusions=[]), "at least the batch"),
    "inclusion twice": (lambda value: spelled(value | {"inclusions": value["inclusions"] * 2}), "names a set twice"),
    "entries out of order": (
        lambda value: spelled(value | {"entries": value["entries"][::-1]}),
        "must ascend by number",
    ),
    "entry too short": (changed(entries=[{"bytes": "0x00", "proof": []}]), "entry bytes are"),
    "path too long": (
        lambda value: spelled(value | {"inclusions": [value["inclusions"][0] | {"proof": ["0x" + "00" * 32] * 65}]}),
        "at most 64 hashes",
    ),
    "hash too short": (
        lambda value: spelled(value | {"inclusions": [value["inclusions"][0] | {"root": "0x00"}]}),
        "inclusions[0].root: must be 32 bytes, not 1",
    ),
    "index negative": (
        lambda value: spelled(value | {"inclusions": [value["inclusions"][0] | {"index": -1}]}),
        "whole number from 0",
    ),
    "document no object": (changed(document=[]), "members fields, format, hidden and ledger"),
    "document with another member": (disclosing(seed="00"), "members fields, format, hidden and ledger"),
    "document of no format": (disclosing(format="pdf"), "document format: must be one of"),
    "hidden out of order": (disclosing(hidden=["02" * 32, "01" * 32]), "document hidden: field hashes must ascend"),
    "field with short salt": (
        disclosing(fields=[["$['goods']", "s", "kiwifruit", "00"]]),
        "document fields[0]: must be 32 lower-case hex",
    ),
    "checkpoint no text": (changed(checkpoint=1), "checkpoint: must be text"),
    "origin of no chain": (changed(origin="eip155:0:0x00"), "an origin looks like"),
    "origin without its salt": (changed(origin=f"eip155:1:0x{'00' * 20}"), "an origin looks like"),
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
        (lambda text: text.replace("\n\n", "\n"), "must be 4 lines"),
        (lambda text: text[:-1], "must be 4 lines"),
        (lambda text: text.replace("eip155", "eip156"), "an origin looks like"),
        (lambda text: text.replace("\n6\n", "\n06\n"), "decimal number"),
        (lambda text: text.replace("\n6\n", "\n-6\n"), "decimal number"),
        (lambda text: text.replace("=\n\n", "\n\n"), "not base64"),
        (lambda text: text.replace("\u2014", "-"), "is not a signature line"),
        (lambda text: text + "x\n", "is not a signature line"),
        (lambda text: text * 1000, "must have at most"),
    ],
)
def test_checkpoint_defect(made: tuple[World, bytes], change: Callable[[str], str], words: str) -> None:
    text = str(made[0].checkpoint())
    assert "\n6\n" in text
    with pytest.raises(Malformed) as caught:
        SignedNote.parse(change(text))
    assert words in str(caught.value)


KIWI, EMU = Witness("kiwi.example"), Witness("emu.example")
LOG = str(World().log_key)
LATER = str(NoteKey(str(World().origin), Witness("later").key.public_key))
LATER_AS_WITNESS = str(NoteKey("x", Witness("later").key.public_key, KeyType.WITNESS))


def log_key(key: object, up_to: int | None = None) -> dict[str, Any]:
    return {"key": key, "up_to": up_to}


def test_trust_root_round_trip(made: tuple[World, bytes]) -> None:
    several = (LogKey(NoteKey.parse(LOG), 7), LogKey(NoteKey.parse(LATER)))
    for trust in (made[0].trust, World(witnesses=[KIWI, EMU]).trust, replace(World().trust, log_keys=several)):
        assert read_trust_root(trust.to_bytes()) == trust


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"threshold": 3}, "threshold: must be from 0 to the number of witnesses, 2"),
        ({"threshold": -1}, "threshold: must be a whole number from 0"),
        ({"threshold": True}, "threshold: must be a whole number"),
        ({"witnesses": str(KIWI.key)}, "witnesses: must be a list"),
        ({"witnesses": [1]}, "witnesses[0]: must be text"),
        ({"witnesses": [str(KIWI.key)] * 2}, "witnesses[1]: names a witness twice"),
        (
            {"witnesses": [str(KIWI.key), str(NoteKey("other.example", KIWI.key.public_key, KeyType.WITNESS))]},
            "witnesses[1]: names a witness twice",
        ),
        (
            {"witnesses": [str(NoteKey("kiwi.example", World().log_key.public_key, KeyType.WITNESS))]},
            "witnesses[0]: is a key of the log itself",
        ),
        (
            {"log_keys": [log_key(LATER, 1), log_key(LOG)], "witnesses": [LATER_AS_WITNESS]},
            "witnesses[0]: is a key of the log itself",
        ),
        ({"witnesses": [str(NoteKey("kiwi.example", KIWI.key.public_key))]}, "must be a cosignature key (type 0x04)"),
        (
            {"witnesses": [str(Witness(str(n)).key) for n in range(65)]},
            "witnesses: must be a list of at most 64 verifier keys, not 65",
        ),
        ({"log_keys": [log_key(str(KIWI.key))]}, "log_keys[0].key: must be an Ed25519 log key"),
        ({"log_keys": [log_key(str(NoteKey("log.example", KIWI.key.public_key)))]}, "named after the origin"),
        ({"log_keys": [log_key(1)]}, "trust root.log_keys[0].key: must be text"),
        ({"log_keys": []}, "trust root.log_keys: must be from 1 to 64"),
        ({"log_keys": [log_key(LOG)] * 65}, "trust root.log_keys: must be a list of at most 64 log keys, not 65"),
        ({"log_keys": [log_key(LOG, 9), log_key(LOG)]}, "log_keys[1].key: has the id of a key before it"),
        ({"log_keys": [log_key(LOG), log_key(LATER)]}, "log_keys[1].up_to: must be at least that of the key before"),
        ({"log_keys": [log_key(LOG, 9), log_key(LATER, 8)]}, "log_keys[1].up_to: must be at least that of the key"),
        ({"log_keys": [log_key(LOG, -1)]}, "log_keys[0].up_to: must be a whole number from 0 to 2^64 - 1, or null"),
        ({"log_keys": [{"key": LOG}]}, '"up_to" is missing'),
        ({"log_keys": [log_key(LOG) | {"from": 1}]}, '"from" is not a member'),
        ({"color": 1}, '"color" is not a member'),
    ],
)
def test_trust_root_defect(change: dict[str, Any], words: str) -> None:
    value = json.loads(World(witnesses=[KIWI, EMU]).trust.to_bytes())
    with pytest.raises(Malformed) as caught:
        read_trust_root(json.dumps(value | change).encode())
    assert words in str(caught.value)


def test_a_cosignature_says_when_and_nothing_else_passes_for_one() -> None:
    world = World(witnesses=[KIWI])
    note = SignedNote.parse(str(world.checkpoint()))
    assert note.cosigned_at(KIWI.key) == world.now
    assert KIWI.cosign(note, world.now + 5).cosigned_at(KIWI.key) == world.now + 5
    for key, words in [
        (EMU.key, "not signed by emu"),
        (world.log_key, "not a witness's key"),
        (NoteKey("kiwi.example", EMU.key.public_key, KeyType.WITNESS), "not signed by kiwi"),
    ]:
        with pytest.raises(VerificationFailed, match=words):
            note.cosigned_at(key)
    with pytest.raises(VerificationFailed, match="cannot sign a checkpoint"):
        note.verify(KIWI.key)
    name, id_, blob = note.signatures[-1]
    for other in (blob[:-1], (world.now + 1).to_bytes(8) + blob[8:], blob[:8] + bytes(64)):
        forged = SignedNote(note.checkpoint, (*note.signatures, (name, id_, other)))
        with pytest.raises(VerificationFailed, match=r"kiwi\.example (is not 72 bytes|does not fit)"):
            forged.cosigned_at(KIWI.key)


POLICY = {
    "ledger": "trade-ledger/policy/2",
    "allow_skipped": True,
    "clock_tolerance": 15,
    "max_age": None,
    "max_hidden": None,
    "refuse": [],
    "require": [],
    "show": [],
    "witnesses": None,
}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"allow_skipped": 1}, "allow_skipped: must be true or false"),
        ({"max_age": -1}, "max_age: must be a whole number from 0 to 2^64 - 1, or null"),
        ({"max_age": True}, "max_age: must be a whole number from 0 to 2^64 - 1, or null"),
        ({"require": {}}, "require: must be a list"),
        ({"require": [{"kind": "851", "jurisdictions": [], "outcomes": []}]}, "require[0].kind"),
        (
            {"require": [{"kind": 851, "jurisdictions": "NZ", "outcomes": []}]},
            "require[0].jurisdictions: must be a list",
        ),
        ({"require": [{"kind": 65536, "jurisdictions": [], "outcomes": []}]}, "require[0].kind"),
        ({"require": [{"kind": 851, "jurisdictions": ["nz"], "outcomes": []}]}, "require[0].jurisdictions[0]"),
        ({"require": [{"kind": 851, "jurisdictions": [], "outcomes": ["1"]}]}, "require[0].outcomes[0]"),
        ({"require": [{"kind": 851, "jurisdictions": [], "outcomes": {}}]}, "require[0].outcomes: must be a list"),
        ({"witnesses": -1}, "witnesses: must be a whole number from 0 to 2^64 - 1, or null"),
        ({"witnesses": True}, "witnesses: must be a whole number from 0 to 2^64 - 1, or null"),
        ({"clock_tolerance": None}, "clock_tolerance: must be a whole number from 0 to 86400"),
        ({"clock_tolerance": 86401}, "clock_tolerance: must be a whole number from 0 to 86400"),
        ({"require": [{"kind": 851}]}, '"jurisdictions" is missing'),
        ({"max_hidden": -1}, "max_hidden: must be a whole number from 0 to 2^64 - 1, or null"),
        ({"show": "$.a"}, "show: must be a list"),
        ({"show": ["$.a"] * 17}, "show: must be a list of at most 16 patterns, not 17"),
        ({"show": [1]}, "show[0]: must be text"),
        ({"show": ["$", "a"]}, "show[1]: a pattern for json must begin with $"),
        ({"show": ["//1"]}, "show[0]: no step of a pattern begins at character 1"),
        ({"show": ["$." + "a" * 255]}, "show[0]: a pattern must have at most 256 characters, not 257"),
        ({"refuse": {}}, "refuse: must be a list"),
        ({"refuse": [{"kind": -1, "outcomes": []}]}, "refuse[0].kind"),
        ({"refuse": [{"kind": 132, "outcomes": [True]}]}, "refuse[0].outcomes[0]"),
        ({"refuse": [{"kind": 132, "jurisdictions": [], "outcomes": []}]}, '"jurisdictions" is not a member'),
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
    with pytest.raises(Malformed, match="not the canonical base64"):
        SignedNote.parse(text.replace(root, other))


@pytest.mark.parametrize(
    "text", ["plain", "é", "\x7f", "\U0001f600", "\x1f", '"\\/', "\u2028", "\u2014", "\u2014é", "\u2013"]
)
def test_one_spelling_of_a_text_is_read_and_no_other(text: str) -> None:
    """Printable ASCII, all else escaped in lower case: however printing is made quick."""
    value = {"ledger": "format", "text": text}
    printed = spelled(value)
    assert read_canonical(printed, "format", 1_000) == value
    raw = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    others = {
        raw,
        printed.replace(b"\\u", b"\\U"),
        printed.replace(b"plain", b"pl\\u0061in"),
        printed[:-1],
    } - {printed}
    for other in others:
        with pytest.raises(Malformed):
            read_canonical(other, "format", 1_000)


def test_the_escape_of_a_dash_as_text_is_no_dash() -> None:
    value = {"ledger": "format", "text": "\\u2014"}
    assert read_canonical(spelled(value), "format", 1_000) == value

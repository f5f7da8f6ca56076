"""Checkpoint, witnesses and trust root: docs/formats.md section 6."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

from ledger.core.checkpoint import Checkpoint, KeyType, NoteKey, SignedNote, signed
from tests.conformance.parts import (
    BAD,
    BROKEN,
    EMU,
    GOOD,
    KIWI,
    MOA,
    OPEN,
    attested,
    case,
    edited,
)
from tests.world import ORIGIN


def checkpoints() -> None:
    made = attested()
    held = made.evidence()
    note, size = held.checkpoint, held.checkpoint.checkpoint.size

    def with_note(name: str, about: str, changed: SignedNote | str, code: int, *failed: str, **more: Any) -> None:
        evidence = edited(lambda value: value.update(checkpoint=str(changed)))
        case(f"{name}_fail" if code else name, about, made, evidence=evidence, exit=code, failed=failed, **more)

    def relog(checkpoint: Checkpoint, key: NoteKey | None = None) -> SignedNote:
        again = signed(checkpoint, key or made.world.log_key, made.world.log.sign(checkpoint.text.encode()))
        return EMU.cosign(KIWI.cosign(again, made.world.now), made.world.now)

    text, log_line = str(note), note.signatures[0]
    with_note(
        "checkpoint_not_signed_by_the_log",
        "only the witnesses signed",
        replace(note, signatures=note.signatures[1:]),
        BAD,
        "checkpoint",
    )
    with_note(
        "checkpoint_signature_changed",
        "a bit of the log's signature",
        replace(
            note, signatures=((*log_line[:2], log_line[2][:-1] + bytes([log_line[2][-1] ^ 1])), *note.signatures[1:])
        ),
        BAD,
        "checkpoint",
    )
    with_note(
        "checkpoint_by_another_key",
        "signed by the witness's key under the log's name",
        signed(
            note.checkpoint, NoteKey(str(ORIGIN), KIWI.key.public_key), KIWI.secret.sign(note.checkpoint.text.encode())
        ),
        BAD,
        "checkpoint",
        "witnesses",
    )
    with_note(
        "checkpoint_size_relabelled",
        "one entry more than was signed",
        text.replace(f"\n{size}\n", f"\n{size + 1}\n"),
        BAD,
        "checkpoint",
        "witnesses",
        "entries",
    )
    with_note(
        "checkpoint_root_of_another",
        "another root, signed by all",
        relog(Checkpoint(ORIGIN, size, b"\xab" * 32)),
        BAD,
        "entries",
    )
    elsewhere = replace(ORIGIN, chain_id=1)
    with_note(
        "checkpoint_of_another_chain",
        "the same tree, said to be of chain 1, signed by all",
        relog(Checkpoint(elsewhere, size, note.checkpoint.root)),
        BAD,
        "origin",
    )
    with_note(
        "checkpoint_leading_zero", "a size with a leading zero", text.replace(f"\n{size}\n", f"\n0{size}\n"), BROKEN
    )
    with_note(
        "checkpoint_with_a_fourth_line",
        "an extension line, which this format has not",
        text.replace("\n\n", "\nextra\n\n"),
        BROKEN,
    )
    with_note("checkpoint_without_signatures", "no signature line", note.checkpoint.text + "\n", BROKEN)
    with_note("checkpoint_hyphen_for_dash", "a hyphen where the em dash is due", text.replace("\u2014", "-"), BROKEN)
    with_note("checkpoint_root_in_another_spelling", "base64 with other trailing bits", _other_spelling(text), BROKEN)
    with_note(
        "checkpoint_line_of_an_unknown_key",
        "a line by somebody unknown is ignored",
        MOA.cosign(note, made.world.now),
        GOOD,
    )
    with_note(
        "witness_missing",
        "one of two cosigned, two are demanded",
        replace(note, signatures=note.signatures[:2]),
        BAD,
        "witnesses",
    )
    name, id_, blob = note.signatures[2]
    with_note(
        "witness_signature_changed",
        "a bit of a cosignature",
        replace(note, signatures=(*note.signatures[:2], (name, id_, blob[:-1] + bytes([blob[-1] ^ 1])))),
        BAD,
        "witnesses",
    )
    with_note(
        "witness_time_changed",
        "a second later than was signed",
        replace(
            note, signatures=(*note.signatures[:2], (name, id_, (int.from_bytes(blob[:8]) + 1).to_bytes(8) + blob[8:]))
        ),
        BAD,
        "witnesses",
    )
    with_note(
        "witness_line_too_short",
        "a cosignature without its time",
        replace(note, signatures=(*note.signatures[:2], (name, id_, blob[8:]))),
        BAD,
        "witnesses",
    )
    with_note(
        "witness_counted_twice",
        "one witness, two lines: still one",
        KIWI.cosign(replace(note, signatures=note.signatures[:2]), made.world.now + 9),
        BAD,
        "witnesses",
    )
    with_note(
        "witness_by_another_key",
        "an unknown key under a witness's name",
        replace(note, signatures=(*note.signatures[:2], replace_name(MOA.cosign(note, made.world.now), "emu.example"))),
        BAD,
        "witnesses",
    )
    plain = NoteKey("emu.example", EMU.key.public_key, KeyType.LOG)
    line = ("emu.example", plain.id, EMU.secret.sign(note.checkpoint.text.encode()))
    with_note(
        "witness_signed_as_a_log",
        "a witness that signed the plain note, type 0x01",
        replace(note, signatures=(*note.signatures[:2], line)),
        BAD,
        "witnesses",
    )


def trust_roots() -> None:
    made = attested()
    elsewhere = replace(ORIGIN, chain_id=1)
    plain = NoteKey("emu.example", EMU.key.public_key, KeyType.LOG)
    trust = json.loads(made.world.trust.to_bytes())

    def trusting(name: str, about: str, code: int, *failed: str, **members: Any) -> None:
        value = json.dumps({key: item for key, item in (trust | members).items() if item is not ...}).encode()
        case(f"{name}_fail" if code else name, about, made, trust=value, exit=code, failed=failed)

    keys = trust["witnesses"]
    trusting(
        "trust_threshold_one_of_three",
        "two of three known witnesses cosigned, one is demanded",
        GOOD,
        witnesses=[*keys, str(MOA.key)],
        threshold=1,
    )
    trusting("trust_without_witnesses", "nobody is demanded", GOOD, witnesses=[], threshold=0)
    trusting(
        "trust_of_other_witnesses",
        "cosigned by others than are trusted",
        BAD,
        "witnesses",
        witnesses=[str(MOA.key)],
        threshold=1,
    )
    trusting(
        "trust_of_another_log_key",
        "another log key of this name",
        BAD,
        "checkpoint",
        log_key=str(NoteKey(str(ORIGIN), KIWI.key.public_key)),
    )
    trusting(
        "trust_of_another_chain",
        "the same log on another chain is trusted",
        BAD,
        "checkpoint",
        "origin",
        origin=str(elsewhere),
        log_key=str(NoteKey(str(elsewhere), made.world.log_key.public_key)),
    )
    trusting("trust_threshold_beyond_witnesses", "three of two", BROKEN, threshold=3)
    trusting("trust_witness_twice", "one witness twice", BROKEN, witnesses=[keys[0], keys[0]])
    trusting(
        "trust_witness_under_two_names",
        "one key under two names",
        BROKEN,
        witnesses=[keys[0], str(NoteKey("other.example", KIWI.key.public_key, KeyType.WITNESS))],
    )
    trusting("trust_log_key_as_witness", "a witness key of type 0x01", BROKEN, witnesses=[str(plain)], threshold=0)
    trusting(
        "trust_key_id_wrong",
        "a key id that does not follow from name and key",
        BROKEN,
        witnesses=[keys[0].replace("+", "+0", 1)],
        threshold=0,
    )
    trusting(
        "trust_log_key_of_another_name",
        "a log key that is not named after the origin",
        BROKEN,
        log_key=str(NoteKey("log.example", made.world.log_key.public_key)),
    )
    trusting("trust_member_missing", "no threshold", BROKEN, threshold=...)
    trusting("trust_member_unknown", "a member that the format has not", BROKEN, comment="fine")
    case(
        "trust_not_given_fail",
        "nothing says whether this history is real",
        made,
        trust=None,
        exit=OPEN,
        failed=("origin",),
    )


def replace_name(note: SignedNote, name: str) -> tuple[str, bytes, bytes]:
    _, id_, blob = note.signatures[-1]
    return name, id_, blob


def _other_spelling(text: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    root = text.split("\n")[2]
    other = root[:-2] + alphabet[alphabet.index(root[-2]) ^ 1] + "="
    assert base64.b64decode(other) == base64.b64decode(root)
    return text.replace(root, other)

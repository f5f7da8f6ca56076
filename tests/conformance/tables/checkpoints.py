"""Checkpoint, witnesses and trust root: docs/formats.md section 6."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.log_keys import LogKey
from ledger.core.checkpoints.note import KeyType, NoteKey, SignedNote, signed
from ledger.core.document import Format, wrap
from ledger.core.tree.merkle import Tree
from ledger.testing.world import Witness, index_of
from tests.conformance.parts import (
    BAD,
    BROKEN,
    EMU,
    GOOD,
    KIWI,
    MOA,
    NAME,
    OPEN,
    attested,
    case,
    edited,
    policy,
)

P = 2**255 - 19
LATER = Witness("later-log-key")
ORDER_8 = (
    2707385501144840649318225287225658788936804267575313519463743609750303402022  # the lower y of a point of order 8
)


def _height(y: int, sign: int = 0) -> bytes:
    """A point of edwards25519 as it is encoded, by its y and the sign of its x."""
    return (y | sign << 255).to_bytes(32, "little")


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
            note.checkpoint,
            replace(made.world.log_key, public_key=KIWI.key.public_key),
            KIWI.secret.sign(note.checkpoint.text.encode()),
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
        relog(replace(note.checkpoint, root=b"\xab" * 32)),
        BAD,
        "entries",
    )
    elsewhere = replace(made.world.origin, chain_id=1)
    with_note(
        "checkpoint_of_another_chain",
        "the same tree, said to be of chain 1, signed by all",
        relog(replace(note.checkpoint, origin=elsewhere)),
        BAD,
        "origin",
    )
    begun_anew = replace(made.world.origin, salt=b"\xab" * 32)
    with_note(
        "checkpoint_of_another_beginning",
        "the same tree, said to be of a history that began otherwise, signed by all",
        relog(replace(note.checkpoint, origin=begun_anew)),
        BAD,
        "origin",
    )
    with_note(
        "checkpoint_leading_zero", "a size with a leading zero", text.replace(f"\n{size}\n", f"\n0{size}\n"), BROKEN
    )
    with_note(
        "checkpoint_with_a_fifth_line",
        "another extension line, which this format has not",
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
    lines = text.split("\n")
    index = lines[3].removeprefix("trade-ledger/index/1 ")
    for title, about, changed in [
        ("without_last_newline", "no newline at the end", text[:-1]),
        ("with_an_empty_line_more", "an empty line among the signatures", text + "\n"),
        ("with_a_tab", "a tab in a signature line", text.replace("\u2014 kiwi", "\u2014\tkiwi")),
        ("with_carriage_returns", "lines that end in CR LF", text.replace("\n", "\r\n")),
        ("without_the_empty_line", "no empty line before the signatures", text.replace("\n\n", "\n")),
        ("without_root", "origin, size and index", "\n".join(lines[:2] + lines[3:])),
        ("without_index", "origin, size and root", "\n".join(lines[:3] + lines[4:])),
        ("with_the_index_first", "the root and the line of the index exchanged", "\n".join([*lines[:2], lines[3], lines[2], *lines[4:]])),
        ("index_of_another_version", "trade-ledger/index/2", text.replace("ledger/index/1", "ledger/index/2")),
        ("index_without_its_name", "the root of the index alone", text.replace("trade-ledger/index/1 ", "")),
        ("index_too_short", "the root of an index of 31 bytes", text.replace(index, base64.b64encode(bytes(31)).decode())),
        ("index_without_padding", "the root of the index without its padding", text.replace(index, index.rstrip("="))),
        ("index_in_hex", "the root of the index in hexadecimal", text.replace(index, note.checkpoint.index.hex())),
        ("index_after_two_spaces", "a space more before the root of the index", text.replace("index/1 ", "index/1  ")),
        ("index_and_a_word", "a word after the root of the index", text.replace(index, f"{index} more")),
        ("size_negative", "a size below nothing", text.replace(f"\n{size}\n", f"\n-{size}\n")),
        ("size_with_a_plus", "a size with a sign", text.replace(f"\n{size}\n", f"\n+{size}\n")),
        ("size_of_twenty_digits", "a size of twenty digits", text.replace(f"\n{size}\n", f"\n1{'0' * 19}\n")),
        ("size_in_other_digits", "a size in Arabic-Indic digits", text.replace(f"\n{size}\n", "\n\u0661\u0661\n")),
        ("root_too_short", "a root of 31 bytes", text.replace(lines[2], base64.b64encode(bytes(31)).decode())),
        ("root_without_padding", "base64 without its padding", text.replace(lines[2], lines[2].rstrip("="))),
        ("root_in_base64url", "the other alphabet", text.replace(lines[2], base64.urlsafe_b64encode(b"\xff" * 32).decode())),
        ("origin_in_upper_case", "an origin in upper case", text.replace("0x5fbd", "0x5FBD", 1)),
        ("line_without_name", "a signature line without a name", text.replace(" kiwi.example", "")),
        ("line_of_three_words", "a signature line with a word more", text.replace("kiwi.example", "kiwi example")),
        ("line_of_a_name_with_plus", "a plus in a name", text.replace("kiwi.example", "kiwi+example")),
        ("line_without_signature", "a key id and no signature", text + f"\u2014 moa.example {base64.b64encode(b'abcd').decode()}\n"),
        ("line_not_base64", "a signature that is no base64", text + "\u2014 moa.example (none)\n"),
        ("too_long", "more than 65,536 characters", text + f"\u2014 moa.example {base64.b64encode(bytes(51_000)).decode()}\n"),
    ]:  # fmt: skip
        assert changed != text
        with_note(f"checkpoint_{title}", about, changed, BROKEN)
    wrong_line = (*log_line[:2], bytes(64))
    with_note(
        "checkpoint_second_line_of_the_log_wrong", "the log's key twice, once with nonsense",
        replace(note, signatures=(*note.signatures, wrong_line)), BAD, "checkpoint",
    )  # fmt: skip
    with_note(
        "checkpoint_signed_twice",
        "the same line of the log twice",
        replace(note, signatures=(log_line, *note.signatures)),
        GOOD,
    )
    with_note(
        "checkpoint_log_line_last",
        "the order of lines has no meaning",
        replace(note, signatures=note.signatures[::-1]),
        GOOD,
    )
    with_note(
        "checkpoint_log_signature_too_long", "a byte after the log's signature",
        replace(note, signatures=((*log_line[:2], log_line[2] + b"\0"), *note.signatures[1:])), BAD, "checkpoint",
    )  # fmt: skip
    with_note(
        "checkpoint_nonsense_of_an_unknown_key", "what an unknown key signed is not looked at",
        replace(note, signatures=(*note.signatures, ("moa.example", MOA.key.id, b"nonsense"))), GOOD,
    )  # fmt: skip
    before = made.world.entries[:-1]
    earlier = Checkpoint(
        made.world.origin,
        size - 1,
        Tree(item.hash for item in before).root,
        index_of(before, made.world.origin).root(size - 1),
    )
    with_note(
        "checkpoint_of_before_the_entries", "an older checkpoint, in which the last entry is not",
        relog(earlier), BAD,
        "entries", "complete",
    )  # fmt: skip
    again = KIWI.cosign(note, made.world.now + 9)
    with_note("witness_cosigned_twice", "two lines of one witness that both fit", again, GOOD)
    with_note(
        "witness_second_line_wrong", "two lines of one witness, one of them nonsense",
        replace(note, signatures=(*note.signatures, ("kiwi.example", KIWI.key.id, bytes(72)))), BAD, "witnesses",
    )  # fmt: skip
    with_note(
        "witness_line_too_long", "a byte after a cosignature",
        replace(note, signatures=(*note.signatures[:2], (name, id_, blob + b"\0"))), BAD, "witnesses",
    )  # fmt: skip
    with_note(
        "witness_of_another_checkpoint", "a cosignature of an older checkpoint",
        replace(note, signatures=(*note.signatures[:2], EMU.cosign(
            signed(replace(note.checkpoint, size=1, root=bytes(32)), made.world.log_key, b""), made.world.now
        ).signatures[-1])), BAD, "witnesses",
    )  # fmt: skip
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
    elsewhere = replace(made.world.origin, chain_id=1)
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
        log_keys=[_log_key(str(NoteKey(str(made.world.origin), MOA.key.public_key)))],
    )
    trusting(
        "trust_of_another_chain",
        "the same log on another chain is trusted",
        BAD,
        "checkpoint",
        "origin",
        origin=str(elsewhere),
        log_keys=[_log_key(str(NoteKey(str(elsewhere), made.world.log_key.public_key)))],
    )
    begun_anew = replace(made.world.origin, salt=b"\xab" * 32)
    trusting(
        "trust_of_another_beginning",
        "the same contract on the same chain is trusted, and its history began otherwise",
        BAD,
        "checkpoint",
        "origin",
        origin=str(begun_anew),
        log_keys=[_log_key(str(NoteKey(str(begun_anew), made.world.log_key.public_key)))],
    )
    trusting(
        "trust_without_a_beginning",
        "an origin of chain and contract alone",
        BROKEN,
        origin=str(made.world.origin).rpartition(":")[0],
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
        log_keys=[_log_key(str(NoteKey("log.example", made.world.log_key.public_key)))],
    )
    trusting("trust_member_missing", "no threshold", BROKEN, threshold=...)
    trusting("trust_member_unknown", "a member that the format has not", BROKEN, comment="fine")
    other_id = keys[0].split("+")
    for name, about, members in [
        ("format_of_another_version", "trust-root/3", {"ledger": "trade-ledger/trust-root/3"}),
        ("format_of_a_policy", "the format of a policy", {"ledger": "trade-ledger/policy/1"}),
        ("log_key_not_text", "a log key that is a number", {"log_keys": [_log_key(1)]}),
        ("log_key_of_a_witness", "a log key of type 0x04", {"log_keys": [_log_key(str(NoteKey(str(made.world.origin), made.world.log_key.public_key, KeyType.WITNESS)))]}),
        ("origin_not_text", "an origin that is a number", {"origin": 31337}),
        ("witnesses_not_a_list", "witnesses that are a text", {"witnesses": keys[0], "threshold": 0}),
        ("witnesses_as_object", "witnesses that are an object", {"witnesses": {keys[0]: 1}, "threshold": 0}),
        ("witness_not_text", "a witness that is a number", {"witnesses": [7], "threshold": 0}),
        ("witness_name_twice", "two keys under one name", {"witnesses": [keys[0], str(NoteKey("kiwi.example", MOA.key.public_key, KeyType.WITNESS))]}),
        ("witness_key_id_of_another", "a key id that does not follow", {"witnesses": ["+".join([other_id[0], "00000000", other_id[2]])], "threshold": 0}),
        ("witness_key_id_in_upper_case", "a key id in upper case", {"witnesses": [keys[0].replace(other_id[1], other_id[1].upper())], "threshold": 0}),
        ("witness_key_too_short", "a key of 31 bytes", {"witnesses": ["a.example+00000000+" + base64.b64encode(b"\x04" + bytes(31)).decode()], "threshold": 0}),
        ("witness_key_of_unknown_type", "a key of type 0x06", {"witnesses": [_vkey("a.example", b"\x06")], "threshold": 0}),
        ("witness_without_name", "a key without a name", {"witnesses": [_vkey("", b"\x04")], "threshold": 0}),
        ("witness_name_with_space", "a space in a name", {"witnesses": [_vkey("a example", b"\x04")], "threshold": 0}),
        ("witness_without_key", "a name and a key id", {"witnesses": ["a.example+00000000"], "threshold": 0}),
        ("too_many_witnesses", "65 witnesses", {"witnesses": [_vkey(f"w{n}.example", b"\x04", n) for n in range(65)]}),
        ("witness_with_the_key_of_the_log", "the log's own key as a witness, of type 0x04", {"witnesses": [*keys, str(NoteKey("moa.example", made.world.log_key.public_key, KeyType.WITNESS))]}),
        ("witness_with_the_key_and_the_name_of_the_log", "the log's own key as a witness, under the log's name", {"witnesses": [*keys, str(NoteKey(str(made.world.origin), made.world.log_key.public_key, KeyType.WITNESS))]}),
        ("witness_with_the_key_of_the_log_as_a_log", "the log's own verifier key, of type 0x01, as a witness", {"witnesses": [*keys, str(made.world.log_key)]}),
        ("witness_with_an_earlier_key_of_the_log", "a key that the log had before, as a witness", {"log_keys": [_log_key(str(NoteKey(str(made.world.origin), MOA.key.public_key)), 1), _log_key(str(made.world.log_key))], "witnesses": [*keys, str(MOA.key)]}),
        ("witness_under_two_names_and_types", "one key of two names, as a witness and as a log", {"witnesses": [keys[0], str(NoteKey("other.example", KIWI.key.public_key))]}),
        ("threshold_negative", "a threshold of -1", {"threshold": -1}),
        ("threshold_as_text", "a threshold in quotes", {"threshold": "2"}),
        ("threshold_with_fraction", "a threshold of 1.5", {"threshold": 1.5}),
        ("threshold_true", "true for 1", {"threshold": True}),
        ("threshold_null", "no number of witnesses", {"threshold": None}),
    ]:  # fmt: skip
        trusting(f"trust_{name}", about, BROKEN, **members)
    for name, about, public_key in [
        ("neutral", "a key that is the neutral point, under which anybody can sign", _height(1)),
        ("neutral_in_a_second_spelling", "the neutral point with p + 1 in the place of 1", _height(P + 1)),
        ("neutral_with_a_sign", "the neutral point with the sign of an x that is 0", _height(1, 1)),
        ("of_order_2", "a point of order 2", _height(P - 1)),
        ("of_order_4", "a point of order 4", _height(0)),
        ("of_order_4_in_a_second_spelling", "a point of order 4 with p in the place of 0", _height(P)),
        ("of_order_8", "a point of order 8", _height(ORDER_8)),
        ("of_order_8_with_a_sign", "a point of order 8, with the other sign", _height(P - ORDER_8, 1)),
        ("in_a_second_spelling", "a point of full order with p + 3 in the place of 3", _height(P + 3)),
        ("that_is_no_point", "32 bytes that are no point of the curve", _height(2)),
    ]:
        witnesses = [*keys, _spelled("moa.example", b"\x04" + public_key)]
        trusting(f"trust_witness_key_{name}", about, BROKEN, witnesses=witnesses)
    small = str(made.world.origin), b"\x01" + _height(1)
    trusting(
        "trust_log_key_neutral", "a log key under which anybody can sign", BROKEN, log_keys=[_log_key(_spelled(*small))]
    )
    trusting(
        "trust_witness_key_of_little_height",
        "a point of full order whose y is 3: nothing in the spelling is wrong",
        GOOD,
        witnesses=[*keys, _spelled("moa.example", b"\x04" + _height(3))],
    )
    many = [*keys, *(_vkey(f"w{n}.example", b"\x04", n) for n in range(62))]
    trusting("trust_of_64_witnesses", "as many as may be", GOOD, witnesses=many)
    data = json.dumps(trust).encode()
    for name, about, spelling in [
        ("byte_order_mark", "a byte order mark is skipped", b"\xef\xbb\xbf" + data),
        ("indented", "white space and order are free", json.dumps(trust, indent=4).encode()),
        ("with_escapes", "an escape has no meaning", data.replace(b"threshold", b"t\\u0068reshold")),
    ]:
        case(f"trust_{name}", about, made, trust=spelling)
    for name, about, spelling in [
        ("name_twice", "a name twice", data.replace(b"{", b'{"threshold":0,', 1)),
        ("not_json", "no JSON", data[:-1]),
        ("empty", "no bytes at all", b""),
        ("not_an_object", "a list", b"[]"),
        ("too_deep", "nine levels", data.replace(b'"threshold": 2', b'"threshold": [[[[[[[[[2]]]]]]]]]')),
        ("too_long", "more than a mebibyte", data + b" " * 1024 * 1024),
    ]:
        case(f"trust_{name}_fail", about, made, trust=spelling, exit=BROKEN)
    note = made.evidence().checkpoint
    name, about = "one_wrong_cosignature_too_many", "two of three are demanded; the third signed nonsense"
    wrong = replace(note, signatures=(*note.signatures, ("moa.example", MOA.key.id, bytes(72))))
    evidence = edited(lambda value: value.update(checkpoint=str(wrong)))
    three = trust | {"witnesses": [*keys, str(MOA.key)]}
    case(
        f"trust_{name}_fail", about, made, evidence=evidence, trust=json.dumps(three).encode(),
        exit=BAD, failed=("witnesses",),
    )  # fmt: skip
    about = "where no witness is demanded, none is looked at"
    case(
        f"trust_{name}_for_nobody", about, made, evidence=evidence, trust=json.dumps(three | {"threshold": 0}).encode()
    )
    case(
        "trust_not_given_of_another_chain_fail", "evidence of one history, checkpoint of another", made, trust=None,
        evidence=edited(lambda value: value.update(origin=str(elsewhere))),
        exit=BAD, failed=("origin", "batch", "declaration", "complete", f"{NAME} set"),
    )  # fmt: skip
    case(
        "trust_not_given_but_witnesses_demanded_fail", "nobody is known who could have cosigned", made, trust=None,
        policy=policy(witnesses=1), exit=BAD, failed=("origin", "witnesses"), undecided=("origin",),
    )  # fmt: skip
    case(
        "trust_not_given_nor_intact_fail", "no trust root, and the declared document is another one", made, trust=None,
        document=wrap(b"{}", Format.JSON, bytes(32)).to_bytes(),
        exit=BAD, failed=("origin", "document"), undecided=("origin",),
    )  # fmt: skip
    case(
        "trust_not_given_fail",
        "nothing says whether this history is real",
        made,
        trust=None,
        exit=OPEN,
        failed=("origin",),
    )


def log_keys() -> None:
    """Which log key counts at which size: docs/evidence-format.md, "The trust root"."""
    made = attested()
    held = made.evidence().checkpoint
    origin, size = made.world.origin, held.checkpoint.size
    old, new = made.world.log_key, NoteKey(str(origin), LATER.key.public_key)
    trust = json.loads(made.world.trust.to_bytes())

    def keyed(name: str, about: str, code: int, keys: object, note: SignedNote) -> None:
        case(
            f"log_key_{name}" + ("_fail" if code else ""), about, made,
            evidence=edited(lambda value: value.update(checkpoint=str(note))),
            trust=json.dumps(trust | {"log_keys": keys}).encode(),
            exit=code, failed=("checkpoint",) if code == BAD else (),
        )  # fmt: skip

    def by(key: NoteKey, secret: Ed25519PrivateKey) -> SignedNote:
        note = signed(held.checkpoint, key, secret.sign(held.checkpoint.text.encode()))
        return EMU.cosign(KIWI.cosign(note, made.world.now), made.world.now)

    def line(key: NoteKey, blob: bytes, note: SignedNote = held) -> SignedNote:
        return replace(note, signatures=(*note.signatures, (key.name, key.id, blob)))

    by_new = by(new, LATER.secret)
    changed = [_log_key(str(old), size), _log_key(str(new))]
    sooner = [_log_key(str(old), size - 1), _log_key(str(new))]
    signature = LATER.secret.sign(held.checkpoint.text.encode())
    many = [_log_key(_vkey(str(origin), b"\x01", number), 1) for number in range(63)]
    for name, about, code, keys, note in [
        ("of_before_the_change", "evidence of before the log changed its key, of the last size that the old key signed", GOOD, changed, held),
        ("of_long_before_the_change", "the old key signed further entries after this checkpoint", GOOD, [_log_key(str(old), size + 9), _log_key(str(new))], held),
        ("of_after_the_change", "signed with the new key", GOOD, sooner, by_new),
        ("of_after_a_lost_store", "the old key had signed more entries than this; store and key were lost, and the new key signs such sizes again", GOOD, [_log_key(str(old), size + 40), _log_key(str(new))], by_new),
        ("of_both", "signed with both keys, and both count", GOOD, changed, line(new, signature)),
        ("that_ended_and_new_one", "signed with both keys, and the old one does not count any more", GOOD, sooner, line(new, signature)),
        ("that_ended_nonsense", "a line of a key that does not count at this size is not looked at", GOOD, sooner, line(old, bytes(64), by_new)),
        ("of_a_log_that_ended", "no key signs further entries, and this one counts up to here", GOOD, [_log_key(str(old), size)], held),
        ("twice_up_to_one_size", "two keys that count up to the same size", GOOD, [_log_key(str(new), size), _log_key(str(old), size)], held),
        ("limit_beyond_all", "up to 2^53 - 1", GOOD, [_log_key(str(old), 2**53 - 1)], held),
        ("of_64", "as many as may be", GOOD, [*many, _log_key(str(old))], held),
        ("that_ended", "one entry more than the old key counts for", BAD, sooner, held),
        ("that_ended_alone", "the only key counts up to fewer entries", BAD, [_log_key(str(old), size - 1)], held),
        ("up_to_nothing", "a key that counts up to no entry", BAD, [_log_key(str(old), 0)], held),
        ("that_ended_under_the_new_id", "the old key signed under the id of the new one", BAD, sooner, by(new, made.world.log)),
        ("wrong_beside_a_right_one", "both keys count, and the line of one does not fit", BAD, changed, line(new, bytes(64))),
        ("that_ended_beside_a_wrong_one", "the new key's line does not fit, and the old key does not count any more", BAD, sooner, line(new, bytes(64))),
        ("of_nobody_listed", "signed with a key that is not listed", BAD, [_log_key(str(old))], by_new),
        ("none", "no log key", BROKEN, [], held),
        ("of_65", "one more than may be", BROKEN, [*many, _log_key(str(new), 1), _log_key(str(old))], held),
        ("no_list", "log keys that are an object", BROKEN, _log_key(str(old)), held),
        ("no_object", "a log key as mere text", BROKEN, [str(old)], held),
        ("without_limit", "no up_to", BROKEN, [{"key": str(old)}], held),
        ("with_a_beginning", "a member that the format has not", BROKEN, [_log_key(str(old)) | {"from": 0}], held),
        ("limit_negative", "up to -1", BROKEN, [_log_key(str(old), -1)], held),
        ("limit_as_text", "a size in quotes", BROKEN, [_log_key(str(old), str(size))], held),
        ("limit_true", "true for a size", BROKEN, [_log_key(str(old), True)], held),
        ("limit_with_fraction", "a size with a fraction", BROKEN, [_log_key(str(old), size + 0.5)], held),
        ("limit_too_great", "up to 2^53", BROKEN, [_log_key(str(old), 2**53)], held),
        ("descending", "the second key counts up to fewer entries than the first", BROKEN, [_log_key(str(old), size + 2), _log_key(str(new), size + 1)], held),
        ("without_end_first", "a key without a limit before another one", BROKEN, [_log_key(str(old)), _log_key(str(new), size)], held),
        ("without_end_twice", "two keys without a limit", BROKEN, [_log_key(str(old)), _log_key(str(new))], held),
        ("twice", "one key twice", BROKEN, [_log_key(str(old), size), _log_key(str(old))], held),
    ]:  # fmt: skip
        keyed(name, about, code, keys, note)


def trust_folders() -> None:
    """A folder of trust roots in the place of one: docs/evidence-format.md, "The trust root"."""
    made = attested()
    own = made.world.trust
    elsewhere = [replace(made.world.origin, chain_id=number) for number in (1, 2)]
    one, two = (
        replace(own, origin=origin, log_keys=(LogKey(replace(made.world.log_key, name=str(origin))),)).to_bytes()
        for origin in elsewhere
    )
    right, bought = own.to_bytes(), replace(own, witnesses=(MOA.key,), threshold=1).to_bytes()
    for name, about, code, files, *failed in [
        ("with_the_right_one", "of three trust roots, the one of the evidence's origin", GOOD, {"a.json": one, "nz.json": right, "z.json": two}),
        ("of_one", "a folder with one trust root", GOOD, {"nz.json": right}),
        ("with_other_files", "files with other endings and hidden ones are not read", GOOD, {"nz.json": right, "README.txt": b"ours", "nz.json.bak": right, ".nz.json": b"hidden"}),
        ("with_witnesses_of_its_own", "each trust root has witnesses of its own, and this one has others", BAD, {"a.json": one, "nz.json": bought}, "witnesses"),
        ("without_the_right_one", "two trust roots, and none of this origin", BAD, {"a.json": one, "z.json": two}, "origin"),
        ("with_two_of_one_origin", "two trust roots of one origin, which differ", BROKEN, {"a.json": one, "nz.json": right, "old.json": bought}),
        ("with_two_of_another_origin", "two trust roots of one origin, which is not the evidence's", BROKEN, {"a.json": one, "b.json": one, "nz.json": right}),
        ("with_a_file_that_is_none", "one of the files is no trust root", BROKEN, {"a.json": b"{}", "nz.json": right}),
        ("of_other_files_alone", "no file that ends in .json", BROKEN, {"nz.txt": right}),
    ]:  # fmt: skip
        case(
            f"trusts_{name}" + ("_fail" if code else ""),
            about,
            made,
            trust=None,
            trusts=files,
            exit=code,
            failed=tuple(failed),
        )


def _log_key(key: object, up_to: object = None) -> dict[str, Any]:
    return {"key": key, "up_to": up_to}


def _vkey(name: str, type_: bytes, number: int = 0) -> str:
    """A verifier key as it is spelled, be it one or not, with the key of some witness."""
    return _spelled(name, type_ + Witness(f"witness-{number}").key.public_key)


def _spelled(name: str, key: bytes) -> str:
    """Type and public key as a verifier key, be it one or not."""
    id_ = sha256(name.encode() + b"\n" + key).digest()[:4]
    return f"{name}+{id_.hex()}+{base64.b64encode(key).decode()}"


def replace_name(note: SignedNote, name: str) -> tuple[str, bytes, bytes]:
    _, id_, blob = note.signatures[-1]
    return name, id_, blob


def _other_spelling(text: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    root = text.split("\n")[2]
    other = root[:-2] + alphabet[alphabet.index(root[-2]) ^ 1] + "="
    assert base64.b64decode(other) == base64.b64decode(root)
    return text.replace(root, other)

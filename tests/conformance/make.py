"""Make the conformance cases: ``python -m tests.conformance.make``. The same files every time.

A case is a folder with ``case.json`` (what it is about, what must come out), ``evidence.json`` and, where they are
given, ``document``, ``trust.json`` and ``policy.json``. What must come out is written here by hand, from the documents;
no verifier is asked. One long table on purpose: who adds a case finds its neighbours.
"""

from __future__ import annotations

import base64
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ledger.core import codec as co
from ledger.core import entry as en
from ledger.core import statement as st
from ledger.core.checkpoint import Checkpoint, KeyType, NoteKey, SignedNote, signed
from ledger.core.document import Format, disclose, redact, wrap
from ledger.core.merkle import leaf_hash, root_of_hashes
from ledger.core.signature import P256_N, SECP256K1_N
from ledger.core.typed_data import keccak
from tests.conformance.parts import (
    BAD,
    BROKEN,
    CARD,
    CASES,
    CERTIFICATE,
    EMU,
    GOOD,
    INVOICE,
    KIWI,
    MEMBER,
    MOA,
    OPEN,
    SCAN,
    SECOND,
    THIEF,
    Shipment,
    attested,
    case,
    edited,
    everything,
    policy,
    requirement,
    shipment,
    unruly,
)
from tests.world import COUNCIL, CUSTOMS, ORIGIN, PLANT, START, TRADER

HERE = Path(__file__).parent


# ------------------------------------------------------------------------------------------------------- the file itself


def files() -> None:
    made = attested()
    text = made.evidence().to_bytes()
    case("attested", "a declaration in a batch of five, attested by one agency; no document given", made)

    def broken(name: str, about: str, content: bytes) -> None:
        case(f"{name}_fail", about, made, evidence=content, exit=BROKEN)

    def member(name: str, about: str, change: Callable[[dict[str, Any]], Any]) -> None:
        broken(name, about, edited(change))

    broken("file_empty", "no bytes at all", b"")
    broken("file_not_json", "the last bracket is missing", text[:-2] + b"\n")
    broken("file_not_utf8", "a byte that is no UTF-8", text.replace(b'"checkpoint"', b'"checkpoin\xff"'))
    broken("file_white_space", "a space after a comma", text.replace(b",", b", ", 1))
    broken(
        "file_indented", "the same content, indented", json.dumps(json.loads(text), indent=1, sort_keys=True).encode()
    )
    broken(
        "file_order_of_names",
        "names not sorted",
        json.dumps(dict(reversed(json.loads(text).items())), separators=(",", ":")).encode() + b"\n",
    )
    broken("file_no_newline", "no newline at the end", text[:-1])
    broken("file_two_newlines", "two newlines at the end", text + b"\n")
    broken("file_byte_order_mark", "a byte order mark", b"\xef\xbb\xbf" + text)
    broken("file_name_twice", "a name twice in one object", b'{"ledger":"x",' + text[1:])
    broken("file_escape", "a letter written as an escape", text.replace(b'"ledger":"trade', b'"ledger":"\\u0074rade'))
    broken("file_too_deep", "a hundred thousand brackets", b"[" * 100_000)
    broken("file_not_an_object", "a list", b"[]\n")
    broken(
        "format_of_another_version", "evidence/2", text.replace(b"trade-ledger/evidence/1", b"trade-ledger/evidence/2")
    )
    member("member_missing", "no signature", lambda value: value.pop("signature"))
    member("member_unknown", "a member that the format has not", lambda value: value.update(comment="fine"))
    member("member_null", "a null where bytes are due", lambda value: value.update(signature=None))
    member(
        "hex_upper_case",
        "hexadecimal in upper case",
        lambda value: value.update(signature="0x" + value["signature"][2:].upper()),
    )
    member("hex_odd", "an odd number of digits", lambda value: value.update(signature=value["signature"][:-1]))
    member("hex_without_0x", "hexadecimal without 0x", lambda value: value.update(signature=value["signature"][2:]))
    member("number_as_text", "a size in quotes", lambda value: value["places"][0].update(size="5"))
    member("number_with_fraction", "a size of 5.0", lambda value: value["places"][0].update(size=5.0))
    member("number_negative", "an index of -1", lambda value: value["places"][0].update(index=-1))
    member("number_true", "true for 1", lambda value: value["places"][0].update(index=True))
    member("number_too_large", "an index of 2^64", lambda value: value["places"][0].update(index=1 << 64))
    member(
        "origin_upper_case",
        "the contract's address in upper case",
        lambda value: value.update(origin=value["origin"].upper().replace("EIP155", "eip155").replace("0X", "0x")),
    )
    member("origin_of_no_chain", "chain id 0", lambda value: value.update(origin="eip155:0:0x" + "0" * 40))
    member(
        "declaration_without_replaces",
        "a member of the declaration is missing",
        lambda value: value["declaration"].pop("replaces"),
    )
    member(
        "declaration_type_too_large",
        "a document type of 65536",
        lambda value: value["declaration"].update(document_type=65536),
    )
    member("party_too_short", "a signer of 19 bytes", lambda value: value["declaration"].update(party="0x" + "11" * 19))
    member(
        "digest_too_short", "a digest of 31 bytes", lambda value: value["declaration"].update(digest="0x" + "11" * 31)
    )
    member("places_empty", "no place at all", lambda value: value.update(places=[]))
    member("place_twice", "the batch twice", lambda value: value.update(places=value["places"] * 2))
    member(
        "proof_too_long_to_read", "65 hashes", lambda value: value["places"][0].update(proof=["0x" + "00" * 32] * 65)
    )
    member(
        "proof_hash_too_short",
        "a hash of 31 bytes",
        lambda value: value["places"][0]["proof"].__setitem__(0, "0x" + "00" * 31),
    )
    member("entries_out_of_order", "entries not ascending", lambda value: value.update(entries=value["entries"][::-1]))
    member("entry_twice", "one entry twice", lambda value: value["entries"].insert(1, value["entries"][0]))


# ------------------------------------------------------------------------------------------- batch, checkpoint, witnesses


def places() -> None:
    made = attested()

    def wrong(name: str, about: str, change: Callable[[dict[str, Any]], Any], *failed: str) -> None:
        case(f"{name}_fail", about, made, evidence=edited(change), exit=BAD, failed=failed)

    def place(change: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
        return lambda value: change(value["places"][0])

    wrong(
        "batch_proof_hash_changed",
        "a bit of the path",
        place(lambda p: p["proof"].__setitem__(0, "0x" + "00" * 32)),
        "batch",
    )
    wrong("batch_proof_too_short", "the last hash is missing", place(lambda p: p["proof"].pop()), "batch")
    wrong("batch_proof_too_long", "one hash too many", place(lambda p: p["proof"].append("0x" + "00" * 32)), "batch")
    wrong("batch_proof_reversed", "the path upside down", place(lambda p: p["proof"].reverse()), "batch")
    wrong("batch_index_of_another", "the neighbour's index", place(lambda p: p.update(index=3)), "batch")
    wrong("batch_index_at_size", "an index that the batch has not", place(lambda p: p.update(index=5)), "batch")
    wrong(
        "batch_index_beyond_size",
        "an index that leads to the same path in a sloppy verifier",
        place(lambda p: p.update(index=2 + 8)),
        "batch",
    )
    # Index 2 of 6 has a path as long as index 2 of 5, and it leads to the same root: only the anchor tells.
    wrong(
        "batch_size_relabelled", "size 6 instead of 5, by the same path to the same root",
        place(lambda p: p.update(size=6)), "anchor", "NZ-MPI 851 set",
    )  # fmt: skip
    wrong(
        "batch_root_of_another", "a root that nothing anchors",
        place(lambda p: p.update(root="0x" + "ab" * 32)), "batch", "anchor", "NZ-MPI 851 set",
    )  # fmt: skip
    alone = shipment()
    single = alone.world.declare(b"\x77" * 32)
    one = alone.world.anchor([single[0]])
    case("batch_of_one", "a batch of one has an empty path", Shipment(alone.world, single, one, alone.document))
    large = shipment()
    ids = [large.world.declare(number.to_bytes(32))[0] for number in range(1000, 1300)]
    mine = large.world.declare(b"\x78" * 32)
    big = large.world.anchor([*ids, mine[0]])
    case(
        "batch_of_many",
        "the last of 301, where the path is shorter than the others'",
        Shipment(large.world, mine, big, large.document),
    )


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


# ------------------------------------------------------------------------------------------------ entries and authority

Entries = list[dict[str, Any]]
NAME = "NZ-MPI 851"
KINDS = en.EntryKind


def _without(kind: en.EntryKind) -> Callable[[Entries], Any]:
    def change(items: Entries) -> None:
        items[:] = [item for item in items if bytes.fromhex(item["bytes"][2:])[8] != kind]

    return change


def _rewritten(kind: en.EntryKind, change: Callable[[bytes], bytes]) -> Callable[[Entries], Any]:
    """Change the bytes of the last entry of a kind."""

    def apply(items: Entries) -> None:
        item = [item for item in items if bytes.fromhex(item["bytes"][2:])[8] == kind][-1]
        item["bytes"] = "0x" + change(bytes.fromhex(item["bytes"][2:])).hex()

    return apply


def _set(at: int, value: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:at] + bytes([value]) + data[at + 1 :]


def _shifted(data: bytes) -> bytes:
    """An empty word before the signer, and offsets that skip it: another encoding of the same content."""
    head = 17 + 9 * 32
    offsets = [int.from_bytes(data[head + 32 * n : head + 32 * n + 32]) + 32 for n in (0, 1)]
    return data[:head] + b"".join(item.to_bytes(32) for item in offsets) + bytes(32) + data[head + 64 :]


def _exchange_proofs(items: Entries) -> None:
    items[1]["proof"], items[2]["proof"] = items[2]["proof"], items[1]["proof"]


def entries() -> None:
    made = attested()

    def wrong(name: str, about: str, change: Callable[[Entries], Any], *failed: str) -> None:
        code = BAD if failed else BROKEN
        evidence = edited(lambda value: change(value["entries"]))
        case(f"{name}_fail", about, made, evidence=evidence, exit=code, failed=failed)

    salt = 17 + 8 * 32
    wrong(
        "entry_salt_changed",
        "a byte of the attestation's salt",
        _rewritten(KINDS.ATTESTED, _set(salt, 1)),
        "entries",
        f"{NAME} signature",
    )
    wrong("entry_time_changed", "another second", _rewritten(KINDS.ANCHORED, _set(16, 1)), "entries")
    wrong(
        "entry_number_changed",
        "a number of another entry",
        _rewritten(KINDS.ATTESTED, _set(7, 99)),
        "entries",
    )
    wrong("entry_of_unknown_kind", "kind 13", _rewritten(KINDS.ANCHORED, _set(8, 13)))
    wrong("entry_of_another_kind", "an anchor said to be a revocation", _rewritten(KINDS.ANCHORED, _set(8, 11)))
    wrong("entry_time_beyond_40_bits", "a time of 41 bits", _rewritten(KINDS.ANCHORED, _set(11, 1)))
    wrong("entry_too_short", "sixteen bytes", _rewritten(KINDS.ANCHORED, lambda data: data[:16]))
    wrong(
        "entry_with_trailing_bytes",
        "a word after the payload",
        _rewritten(KINDS.ANCHORED, lambda data: data + bytes(32)),
    )
    wrong("entry_with_dirty_padding", "a bit in the padding of a size", _rewritten(KINDS.ANCHORED, _set(17 + 32, 1)))
    wrong("entry_in_another_encoding", "another layout of the same content", _rewritten(KINDS.ATTESTED, _shifted))
    wrong("entry_with_lower_case_agency", "an agency code that is none", _rewritten(KINDS.ATTESTED, _set(17, ord("n"))))
    wrong("entry_proofs_exchanged", "two paths exchanged", _exchange_proofs, "entries")
    wrong(
        "entry_proof_too_long", "one hash too many", lambda items: items[1]["proof"].append("0x" + "00" * 32), "entries"
    )
    wrong("entry_proof_too_short", "the last hash is missing", lambda items: items[1]["proof"].pop(), "entries")
    wrong("anchor_not_shown", "the entry that anchors the batch is left out", _without(KINDS.ANCHORED), "anchor")
    authority = f"{NAME} authority"
    for name, kind in [
        ("first_council", KINDS.COUNCIL_CHANGED),
        ("enrolment", KINDS.AGENCY_ENROLLED),
        ("authorisation", KINDS.ATTESTER_AUTHORISED),
        ("mandate", KINDS.MANDATE_GRANTED),
    ]:
        wrong(f"authority_without_{name}", f"the entry is left out: {kind.name.lower()}", _without(kind), authority)


def _statement(made: Shipment, kind: int = 851) -> st.Attestation:
    return st.Attestation("NZ-MPI", kind, 1, co.ZERO, START, co.NO_END, *made.batch[:2], b"\x05" * 32)


def _attest(made: Shipment, officer: Any, hand: Any = None, kind: int = 851, change: Any = bytes) -> None:
    said = _statement(made, kind)
    unruly(made, en.Attested(said, officer.signer, change((hand or officer).sign(said.id(ORIGIN)))))


def _decide(made: Shipment, hands: list[Any], kind: type[st.Decision], *members: object) -> None:
    number = sum(item.kind < KINDS.ANCHORED for item in made.world.entries)
    said = kind(*members, decision=number)  # type: ignore[call-arg]
    ordered = sorted(hands, key=lambda hand: keccak(hand.signer))
    unruly(made, en.Enacted(said, tuple(en.Endorsement(hand.signer, hand.sign(said.id(ORIGIN))) for hand in ordered)))


def _mandate_by(*hands: Any) -> Callable[[Shipment], None]:
    def build(made: Shipment) -> None:
        _decide(made, list(hands), st.MandateGrant, "NZ-MPI", 861, 0, co.NO_END)
        _attest(made, PLANT, kind=861)

    return build


def _stolen_council(made: Shipment) -> None:
    _decide(made, [THIEF], st.CouncilChange, (THIEF.signer,), 1)
    _attest(made, PLANT)


def _old_council(made: Shipment) -> None:
    _decide(made, [COUNCIL], st.CouncilChange, (MEMBER.signer,), 1)
    _mandate_by(COUNCIL)(made)


def _undone(kind: type[st.Decision], *members: object) -> Callable[[Shipment], None]:
    def build(made: Shipment) -> None:
        _decide(made, [COUNCIL], kind, *members)
        _attest(made, PLANT)

    return build


def _unordered(made: Shipment) -> None:
    said = st.MandateGrant(
        "NZ-MPI", 861, 0, co.NO_END, decision=sum(e.kind < KINDS.ANCHORED for e in made.world.entries)
    )
    hands = sorted([COUNCIL, MEMBER], key=lambda hand: keccak(hand.signer), reverse=True)
    unruly(made, en.Enacted(said, tuple(en.Endorsement(hand.signer, hand.sign(said.id(ORIGIN))) for hand in hands)))
    _attest(made, PLANT, kind=861)


class _Elsewhere:
    """The officer's card under a verifier that is not the contract's."""

    signer = bytes(20) + CARD.signer[20:]
    sign = staticmethod(CARD.sign)


def _high_s(signature: bytes) -> bytes:
    s = SECP256K1_N - int.from_bytes(signature[32:64])
    return signature[:32] + s.to_bytes(32) + bytes([55 - signature[64]])


def _high_s_p256(signature: bytes) -> bytes:
    return signature[:32] + (P256_N - int.from_bytes(signature[32:])).to_bytes(32)


def forgeries() -> None:
    """Histories that the contract could not have written: log and witnesses may be bought, signatures not."""

    def forged(name: str, about: str, build: Callable[[Shipment], Any], *failed: str, threshold: int = 1) -> None:
        made = shipment(threshold=threshold)
        build(made)
        case(f"{name}_fail", about, made, evidence=everything(made), exit=BAD, failed=failed)

    signature, authority, other = f"{NAME} signature", f"{NAME} authority", "NZ-MPI 861 authority"
    forged("attestation_by_a_thief", "a key that the council never authorised", lambda m: _attest(m, THIEF), authority)
    forged(
        "attestation_signed_by_another",
        "an officer's name, a thief's signature",
        lambda m: _attest(m, PLANT, THIEF),
        signature,
    )
    forged(
        "attestation_with_high_s",
        "the other signature, without the rule of low s",
        lambda m: _attest(m, PLANT, change=_high_s),
        signature,
    )
    forged(
        "attestation_with_v_0",
        "v is 0 or 1",
        lambda m: _attest(m, PLANT, change=lambda s: s[:64] + bytes([s[64] - 27])),
        signature,
    )
    forged(
        "attestation_with_short_signature",
        "64 bytes, without v",
        lambda m: _attest(m, PLANT, change=lambda s: s[:64]),
        signature,
    )
    forged(
        "attestation_with_high_s_on_p256",
        "high s by a P-256 key",
        lambda m: _attest(m, CARD, change=_high_s_p256),
        signature,
    )
    forged(
        "attestation_by_der_on_p256",
        "a P-256 signature of 65 bytes",
        lambda m: _attest(m, CARD, change=lambda s: s + b"\0"),
        signature,
    )
    forged(
        "attestation_by_another_verifier",
        "a card under another verifier",
        lambda m: _attest(m, _Elsewhere),
        signature,
        authority,
    )
    forged("attestation_without_mandate", "a kind outside the mandate", lambda m: _attest(m, PLANT, kind=861), other)
    forged(
        "attestation_for_another_agency",
        "a customs officer in another's name",
        lambda m: _attest(m, CUSTOMS),
        authority,
    )
    forged(
        "attestation_after_retirement", "a key retired before", _undone(st.AttesterRetirement, PLANT.signer), authority
    )
    forged(
        "attestation_during_suspension", "an agency suspended before", _undone(st.AgencySuspension, "NZ-MPI"), authority
    )
    forged(
        "attestation_after_withdrawn_mandate",
        "a mandate withdrawn before",
        _undone(st.MandateWithdrawal, "NZ-MPI", 851),
        authority,
    )
    forged("decision_by_a_stranger", "a mandate by one who is not in the council", _mandate_by(THIEF), other)
    forged("decision_below_the_quorum", "two must sign, one did", _mandate_by(COUNCIL), other, threshold=2)
    forged(
        "decision_signed_twice_by_one",
        "two must sign, one did twice",
        _mandate_by(COUNCIL, COUNCIL),
        other,
        threshold=2,
    )
    forged("decision_endorsed_out_of_order", "endorsements not ascending", _unordered, other, threshold=2)
    forged("council_change_by_a_stranger", "a council that nobody seated", _stolen_council, authority)
    forged("council_of_before", "a decision by the council of before a change", _old_council, other)


# ------------------------------------------------------------------------------------ in force, as at a time, compromise


def force() -> None:
    made = shipment()
    case("declared_only", "declared and anchored, attested by nobody", made)
    case("attested_twice", "two agencies, one of them by a P-256 card", _also(_also(shipment(), CARD), CUSTOMS))
    in_force = f"{NAME} in force"

    def ended(
        name: str, about: str, build: Callable[[Shipment, bytes], Any], code: int, *failed: str, later: int = 0
    ) -> None:
        victim = shipment()
        build(victim, victim.attest(until=START + 100_000))
        case(f"{name}_fail" if code else name, about, victim, exit=code, failed=failed, at=victim.world.now + later)

    def anew(m: Shipment, a: bytes) -> None:
        m.world.revoke(a, PLANT)
        m.attest(SECOND)

    ended("revoked_whole", "the whole set revoked", lambda m, a: m.world.revoke(a, PLANT), BAD, in_force)
    ended("revoked_member", "this member revoked", lambda m, a: m.world.revoke(a, SECOND, m.id), BAD, in_force)
    ended("revoked_other_member", "another member revoked", lambda m, a: m.world.revoke(a, PLANT, m.batch[2][0]), GOOD)
    ended("revoked_and_attested_anew", "one in force stands in for the revoked", anew, GOOD)
    ended("withdrawn", "withdrawn by the party", lambda m, a: m.world.withdraw(m.declared[0]), BAD, "withdrawal")
    ended(
        "replaced",
        "withdrawn and replaced",
        lambda m, a: m.world.withdraw(m.declared[0], replacement=b"\x09" * 32),
        BAD,
        "withdrawal",
    )
    ended("expired", "past its validity", lambda m, a: None, BAD, in_force, later=100_000)
    ended(
        "retired_later",
        "the key was retired after it attested",
        lambda m, a: m.world.decide(st.AttesterRetirement, PLANT.signer),
        GOOD,
    )
    ended(
        "suspended_later",
        "the agency was suspended after it attested",
        lambda m, a: m.world.decide(st.AgencySuspension, "NZ-MPI"),
        GOOD,
    )

    def reinstated(m: Shipment, a: bytes) -> None:
        m.world.revoke(a, PLANT)
        m.world.decide(st.AgencySuspension, "NZ-MPI")
        m.world.decide(st.AgencyReinstatement, "NZ-MPI")
        m.attest()

    ended("reinstated", "suspended, reinstated, then attested", reinstated, GOOD)
    ended(
        "council_changed",
        "a later council, seated by the one before",
        lambda m, a: m.world.decide(st.CouncilChange, (MEMBER.signer,), 1),
        GOOD,
    )

    compromise = f"{NAME} compromise"
    for name, seconds, code, failed in [
        ("safe", 16, GOOD, ()),
        ("undecidable", 15, OPEN, (compromise,)),
        ("undecidable_by_a_second", 1, OPEN, (compromise,)),
        ("unsafe", 0, BAD, (compromise, in_force)),
        ("unsafe_long_before", -1000, BAD, (compromise, in_force)),
    ]:
        victim = attested()
        time = victim.world.history.last_time
        victim.world.decide(st.AttesterCompromise, PLANT.signer, time + seconds)
        about = f"the key is declared compromised from {seconds} s after the attestation's entry"
        case(f"compromise_{name}" + ("_fail" if code else ""), about, victim, exit=code, failed=failed)
        if name == "undecidable":
            strict = policy(clock_tolerance=14)
            case("compromise_within_a_policy_of_14_seconds", about, victim, policy=strict)
            case(
                "compromise_known_only_later_fail",
                "a verdict about the past knows of it",
                victim,
                at=time + 1,
                exit=OPEN,
                failed=failed,
            )
    for name, seconds, code, failed in [
        ("by_a_thief", 0, OPEN, (in_force,)),
        ("within_the_tolerance", 15, OPEN, (in_force,)),
        ("before_the_theft", 16, BAD, (in_force,)),
    ]:
        victim = shipment()
        victim.world.revoke(victim.attest(), SECOND)
        victim.world.decide(st.AttesterCompromise, SECOND.signer, victim.world.history.last_time + seconds)
        about = f"revoked with a key declared compromised from {seconds} s after the revocation"
        case(f"revoked_{name}_fail", about, victim, exit=code, failed=failed)

    past = shipment()
    before = past.world.now - 1
    attestation = past.attest()
    then = past.world.now - 1
    past.world.revoke(attestation, PLANT)
    past.world.withdraw(past.declared[0])
    case("at_before_revocation_and_withdrawal", "as at a time when both were still to come", past, at=then)
    case("at_before_the_attestation", "a later attestation does not count", past, at=before)
    case(
        "at_before_the_anchor_fail",
        "as at a time when it was not anchored yet",
        past,
        at=before - 60,
        exit=BAD,
        failed=("anchor",),
    )
    early = shipment()
    said = replace(_statement(early), valid_from=early.world.now + 5000)
    early.world.append(en.Attested(said, PLANT.signer, PLANT.sign(said.id(ORIGIN))))
    case("before_its_validity_fail", "attested, and valid only later", early, exit=BAD, failed=(in_force,))
    case("at_its_validity", "the first second of its validity", early, at=said.valid_from)
    wallet = shipment(party=replace(TRADER, name="wallet"))
    foreign = replace(wallet, declared=(wallet.declared[0], TRADER.sign(wallet.id)))
    case(
        "party_signature_of_another_fail",
        "only a chain could say whether a wallet takes it",
        foreign,
        exit=BAD,
        failed=("declaration",),
    )


def _also(made: Shipment, officer: Any) -> Shipment:
    made.attest(officer, *(("NZ-CUSTOMS", 132) if officer is CUSTOMS else ()))
    return made


def sets() -> None:
    made = shipment()
    others = [made.world.declare(b"\x66" * 32)[0].id(ORIGIN), made.id]
    root = root_of_hashes([leaf_hash(item) for item in others])
    made.world.attest("NZ-CUSTOMS", 132, root, 2, CUSTOMS, outcome=4)
    with_set = replace(made, sets=[(root, 2, others)])
    case("attested_set", "attested in a set of two beside its batch", with_set)
    case("attested_set_of_one", "attested alone", _alone())
    broken = edited(lambda value: value["places"][1]["proof"].__setitem__(0, "0x" + "00" * 32), with_set)
    case(
        "attested_set_proof_changed_fail",
        "a bit of the path in the set",
        with_set,
        evidence=broken,
        exit=BAD,
        failed=("sets",),
    )
    lost = edited(lambda value: value["places"].pop(), with_set)
    case(
        "attested_set_not_shown_fail",
        "the place in the set is left out",
        with_set,
        evidence=lost,
        exit=BAD,
        failed=("NZ-CUSTOMS 132 set",),
    )


def _alone() -> Shipment:
    made = shipment()
    root = leaf_hash(made.id)
    made.world.attest("NZ-CUSTOMS", 132, root, 1, CUSTOMS, outcome=4)
    return replace(made, sets=[(root, 1, [made.id])])


# -------------------------------------------------------------------------------------------------- policies, documents


def policies() -> None:
    made = attested()
    last = made.world.history.last_time
    cosigned = made.world.now

    def asked(name: str, about: str, code: int, *failed: str, at: int = made.world.now, **members: Any) -> None:
        content = policy(**{key: item for key, item in members.items() if item is not ...})
        if ... in members.values():
            value = json.loads(content)
            for key in [key for key, item in members.items() if item is ...]:
                value.pop(key)
            content = json.dumps(value).encode()
        full = f"policy_{name}" + ("_fail" if code else "")
        case(full, about, made, policy=content, at=at, exit=code, failed=failed)

    asked("met", "kind, jurisdiction and outcome as demanded", GOOD, require=[requirement(851, ("NL", "NZ"), (1, 2))])
    asked("kind", "another kind is demanded", BAD, "policy", require=[requirement(861)])
    asked("jurisdiction", "another jurisdiction is demanded", BAD, "policy", require=[requirement(851, ("NL",))])
    asked("outcome", "another outcome is demanded", BAD, "policy", require=[requirement(851, (), (8,))])
    asked("one_of_two", "two are demanded, one is there", BAD, "policy", require=[requirement(851), requirement(132)])
    asked("skipped_refused", "nothing may be unknown", OPEN, allow_skipped=False)
    asked("more_witnesses", "three are demanded, the trust root has two", BAD, "witnesses", witnesses=3)
    asked("fewer_witnesses_does_not_lower", "the trust root's two still count", GOOD, witnesses=0)
    asked("fresh", "as old as it may be, by the witnesses' time", GOOD, at=cosigned + 3600, max_age=3600)
    asked("stale", "a second older than it may be", BAD, "freshness", at=cosigned + 3601, max_age=3600)
    asked("max_age_negative", "an age below nothing", BROKEN, max_age=-1)
    asked("max_age_true", "true for a number", BROKEN, max_age=True)
    asked("tolerance_beyond_a_day", "a tolerance of more than a day", BROKEN, clock_tolerance=86_401)
    asked("kind_as_text", "a kind in quotes", BROKEN, require=[requirement("851")])  # type: ignore[arg-type]
    asked("jurisdiction_lower_case", "a jurisdiction that is none", BROKEN, require=[requirement(851, ("nz",))])
    asked("member_missing", "no witnesses member", BROKEN, witnesses=...)
    asked("member_unknown", "a member that the format has not", BROKEN, comment="fine")
    lonely = attested()
    lonely.world.witnesses.clear()
    evidence, trust = lonely.evidence().to_bytes(), lonely.world.trust.to_bytes()
    for name, seconds, code in [("fresh_by_the_last_entry", 3600, GOOD), ("stale_by_the_last_entry_fail", 3601, BAD)]:
        case(
            f"policy_{name}",
            "no witness vouches for a later time",
            lonely,
            evidence=evidence,
            trust=trust,
            at=last + seconds,
            policy=policy(max_age=3600),
            exit=code,
            failed=("freshness",) if code else (),
        )
    case("policy_not_json_fail", "a policy that is no JSON", made, policy=b"{", exit=BROKEN)


def documents() -> None:
    for name, content, format_ in [
        ("json", CERTIFICATE, Format.JSON), ("xml", INVOICE, Format.XML), ("opaque", SCAN, Format.OPAQUE)
    ]:  # fmt: skip
        made = attested(content=content, format_=format_)
        shut = made.evidence(disclose(made.document, [])).to_bytes()
        full = made.evidence(redact(made.document, [])).to_bytes()
        case(f"document_{name}_wrapped", "the owner's copy", made, document=made.document.to_bytes())
        case(
            f"document_{name}_all_shown",
            "a redacted copy that hides nothing",
            made,
            document=redact(made.document, []).to_bytes(),
        )
        case(f"document_{name}_all_hidden", "the evidence tells the number of fields only", made, evidence=shut)
        case(f"document_{name}_in_evidence", "the evidence discloses the whole document", made, evidence=full)
        other = wrap(content, format_, bytes(32)).to_bytes()
        case(
            f"document_{name}_other_seed_fail",
            "the same content with other salts",
            made,
            document=other,
            exit=BAD,
            failed=("document",),
        )
        spoilt = full.replace(b"trade-ledger/redacted/1", b"trade-ledger/redacted/2")
        case(
            f"document_{name}_of_another_version_fail",
            "a redacted document of version 2",
            made,
            evidence=spoilt,
            exit=BROKEN,
        )

    made = attested()
    partly = redact(made.document, ["$.consignee", "$.goods[0]['net mass']"])
    case("document_redacted", "a copy without buyer and weight", made, document=partly.to_bytes())
    case(
        "document_partly_in_evidence",
        "the evidence discloses some fields",
        made,
        evidence=made.evidence(partly).to_bytes(),
    )
    with_hashes = made.evidence(disclose(made.document, [])).to_bytes()

    def changed(name: str, about: str, old: bytes, new: bytes, code: int = BAD, good: bool = False) -> None:
        wrapped = made.document.to_bytes()
        assert old in wrapped
        full = f"document_{name}" + ("" if good else "_fail")
        failed = ("document",) if code == BAD and not good else ()
        case(
            full,
            about,
            made,
            evidence=with_hashes,
            document=wrapped.replace(old, new),
            exit=GOOD if good else code,
            failed=failed,
        )

    changed("value_changed", "4800 cartons became 4801", b"4800", b"4801")
    changed("number_became_text", "4800 became a text", b"4800", b'"4800"')
    changed("field_removed", "the remarks are gone", b',"remarks":null', b"")
    changed("field_added", "a remark more", b'"remarks":null', b'"remarks":null,"seal":"7"')
    changed("null_became_empty", "null became an empty text", b'"remarks":null', b'"remarks":""')
    changed("white_space", "white space in JSON has no meaning", b'{"certificate"', b'{ "certificate"', good=True)
    changed("number_spelled_otherwise", "1.92005e4 is 19200.5", b"19200.5", b"1.92005e4", good=True)
    changed("name_escaped", "an escape in a name has no meaning", b'"treated"', b'"tr\\u0065ated"', good=True)
    changed("name_twice", "a name twice", b'"remarks":null', b'"remarks":null,"remarks":null', BROKEN)
    changed("integer_too_large", "an integer beyond 2^53 - 1", b"4800", b"9007199254740993", BROKEN)
    changed("seed_of_another_format", "a header that names another format", b"ledger/json/1", b"ledger/pdf/1", BROKEN)
    text = partly.to_bytes()
    for name, about, content in [
        ("redacted_value_changed", "4800 became 4801", text.replace(b'"4800"', b'"4801"')),
        ("redacted_type_changed", "a number said to be a text", text.replace(b'"n","4800"', b'"s","4800"')),
        ("redacted_hidden_dropped", "a hidden hash is gone", _dropped(text)),
    ]:
        case(
            f"document_{name}_fail", about, made, evidence=with_hashes, document=content, exit=BAD, failed=("document",)
        )
    for name, about, content in [
        ("redacted_white_space", "a space in a canonical file", text.replace(b",", b", ", 1)),
        ("redacted_order", "fields not ascending", _reversed(text)),
        ("redacted_short_salt", "a salt of 15 bytes", _short_salt(text)),
        ("redacted_impossible_shape", "a field inside another", _nested(text)),
    ]:
        case(f"document_{name}_fail", about, made, document=content, exit=BROKEN)
    lie = edited(
        lambda value: value["document"]["fields"][0].__setitem__(2, "Somebody else"), document=redact(made.document, [])
    )
    case(
        "disclosure_changed_fail",
        "the evidence discloses another value",
        made,
        evidence=lie,
        exit=BAD,
        failed=("disclosure", "document"),
    )
    invoice = attested(content=INVOICE, format_=Format.XML)
    for name, about, old, new, good in [
        ("xml_prefix", "another prefix for the same namespace", b"i:", b"inv:", True),
        ("xml_comment", "a comment has no meaning", b"<i:ID>", b"<!-- id --><i:ID>", True),
        ("xml_cdata", "CDATA for escaped text", b"Zespri &amp; co", b"<![CDATA[Zespri & co]]>", True),
        ("xml_namespace", "another namespace", b"urn:example:invoice", b"urn:example:invoices", False),
        (
            "xml_order",
            "two elements exchanged",
            b"<i:ID>INV-7</i:ID><i:Note>Zespri &amp; co</i:Note>",
            b"<i:Note>Zespri &amp; co</i:Note><i:ID>INV-7</i:ID>",
            False,
        ),
        ("xml_instruction", "a processing instruction is bound", b"twice", b"once", False),
    ]:
        content = (
            invoice.document.to_bytes()
            .replace(old, new)
            .replace(b"xmlns:i=", b"xmlns:inv=" if new == b"inv:" else b"xmlns:i=")
        )
        case(
            f"document_{name}" + ("" if good else "_fail"),
            about,
            invoice,
            document=content,
            exit=GOOD if good else BAD,
            failed=() if good else ("document",),
        )
    entity = invoice.document.to_bytes().replace(b"?><i:", b'?><!DOCTYPE i [<!ENTITY e "x">]><i:')
    case("document_xml_entity_fail", "a document type declaration", invoice, document=entity, exit=BROKEN)


def _redacted(text: bytes, change: Callable[[dict[str, Any]], Any]) -> bytes:
    value = json.loads(text)
    change(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _dropped(text: bytes) -> bytes:
    return _redacted(text, lambda value: value["hidden"].pop())


def _reversed(text: bytes) -> bytes:
    return _redacted(text, lambda value: value["fields"].reverse())


def _short_salt(text: bytes) -> bytes:
    return _redacted(text, lambda value: value["fields"][0].__setitem__(3, "00" * 15))


def _nested(text: bytes) -> bytes:
    return _redacted(
        text, lambda value: value["fields"].insert(1, [value["fields"][0][0] + "[0]", "s", "x", "00" * 16])
    )


def main(folder: Path = HERE) -> int:
    """Write all cases into ``folder``, in the place of those that are there."""
    CASES.clear()
    for group in (files, places, checkpoints, entries, forgeries, force, sets, policies, documents):
        group()
    for old in folder.glob("*/case.json"):
        shutil.rmtree(old.parent)
    for name, made in CASES.items():
        made.write(folder / name)
    print(f"{len(CASES)} cases, {sum(made.exit != GOOD for made in CASES.values())} of them to be refused")
    return 0


if __name__ == "__main__":
    sys.exit(main())

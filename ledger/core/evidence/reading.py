"""Reading evidence: the one canonical spelling, strictly; errors name the member."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

from ledger.core.checkpoints.note import SignedNote
from ledger.core.document import Redacted, read_redacted
from ledger.core.encoding.canonical_json import read_canonical
from ledger.core.encoding.reading import hex_bytes, read_object
from ledger.core.evidence.evidence import FORMAT, MAX_EVIDENCE, Evidence, ProvenEntry
from ledger.core.evidence.inclusion import Place
from ledger.core.history.entry import Entry
from ledger.core.statements.origin import Origin
from ledger.core.statements.statement import Declaration
from ledger.errors import Malformed

MAX_PROOF = 64


_HASH = re.compile("0x[0-9a-f]{64}")


def read_evidence(data: bytes) -> Evidence:
    """Read what ``Evidence.to_bytes`` prints; Malformed for anything else, to the byte, naming the member."""
    value = read_canonical(data, FORMAT, MAX_EVIDENCE)
    names = ["checkpoint", "declaration", "document", "entries", "ledger", "origin", "places", "signature"]
    note, declaration, document, entries, _, origin, places, signature = read_object(value, names, "evidence")
    evidence = Evidence(
        Origin.parse(_text(origin, "origin")),
        Declaration.from_json(declaration, "declaration"),
        hex_bytes(signature, "signature"),
        tuple(_read_place(item, f"places[{number}]") for number, item in enumerate(_list(places, "places"))),
        tuple(_read_entry(item, f"entries[{number}]") for number, item in enumerate(_list(entries, "entries"))),
        SignedNote.parse(_text(note, "checkpoint")),
        None if document is None else _read_document(document),
    )
    numbers = [item.entry.number for item in evidence.entries]
    if any(left >= right for left, right in pairwise(numbers)):
        raise Malformed("must ascend by number", "entries")
    if not evidence.places:
        raise Malformed("at least the batch must be there", "places")
    if len({(place.root, place.size) for place in evidence.places}) != len(evidence.places):
        raise Malformed("names a set twice", "places")
    return evidence


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise Malformed("must be text", where)
    return value


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise Malformed("must be a list", where)
    return value


def _count(value: object, where: str) -> int:
    if type(value) is not int or not 0 <= value < 1 << 64:
        raise Malformed("must be a whole number from 0 to 2^64 - 1", where)
    return value


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def _hashes(value: object, where: str, most: int) -> tuple[bytes, ...]:
    items = _list(value, where)
    if len(items) > most:
        raise Malformed(f"must have at most {most} hashes", where)
    if all(map(_is_hash, items)):
        return tuple([bytes.fromhex(item[2:]) for item in items])
    for number, item in enumerate(items):
        hex_bytes(item, f"{where}[{number}]")
    raise Malformed("every hash must be 32 bytes", where)


def _read_place(value: object, where: str) -> Place:
    index, proof, root, size = read_object(value, ["index", "proof", "root", "size"], where)
    (root_hash,) = _hashes([root], f"{where}.root", 1)
    return Place(
        root_hash,
        _count(size, f"{where}.size"),
        _count(index, f"{where}.index"),
        _hashes(proof, f"{where}.proof", MAX_PROOF),
    )


def _read_entry(value: object, where: str) -> ProvenEntry:
    data, proof = read_object(value, ["bytes", "proof"], where)
    entry = Entry.from_data(hex_bytes(data, f"{where}.bytes"))
    return ProvenEntry(entry, _hashes(proof, f"{where}.proof", MAX_PROOF))


def _read_document(value: object) -> Redacted:
    """The object of a redacted document: printed again it is the redacted file, and read by that file's rules."""
    try:
        return read_redacted(
            json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        )
    except Malformed as error:
        raise Malformed(error.what, f"document {error.where}".rstrip()) from None

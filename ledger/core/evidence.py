"""The portable proof of one document: one JSON file, strictly read and exactly printed, versioned.

It carries the declaration with its signature, its place in a batch, every entry of the history that bears on it (each
with its inclusion in the checkpoint), its place in every attested set, and the checkpoint. docs/evidence-format.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

import orjson

from ledger.core.checkpoint import SignedNote
from ledger.core.codec import hex_bytes, hex_text, read_object
from ledger.core.document import Limits, Redacted, parse_json, read_redacted
from ledger.core.entry import Content, Entry, decode_payload
from ledger.core.history import COUNCIL, History
from ledger.core.merkle import Tree, leaf_hash
from ledger.core.replay import Mark
from ledger.core.statement import Declaration
from ledger.core.typed_data import Origin
from ledger.errors import Malformed

FORMAT = "trade-ledger/evidence/1"
MAX_EVIDENCE = 16 * 1024 * 1024
MAX_PROOF = 64
MAX_DEPTH = 8
MAX_VALUES = 1_000_000
MAX_REMEMBERED = 2_048  # bytes of a payload

_SORTED_LINE = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
_HASH = re.compile("0x[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a declaration stands in a batch or set: index, size and root of it, and the RFC 9162 inclusion path."""

    root: bytes
    size: int
    index: int
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry of the history with its inclusion path in the checkpoint."""

    entry: Entry
    proof: tuple[bytes, ...]


@dataclass(frozen=True)  # without slots, for the id that is kept once worked out
class Evidence:
    """See the module. ``places`` holds one place per root and size: the batch first, then other attested sets.

    ``document`` is what the evidence discloses of the document; a redaction that shows no field tells the count, and
    lets a verifier name the field that was changed in a copy.
    """

    origin: Origin
    declaration: Declaration
    signature: bytes
    places: tuple[Place, ...]
    entries: tuple[ProvenEntry, ...]
    checkpoint: SignedNote
    document: Redacted | None = None

    @cached_property
    def id(self) -> bytes:
        """Of the declaration, 32 bytes."""
        return self.declaration.id(self.origin)

    def to_bytes(self) -> bytes:
        """Canonical JSON (sorted names, no white space, ASCII) and a newline; the only form that is read.

        :raises Malformed: more than 16 MiB: disclose less of the document.
        """
        value = {
            "checkpoint": str(self.checkpoint),
            "declaration": self.declaration.to_json(),
            "entries": [
                {"bytes": hex_text(item.entry.data), "proof": [hex_text(hash_) for hash_ in item.proof]}
                for item in self.entries
            ],
            "document": self.document and json.loads(self.document.to_bytes()),
            "ledger": FORMAT,
            "origin": str(self.origin),
            "places": [
                {
                    "index": place.index,
                    "proof": [hex_text(hash_) for hash_ in place.proof],
                    "root": hex_text(place.root),
                    "size": place.size,
                }
                for place in self.places
            ],
            "signature": hex_text(self.signature),
        }
        data = _print(value)
        if len(data) > MAX_EVIDENCE:
            raise Malformed(f"evidence has at most {MAX_EVIDENCE} bytes, not {len(data)}: disclose less")
        return data


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


class Members:
    """A batch or an attested set as places are proven in it: its ids in order and their tree, built once."""

    __slots__ = ("_ids", "_tree")

    def __init__(self, ids: Sequence[bytes]) -> None:
        self._ids = list(ids)
        self._tree = Tree(leaf_hash(item) for item in ids)

    @property
    def name(self) -> tuple[bytes, int]:
        """RFC 9162 root over the ids, and how many."""
        return self._tree.root, self._tree.size

    def place(self, id_: bytes) -> Place:
        """The place of a declaration; ValueError when it is not a member."""
        index = self._ids.index(id_)
        return Place(*self.name, index, tuple(self._tree.inclusion(index)))


def assemble(
    history: History,
    note: SignedNote,
    declaration: Declaration,
    signature: bytes,
    places: Sequence[Place],
    prove: Callable[[int], ProvenEntry],
    document: Redacted | None = None,
) -> Evidence:
    """Gather the evidence of a declaration from a replayed history.

    ``places`` are where it stands, the batch first; ``note`` is a checkpoint of this history: what was written after it
    is left out; ``prove`` gives an entry by number with its path in that checkpoint. ValueError where the checkpoint
    has more entries than the history.
    """
    origin, id_, size = history.origin, declaration.id(history.origin), note.checkpoint.size
    if not 0 < size <= history.size:
        raise ValueError("the checkpoint is of another size than the history")
    known = {(place.root, place.size) for place in places}
    numbers = {0, size - 1, *history.governing.get(COUNCIL, [])}
    numbers.update(history.anchors[key].number for key in known if key in history.anchors)
    if id_ in history.withdrawals:
        numbers.add(history.withdrawals[id_][0].number)
    for attestation_id in history.attestations_of(known):
        recorded = history.attestations[attestation_id]
        attested = recorded.attested
        numbers.add(recorded.mark.number)
        numbers.update(item.mark.number for item in history.revocations_of(attestation_id, id_))
        agency = attested.attestation.agency
        for key in (attested.signer, agency, (agency, attested.attestation.kind)):
            numbers.update(history.governing.get(key, []))
        for item in history.revocations_of(attestation_id, id_):
            numbers.update(history.governing.get(item.revoked.signer, []))
    proven = tuple(prove(number) for number in sorted(numbers) if number < size)
    return Evidence(origin, declaration, signature, tuple(places), proven, note, document)


def read_canonical(data: bytes, format_: str, longest: int) -> dict[str, Any]:
    """Read a JSON object that must be spelled canonically and name its format; Malformed otherwise."""
    value = parse_json(data, Limits(structured=longest, depth=MAX_DEPTH, fields=MAX_VALUES))
    if not isinstance(value, dict) or value.get("ledger") != format_:
        raise Malformed(f'not of the format "{format_}"')
    if not _is_printed(value, data):
        raise Malformed("not in canonical form: names sorted, no white space, ASCII, one newline at the end")
    return value


def _is_printed(value: object, data: bytes) -> bool:
    """Whether ``data`` is what :func:`_print` prints, in most cases by orjson: printable ASCII it prints alike, and
    numbers with a fraction, which it does not, are in no file of ours.
    """
    if data.isascii() and b"\x7f" not in data and orjson.dumps(value, option=_SORTED_LINE) == data:
        return True
    return _print(value) == data


def _print(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode() + b"\n"


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


# A history's council, agencies, mandates and attesters come again in the evidence of each of its documents.
remembered = lru_cache(maxsize=1_024)(decode_payload)


def contents(entries: Iterable[ProvenEntry]) -> list[tuple[Mark, Content]]:
    """Decode the payloads; Malformed, naming the entry, for one that is no encoding of its kind."""
    decoded = []
    for item in entries:
        try:
            read = remembered if len(item.entry.payload) <= MAX_REMEMBERED else decode_payload
            content = read(item.entry.kind, item.entry.payload)
        except Malformed as error:
            raise Malformed(error.what, f"entry {item.entry.number}") from None
        decoded.append((Mark(item.entry.number, item.entry.time), content))
    return decoded

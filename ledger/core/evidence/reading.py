"""The strict reader of evidence files; errors name the member."""

from __future__ import annotations

from itertools import pairwise

from ledger.core.checkpoints.note import SignedNote
from ledger.core.document import Redacted
from ledger.core.encoding.canonical_json import of_format, read_canonical
from ledger.core.encoding.ids import Root
from ledger.core.encoding.json_text import Json
from ledger.core.encoding.reading import (
    hex_bytes,
    read_count,
    read_hash,
    read_hashes,
    read_list,
    read_object,
    read_string,
)
from ledger.core.evidence.evidence import FORMAT, MAX_EVIDENCE_BYTES, Evidence, ProvenEntry
from ledger.core.evidence.inclusion import Inclusion
from ledger.core.history.entry import Entry
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.origin import Origin
from ledger.core.tree.merkle import MAX_PROOF_HASHES
from ledger.core.tree.subject_index import IndexProof
from ledger.errors import Malformed


def read_evidence(data: bytes) -> Evidence:
    """Read exactly what ``Evidence.to_bytes`` prints; Malformed names the member. Nothing is verified."""
    return evidence_from_value(read_canonical(data, FORMAT, MAX_EVIDENCE_BYTES))


def evidence_from_value(value: Json) -> Evidence:
    """Read the JSON value of evidence, however its text was spelled. It must come from a strict I-JSON reader.

    :raises Malformed: names the member. Nothing is verified.
    """
    names = ["checkpoint", "declaration", "document", "entries", "index", "ledger", "origin", "inclusions", "signature"]
    note, declaration, document, entries, index, _, origin, inclusions, signature = read_object(
        of_format(value, FORMAT), names, "evidence"
    )
    evidence = Evidence(
        Origin.parse(read_string(origin, "origin")),
        Declaration.from_json(declaration, "declaration"),
        hex_bytes(signature, "signature"),
        tuple(
            read_inclusion(item, f"inclusions[{number}]")
            for number, item in enumerate(read_list(inclusions, "inclusions"))
        ),
        tuple(_read_entry(item, f"entries[{number}]") for number, item in enumerate(read_list(entries, "entries"))),
        IndexProof.from_json(index, "index"),
        SignedNote.parse(read_string(note, "checkpoint")),
        None if document is None else _read_document(document),
    )
    numbers = [item.entry.number for item in evidence.entries]
    if any(left >= right for left, right in pairwise(numbers)):
        raise Malformed("must ascend by number", "entries")
    if not evidence.inclusions:
        raise Malformed("must contain at least the batch", "inclusions")
    if len({(inclusion.root, inclusion.size) for inclusion in evidence.inclusions}) != len(evidence.inclusions):
        raise Malformed("names a set twice", "inclusions")
    return evidence


def read_inclusion(value: object, where: str) -> Inclusion:
    """Read the JSON value of an inclusion; Malformed names the member. Its proof is not checked."""
    index, proof, root, size = read_object(value, ["index", "proof", "root", "size"], where)
    return Inclusion(
        Root(read_hash(root, f"{where}.root")),
        read_count(size, f"{where}.size"),
        read_count(index, f"{where}.index"),
        read_hashes(proof, f"{where}.proof", MAX_PROOF_HASHES),
    )


def _read_entry(value: object, where: str) -> ProvenEntry:
    data, proof = read_object(value, ["bytes", "proof"], where)
    entry = Entry.from_data(hex_bytes(data, f"{where}.bytes"))
    return ProvenEntry(entry, read_hashes(proof, f"{where}.proof", MAX_PROOF_HASHES))


def _read_document(value: Json) -> Redacted:
    try:
        return Redacted.from_value(value)
    except Malformed as error:
        raise Malformed(error.what, f"document {error.where}".rstrip()) from None

"""Subjects: each kind of entry has its own, in the bytes of the page."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.core.encoding.ids import AttestationId, DeclarationId, LineName, Root, SetName, Subject
from ledger.core.history.entry import Entry, EntryKind, Revoked, encode_payload, kind_of
from ledger.core.history.subjects import (
    COUNCIL,
    agency_subject,
    attestation_subject,
    attester_subject,
    declaration_subject,
    describe,
    line_subject,
    mandate_subject,
    member_subject,
    set_subject,
    subject_key,
    subjects_of,
)
from ledger.core.statements.member_types import NO_DECLARATION
from ledger.core.statements.origin import Origin
from tests import entry_vectors, index_vectors

PAGE = (Path(__file__).parents[3] / "docs" / "formats.md").read_text(encoding="utf-8")
VECTORS = {vector.name: vector for vector in entry_vectors.load()}
FILED = {item["entry"]: item["subjects"] for item in index_vectors.load("subjects")}
TYPES = {
    EntryKind.COUNCIL_CHANGED: [1],
    EntryKind.AGENCY_ENROLLED: [2],
    EntryKind.AGENCY_SUSPENDED: [2],
    EntryKind.AGENCY_REINSTATED: [2],
    EntryKind.ATTESTER_AUTHORISED: [3],
    EntryKind.ATTESTER_RETIRED: [3],
    EntryKind.ATTESTER_COMPROMISED: [3],
    EntryKind.MANDATE_GRANTED: [4],
    EntryKind.MANDATE_WITHDRAWN: [4],
    EntryKind.ANCHORED: [5],
    EntryKind.ATTESTED: [6, 5],
    EntryKind.REVOKED: [7],  # the vector's; of the whole set: below
    EntryKind.WITHDRAWN: [8],
    EntryKind.POSTED: [9],
}


def _entry(vector: entry_vectors.Vector) -> tuple[Entry, Origin]:
    return Entry.from_data(vector.entry), Origin.parse(vector.origin)


def test_there_are_vectors_for_every_kind() -> None:
    assert set(TYPES) == set(EntryKind)
    assert {vector.kind for vector in VECTORS.values()} == set(EntryKind)
    assert set(FILED) == set(VECTORS)


@pytest.mark.parametrize("vector", VECTORS.values(), ids=list(VECTORS))
def test_subjects_are_those_of_the_vectors(vector: entry_vectors.Vector) -> None:
    subjects = subjects_of(*_entry(vector))
    assert [subject[0] for subject in subjects] == TYPES[EntryKind(vector.kind)]
    assert [
        {"about": describe(subject), "subject": subject.hex(), "key": subject_key(subject).hex()}
        for subject in subjects
    ] == FILED[vector.name]


def test_an_entry_has_the_subjects_of_its_statement() -> None:
    by_kind = {EntryKind(vector.kind): _entry(vector) for vector in VECTORS.values()}
    attested, origin = by_kind[EntryKind.ATTESTED]
    attestation = attested.content.attestation  # type: ignore[union-attr]
    id_ = attestation.id(origin)
    assert subjects_of(attested, origin) == (
        attestation_subject(id_),
        set_subject(SetName(attestation.root, attestation.size)),
    )
    posting = by_kind[EntryKind.POSTED][0].content.posting  # type: ignore[union-attr]
    assert subjects_of(*by_kind[EntryKind.POSTED]) == (line_subject(posting.line_name),)
    revocation = by_kind[EntryKind.REVOKED][0].content.revocation  # type: ignore[union-attr]
    assert subjects_of(*by_kind[EntryKind.REVOKED]) == (member_subject(id_, revocation.member),)
    declaration = by_kind[EntryKind.WITHDRAWN][0].content.declaration  # type: ignore[union-attr]
    assert subjects_of(*by_kind[EntryKind.WITHDRAWN]) == (declaration_subject(declaration.id(origin)),)


def test_a_revocation_of_the_whole_set_is_about_the_attestation() -> None:
    entry, origin = next(_entry(vector) for vector in VECTORS.values() if vector.kind == EntryKind.REVOKED)
    content = entry.content
    assert isinstance(content, Revoked)
    whole = replace(content, revocation=replace(content.revocation, member=NO_DECLARATION))
    changed = Entry(entry.number, kind_of(whole), entry.time, encode_payload(whole))
    assert subjects_of(changed, origin) == (attestation_subject(whole.revocation.attestation),)


def test_bytes_and_keys_are_as_the_page_writes_them() -> None:
    """Against hashlib and by hand, not by the functions that are tested."""
    a, b = AttestationId(b"a" * 32), DeclarationId(b"d" * 32)
    expected = {
        COUNCIL: b"\x01",
        agency_subject("NZ-MPI"): b"\x02NZ-MPI" + bytes(10),
        attester_subject(b"k" * 20): b"\x03" + b"k" * 20,  # type: ignore[arg-type]
        mandate_subject("NL-DOUANE", 0x0102): b"\x04NL-DOUANE" + bytes(7) + b"\x01\x02",
        set_subject(SetName(Root(b"r" * 32), 258)): b"\x05" + b"r" * 32 + bytes(6) + b"\x01\x02",
        attestation_subject(a): b"\x06" + b"a" * 32,
        member_subject(a, b): b"\x07" + b"a" * 32 + b"d" * 32,
        declaration_subject(b): b"\x08" + b"d" * 32,
        line_subject(LineName(a, b, 7)): b"\x09" + b"a" * 32 + b"d" * 32 + b"\0\0\0\x07",
    }
    for subject, data in expected.items():
        assert subject == data
        assert subject_key(subject) == sha256(b"trade-ledger/subject/1\n" + data).digest()
        assert f"| {data[0]} | `" in PAGE
        assert describe(subject)
    assert len({describe(subject) for subject in expected}) == len(expected)
    with pytest.raises(KeyError):
        describe(Subject(b"\x0a"))

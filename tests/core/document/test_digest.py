"""The digest of a document: its published vectors, each wrong reading of them, and that its bytes have one reading."""

from __future__ import annotations

import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.core.document import Disclosed, Format, Redacted, digest_of, field_hash, hash_fields, wrap
from ledger.core.document.digest import hash_disclosed, salt_of, salts_of
from ledger.core.document.field import FieldBytes
from tests import digest_vectors
from tests.core.document import reference
from tests.core.document.strategies import SEED
from tests.core.document.vectors import cases, content
from tests.verifier.both import alone

DIGESTS = cases("digests")
WRONG = cases("wrong_digests")


def named(case: dict[str, Any]) -> str:
    return str(case["name"])


@pytest.mark.parametrize("case", DIGESTS, ids=named)
def test_published_fields_and_digest(case: dict[str, Any]) -> None:
    document = wrap(content(case), Format(case["format"]), bytes.fromhex(case["seed"]))
    fields = [[path, type_, value.hex() if type_ == "x" else value.decode()] for path, type_, value in document.fields]
    assert fields == case["fields"]
    assert {path: hash_.hex() for path, hash_ in document.field_hashes.items()} == case["field_hashes"]
    assert document.digest.hex() == case["digest"]
    assert alone.read_document(document.to_bytes()).digest.hex() == case["digest"]


@pytest.mark.parametrize("case", WRONG, ids=named)
def test_a_wrong_reading_has_another_digest(case: dict[str, Any]) -> None:
    """The vector is what it says, and neither reader makes it of the document."""
    (of,) = (document for document in DIGESTS if document["name"] == case["document"])
    assert sha256(bytes.fromhex(case["hashed"])).hexdigest() == case["digest"]
    document = wrap(content(of), Format(of["format"]), bytes.fromhex(of["seed"]))
    fields = {(field.path, field.type, field.value) for field in document.fields}
    found = {
        document.digest.hex(), alone.read_document(document.to_bytes()).digest.hex(),
        reference.digest(of["format"], fields, document.seed).hex(),
    }  # fmt: skip
    assert found == {of["digest"]}
    assert case["digest"] not in found


def test_wrong_readings_differ_from_each_other() -> None:
    assert len(WRONG) == len({case["digest"] for case in WRONG}) == len({case["name"] for case in WRONG})


def test_the_vector_files_are_what_their_maker_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = digest_vectors.FOLDER
    shutil.copy(kept / "digests.json", tmp_path)
    monkeypatch.setattr(digest_vectors, "FOLDER", tmp_path)
    digest_vectors.main()
    for name in ("digests.json", "wrong_digests.json"):
        assert (tmp_path / name).read_bytes() == (kept / name).read_bytes()


# Hashes that look like digits and line feeds, so that a count could end elsewhere if it were not for the form.
_hashes = some.frozensets(
    some.one_of(
        some.binary(min_size=32, max_size=32),
        some.text("0123456789\n", min_size=32, max_size=32).map(str.encode),
    ),
    max_size=12,
)
_formats = some.sampled_from([format_.value for format_ in Format])


def read_back(data: bytes) -> tuple[str, frozenset[bytes]]:
    """Format and hashes from the bytes that were hashed, by no other knowledge than docs/formats.md section 2."""
    name, format_, count, rest = data.split(b"\n", 3)
    assert name == b"trade-ledger/document/1"
    assert len(rest) == 32 * int(count)
    hashes = [rest[at : at + 32] for at in range(0, len(rest), 32)]
    assert hashes == sorted(set(hashes))
    return format_.decode(), frozenset(hashes)


@given(_formats, _hashes)
def test_the_bytes_behind_a_digest_have_one_reading(format_: str, hashes: frozenset[bytes]) -> None:
    data = f"trade-ledger/document/1\n{format_}\n{len(hashes)}\n".encode() + b"".join(sorted(hashes))
    assert digest_of(format_, hashes) == sha256(data).digest()
    assert read_back(data) == (format_, hashes)


@given(_formats, _formats, _hashes, _hashes)
def test_two_documents_have_two_digests(one: str, other: str, ours: frozenset[bytes], theirs: frozenset[bytes]) -> None:
    same = (one, ours) == (other, theirs)
    assert (digest_of(one, ours) == digest_of(other, theirs)) is same


_fields = some.tuples(
    some.binary(min_size=16, max_size=16), some.text("as1", max_size=4), some.sampled_from("asn"),
    some.text("as1", max_size=4),
)  # fmt: skip


@given(_fields, _fields)
def test_two_fields_have_two_hashes(one: tuple[bytes, str, str, str], other: tuple[bytes, str, str, str]) -> None:
    """Also where a path ends, or a value begins, with the letters of types."""
    hashes = {
        field_hash(salt, path.encode(), type_, value.encode())
        for salt, path, type_, value in (one, (one[0], *other[1:]))
    }
    assert len(hashes) == (1 if one[1:] == other[1:] else 2)


def test_a_field_hash_is_no_hash_of_the_tree() -> None:
    """A field cannot be made that has the leaf hash of a declaration or entry, or the hash of a node."""
    data = bytes(16) + (4).to_bytes(4, "big") + b"path" + b"s" + b"value"
    assert field_hash(bytes(16), b"path", "s", b"value") == sha256(b"\2" + data).digest()
    hashed = field_hash(salt_of(SEED, "path"), b"path", "s", b"value")
    assert hash_fields(FieldBytes([b"path"], [b"svalue"]), salts_of(SEED, [b"path"])) == [hashed]
    assert hash_disclosed([("path", "s", b"value", salt_of(SEED, "path"))]) == [hashed]
    for prefix in (b"\0", b"\1", b""):
        assert field_hash(bytes(16), b"path", "s", b"value") != sha256(prefix + data).digest()


@given(some.integers(0, 3), some.integers(0, 255))
def test_any_change_of_any_part_of_any_field_changes_the_digest(part: int, bit: int) -> None:
    fields = (
        Disclosed("$['a']", "s", b"one", bytes(16)), Disclosed("$['b']", "s", b"two", bytes([1]) * 16),
        Disclosed("$['c']", "n", b"3", bytes([2]) * 16),
    )  # fmt: skip
    hidden = (bytes([7]) * 32, bytes([8]) * 32)
    digest = Redacted(Format.JSON, fields, hidden).digest
    for number, item in enumerate(fields):
        values: list[Any] = list(item)
        if isinstance(values[part], bytes):
            values[part] += bytes([bit])
        else:
            values[part] += chr(bit)
        changed = (*fields[:number], Disclosed(*values), *fields[number + 1 :])
        assert Redacted(Format.JSON, changed, hidden).digest != digest
    assert Redacted(Format.XML, fields, hidden).digest != digest
    assert Redacted(Format.JSON, fields, (*hidden, bytes([9]) * 32)).digest != digest
    assert Redacted(Format.JSON, fields, hidden[:1]).digest != digest

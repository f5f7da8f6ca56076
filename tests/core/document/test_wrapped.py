"""The owner's file."""

from __future__ import annotations

import pytest

from ledger.core.document import Format, Wrapped, open_document, read_wrapped, wrap
from ledger.errors import Malformed
from tests.core.document.examples import CERTIFICATE, INVOICE, SCAN
from tests.core.document.strategies import SEED

SEED_TEXT = b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"


@pytest.mark.parametrize("document", [INVOICE, CERTIFICATE, SCAN], ids=lambda document: document.format)
def test_file_is_a_header_line_and_the_document_untouched(document: Wrapped) -> None:
    header = f"ledger/{document.format}/1 ".encode() + SEED_TEXT + b"\n"
    assert document.to_bytes() == header + document.data
    assert read_wrapped(document.to_bytes()) == open_document(document.to_bytes()) == document
    assert read_wrapped(document.to_bytes()).digest == document.digest


@pytest.mark.parametrize(("format_", "overhead"), [(Format.JSON, 58), (Format.XML, 57), (Format.OPAQUE, 60)])
def test_overhead_is_constant_and_a_fifth_of_the_smallest_documents(format_: Format, overhead: int) -> None:
    data = {"json": b'"' + b"x" * 298 + b'"', "xml": b"<a>" + b"x" * 293 + b"</a>", "opaque": b"x" * 300}[format_]
    file = wrap(data, format_, SEED).to_bytes()
    assert len(file) == len(data) + overhead
    assert len(file) <= 1.2 * len(data)


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"{}",
        b"ledger/json/1 " + SEED_TEXT + b" \n{}",
        b"ledger/json/1 " + SEED_TEXT + b"\r\n{}",
        b"ledger/json/1  " + SEED_TEXT + b"\n{}",
        b"ledger/json/2 " + SEED_TEXT + b"\n{}",
        b"ledger/pdf/1 " + SEED_TEXT + b"\n{}",
        b"Ledger/json/1 " + SEED_TEXT + b"\n{}",
        b"\xef\xbb\xbfledger/json/1 " + SEED_TEXT + b"\n{}",
        b"ledger/json/1 " + SEED_TEXT + b"=\n{}",
        b"ledger/json/1 " + SEED_TEXT[:-1] + b"\n{}",
        b"ledger/json/1 " + SEED_TEXT[:-1] + b"9\n{}",  # the same 32 bytes by a decoder that forgives
        b"ledger/json/1 " + SEED_TEXT[:-1] + b"+\n{}",
        b"ledger/json/1 " + SEED_TEXT,
    ],
)
def test_header_is_read_strictly(file: bytes) -> None:
    with pytest.raises(Malformed) as refusal:
        read_wrapped(file)
    assert refusal.value.where == "line 1"


def test_document_in_the_file_is_read_strictly() -> None:
    with pytest.raises(Malformed, match="line 2, column 1: expected a value"):
        read_wrapped(b"ledger/json/1 " + SEED_TEXT + b"\n[\n}")


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_seed_has_32_bytes(size: int) -> None:
    with pytest.raises(Malformed, match="seed: a seed must be 32 bytes"):
        wrap(b"{}", Format.JSON, bytes(size))


def test_another_seed_gives_another_digest_and_no_common_leaf() -> None:
    other = wrap(INVOICE.data, Format.JSON, bytes(32))
    assert other.digest != INVOICE.digest
    assert not set(other.field_hashes.values()) & set(INVOICE.field_hashes.values())


def test_equal_values_have_unequal_leaf_hashes() -> None:
    document = wrap(b'["x","x",{"a":"x"}]', Format.JSON, SEED)
    assert len(set(document.field_hashes.values())) == 3


def test_the_format_is_bound() -> None:
    assert wrap(b"<a/>", Format.OPAQUE, SEED).digest != wrap(b"<a/>", Format.XML, SEED).digest


def test_printing_shows_the_digest_and_nothing_else() -> None:
    for text in (repr(INVOICE), str(INVOICE)):
        assert repr(INVOICE.digest) in text
        for secret in (repr(SEED), "INV-7", "Import", "number"):
            assert secret not in text

"""References: read from shown fields of real kinds of documents, by form and check digit or by the field's name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.core.document import Format, disclose, wrap
from ledger.core.document.field import sniff
from ledger.core.document.redaction import Redacted, redact
from ledger.core.document.references import (
    LONGEST_REFERENCE,
    Reference,
    ReferenceKind,
    normal_reference,
    references_of,
)
from ledger.errors import Malformed

SAMPLES = Path(__file__).parents[3] / "samples"
MRN, TRANSPORT, CONTAINER = ReferenceKind


def shown(value: object, *paths: str) -> Redacted:
    wrapped = wrap(json.dumps(value).encode(), Format.JSON, bytes(32))
    return disclose(wrapped, paths) if paths else redact(wrapped, [])


def sample(name: str, *paths: str) -> set[Reference]:
    data = (SAMPLES / name).read_bytes()
    return set(references_of(disclose(wrap(data, sniff(data, name), bytes(32)), paths)))


def test_a_bill_of_lading_and_its_containers() -> None:
    assert sample("avocado/bill-of-lading.json", "$") == {
        Reference(TRANSPORT, "LWLQTRG2610077"),
        Reference(CONTAINER, "QQQU6100775"),
    }
    assert sample("roses/air-waybill.json", "$") >= {Reference(TRANSPORT, "00041702614")}
    assert Reference(CONTAINER, "QQQU6100775") in sample("avocado/import-declaration.xml", "/*")


def test_only_what_is_shown_counts() -> None:
    found = sample("avocado/bill-of-lading.json", "$.transportDocumentReference")
    assert found == {Reference(TRANSPORT, "LWLQTRG2610077")}
    assert sample("avocado/bill-of-lading.json", "$.carrierCode") == set()


@pytest.mark.parametrize("number", ["CSQU3054383", "msku 907032-3"])
def test_a_container_wherever_it_stands(number: str) -> None:
    """Numbers that are printed in textbooks; the check digit is that of ISO 6346."""
    (found,) = references_of(shown({"remarks": number}))
    assert found == Reference(CONTAINER, normal_reference(number))
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert references_of(shown({"remarks": wrong})) == []
    assert references_of(shown({"containerNumber": wrong})) == []


def test_an_mrn_by_its_check_digit_or_its_name() -> None:
    """The European Commission's own example of an MRN's check digit has the form of ISO 6346 too."""
    made = "26NL0005100000123"
    digits = [number for number in "0123456789" if references_of(shown({"note": made + number}))]
    assert len(digits) == 1
    good = made + digits[0]
    assert references_of(shown({"note": good})) == [Reference(MRN, good)]
    other = made + str((int(digits[0]) + 1) % 10)
    assert references_of(shown({"note": other})) == []
    assert references_of(shown({"MRN": other})) == [Reference(MRN, other)]


@pytest.mark.parametrize(
    ("xml", "kind"),
    [
        ("<d><TransportContractDocument><ID>MAEU123456</ID></TransportContractDocument></d>", TRANSPORT),
        ("<d><BillOfLading id='MAEU123456'/></d>", TRANSPORT),
        ("<x:d xmlns:x='urn:x'><x:MovementReferenceNumber>MAEU123456</x:MovementReferenceNumber></x:d>", MRN),
    ],
)
def test_names_in_xml(xml: str, kind: ReferenceKind) -> None:
    wrapped = wrap(xml.encode(), Format.XML, bytes(32))
    assert references_of(redact(wrapped, [])) == [Reference(kind, "MAEU123456")]


def test_what_is_no_reference() -> None:
    value = {
        "blNumber": "?",
        "MRN": "x" * 36,
        "mrn": None,
        "waybillNumber": True,
        "id": "MAEU123456",
        "billNumber": "A1B2",
    }
    assert references_of(shown(value)) == []
    assert references_of(redact(wrap(b"CSQU3054383", Format.OPAQUE, bytes(32)), [])) == []


@given(some.text(max_size=60))
def test_a_normal_form_is_that_of_itself(text: str) -> None:
    try:
        made = normal_reference(text)
    except Malformed:
        return
    assert normal_reference(made) == made
    assert made.isascii()
    assert made.isalnum()
    assert 3 <= len(made) <= LONGEST_REFERENCE


@given(some.dictionaries(some.text(max_size=20), some.text(max_size=40) | some.integers(-9, 9), min_size=1, max_size=5))
def test_no_document_breaks_the_reading(value: dict[str, object]) -> None:
    try:
        document = shown(value)
    except Malformed:
        return
    for kind, number in references_of(document):
        assert normal_reference(number) == number
        assert kind in ReferenceKind

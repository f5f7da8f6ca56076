"""Which field of a copy differs?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.core.document import Difference, FieldChange, Format, Redacted, Wrapped, difference, disclose, redact, wrap
from tests.core.document.examples import CERTIFICATE, INVOICE, SCAN
from tests.core.document.strategies import SEED

PRICE = "$['lines'][1]['price']"
CHEAPER = wrap(INVOICE.data.replace(b'"price": 31', b'"price": 30'), Format.JSON, SEED)


@pytest.mark.parametrize(
    ("original", "copy"),
    [
        (INVOICE, CHEAPER),
        (redact(INVOICE, ["$.buyer"]), CHEAPER),
        (redact(INVOICE, ["$..price"]), CHEAPER),
        (disclose(INVOICE, []), CHEAPER),
        (INVOICE, redact(CHEAPER, ["$.buyer"])),
        (INVOICE, redact(CHEAPER, ["$..price"])),
        (INVOICE, disclose(CHEAPER, [])),
        (redact(INVOICE, ["$.buyer"]), redact(CHEAPER, ["$.number"])),
        (redact(INVOICE, ["$..price"]), redact(CHEAPER, ["$.number"])),
    ],
)
def test_a_changed_value_is_named_wherever_one_side_shows_it(
    original: Wrapped | Redacted, copy: Wrapped | Redacted
) -> None:
    found = difference(original, copy)
    assert found == Difference(FieldChange.CHANGED, PRICE)
    assert str(found) == f"{PRICE} has another type or value"


def test_nothing_differs_between_copies_of_one_document() -> None:
    for copy in (INVOICE, redact(INVOICE, ["$.buyer"]), disclose(INVOICE, [])):
        assert difference(INVOICE, copy) is None
        assert difference(copy, INVOICE) is None
    reindented = wrap(INVOICE.data.replace(b"\n", b" "), Format.JSON, SEED)
    assert difference(INVOICE, reindented) is None


def test_a_field_more_or_less_is_named() -> None:
    fewer = wrap(INVOICE.data.replace(b'"number": "INV-7",', b""), Format.JSON, SEED)
    assert difference(INVOICE, fewer) == Difference(FieldChange.MISSING, "$['number']")
    assert difference(fewer, INVOICE) == Difference(FieldChange.ADDED, "$['number']")
    assert str(difference(fewer, INVOICE)) == "$['number'] is added"
    assert difference(disclose(INVOICE, []), fewer) == Difference(FieldChange.UNSHOWN)


def test_a_changed_salt_is_a_changed_field() -> None:
    redacted = redact(INVOICE, ["$.buyer"])
    fields = tuple(field._replace(salt=bytes(16)) if field.path == PRICE else field for field in redacted.fields)
    assert difference(redacted, replace(redacted, fields=fields)) == Difference(FieldChange.CHANGED, PRICE)


def test_a_changed_hidden_hash_is_named_by_who_shows_the_field() -> None:
    redacted = redact(INVOICE, [PRICE, "$.number"])
    number, price = INVOICE.field_hashes["$['number']"], INVOICE.field_hashes[PRICE]
    forged = replace(redacted, hidden=tuple(sorted([number, bytes([price[0] ^ 1]) + price[1:]])))
    assert difference(INVOICE, forged) == Difference(FieldChange.CHANGED, PRICE)
    assert difference(forged, INVOICE) == Difference(FieldChange.CHANGED, PRICE)
    assert difference(redacted, forged) == Difference(FieldChange.UNSHOWN)
    assert str(Difference(FieldChange.UNSHOWN)) == "only fields that one of them hides differ, or the seed"


def test_two_wrappings_are_compared_by_what_both_show() -> None:
    again = wrap(INVOICE.data, Format.JSON, bytes(32))
    assert difference(INVOICE, again) == Difference(FieldChange.UNSHOWN)
    assert difference(redact(INVOICE, ["$.buyer"]), redact(again, ["$.number"])) == Difference(FieldChange.UNSHOWN)
    cheaper = wrap(CHEAPER.data, Format.JSON, bytes(32))
    assert difference(INVOICE, cheaper) == Difference(FieldChange.CHANGED, PRICE)
    assert difference(redact(INVOICE, ["$.buyer"]), redact(cheaper, ["$.number"])) == Difference(
        FieldChange.CHANGED, PRICE
    )
    assert difference(redact(INVOICE, [PRICE]), cheaper) == Difference(FieldChange.UNSHOWN)


def test_another_format_is_said() -> None:
    found = difference(INVOICE, CERTIFICATE)
    assert found == Difference(FieldChange.FORMAT)
    assert str(found) == "the format is another"


def test_an_opaque_document_differs_as_a_whole() -> None:
    found = difference(SCAN, wrap(SCAN.data + b"\n", Format.OPAQUE, SEED))
    assert found == Difference(FieldChange.CHANGED, "")
    assert str(found) == "the content has another type or value"

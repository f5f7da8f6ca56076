"""A plain file beside what evidence discloses: what may be said of it, and what may not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.document import Format, Plain, Redacted, Wrapped, disclose, open_beside, parse, redact, wrap
from ledger.core.document.plain import Likeness, Match, compare
from ledger.errors import Malformed
from tests.core.document.strategies import json_values

SEED = bytes(range(32))
json_documents = json_values.map(lambda value: json.dumps(value, ensure_ascii=False).encode())
ORDER = b'{"buyer": "Kim", "lines": [{"qty": 1000, "price": 9.5}, {"qty": 1}], "paid": true, "note": null, "extra": {}}'
INVOICE = b"""<?xml version="1.0"?>
<Invoice xmlns="urn:x" xmlns:a="urn:a">
  <ID>42</ID>
  <Amount currency="EUR" a:code="1">100.00</Amount>
  <Note/>
</Invoice>
"""


def disclosed(content: bytes, format_: Format, hide: list[str] | None = None) -> Redacted:
    return redact(wrap(content, format_, SEED), hide or [])


def match(shown: Redacted, content: bytes) -> Match:
    opened = open_beside(content, shown)
    assert isinstance(opened, Plain)
    return compare(shown, opened).match


@given(json_documents, st.data())
def test_what_is_declared_is_the_same_and_what_is_hidden_is_never_proven(content: bytes, data: st.DataObject) -> None:
    wrapped = wrap(content, Format.JSON, SEED)
    paths = [field.path for field in wrapped.fields]
    hidden = data.draw(st.lists(st.sampled_from(paths), unique=True))
    shown = redact(wrapped, hidden)
    plain = Plain(content, Format.JSON)
    found = compare(shown, plain)
    expected = Match.SAME if not hidden else Match.NOTHING if len(hidden) == len(paths) else Match.IN_PART
    assert found.match is expected
    assert found.counts[Likeness.UNKNOWN] == len(hidden)
    assert found.differing == []


@given(json_documents, json_documents)
def test_another_document_is_the_same_only_if_it_has_the_same_fields(left: bytes, right: bytes) -> None:
    shown = disclosed(left, Format.JSON)
    same = sorted(parse(left, Format.JSON)) == sorted(parse(right, Format.JSON))
    assert (compare(shown, Plain(right, Format.JSON)).match is Match.SAME) == same


@pytest.mark.parametrize(
    ("old", "new", "path", "likeness"),
    [
        (b"1000", b'"1000"', "$['lines'][0]['qty']", Likeness.DIFFERENT),
        (b"1000", b"1001", "$['lines'][0]['qty']", Likeness.DIFFERENT),
        (b'"Kim"', b'"Kim "', "$['buyer']", Likeness.DIFFERENT),
        (b'"Kim"', b'"\xe1\x84\x8f\xe1\x85\xb5\xe1\x86\xb7"', "$['buyer']", Likeness.DIFFERENT),
        (b"true", b"1", "$['paid']", Likeness.DIFFERENT),
        (b"null", b'""', "$['note']", Likeness.DIFFERENT),
        (b"{}}", b"[]}", "$['extra']", Likeness.DIFFERENT),
        (b', "note": null', b"", "$['note']", Likeness.MISSING),
        (b'"buyer"', b'"Buyer"', "$['Buyer']", Likeness.ADDED),
        (b'"paid"', b'"tax": 0, "paid"', "$['tax']", Likeness.ADDED),
        (b'{"qty": 1}', b'{"qty": 1}, {"qty": 1}', "$['lines'][2]['qty']", Likeness.ADDED),
    ],
)
def test_a_changed_field_is_named(old: bytes, new: bytes, path: str, likeness: Likeness) -> None:
    assert old in ORDER
    shown, changed = disclosed(ORDER, Format.JSON), ORDER.replace(old, new)
    found = compare(shown, Plain(changed, Format.JSON))
    assert found.match is Match.DIFFERS
    assert likeness is next(item.likeness for item in found.fields if item.path == path)
    assert path in found.differing


@pytest.mark.parametrize(
    ("old", "new"), [(b"1000", b"1.0e3"), (b", ", b",\r\n\t"), (b'"Kim"', b'"\\u004bim"'), (b"9.5", b"9.50")]
)
def test_another_spelling_of_the_same_value_is_the_same(old: bytes, new: bytes) -> None:
    assert match(disclosed(ORDER, Format.JSON), ORDER.replace(old, new)) is Match.SAME


def test_the_line_of_a_changed_xml_field_is_told() -> None:
    changed = INVOICE.replace(b"100.00", b"900.00").replace(b"<Note/>", b"<Note/>\n<Tax/>").replace(b'"EUR"', b'"USD"')
    found = compare(disclosed(INVOICE, Format.XML), Plain(changed, Format.XML))
    assert {(item.path.rpartition("/")[2], item.line) for item in found.fields if item.line} == {
        ("@currency", 4), ("text()[1]", 4), ("{urn:x}Tax[4]", 6),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'xmlns:a="urn:a"', b'xmlns:a="urn:b"'),
        (b' a:code="1"', b""),
        (b"<ID>42</ID>\n  <Amount", b"<Amount"),
        (b"<Note/>", b"<Note> </Note><Note/>"),
        (b"42", b" 42"),
    ],
)
def test_a_changed_xml_document_is_another(old: bytes, new: bytes) -> None:
    assert old in INVOICE
    assert match(disclosed(INVOICE, Format.XML), INVOICE.replace(old, new)) is Match.DIFFERS


def test_a_hidden_field_may_have_any_value_and_that_is_said() -> None:
    shown = disclosed(ORDER, Format.JSON, ["$.buyer"])
    assert match(shown, ORDER) is Match.IN_PART
    assert match(shown, ORDER.replace(b"Kim", b"Lee")) is Match.IN_PART
    assert match(shown, ORDER.replace(b'"buyer": "Kim", ', b"")) is Match.DIFFERS, (
        "the digest binds the number of fields"
    )
    assert match(shown, ORDER.replace(b'"buyer"', b'"a": 1, "buyer"')) is Match.DIFFERS


def test_nothing_is_said_where_nothing_is_disclosed() -> None:
    nothing = disclose(wrap(ORDER, Format.JSON, SEED), [])
    assert match(nothing, ORDER) is Match.NOTHING
    assert match(nothing, b'{"a": 1}') is Match.DIFFERS, "it has another number of fields"
    opened = open_beside(ORDER, None)
    assert isinstance(opened, Plain)
    assert (opened.format, dict(opened.fields)) == (None, {})


@pytest.mark.parametrize(("changed", "expected"), [(b"", Match.DIFFERS), (b"\x00", Match.DIFFERS)])
def test_an_opaque_file_is_compared_byte_by_byte(changed: bytes, expected: Match) -> None:
    content = bytes(range(256))
    shown = disclosed(content, Format.OPAQUE)
    assert match(shown, content) is Match.SAME
    assert match(shown, content + changed if changed else content[:-1]) is expected


def test_what_is_given_is_told_apart() -> None:
    wrapped = wrap(ORDER, Format.JSON, SEED)
    shown = redact(wrapped, [])
    assert isinstance(open_beside(wrapped.to_bytes(), shown), Wrapped)
    assert isinstance(open_beside(shown.to_bytes(), shown), Redacted)
    assert isinstance(open_beside(ORDER, shown), Plain)
    for data in (b"ledger/json/2 x\n{}", shown.to_bytes()[:-9], b' {"ledger": "trade-ledger/evidence/2"}'):
        with pytest.raises(Malformed):
            open_beside(data, shown)


@pytest.mark.parametrize("data", [INVOICE, b"%PDF-1.7", b'{"a": 1, "a": 2}', b"", b'{"a": 1'])
def test_a_file_of_another_format_is_named(data: bytes) -> None:
    with pytest.raises(Malformed, match="the declared document is json, and this is none"):
        open_beside(data, disclosed(ORDER, Format.JSON))


def test_the_comparison_for_programs_has_both_values() -> None:
    changed = ORDER.replace(b"1000", b'"1000"')
    value = compare(disclosed(ORDER, Format.JSON), Plain(changed, Format.JSON)).to_json()
    (bad,) = [item for item in json.loads(json.dumps(value))["fields"] if item["likeness"] != "same"]
    assert bad == {
        "path": "$['lines'][0]['qty']", "likeness": "different", "declared": {"type": "n", "value": "1000"},
        "found": {"type": "s", "value": "1000"}, "line": None,
    }  # fmt: skip

"""The file for somebody else: what it shows, what it hides, and what is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from ledger.core.document import (
    Disclosed,
    Field,
    Format,
    Limits,
    Redacted,
    Wrapped,
    disclose,
    field_hash,
    open_document,
    parse,
    read_redacted,
    redact,
    wrap,
)
from ledger.errors import Malformed
from tests.core.document.examples import CERTIFICATE, INVOICE, SCAN
from tests.core.document.strategies import SEED

WITHOUT_PRICES = redact(INVOICE, ["$..price", "$.buyer"])


def test_shown_fields_carry_their_salts_and_the_rest_is_hashes() -> None:
    shown = {field.path for field in WITHOUT_PRICES.fields}
    hidden = {path for path in INVOICE.field_hashes if "price" in path or "buyer" in path}
    assert shown == set(INVOICE.field_hashes) - hidden
    assert set(WITHOUT_PRICES.hidden) == {INVOICE.field_hashes[path] for path in hidden}
    assert WITHOUT_PRICES.digest == INVOICE.digest
    for path, type_, value, salt in WITHOUT_PRICES.fields:
        assert salt == hashlib.sha256(SEED + path.encode()).digest()[:16]
        assert field_hash(salt, path.encode(), type_, value) == INVOICE.field_hashes[path]


def test_the_file_is_as_the_format_says() -> None:
    redacted = redact(wrap(b'{"b":"\\u0007","a":1}', Format.JSON, SEED), ["$.a"])
    salt, hash_ = redacted.fields[0].salt.hex(), redacted.hidden[0].hex()
    assert redacted.to_bytes().decode() == (
        f'{{"fields":[["$[\'b\']","s","\\u0007","{salt}"]],"format":"json","hidden":["{hash_}"],'
        '"ledger":"trade-ledger/redacted/1"}\n'
    )


@pytest.mark.parametrize("document", [INVOICE, CERTIFICATE, SCAN], ids=lambda document: document.format)
def test_all_shown_and_all_hidden_have_the_digest_and_read_back(document: Wrapped) -> None:
    for redacted in (redact(document, []), disclose(document, [])):
        assert redacted.digest == document.digest
        assert read_redacted(redacted.to_bytes()) == open_document(redacted.to_bytes()) == redacted
    assert {field[:3] for field in redact(document, []).fields} == set(document.fields)
    assert redact(document, list(document.field_hashes)) == disclose(document, [])


def test_a_redacted_document_can_be_redacted_further() -> None:
    further = redact(WITHOUT_PRICES, ["$.lines[0]"])
    assert further == redact(INVOICE, ["$..price", "$.buyer", "$.lines[0]"])
    assert disclose(WITHOUT_PRICES, ["$.number"]) == disclose(INVOICE, ["$.number"])


# What leaks.


def test_name_value_type_and_order_of_what_is_hidden_leave_no_trace_in_size_or_structure() -> None:
    documents = [
        b'{"shown":1,"secret":"a"}',
        b'{"secret":"%b","shown":1}' % (b"much longer " * 99),
        b'{"another name":[{"deeper":[true]}],"shown":1}',
        b'{"shown":1,"":null}',
    ]
    files = [disclose(wrap(data, Format.JSON, SEED), ["$.shown"]).to_bytes() for data in documents]
    assert len({len(file) for file in files}) == 1
    (structure,) = {json.dumps({**json.loads(file), "hidden": len(json.loads(file)["hidden"])}) for file in files}
    assert "secret" not in structure


def test_guesses_at_a_hidden_value_cannot_be_tried() -> None:
    """Everything that the file holds, in every role of a salt or seed, fails to confirm the true value."""
    document = wrap(b'{"shown":"x","vote":"yes"}', Format.JSON, SEED)
    redacted = redact(document, ["$.vote"])
    ((path, _, _, salt),) = redacted.fields
    (hidden,) = redacted.hidden
    secret = b"$['vote']"
    assert field_hash(document_salt(SEED, secret), secret, "s", b"yes") == hidden  # the owner can
    keys = [b"", salt, salt * 2, hidden, redacted.digest, path.encode(), bytes(16), bytes(32)]
    tried = {field_hash(key[:16], secret, "s", b"yes") for key in keys}
    tried |= {field_hash(document_salt(key, secret), secret, "s", b"yes") for key in keys}
    tried |= {
        hashlib.sha256(prefix + b"yes").digest() for prefix in (b"", b"\0", b"\0s", secret, b"\0" + secret + b"s")
    }
    assert hidden not in tried


def document_salt(seed: bytes, path: bytes) -> bytes:
    return hashlib.sha256(seed + path).digest()[:16]


def test_order_of_hidden_hashes_is_their_own_and_not_the_document_s() -> None:
    """Over many seeds each of four hidden fields stands at each place about equally often."""
    places = [[0] * 4 for _ in range(4)]
    for number in range(400):
        document = wrap(b"[1,2,3,4]", Format.JSON, number.to_bytes(32, "big"))
        hidden = disclose(document, []).hidden
        assert list(hidden) == sorted(hidden)
        for field, hash_ in enumerate(document.field_hashes.values()):
            places[field][hidden.index(hash_)] += 1
    assert all(50 < count < 150 for counts in places for count in counts)  # 100 expected, deviation 9


def test_the_seed_is_not_in_the_file() -> None:
    file = redact(INVOICE, ["$.buyer"]).to_bytes()
    assert SEED.hex().encode() not in file
    assert INVOICE.to_bytes()[14:57] not in file


# What is refused.


def value_of(document: Redacted) -> dict[str, Any]:
    return dict(json.loads(document.to_bytes()))


def file_of(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode() + b"\n"


def test_the_helper_writes_what_is_accepted() -> None:
    assert file_of(value_of(WITHOUT_PRICES)) == WITHOUT_PRICES.to_bytes()


DEFECTS: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("fields, format, hidden and ledger", lambda v: v.pop("hidden")),
    ("fields, format, hidden and ledger", lambda v: v.update(more=1)),
    ("fields, format, hidden and ledger", lambda v: v.update(seed="00")),
    ("ledger: not of the format", lambda v: v.update(ledger="trade-ledger/redacted/2")),
    ("ledger: not of the format", lambda v: v.update(ledger=None)),
    ("format: must be one of json, xml, opaque", lambda v: v.update(format="pdf")),
    ("format: must be one of json, xml, opaque", lambda v: v.update(format=[])),
    ("unknown field type: format xml", lambda v: v.update(format="xml")),
    ("fields: must be a list", lambda v: v.update(fields={})),
    ("hidden: must be a list", lambda v: v.update(hidden="")),
    (r"fields\[0\]: must be a list", lambda v: v["fields"].insert(0, "x")),
    (r"fields\[1\]: must be a list of four strings", lambda v: v["fields"][1].pop()),
    (r"fields\[1\]: must be a list of four strings", lambda v: v["fields"][1].append("")),
    (r"fields\[1\]: must be a list of four strings", lambda v: v["fields"][1].insert(2, 5)),
    (r"fields\[0\]: must be a list of four strings", lambda v: v["fields"][0].__setitem__(2, None)),
    (r"fields\[0\]: must be 32 lower-case", lambda v: v["fields"][0].__setitem__(3, "00")),
    (r"fields\[0\]: must be 32 lower-case", lambda v: v["fields"][0].__setitem__(3, "AB" * 16)),
    (r"fields\[0\]: must be 32 lower-case", lambda v: v["fields"][0].__setitem__(3, "٠" * 32)),
    (r"fields\[0\]: must be 32 lower-case", lambda v: v["fields"][0].__setitem__(3, "0x" + "0" * 30)),
    (r"hidden\[1\]: must be 64 lower-case", lambda v: v["hidden"].__setitem__(1, "00")),
    (r"hidden\[1\]: must be 64 lower-case", lambda v: v["hidden"].__setitem__(1, 0)),
    ("fields: paths must ascend", lambda v: v["fields"].reverse()),
    ("fields: paths must ascend", lambda v: v["fields"].insert(0, v["fields"][0])),
    ("hidden: field hashes must ascend", lambda v: v["hidden"].reverse()),
    ("hidden: field hashes must ascend", lambda v: v["hidden"].insert(0, v["hidden"][0])),
    ("a document must have at least one field", lambda v: v.update(fields=[], hidden=[])),
    ("a field cannot be shown and hidden at once", lambda v: v.update(hidden=sorted([*v["hidden"], shown_hash()]))),
    ("unknown field type: format json", lambda v: v["fields"][0].__setitem__(1, "t")),
    ("unknown field type: format json", lambda v: v["fields"][0].__setitem__(1, "")),
    ("unknown field type: format json", lambda v: v["fields"][0].__setitem__(1, "sn")),
]


def shown_hash() -> str:
    return WITHOUT_PRICES.field_hashes["$['number']"].hex()


@pytest.mark.parametrize(("says", "break_"), DEFECTS, ids=[f"{n} {says}" for n, (says, _) in enumerate(DEFECTS)])
def test_defective_files_are_refused(says: str, break_: Callable[[dict[str, Any]], object]) -> None:
    value = value_of(WITHOUT_PRICES)
    break_(value)
    with pytest.raises(Malformed, match=says):
        read_redacted(file_of(value))
    with pytest.raises(Malformed, match=says):
        Redacted.from_value(value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda file: file[:-1], "not the canonical bytes"),
        (lambda file: file + b"\n", "not the canonical bytes"),
        (lambda file: b" " + file, "not the canonical bytes"),
        (lambda file: file.replace(b",", b", ", 1), "not the canonical bytes"),
        (lambda file: file.replace(b"INV", b"\\u0049NV", 1), "not the canonical bytes"),
        (lambda file: json.dumps(dict(reversed(json.loads(file).items()))).encode(), "not the canonical bytes"),
        (lambda file: orjson.dumps(dict(reversed(json.loads(file).items()))) + b"\n", "not the canonical bytes"),
        (lambda file: file.replace(b'"format"', b'"format":"json","format"', 1), "a name that this object already has"),
        (lambda file: file[:-2] + b",}\n", "line 1, column [0-9]+: expected a name"),
        (lambda file: b"\xef\xbb\xbf" + file, "line 1, column 1: expected a value"),
        (lambda file: file.replace(b"INV", b"\xff"), "this byte is not UTF-8"),
        (lambda file: b"[[[[1]]]]", "over the depth limit"),
        (lambda file: b"null", "must have exactly the members"),
    ],
)
def test_other_bytes_for_the_same_document_are_refused(change: Callable[[bytes], bytes], says: str) -> None:
    with pytest.raises(Malformed, match=says):
        read_redacted(change(WITHOUT_PRICES.to_bytes()))


def test_base64_has_one_spelling() -> None:
    file = redact(SCAN, []).to_bytes()
    assert b'"JVBERi0xLjcKAP8="' in file
    for other in (b"JVBERi0xLjcKAP9=", b"JVBERi0xLjcKAP8", b"JVBERi0xLjcKAP8=\\n", b"JVBERi0xLjcKAP8=="):
        spelled = file.replace(b"JVBERi0xLjcKAP8=", other)
        with pytest.raises(Malformed):
            read_redacted(spelled)
        with pytest.raises(Malformed):
            Redacted.from_value(json.loads(spelled))


@pytest.mark.parametrize("document", [INVOICE, CERTIFICATE, SCAN], ids=lambda document: document.format)
def test_value_and_document_follow_from_each_other(document: Wrapped) -> None:
    """Evidence holds the value; its file is the same in every byte."""
    for redacted in (redact(document, []), disclose(document, [])):
        value = redacted.to_value()
        assert Redacted.from_value(value) == redacted
        assert file_of(value) == redacted.to_bytes()
        assert value == value_of(redacted)


@pytest.mark.parametrize("document", [INVOICE, CERTIFICATE, SCAN], ids=lambda document: document.format)
def test_no_byte_can_be_changed_with_the_digest_kept(document: Wrapped) -> None:
    hide = [path for number, path in enumerate(document.field_hashes) if number % 3 == 1]
    file = redact(document, hide).to_bytes()
    refused = 0
    for index, byte in enumerate(file):
        for flip in (0x01, 0x02, 0x20, 0x80):
            changed = file[:index] + bytes([byte ^ flip]) + file[index + 1 :]
            try:
                opened = open_document(changed)
            except Malformed:
                refused += 1
            else:
                assert opened.digest != document.digest
    assert 0 < refused < 4 * len(file)


def test_a_forged_value_or_path_has_another_digest() -> None:
    for change in (
        lambda field: field._replace(value=b"INV-8"),
        lambda field: field._replace(path="$['numbeq']"),
        lambda field: field._replace(salt=bytes(16)),
        lambda field: field._replace(type="z", value=b""),
    ):
        fields = tuple(change(field) if field.value == b"INV-7" else field for field in WITHOUT_PRICES.fields)
        forged = replace(WITHOUT_PRICES, fields=tuple(sorted(fields)))
        assert read_redacted(forged.to_bytes()).digest != INVOICE.digest


def test_two_fields_with_one_path_can_be_hidden_but_not_shown_together() -> None:
    """What a redacted copy cannot prove (docs/formats.md section 2): that hidden fields are those of a document."""
    cheap, dear = (Disclosed("$['price']", "n", price, bytes(16)) for price in (b"1", b"9"))
    hashes = [field_hash(item.salt, item.path.encode(), item.type, item.value) for item in (cheap, dear)]
    for_one, for_another = Redacted(Format.JSON, (cheap,), (hashes[1],)), Redacted(Format.JSON, (dear,), (hashes[0],))
    assert read_redacted(for_one.to_bytes()).digest == read_redacted(for_another.to_bytes()).digest
    both = file_of({**value_of(for_one), "fields": [*value_of(for_one)["fields"], *value_of(for_another)["fields"]]})
    with pytest.raises(Malformed, match="paths must ascend, without repeats"):
        read_redacted(both)


def test_the_count_of_hidden_fields_is_bound() -> None:
    fewer = Redacted(Format.JSON, WITHOUT_PRICES.fields, WITHOUT_PRICES.hidden[:-1])
    more = Redacted(Format.JSON, WITHOUT_PRICES.fields, tuple(sorted([*WITHOUT_PRICES.hidden, bytes(32)])))
    assert len({fewer.digest, more.digest, INVOICE.digest}) == 3


# Limits, and characters that JSON's own rules would not let through.


def test_limits_are_named() -> None:
    file = WITHOUT_PRICES.to_bytes()
    with pytest.raises(
        Malformed, match=f"{len(file)} bytes are over the limit of {len(file) - 1} bytes for a redacted"
    ):
        read_redacted(file, Limits(redacted=len(file) - 1))
    count = len(INVOICE.fields)
    assert read_redacted(file, Limits(fields=count))
    with pytest.raises(Malformed, match=f"over the limit of {count - 1} fields"):
        read_redacted(file, Limits(fields=count - 1))
    deep = redact(wrap(b"[" * 9 + b"]" * 9, Format.JSON, SEED), []).to_bytes()
    assert read_redacted(deep, Limits(depth=9))
    with pytest.raises(Malformed, match="over the depth limit of 8 levels"):
        read_redacted(deep, Limits(depth=8))


def test_noncharacters_of_xml_survive_redaction() -> None:
    document = wrap("<a>\ufdd0\U0001ffff</a>".encode(), Format.XML, SEED)
    redacted = redact(document, [])
    assert redacted.fields[0].value == "\ufdd0\U0001ffff".encode()
    assert read_redacted(redacted.to_bytes()) == redacted


# Fields that no document has together.


def forged(format_: Format, *fields: tuple[str, str, str], hidden: int = 0) -> bytes:
    """A redacted file over fields made up by hand, with its own, perfectly good digest."""
    disclosed = sorted(Disclosed(path, type_, value.encode(), bytes(16)) for path, type_, value in fields)
    return Redacted(format_, tuple(disclosed), tuple(bytes([n]) * 32 for n in range(hidden))).to_bytes()


@pytest.mark.parametrize(
    ("says", "file"),
    [
        ("not a field path of a document of format json", forged(Format.JSON, ("a", "n", "1"))),
        ("not a field path of a document of format json", forged(Format.JSON, ("", "n", "1"))),
        ("no step begins at", forged(Format.JSON, ("$.a", "n", "1"))),
        ("no step begins at", forged(Format.JSON, ("$[01]", "n", "1"), hidden=1)),
        ("no step begins at", forged(Format.JSON, ("$[-1]", "n", "1"))),
        ("no step begins at", forged(Format.JSON, ('$["a"]', "n", "1"))),
        ("no step begins at", forged(Format.JSON, ("$['a'", "n", "1"))),
        ("no step begins at", forged(Format.JSON, (r"$['\u0041']", "n", "1"))),
        ("no step begins at", forged(Format.JSON, (r"$['\u000a']", "n", "1"))),
        ("no step begins at", forged(Format.JSON, (r"$['\u001F']", "n", "1"))),
        ("no step begins at", forged(Format.JSON, (r"$['\/']", "n", "1"))),
        ("not a value of a field of type n", forged(Format.JSON, ("$", "n", "1.0"))),
        ("not a value of a field of type n", forged(Format.JSON, ("$", "n", "-0"))),
        ("not a value of a field of type n", forged(Format.JSON, ("$", "n", "01"))),
        ("not a value of a field of type n", forged(Format.JSON, ("$", "n", "1.50"))),
        ("not a value of a field of type n", forged(Format.JSON, ("$", "n", "1_0.5"))),
        ("not a value of a field of type n", forged(Format.JSON, ("$", "n", ".5"))),
        ("not a value of a field of type n", forged(Format.JSON, ("$", "n", "NaN"))),
        ("not a value of a field of type n", forged(Format.JSON, ("$", "n", "1e400"))),
        ("not a value of a field of type n", forged(Format.JSON, ("$", "n", "1e+400"))),
        ("not a value of a field of type n", forged(Format.JSON, ("$", "n", "1_0"))),
        ("not a value of a field of type n", forged(Format.JSON, ("$", "n", "٣"))),
        ("not a value of a field of type n", forged(Format.JSON, ("$", "n", ""))),
        ("not a value of a field of type n", forged(Format.JSON, ("$", "n", "100000000000000000000000"))),
        ("not a value of a field of type b", forged(Format.JSON, ("$", "b", "True"))),
        ("not a value of a field of type z", forged(Format.JSON, ("$", "z", "null"))),
        ("not a value of a field of type o", forged(Format.JSON, ("$", "o", "{}"))),
        ("not a value of a field of type a", forged(Format.JSON, ("$", "a", "x"))),
        ("not a value of a field of type s", forged(Format.JSON, ("$", "s", "\ufdd0"))),
        ("only field is shown cannot hide 1 more", forged(Format.JSON, ("$", "n", "1"), hidden=1)),
        ("lies inside a field", forged(Format.JSON, ("$", "n", "1"), ("$['a']", "n", "1"))),
        ("lies inside a field", forged(Format.JSON, ("$['a']", "s", ""), ("$['a'][0]", "n", "1"))),
        ("lies inside a field", forged(Format.JSON, ("$[0]", "a", ""), ("$[0][0]['x']", "n", "1"))),
        ("is an object by one path", forged(Format.JSON, ("$['a']", "n", "1"), ("$[0]", "n", "1"))),
        ("is an object by one path", forged(Format.JSON, ("$['a']['b']", "n", "1"), ("$['a'][0]", "n", "1"))),
        ("leave 1 gaps, more than the 0", forged(Format.JSON, ("$[1]", "n", "1"))),
        ("leave 99 gaps, more than the 98", forged(Format.JSON, ("$[99]", "n", "1"), hidden=98)),
        (
            "leave 2 gaps, more than the 1",
            forged(Format.JSON, ("$[0]", "n", "1"), ("$[2]['a'][1]", "n", "1"), hidden=1),
        ),
        ("not a field path of a document of format xml", forged(Format.XML, ("", "e", ""))),
        ("no step begins at", forged(Format.XML, ("/a", "e", ""))),
        ("no step begins at", forged(Format.XML, ("/a[0]", "e", ""))),
        ("no step begins at", forged(Format.XML, ("/a[01]", "e", ""))),
        ("no step begins at", forged(Format.XML, ("/{}a[1]", "e", ""))),
        ("no step begins at", forged(Format.XML, ("/p:a[1]", "e", ""))),
        ("no step begins at", forged(Format.XML, ("/1[1]", "e", ""))),
        ("no step begins at", forged(Format.XML, ("/a[1]/", "e", ""))),
        ("no step begins at", forged(Format.XML, ("/a[1]/@x[1]", "t", ""))),
        ("no step begins at", forged(Format.XML, ("/{x}b[1]/{y}a[1]", "e", ""), ("/{x}}a[1]", "e", ""))),
        ("type t, but this path leads to type e", forged(Format.XML, ("/a[1]", "t", "x"))),
        ("type e, but this path leads to type t", forged(Format.XML, ("/a[1]/@x", "e", ""))),
        ("type p, but this path leads to type t", forged(Format.XML, ("/a[1]/text()[1]", "p", "x"))),
        (
            "type t, but this path leads to type p",
            forged(Format.XML, ("/a[1]/processing-instruction('x')[1]", "t", "x")),
        ),
        ("not a value of a field of type t", forged(Format.XML, ("/a[1]/@x", "t", "\x01"))),
        ("not a value of a field of type t", forged(Format.XML, ("/a[1]/@x", "t", "\ufffe"))),
        ("not a value of a field of type e", forged(Format.XML, ("/a[1]", "e", "x"))),
        ("not a value of a field of type p", forged(Format.XML, ("/a[1]/processing-instruction('x')[1]", "p", "x?>"))),
        ("not a value of a field of type p", forged(Format.XML, ("/a[1]/processing-instruction('x')[1]", "p", " x"))),
        ("an empty text", forged(Format.XML, ("/a[1]/text()[1]", "t", ""))),
        ("only elements can contain others", forged(Format.XML, ("/a[1]/@x/b[1]", "e", ""))),
        ("only elements can contain others", forged(Format.XML, ("/a[1]/text()[1]/@x", "t", "x"))),
        ("lies inside a field", forged(Format.XML, ("/a[1]", "e", ""), ("/a[1]/b[1]", "e", ""))),
        ("lies inside a field", forged(Format.XML, ("/a[1]", "e", ""), ("/a[1]/text()[1]", "t", "x"))),
        (
            "two different children have this position",
            forged(Format.XML, ("/a[1]/b[1]", "e", ""), ("/a[1]/c[1]", "e", "")),
        ),
        (
            "two different children have this position",
            forged(Format.XML, ("/a[1]/b[1]", "e", ""), ("/a[1]/text()[1]", "t", "x")),
        ),
        (
            "directly beside another",
            forged(Format.XML, ("/a[1]/text()[1]", "t", "x"), ("/a[1]/text()[2]", "t", "y"), hidden=1),
        ),
        (
            "directly beside another",
            forged(Format.XML, ("/a[1]/text()[10]", "t", "x"), ("/a[1]/text()[9]", "t", "y"), hidden=9),
        ),
        (
            "a text directly beside an instruction",
            forged(Format.XML, ("/a[1]/text()[1]", "t", "x"), ("/a[1]/processing-instruction('p')[2]", "p", "")),
        ),
        (
            "a text directly beside an instruction",
            forged(Format.XML, ("/a[1]/text()[2]", "t", "x"), ("/a[1]/processing-instruction('p')[1]", "p", "")),
        ),
        ("no step begins at", forged(Format.XML, ("/a\u0132[1]", "e", ""))),
        ("no step begins at", forged(Format.XML, ("/\U00010000[1]", "e", ""))),
        ("no step begins at", forged(Format.XML, ("/a[1]/@\u1200", "t", ""))),
        ("leave 1 gaps, more than the 0", forged(Format.XML, ("/a[1]/b[2]", "e", ""))),
        ("leave 1 gaps, more than the 0", forged(Format.XML, ("/a[2]", "e", ""))),
        ("has one root element, not 2", forged(Format.XML, ("/a[1]", "e", ""), ("/b[2]", "e", ""))),
        ("has one root element, not 0", forged(Format.XML, ("/processing-instruction('x')[1]", "p", ""))),
        ("outside the root element", forged(Format.XML, ("/text()[1]", "t", "x"), hidden=1)),
        ("outside the root element", forged(Format.XML, ("/@x", "t", "x"), hidden=1)),
        ("not a field path of a document of format opaque", forged(Format.OPAQUE, ("$", "x", "x"))),
        ("only field is shown cannot hide 1 more", forged(Format.OPAQUE, ("", "x", "x"), hidden=1)),
        (
            "unknown field type: format opaque",
            file_of({**value_of(redact(SCAN, [])), "fields": [["", "s", "x", "0" * 32]]}),
        ),
    ],
)
def test_fields_that_no_document_has_are_refused(says: str, file: bytes) -> None:
    with pytest.raises(Malformed, match=says):
        read_redacted(file)


@pytest.mark.parametrize(
    ("format_", "data"),
    [
        (Format.JSON, b'{"a":[[1],{"":{}},[]],"\\u0000\\u000b\\b\\f\\n\\r\\t\'\\\\":1e21,"-":-0.1,"0":"\\ufffd"}'),
        (Format.XML, b"<?p?><a><?q x?><e/>t<b x=''/>u<c><d/><?q?></c></a><?p?>"),
        (Format.XML, "<größe xmlns='urn:[1]/x' xmlns:p='p'><a p:x='&#9;'>&#13;</a>&#xA0;</größe>".encode()),
    ],
)
def test_everything_that_is_parsed_fits(format_: Format, data: bytes) -> None:
    document = wrap(data, format_, SEED)
    assert read_redacted(redact(document, []).to_bytes()).digest == document.digest
    for field in parse(data, format_):
        alone = disclose(document, [field.path])
        assert read_redacted(alone.to_bytes()) == alone
        assert Field(*alone.fields[0][:3]) == field

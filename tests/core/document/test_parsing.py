"""What is refused, what is bound and what is not: named cases from the vector files, and limits."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import partial
from itertools import product
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.core.document import (
    DEFAULT_LIMITS,
    Field,
    Format,
    Limits,
    canonical_json,
    json_fields,
    parse,
    parse_json,
    sniff,
    wrap,
)
from ledger.core.encoding.json_text import read_text
from ledger.errors import Malformed
from tests.core.document.strategies import SEED, Json, json_values, spell_json
from tests.core.document.vectors import cases, content


def named(case: dict[str, Any]) -> str:
    return str(case["name"])


@pytest.mark.parametrize("case", [*cases("refused_json"), *cases("refused_xml")], ids=named)
def test_refused_with_line_and_column(case: dict[str, str]) -> None:
    with pytest.raises(Malformed) as refusal:
        parse(content(case), Format(case["format"]))
    assert refusal.value.where == case["where"]
    assert case["says"] in refusal.value.what


@pytest.mark.parametrize("case", cases("same"), ids=named)
def test_spellings_of_one_document_have_one_digest(case: dict[str, Any]) -> None:
    digests = {wrap(content(spelling), Format(case["format"]), SEED).digest for spelling in case["spellings"]}
    assert len(digests) == 1


@pytest.mark.parametrize("case", cases("different"), ids=named)
def test_documents_that_differ_in_what_is_bound_have_different_digests(case: dict[str, Any]) -> None:
    documents = [wrap(content(spelling), Format(case["format"]), SEED) for spelling in case["documents"]]
    assert len({document.digest for document in documents}) == len(documents)


@pytest.mark.parametrize("case", cases("rfc8785_numbers"), ids=lambda case: case["ieee754"])
def test_rfc_8785_appendix_b(case: dict[str, str]) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(case["ieee754"]))
    if case["text"]:
        assert canonical_json(number).decode() == case["text"]
        assert parse(repr(number).encode(), Format.JSON) == (Field("$", "n", case["text"].encode()),)
    else:
        with pytest.raises(Malformed, match="NaN and Infinity"):
            canonical_json(number)


@pytest.mark.parametrize("case", cases("rfc8785_texts"), ids=named)
def test_rfc_8785_examples(case: dict[str, str]) -> None:
    assert canonical_json(parse_json(content(case))) == bytes.fromhex(case["canonical_hex"])


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (2**53, "an integer beyond 9007199254740991"),
        (float("nan"), "NaN and Infinity"),
        ("\ud800", "lone surrogate"),
        ({"\ud800": 1}, "lone surrogate"),
        ({1: 2}, "type that does not exist in JSON"),
        (b"bytes", "type that does not exist in JSON"),
    ],
)
def test_canonical_json_refuses(value: object, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        canonical_json(value)


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def elements(depth: int) -> bytes:
    return b"<a>" * depth + b"</a>" * depth


@pytest.mark.parametrize(
    ("format_", "at_the_limit", "over", "says"),
    [
        (Format.JSON, nested(100), nested(101), "over the depth limit of 100 levels"),
        (
            Format.JSON,
            b'{"a":' * 100 + b"1" + b"}" * 100,
            b'{"a":' * 101 + b"1" + b"}" * 101,
            "over the depth limit of 100",
        ),
        (Format.JSON, b"[" + b"1," * 99_999 + b"1]", b"[" + b"1," * 100_000 + b"1]", "over the limit of 100000 fields"),
        (
            Format.JSON,
            b"[" + b"[]," * 99_999 + b"1]",
            b"[" + b"{}," * 100_000 + b"1]",
            "over the limit of 100000 fields",
        ),
        (Format.XML, elements(100), elements(101), "over the depth limit of 100 levels"),
        (
            Format.XML,
            b"<a>" + b"<b/>" * 100_000 + b"</a>",
            b"<a>" + b"<b/>" * 100_001 + b"</a>",
            "over the limit of 100000 fields",
        ),
        (
            Format.XML,
            b"<a>" + b"<?p?>" * 100_000 + b"</a>",
            b"<a>" + b"<?p?>" * 100_001 + b"</a>",
            "over the limit of 100000",
        ),
        (
            Format.XML,
            b"<a" + b"".join(b' a%d=""' % n for n in range(99_999)) + b"/>",
            b"<a" + b"".join(b' a%d=""' % n for n in range(100_000)) + b"/>",
            "over the limit of 100000 fields",
        ),
    ],
    ids=[
        "arrays",
        "objects",
        "scalars",
        "empty containers",
        "elements",
        "empty elements",
        "instructions",
        "attributes",
    ],
)
def test_limits_are_exact_and_named_with_a_place(format_: Format, at_the_limit: bytes, over: bytes, says: str) -> None:
    assert parse(at_the_limit, format_)
    with pytest.raises(Malformed, match=says) as refusal:
        parse(over, format_)
    assert refusal.value.where.startswith("line 1, column ")


@pytest.mark.parametrize("format_", Format)
def test_size_limit(format_: Format) -> None:
    data = {"json": b'["12345678"]', "xml": b"<a>12345</a>", "opaque": b"123456789012"}[format_]
    limits = Limits(structured=12, opaque=12)
    assert parse(data, format_, limits)
    with pytest.raises(Malformed, match="13 bytes are over the limit of 12 bytes"):
        parse(data + b"\n", format_, limits)


@pytest.mark.parametrize(
    ("format_", "data"),
    [
        (Format.JSON, b'{"' + b"n" * 1000 + b'":[' + b"0," * 99 + b"0]}"),
        (Format.XML, b"<" + b"n" * 1000 + b">" + b"<b/>" * 100 + b"</" + b"n" * 1000 + b">"),
        (Format.XML, b"<" + b"n" * 1000 + b">" + b"<?p?>" * 100 + b"</" + b"n" * 1000 + b">"),
        (Format.XML, b"<a xmlns='" + b"n" * 1000 + b"'>" + b"<b/>" * 100 + b"</a>"),
        (Format.XML, b"<" + b"n" * 1000 + b"".join(b' a%d=""' % n for n in range(100)) + b"/>"),
    ],
    ids=["names", "elements", "instructions", "namespaces", "attributes"],
)
def test_paths_cannot_explode(format_: Format, data: bytes) -> None:
    assert parse(data, format_)
    with pytest.raises(Malformed, match="over the limit of 90000 characters for all paths together"):
        parse(data, format_, Limits(paths=90_000))


@pytest.mark.parametrize("name", ["ab", "éß", "\U0001f600x"])
def test_paths_count_in_characters_and_those_around_the_outermost_container_are_free(name: str) -> None:
    data = f'{{"{name}": [1, {{"c": "d"}}, 3], "b": 5}}'.encode()
    budget = 3 * len(f"$['{name}']") + len(f"$['{name}'][1]")
    assert len(parse(data, Format.JSON, Limits(paths=budget))) == 4
    with pytest.raises(Malformed, match=f"over the limit of {budget - 1} characters"):
        parse(data, Format.JSON, Limits(paths=budget - 1))


def test_depth_is_a_limit_and_not_an_accident() -> None:
    deep = Limits(depth=50_000)
    assert len(parse_json(nested(50_000), deep)) == 1  # type: ignore[arg-type]
    with pytest.raises(Malformed, match="depth limit of 100 levels"):
        parse_json(b"[" * 8_000_000, DEFAULT_LIMITS)


def test_messages_never_hold_values() -> None:
    for data in (b'{"secret": SECRET}', b'{"a": "SECRET', b'["SECRET\\x"]', b'{"SECRET":1,"SECRET":2}', b"[1e999999]"):
        with pytest.raises(Malformed) as refusal:
            parse(data, Format.JSON)
        assert "SECRET" not in str(refusal.value)
        assert "1e999999" not in str(refusal.value)
    for data in (b"<a>&SECRET;</a>", b"<a SECRET></a>", b"<a><SECRET></a>", b"<a>SECRET", b"<SECRET:a/>"):
        with pytest.raises(Malformed) as refusal:
            parse(data, Format.XML)
        assert "SECRET" not in str(refusal.value)


@pytest.mark.parametrize(
    ("data", "name", "format_"),
    [
        (b"%PDF-1.7", "invoice.JSON", Format.JSON),
        (b"{}", "a.xml", Format.XML),
        (b"{}", "a.txt", Format.JSON),
        (b" \r\n\t[1]", "", Format.JSON),
        (b"\xef\xbb\xbf{}", "", Format.JSON),
        (b"\xef\xbb\xbf <a/>", "", Format.XML),
        (b"<a/>", "", Format.XML),
        ("<a/>".encode("utf-16"), "", Format.XML),
        ("\ufeff\n<a/>".encode("utf-16-be"), "", Format.XML),
        ("<a/>".encode("utf-16-le"), "", Format.XML),
        ("<a/>".encode("utf-16-be"), "", Format.XML),
        ("{}".encode("utf-16"), "", Format.OPAQUE),
        (b"%PDF-1.7", "", Format.OPAQUE),
        (b"UNB+UNOC:3", "a.edi", Format.OPAQUE),
        (b"", "", Format.OPAQUE),
        (b"12", "", Format.OPAQUE),
        (b"\x00\x00\x00", "", Format.OPAQUE),
    ],
)
def test_sniff(data: bytes, name: str, format_: Format) -> None:
    assert sniff(data, name) is format_


def test_opaque_is_one_field_of_all_bytes() -> None:
    assert parse(b"\x00\xff", Format.OPAQUE) == (Field("", "x", b"\x00\xff"),)
    assert parse(b"", Format.OPAQUE) == (Field("", "x", b""),)


def test_fields_are_in_the_order_of_the_document() -> None:
    paths = [field.path for field in parse(b'{"b":[1,{"c":2},3],"a":{"z":{}},"0":[]}', Format.JSON)]
    assert paths == ["$['b'][0]", "$['b'][1]['c']", "$['b'][2]", "$['a']['z']", "$['0']"]


MARKS = some.sampled_from(
    [*'{}[],:"\\ 0-.eE', "\\ud83d", "\\udE00", "\\ufFfe", "\\u2014", "\\\\u", "Infinity", "1e999"]
)


@given(
    json_values,
    some.randoms(use_true_random=False),
    some.integers(0, 6),
    some.builds(Limits, depth=some.integers(1, 6), fields=some.integers(1, 30)),
    some.lists(some.tuples(some.integers(0, 200), some.booleans(), MARKS), max_size=3),
)
def test_the_short_way_answers_as_the_strict_reader(
    value: Json, random: Random, around: int, limits: Limits, changes: list[tuple[int, bool, str]]
) -> None:
    for _ in range(around):
        value = random.choice(([value], [value, value], {"a": value}))
    text = spell_json(value, random)
    for at, over, mark in changes:
        text = text[:at] + mark + text[at + over :]

    assert_both_say_the_same(text, limits)


NAMES = ["a", "b", "\\u0061", "a:", ":"]
VALUES = [
    *("0", "-0", "-0.0", "1E19", "1e400", "-1e400", "9007199254740991", "9007199254740992", "-9007199254740992"),
    *("9007199254740993", "9007199254740993.0", "0.1000000000000000055", "1e-400", "0.0", "2.70", "1.5e-300", "1e+2"),
    *("18446744073709551615", "18446744073709551616", "-9223372036854775809", "9223372036854775808.0", "01", "1."),
    *('":"', '"\\":"', '"a" ', '"\ufdd0"', '"\uffff"', '"\ufffd"', '"\U0001fffe"', '"\ud7ff"', '"\x7f"', '"\x1f"'),
    *('{"a":1}', '[{"b": 2}]', '{"a":1,"a":2}', '{"a":1,"a" :2,"b":":"}', "{}", "[]", "null", "nul", "NaN"),
]


@pytest.mark.parametrize("value", VALUES)
def test_the_short_way_sees_every_doubled_name_and_every_number_it_would_round(value: str) -> None:
    for name, space, before in product(NAMES, ["", " ", "\n\t"], ["", "\ufeff", " "]):
        assert_both_say_the_same(f'{before}{{"a":1,"{name}"{space}:{space}{value}}}', Limits())
        assert_both_say_the_same(f'{before}{{"c":{value},"{name}"{space}:{space}":"}}', Limits())
    assert_both_say_the_same(value, Limits())


def assert_both_say_the_same(text: str, limits: Limits) -> None:
    def said(read: Callable[[], object]) -> str:
        try:
            return repr(read())
        except Malformed as error:
            return str(error)

    short, strict = (
        partial(parse_json, text.encode(), limits),
        partial(read_text, text.removeprefix("\ufeff"), limits),
    )
    for exact in (False, True):
        assert said(partial(short, exact=exact)) == said(partial(strict, exact=exact))
    fields = partial(parse, text.encode(), Format.JSON, limits)
    assert said(fields) == said(partial(parse_strictly, fields))


def parse_strictly(fields: Callable[[], object]) -> object:
    """The fields where orjson reads nothing."""
    with patch.object(json_fields, "read_quickly", side_effect=ValueError):
        return fields()


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1, "b": [2.5, "\xc3\xa9", {"c:": "d"}], "d": {}, "e": [null, true]}',
        b'"text"',
        b"5",
        b"[]",
        b'\xef\xbb\xbf{"a":1}',
    ],
)
def test_what_is_good_goes_the_short_way(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = parse_strictly(lambda: parse(data, Format.JSON))
    monkeypatch.delattr("ledger.core.encoding.json_text.read_text")
    assert parse(data, Format.JSON) == expected
    parse_json(data)

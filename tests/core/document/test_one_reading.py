"""What two honest readers read differently is refused, and what is not refused they read alike.

The readers of XML: the standard library's DOM and ElementTree, and libxml2 by lxml. The readers of JSON: the standard
library with doubles and with exact decimals.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from xml.dom import minidom
from xml.etree import ElementTree
from xml.parsers import expat

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as some
from lxml import etree

from ledger.core.document import Field, Format, canonical_json, parse, parse_json
from ledger.core.document.paths import NCNAME
from ledger.core.document.wrapped import wrap
from ledger.core.encoding.json_text import number_text
from ledger.errors import Malformed
from tests.verifier.both import alone

WHITE = " \t\r\n"


def fields_or_refused(data: bytes, format_: Format) -> tuple[Field, ...] | Malformed:
    try:
        return parse(data, format_)
    except Malformed as error:
        return error


# ---------------------------------------------------------------------------------------------------------------- XML


def first_texts(markup: str) -> list[tuple[str, ...]]:
    """The text before the first child element of each element, as programs ask each reader for it.

    White space alone counts as no text. A program that joins all text of an element is the last reader.
    """
    dom = [element.firstChild for element in minidom.parseString(markup).getElementsByTagName("*")]
    tree = [element.text for element in ElementTree.fromstring(markup).iter()]
    lxml = [element.text for element in etree.fromstring(markup).iter(etree.Element)]
    whole = [text_before(element) for element in minidom.parseString(markup).getElementsByTagName("*")]
    by_dom = [node.nodeValue if node is not None and node.nodeType in (3, 4) else "" for node in dom]
    return [
        tuple(text if text and text.strip(WHITE) else "" for text in texts)
        for texts in zip(by_dom, tree, lxml, whole, strict=True)
    ]


def text_before(element: Any) -> str:
    found = ""
    for node in element.childNodes:
        if node.nodeType == node.ELEMENT_NODE:
            break
        if node.nodeType in (node.TEXT_NODE, node.CDATA_SECTION_NODE):
            found += node.data
    return found


PARTS = ["x", " ", "\n", "&amp;", "<!-- c -->", "<?p d?>", "<![CDATA[y]]>", "<![CDATA[]]>", "<![CDATA[ ]]>", "<b/>"]
contents = some.lists(some.sampled_from([*PARTS, "<b>x</b>"]), max_size=6).map("".join)


@given(some.one_of(contents, contents.map(lambda inner: f"<b>{inner}</b>{inner}")))
@example("user@example.org<!-- c -->.evil.example")
@example("<!-- c -->x")
@example("\n<![CDATA[x]]>\n")
def test_xml_that_readers_read_differently_is_refused(content: str) -> None:
    markup = f"<a>{content}</a>"
    found = fields_or_refused(markup.encode(), Format.XML)
    differing = [texts for texts in first_texts(markup) if len(set(texts)) > 1]
    assert not (differing and isinstance(found, tuple)), differing


@given(contents)
def test_xml_that_is_read_has_the_text_that_every_reader_sees(content: str) -> None:
    markup = f"<a>{content}</a>"
    found = fields_or_refused(markup.encode(), Format.XML)
    if isinstance(found, tuple):
        first = [field.value.decode() for field in found if field.path == "/a[1]/text()[1]"]
        assert set(first_texts(markup)[0]) == {first[0] if first else ""}


@given(contents)
@example("<![CDATA[]]><b>x</b>")  # an empty section is no border of the next run
@example("<!-- c --><b>x</b>")
def test_xml_is_refused_only_for_a_border_beside_text(content: str) -> None:
    """Each run between two tags, judged by its text and by what stands in it."""
    found = fields_or_refused(f"<a>{content}</a>".encode(), Format.XML)
    divided = any(is_divided(run) for run in runs(content))
    assert divided is isinstance(found, Malformed)
    if isinstance(found, Malformed):
        assert "inside or beside text, which readers read differently" in found.what


def runs(content: str) -> Iterator[str]:
    yield from content.replace("<b/>", "<b>").replace("</b>", "<b>").split("<b>")


def is_divided(run: str) -> bool:
    text = run
    for mark in ("<!-- c -->", "<?p d?>", "<![CDATA[", "]]>"):
        text = text.replace(mark, "")
    one_section = run.startswith("<![CDATA[") and run.endswith("]]>") and run.count("]]>") == 1
    return bool(text.strip(WHITE)) and text != run and not (one_section and "<!--" not in run and "<?" not in run)


def permitted_by_expat(markup: str) -> bool:
    try:
        expat.ParserCreate().Parse(markup, True)
    except expat.ExpatError:
        return False
    return True


@pytest.mark.parametrize("before", ["", "a"])
def test_names_are_those_of_expat_and_of_the_fifth_edition(before: str) -> None:
    """Every character of the first plane, and the first of each further one."""
    fifth = alone.re.compile(alone._NCNAME)
    characters = [
        chr(number) for number in [*range(1, 0xD800), *range(0xE000, 0x10000), *range(0x10000, 0x110000, 0x10000)]
    ]
    permitted = {char for char in characters if NCNAME.fullmatch(before + char)}
    assert permitted == {
        char for char in characters if fifth.fullmatch(before + char) and alone._is_name(before + char)
    }
    both = {char for char in characters if fifth.fullmatch(before + char) and permitted_by_expat(f"<{before}{char}/>")}
    assert permitted == both
    assert len(permitted) > 30_000


# --------------------------------------------------------------------------------------------------------------- JSON

digits = some.text("0123456789", min_size=1, max_size=25)
numbers = some.one_of(
    some.builds(
        lambda sign, whole, fraction, exponent: f"{sign}{whole.lstrip('0') or '0'}{fraction}{exponent}",
        some.sampled_from(["", "-"]),
        digits,
        some.one_of(some.just(""), digits.map(".{}".format)),
        some.one_of(some.just(""), some.integers(-340, 310).map("e{}".format), some.integers(0, 30).map("E+{}".format)),
    ),
    some.floats(allow_nan=False, allow_infinity=False).map(json.dumps),
    some.floats(allow_nan=False, allow_infinity=False).map(lambda number: rfc8785.dumps(number).decode()),
)


@given(numbers)
@example("9007199254740993.0")
@example("0.1000000000000000055")
@example("1e-400")
@example("0.1")
@example("2.70")
@example("1E20")
@example("100000000000000000000")
def test_a_json_number_is_read_if_and_only_if_a_double_keeps_its_decimal_value(number: str) -> None:
    exact = Decimal(number)
    rounded = json.loads(f"[{number}]", parse_int=float)[0]
    for text in (number, f"[{number}]", f'{{"a":[0.5,{number}]}}'):
        found = fields_or_refused(text.encode(), Format.JSON)
        if rounded in (float("inf"), float("-inf")) or Decimal(rfc8785.dumps(rounded).decode()) != exact:
            assert isinstance(found, Malformed)
            assert "write it as a string" in found.what
        else:
            assert isinstance(found, tuple)
            assert Decimal(found[-1].value.decode()) == exact


@given(some.floats(allow_nan=False, allow_infinity=False))
def test_what_a_writer_prints_the_reader_takes_back(number: float) -> None:
    text = number_text(number).encode()
    for spelled in (text, json.dumps(number).encode(), text.replace(b"e", b"E")):
        assert parse(b"[" + spelled + b"]", Format.JSON) == (Field("$[0]", "n", text),)
    assert canonical_json(parse_json(text, exact=True)) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<a>\n <b\u02ff/></a>", "a name with '\u02ff': the fifth edition of XML 1.0 permits it"),
        ("<\u0220/>", "a name with '\u0220': the fifth edition"),
        ("<a \u037fb='1'/>", "a name with '\u037f': the fifth edition"),
        ("<a><?\u0220 x?></a>", "a name with '\u0220': the fifth edition"),
        ("<a & b/>", "not well-formed XML: not well-formed (invalid token)"),
        ("<\u2190/>", "not well-formed XML: not well-formed (invalid token)"),
        ("<a>\u0001</a>", "not well-formed XML: not well-formed (invalid token)"),
    ],
)
def test_a_name_of_the_fifth_edition_is_named(text: str, said: str) -> None:
    with pytest.raises(Malformed) as caught:
        wrap(text.encode(), Format.XML, bytes(32))
    assert said in str(caught.value)

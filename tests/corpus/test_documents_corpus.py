"""Trade documents of many makers: every one wraps, respelling keeps its digest, one changed value does not."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from lxml import etree

from ledger.core.document import Format, difference, disclose, parse, read_redacted, redact, sniff, wrap
from ledger.errors import Malformed
from tests.core.document import reference
from tests.core.document.strategies import SEED, spell_json

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "documents"
INDEX = FOLDER / "INDEX.csv"
ROWS = list(csv.DictReader(INDEX.open(encoding="utf-8"))) if INDEX.exists() else []

pytestmark = pytest.mark.skipif(
    not ROWS, reason="third-party documents are not here: ../shared/data/documents/INDEX.csv"
)

FORMATS = {"XML": Format.XML, "JSON": Format.JSON, "EDIFACT": Format.OPAQUE}
NOT_JSON = "dcsa/eblsurrender-api-v3.0.0-request.json"
WELL_FORMED = [row["file"] for row in ROWS if row["file"] != NOT_JSON]
XML = [row["file"] for row in ROWS if row["format"] == "XML"]
JSON = [row["file"] for row in ROWS if row["format"] == "JSON" and row["file"] != NOT_JSON]


def read(file: str) -> bytes:
    return (FOLDER / file).read_bytes()


def test_the_index_is_whole() -> None:
    """531 positive documents and 26 made faulty, of which all but one are faulty in what they say, not in form."""
    assert [sum(row["expect"] == kind for row in ROWS) for kind in ("positive", "negative")] == [531, 26]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"])
def test_format_is_told_by_name_and_by_content(row: dict[str, str]) -> None:
    assert sniff(read(row["file"]), row["file"]) is FORMATS[row["format"]]
    assert sniff(read(row["file"])) is FORMATS[row["format"]]


def test_what_is_not_well_formed_is_refused_with_line_and_column() -> None:
    if NOT_JSON not in {row["file"] for row in ROWS}:
        pytest.skip(f"{NOT_JSON} is not here")
    with pytest.raises(Malformed, match="line 11, column 16: expected a value"):
        parse(read(NOT_JSON), Format.JSON)


def test_none_is_refused_for_what_two_readers_read_differently() -> None:
    """No comment, instruction or CDATA border beside text, no number that a double changes, no name of one edition."""
    refused = {}
    for row in ROWS:
        try:
            parse(read(row["file"]), FORMATS[row["format"]])
        except Malformed as error:
            refused[row["file"]] = str(error)
    assert set(refused) <= {NOT_JSON}, refused


@pytest.mark.parametrize("file", WELL_FORMED)
def test_wraps_redacts_and_reads_back(file: str) -> None:
    data = read(file)
    document = wrap(data, sniff(data, file), SEED)
    assert len(document.to_bytes()) <= max(1.2 * len(data), len(data) + 60)
    paths = list(document.field_hashes)
    for redacted in (redact(document, paths[::2]), redact(document, []), disclose(document, [])):
        assert redacted.digest == document.digest
        assert read_redacted(redacted.to_bytes()) == redacted


@pytest.mark.parametrize("file", XML)
def test_xml_fields_are_those_that_another_parser_finds(file: str) -> None:
    assert {tuple(field) for field in parse(read(file), Format.XML)} == reference.xml_fields(read(file))


@pytest.mark.parametrize("file", JSON)
def test_json_fields_are_those_that_another_parser_finds(file: str) -> None:
    data = read(file).removeprefix(b"\xef\xbb\xbf")
    assert {tuple(field) for field in parse(read(file), Format.JSON)} == reference.json_fields(data)


@pytest.mark.parametrize("file", XML)
def test_respelled_xml_keeps_its_digest_and_one_change_does_not(file: str) -> None:
    data = read(file)
    original = wrap(data, Format.XML, SEED)
    random = Random(file)
    root = etree.fromstring(data).getroottree().getroot()
    for copy in (respelled_xml(root, random, indent="\t"), respelled_xml(root, random, indent=None)):
        assert copy != data
        assert wrap(copy, Format.XML, SEED).digest == original.digest
    assert wrap(respelled_xml(root, random, None).decode().encode("utf-16"), Format.XML, SEED).digest == original.digest
    # One value, one character more.
    texts = [element for element in root.iter(etree.Element) if element.text and element.text.strip()]
    attributes = [(element, name) for element in root.iter(etree.Element) for name in element.attrib]
    if texts:
        chosen = random.choice(texts)
        chosen.text += "0"
    else:
        chosen, name = random.choice(attributes)
        chosen.set(name, chosen.get(name) + "0")
    changed = wrap(etree.tostring(root.getroottree()), Format.XML, SEED)
    assert changed.digest != original.digest
    found = difference(disclose(original, []), changed)
    assert found is not None
    assert f"{chosen.tag}[" in found.path


def respelled_xml(root: Any, random: Random, indent: str | None) -> bytes:
    """Other prefixes, other order of attributes, other indentation, and comments; as lxml sees the same document."""
    copy = etree.fromstring(etree.tostring(root.getroottree()), etree.XMLParser(remove_blank_text=indent is not None))
    renamed = reprefixed(copy)
    for element in renamed.iter(etree.Element):
        attributes = list(element.attrib.items())
        random.shuffle(attributes)
        element.attrib.clear()
        element.attrib.update(attributes)
    if indent is not None and not has_mixed_content(renamed):
        etree.indent(renamed, indent)
    renamed.append(etree.Comment(" checked "))
    outside = [node for node in copy.itersiblings(preceding=True) if isinstance(node, etree._ProcessingInstruction)]
    head = b"".join(etree.tostring(node, with_tail=False) for node in reversed(outside))
    return b"<!-- copy -->\n" + head + etree.tostring(renamed, encoding="UTF-8", xml_declaration=False)


XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def reprefixed(element: Any) -> Any:
    """The same tree with prefixes ``p0``, ``p1``, ... and no default namespace."""
    namespaces = sorted(
        {
            etree.QName(name).namespace
            for item in element.iter(etree.Element)
            for name in (item.tag, *item.attrib)
            if etree.QName(name).namespace
        }
        | {uri for item in element.iter(etree.Element) if XSI_TYPE in item.attrib for uri in item.nsmap.values()}
    )
    prefixes = {f"p{number}": uri for number, uri in enumerate(namespaces) if "XML/1998" not in uri}
    by_uri = {uri: prefix for prefix, uri in prefixes.items()}

    def rebuild(old: Any, parent: Any | None) -> Any:
        new = etree.Element(old.tag, nsmap=prefixes) if parent is None else etree.SubElement(parent, old.tag)
        new.attrib.update(old.attrib)
        if (name := old.get(XSI_TYPE)) is not None:
            prefix, _, local = name.rpartition(":")
            uri = old.nsmap.get(prefix or None)
            new.set(XSI_TYPE, f"{by_uri[uri]}:{local}" if uri else local)
        new.text = old.text
        for child in old:
            if isinstance(child.tag, str):
                built = rebuild(child, new)
            else:
                built = etree.fromstring(b"<x>" + etree.tostring(child, with_tail=False) + b"</x>")[0]
                new.append(built)
            built.tail = child.tail
        return new

    return rebuild(element, None)


def has_mixed_content(root: Any) -> bool:
    return any(
        len(element) and any(text and text.strip() for text in (element.text, *(child.tail for child in element)))
        for element in root.iter(etree.Element)
    )


@pytest.mark.parametrize("file", JSON)
def test_respelled_json_keeps_its_digest_and_one_change_does_not(file: str) -> None:
    original = wrap(read(file), Format.JSON, SEED)
    random = Random(file)
    value = json.loads(read(file).removeprefix(b"\xef\xbb\xbf"))
    for indent in (None, 1, "\t"):
        copy = json.dumps(value, indent=indent, ensure_ascii=indent is None).encode()
        assert wrap(copy, Format.JSON, SEED).digest == original.digest
    assert wrap(spell_json(value, random).encode(), Format.JSON, SEED).digest == original.digest
    places = list(strings_in(value))
    container, key = random.choice(places)
    container[key] += "0"
    changed = wrap(json.dumps(value).encode(), Format.JSON, SEED)
    assert changed.digest != original.digest
    found = difference(disclose(original, []), changed)
    assert found is not None
    assert {field.path: field.value for field in changed.fields}[found.path].endswith(b"0")


def strings_in(value: Any) -> Any:
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(item, str):
            yield value, key
        elif isinstance(item, dict | list):
            yield from strings_in(item)

"""Slow second opinions: fields and digests as docs/formats.md words them, by other parsers and by recursion."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import rfc8785
from lxml import etree

Fields = set[tuple[str, str, bytes]]

_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def json_fields(data: bytes) -> Fields:
    """By the standard library's decoder."""
    return set(_json_value("$", json.loads(data)))


def _json_value(path: str, value: Any) -> Iterator[tuple[str, str, bytes]]:
    if isinstance(value, dict) and value:
        for name, member in value.items():
            yield from _json_value(f"{path}['{_escaped(name)}']", member)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _json_value(f"{path}[{index}]", item)
    elif isinstance(value, str):
        yield path, "s", value.encode()
    elif isinstance(value, bool):
        yield path, "b", str(value).lower().encode()
    elif isinstance(value, int | float):
        yield path, "n", rfc8785.dumps(value)
    else:
        yield path, {dict: "o", list: "a", type(None): "z"}[type(value)], b""


def _escaped(name: str) -> str:
    # A JSON string escapes what RFC 9535 escapes, but for the quote.
    return json.dumps(name, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'")


def xml_fields(data: bytes) -> Fields:
    """By libxml2."""
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, huge_tree=True))
    nodes = [*reversed(list(root.itersiblings(preceding=True))), root, *root.itersiblings()]
    return set(_xml_children("", [node for node in nodes if not isinstance(node, etree._Comment)], preserve=False))


def _xml_children(path: str, nodes: list[Any], preserve: bool) -> Iterator[tuple[str, str, bytes]]:
    for position, node in enumerate(nodes, 1):
        if isinstance(node, str):
            yield f"{path}/text()[{position}]", "t", node.encode()
        elif isinstance(node, etree._ProcessingInstruction):
            target = f"processing-instruction('{node.target}')"
            yield f"{path}/{target}[{position}]", "p", (node.text or "").encode()
        else:
            yield from _xml_element(f"{path}/{node.tag}[{position}]", node, preserve)


def _xml_element(path: str, element: Any, preserve: bool) -> Iterator[tuple[str, str, bytes]]:
    for name, value in element.attrib.items():
        bound = value
        if name == _XSI_TYPE:
            prefix, colon, local = value.strip(" \t\r\n").rpartition(":")
            namespace = element.nsmap.get(prefix if colon else None)
            bound = f"{{{namespace}}}{local}" if namespace else local
        if name == _XML_SPACE and value in ("preserve", "default"):
            preserve = value == "preserve"
        yield f"{path}/@{name}", "t", bound.encode()
    nodes: list[Any] = []
    run = element.text or ""
    for child in element:
        if isinstance(child, etree._Comment):
            run += child.tail or ""
            continue
        nodes += [run, child]
        run = child.tail or ""
    nodes = [n for n in [*nodes, run] if not isinstance(n, str) or (n if preserve else n.strip(" \t\r\n"))]
    if not nodes:
        yield path, "e", b""
    yield from _xml_children(path, nodes, preserve)


def digest(format_: str, fields: Fields, seed: bytes) -> bytes:
    """Section 2, line by line."""
    hashes = []
    for path, type_, value in fields:
        salt = hashlib.sha256(seed + path.encode()).digest()[:16]
        hash_ = hashlib.sha256(b"\x02" + salt + len(path.encode()).to_bytes(4, "big") + path.encode())
        hash_.update(type_.encode())
        hash_.update(value)
        hashes.append(hash_.digest())
    whole = hashlib.sha256()
    for part in ("trade-ledger/document/1", format_, str(len(fields))):
        whole.update(part.encode() + b"\n")
    for each in sorted(hashes):
        whole.update(each)
    return whole.digest()

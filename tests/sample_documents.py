"""Reading the sample documents for tests: one way to ask for a value in JSON, XML and EDIFACT alike."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
DATA = SAMPLES.parent.parent / "shared" / "data"
INDEX: list[dict[str, Any]] = json.loads((SAMPLES / "index.json").read_text("utf-8"))
AGENCIES: list[dict[str, Any]] = json.loads((SAMPLES / "agencies.json").read_text("utf-8"))
FILES: list[str] = [entry["file"] for entry in INDEX]
TYPES: dict[str, int] = {entry["file"]: entry["type"] for entry in INDEX}
REPLACED = {entry["replaces"] for entry in INDEX} - {None}
CONSIGNMENTS = sorted({entry["consignment"] for entry in INDEX})
POLICIES = {f"policies/{name}.json" for name in ("bank", "plant-health-nl", "release-online")}
NOT_DOCUMENTS = {"README.md", "index.json", "agencies.json", ".gitattributes", *POLICIES}
UTF16_MARK = b"\xff\xfe"


def files(suffix: str, *types: int) -> list[str]:
    return [file for file in FILES if file.endswith(suffix) and TYPES[file] in types]


def text(file: str) -> str:
    data = (SAMPLES / file).read_bytes()
    if data.startswith(UTF16_MARK):
        return data.decode("utf-16")
    return data.decode("latin-1" if file.endswith((".edi", ".pdf")) else "utf-8")


def tree(file: str) -> Any:
    """A JSON document as values, an XML document as its root."""
    if file.endswith(".json"):
        return json.loads(text(file), parse_float=Decimal)
    return ET.fromstring((SAMPLES / file).read_bytes())


def segments(file: str) -> list[list[str]]:
    """An EDIFACT interchange (ISO 9735) with the standard separators: segments of elements; components stay joined."""
    body = re.sub(r"\r?\n", "", text(file)).removeprefix("UNA:+.? '")
    return [re.split(r"(?<!\?)\+", segment) for segment in re.split(r"(?<!\?)'", body) if segment]


def local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def leaves(value: Any, name: str = "", parent: str = "") -> Iterator[tuple[str, str]]:
    """Every leaf as ``/parent/name`` and text: JSON members, XML elements and attributes (``/name/@attribute``)."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from leaves(member, key, name)
    elif isinstance(value, list):
        for member in value:
            yield from leaves(member, name, parent)
    elif isinstance(value, ET.Element):
        yield f"/{name}/{local(value)}", (value.text or "").strip()
        yield from ((f"/{local(value)}/@{key}", attribute) for key, attribute in value.attrib.items())
        for child in value:
            yield from leaves(child, local(value))
    else:
        yield f"/{parent}/{name}", str(value)


@cache
def pairs(file: str) -> list[tuple[str, str]]:
    """Leaves of any structured document. A segment of EDIFACT gives ``/TAG/qualifier`` and each component after it."""
    if file.endswith(".pdf"):
        return []
    if file.endswith(".edi"):
        parts = [(s[0], [part for element in s[1:] for part in element.split(":")]) for s in segments(file)]
        return [(f"/{tag}/{qualifier}", part) for tag, (qualifier, *rest) in parts for part in rest]
    return list(leaves(tree(file)))


def found(file: str, *names: str) -> list[str]:
    """Values of all leaves whose path ends in one of the names."""
    return [value for path, value in pairs(file) if value and path.endswith(tuple(f"/{name}" for name in names))]


def total(file: str, *names: str) -> Decimal:
    return sum(map(Decimal, found(file, *names)), Decimal(0))


def each(file: str, name: str) -> list[ET.Element]:
    return [element for element in tree(file).iter() if local(element) == name]


def at(element: ET.Element, path: str) -> str:
    """Text at a path of local names, which must be there."""
    value = element.findtext("/".join(f"{{*}}{name}" for name in path.split("/")))
    assert value is not None, path
    return value

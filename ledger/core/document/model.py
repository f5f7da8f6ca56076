"""What a document is: formats, fields and limits (docs/formats.md, section 2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from ledger.errors import Malformed

MIB = 1024 * 1024


class Format(StrEnum):
    """How a document's bytes become fields."""

    JSON = "json"
    XML = "xml"
    OPAQUE = "opaque"


class Field(NamedTuple):
    """One path and value; ``type`` is one letter of the format's types, ``value`` the bytes that are bound.

    A tuple and not a dataclass: a document has up to 100,000 of them and wrapping lives in their loop.
    """

    path: str
    type: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused for its size; every refusal names the limit and its number.

    Sizes in bytes; ``redacted`` is of a redacted file. ``paths`` is in characters over all fields together: without it
    a name of a megabyte over a thousand children would make a gigabyte of paths.
    """

    structured: int = 16 * MIB
    opaque: int = 64 * MIB
    depth: int = 100
    fields: int = 100_000
    paths: int = 64 * MIB
    redacted: int = 128 * MIB


DEFAULT_LIMITS = Limits()

_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*([{\[<])")
_UTF16_MARKUP = re.compile(rb"\xff\xfe(?:[ \t\r\n]\x00)*<\x00|\xfe\xff(?:\x00[ \t\r\n])*\x00<|\x00<")


def sniff(data: bytes, name: str = "") -> Format:
    """The format of a file: by a name that ends in ``.json`` or ``.xml``, else by its first significant character.

    ``{`` or ``[`` is JSON, ``<`` is XML (in UTF-8 or UTF-16), all else is opaque. Only a guess at what the owner means:
    whether the bytes hold what the format promises is for :func:`parse` to say.
    """
    for format_ in (Format.JSON, Format.XML):
        if name.lower().endswith(f".{format_}"):
            return format_
    if match := _MARKUP.match(data):
        return Format.XML if match[1] == b"<" else Format.JSON
    return Format.XML if _UTF16_MARKUP.match(data) else Format.OPAQUE


def check_size(data: bytes, format_: Format, limits: Limits) -> None:
    """:raises Malformed: more bytes than a document of this format may have."""
    kind, limit = ("an opaque", limits.opaque) if format_ is Format.OPAQUE else ("a structured", limits.structured)
    if len(data) > limit:
        raise Malformed(f"{len(data)} bytes are over the limit of {limit} bytes for {kind} document")


def over_fields(limits: Limits, where: str = "") -> Malformed:
    return Malformed(f"over the limit of {limits.fields} fields", where)


def over_depth(limits: Limits, where: str = "") -> Malformed:
    return Malformed(f"over the depth limit of {limits.depth} levels", where)


def over_paths(limits: Limits, where: str = "") -> Malformed:
    return Malformed(f"over the limit of {limits.paths} characters for all paths together", where)


def position(text: str, index: int) -> str:
    """``line N, column M`` of a character, both from 1; CR LF, CR and LF each end a line, as in XML."""
    before = text[:index]
    line = 1 + before.count("\n") + before.count("\r") - before.count("\r\n")
    column = index - max(before.rfind("\n"), before.rfind("\r"))
    return f"line {line}, column {column}"


def decode(data: bytes, encoding: str) -> str:
    """Strict decoding of what follows the byte order mark.

    :raises Malformed: with line and column of the first byte that is not ``encoding``.
    """
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        good = data[: error.start].decode(encoding)
        raise Malformed(f"this byte is not {encoding}", position(good, len(good))) from None

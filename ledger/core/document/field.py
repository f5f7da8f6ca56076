"""What a document is: formats, fields and limits (docs/formats.md, section 2)."""

from __future__ import annotations

import re
from typing import NamedTuple

from ledger.core.encoding.limits import Format


class Field(NamedTuple):
    """One path and value; ``type`` is a letter of the format's types, ``value`` the bytes that the digest binds."""

    path: str
    type: str
    value: bytes


class FieldBytes(NamedTuple):
    """The fields of a document as they are hashed: two lists of one length, in the order of the document.

    ``paths`` are in UTF-8; each of ``values`` begins with the letter of the type. Most documents are hashed and nobody
    asks for their fields, so a :class:`Field` of each is made only then.
    """

    paths: list[bytes]
    values: list[bytes]

    def fields(self) -> tuple[Field, ...]:
        return tuple(Field(path.decode(), chr(value[0]), value[1:]) for path, value in zip(*self, strict=True))


_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*([{\[<])")
_UTF16_MARKUP = re.compile(rb"\xff\xfe(?:[ \t\r\n]\x00)*<\x00|\xfe\xff(?:\x00[ \t\r\n])*\x00<|\x00<")


def sniff(data: bytes, name: str = "") -> Format:
    """The format of a file: by a name that ends in ``.json`` or ``.xml``, else by its first significant character.

    ``{`` or ``[`` is JSON, ``<`` is XML (in UTF-8 or UTF-16), anything else is opaque. This only guesses what the owner
    means; :func:`parse` checks whether the bytes are of that format.
    """
    for format_ in (Format.JSON, Format.XML):
        if name.lower().endswith(f".{format_}"):
            return format_
    if match := _MARKUP.match(data):
        return Format.XML if match[1] == b"<" else Format.JSON
    return Format.XML if _UTF16_MARKUP.match(data) else Format.OPAQUE

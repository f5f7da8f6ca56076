"""PDF values as bytes of a file: where one ends, and what a dictionary or an array contains (ISO 32000-2, 7.3).

Values stay as they are written, so that they can be copied into another part of a file unchanged. Nothing is repaired:
what the standard does not allow is Malformed. Every loop ends with the value, which has at most 1 MiB.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ledger.errors import Malformed

MAX_VALUE = 1 << 20
MAX_DEPTH = 100
_SPACE = rb"[\x00\t\n\x0c\r ]"
_REGULAR = rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%]"
_BLANK = re.compile(rb"(?:" + _SPACE + rb"++|%[^\r\n]*+)*+")
_TOKEN = re.compile(
    rb"(?P<open><<|\[)|(?P<close>>>|\])|(?P<string>\()|(?P<hex><(?:[0-9A-Fa-f]|" + _SPACE + rb")*+>)"
    rb"|(?P<name>/" + _REGULAR + rb"*+)|(?P<word>" + _REGULAR + rb"++)"
)
_REFERENCE = re.compile(rb"(\d{1,10})" + _SPACE + rb"++(\d{1,5})" + _SPACE + rb"++R(?!" + _REGULAR + rb")")
_HEADER = re.compile(_SPACE + rb"*+(\d{1,10})" + _SPACE + rb"++(\d{1,5})" + _SPACE + rb"++obj(?!" + _REGULAR + rb")")
_WHOLE = re.compile(rb"\d{1,10}")
_STRING_MARK = re.compile(rb"\\.|[()]", re.DOTALL)
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|\r|\n)|(.))|\r\n?", re.DOTALL)
_NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_CLOSES = {b"<<": b">>", b"[": b"]"}


class Reference(NamedTuple):
    """Object number and generation."""

    number: int
    generation: int


class Member(NamedTuple):
    """A dictionary's member: all its bytes from the name to the end of the value, and those of the value."""

    raw: bytes
    value: bytes


def skip_blank(data: bytes, at: int) -> int:
    """The first position from ``at`` on that is not white space or a comment."""
    return _end_of(_BLANK, data, at)


def value_end(data: bytes, at: int) -> int:
    """The end of the value that begins at ``at``, without white space before it; Malformed if there is none."""
    reference = _REFERENCE.match(data, at)
    if reference is not None:
        return reference.end()
    limit, closes = at + MAX_VALUE, list[bytes]()
    while True:
        token = _TOKEN.match(data, at)
        if token is None or token.end() > limit:
            raise Malformed(f"not a PDF value of at most {MAX_VALUE} bytes", f"PDF, byte {at}")
        at = token.end()
        if token.lastgroup == "open":
            closes.append(_CLOSES[token[0]])
            if len(closes) > MAX_DEPTH:
                raise Malformed(f"is nested deeper than {MAX_DEPTH}", f"PDF, byte {at}")
        elif token.lastgroup == "close":
            if not closes or closes.pop() != token[0]:
                raise Malformed("a closing bracket without an opening one", f"PDF, byte {at}")
        elif token.lastgroup == "string":
            at = _string_end(data, at, limit)
        if not closes:
            return at
        at = skip_blank(data, at)


def dictionary(data: bytes, at: int = 0) -> tuple[dict[bytes, Member], int]:
    """The members of the dictionary at ``at`` by name (no slash, escapes resolved), in order; and where it ends.

    :raises Malformed: not a dictionary, or one that names a member twice, which readers understand differently.
    """
    if data[at : at + 2] != b"<<":
        raise Malformed("not a dictionary", f"PDF, byte {at}")
    places, end = _values(data, at + 2, b">>")
    members = dict[bytes, Member]()
    for (begin, named), (value, ends) in zip(places[::2], places[1::2], strict=False):
        key = _NAME_ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()), data[begin + 1 : named])
        if data[begin : begin + 1] != b"/" or key in members:
            raise Malformed("a member of a dictionary without a name, or a name twice", f"PDF, byte {begin}")
        members[key] = Member(data[begin:ends], data[value:ends])
    if len(places) % 2:
        raise Malformed("a member of a dictionary without a value", f"PDF, byte {at}")
    return members, end


def array(data: bytes) -> list[bytes]:
    """The values of an array; Malformed if it is not an array."""
    if data[:1] != b"[":
        raise Malformed("not an array", "PDF")
    return [data[begin:end] for begin, end in _values(data, 1, b"]")[0]]


def reference(value: bytes) -> Reference | None:
    """The value as a reference; None if it is not one."""
    found = _REFERENCE.fullmatch(value)
    return None if found is None else Reference(int(found[1]), int(found[2]))


def whole(value: bytes) -> int:
    """A whole number of at most ten digits; Malformed otherwise."""
    if _WHOLE.fullmatch(value) is None:
        raise Malformed("not a whole number", "PDF")
    return int(value)


def name_of(value: bytes) -> bytes:
    """A name without its slash, with its escapes resolved; empty for a value of another kind."""
    return _NAME_ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()), value[1:]) if value[:1] == b"/" else b""


def string(value: bytes) -> bytes:
    """The bytes that a string denotes (7.3.4); Malformed if it is not a string."""
    if value[:1] == b"(":
        return _ESCAPE.sub(_unescaped, value[1:-1])
    if value[:1] == b"<" and value[:2] != b"<<":
        digits = bytes(value[1:-1].translate(None, b"\x00\t\n\x0c\r ")).decode()
        return bytes.fromhex(digits + "0" * (len(digits) % 2))
    raise Malformed("not a string", "PDF")


def object_at(data: bytes, at: int) -> tuple[Reference, int]:
    """The number of the indirect object at ``at``, and where its value begins; Malformed if there is none."""
    found = _HEADER.match(data, at)
    if found is None:
        raise Malformed("no object where the tables of the PDF place one", f"PDF, byte {at}")
    return Reference(int(found[1]), int(found[2])), skip_blank(data, found.end())


def _values(data: bytes, at: int, close: bytes) -> tuple[list[tuple[int, int]], int]:
    """Begin and end of each value from ``at`` to the closing mark, and where that ends."""
    found, limit = list[tuple[int, int]](), at + MAX_VALUE
    at = skip_blank(data, at)
    while not data.startswith(close, at):
        end = value_end(data, at)
        found.append((at, end))
        at = skip_blank(data, end)
        if at > limit:
            raise Malformed(f"not a PDF value of at most {MAX_VALUE} bytes", f"PDF, byte {at}")
    return found, at + len(close)


def _string_end(data: bytes, at: int, limit: int) -> int:
    depth = 1
    for mark in _STRING_MARK.finditer(data, at, limit):
        depth += {b"(": 1, b")": -1}.get(mark[0], 0)
        if depth == 0:
            return mark.end()
    raise Malformed("a string without an end", f"PDF, byte {at}")


def _unescaped(found: re.Match[bytes]) -> bytes:
    octal, line, other = found[1], found[2], found[3]
    if octal is not None:
        return bytes([int(octal, 8) & 0xFF])
    if line is not None:
        return b""
    return b"\n" if other is None else _ESCAPED.get(other, other)


def _end_of(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    found = pattern.match(data, at)
    return at if found is None else found.end()

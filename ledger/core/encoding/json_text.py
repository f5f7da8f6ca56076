"""Strict I-JSON text to values, and values to canonical text.

Reading follows RFC 8259 grammar and RFC 7493 restrictions without exception; every error names line and column. The
reader keeps its own stack, so a limit bounds the depth, not the interpreter. Writing is RFC 8785.
"""

from __future__ import annotations

import json
import math
import re
from codecs import BOM_UTF8
from typing import cast

import orjson
import rfc8785

from ledger.core.encoding.limits import DEFAULT_LIMITS, Format, Limits, check_size, over_depth, over_fields
from ledger.core.encoding.text import decode, position
from ledger.errors import Malformed

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
_Container = dict[str, Json] | list[Json]

SAFE_INTEGER = 2**53 - 1

_SPACE = re.compile(r"[ \t\n\r]*")
# Groups: string without escapes; integer part; fraction and exponent; literal; opening bracket.
_VALUE = re.compile(
    r'(?:"([^"\\\x00-\x1f]*)"'
    r"|(-?(?:0|[1-9][0-9]*))((?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![0-9.eE+-])"
    r"|(true|false|null)"
    r"|([{\[]))[ \t\n\r]*"
)
_NAME = re.compile(r'"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*')
_COMMA = re.compile(r",[ \t\n\r]*")
_COLON = re.compile(r":[ \t\n\r]*")
_CLOSING: dict[type, str] = {dict: "}", list: "]"}
_LITERALS = {"true": True, "false": False, "null": None}
_STRING = json.JSONDecoder()
_STRING_FAULTS = {
    "Unterminated string starting": "a string without an end",
    "Invalid control character": "a control character in a string: write it as an escape",
    "Invalid \\escape": "an unknown escape sequence",
    "Invalid \\uXXXX escape": "an escape \\u without four hexadecimal digits",
}

_SURROGATE = re.compile("[\ud800-\udfff]")
# U+FDD0 to U+FDEF and the last two code points of each of the 17 planes.
_NONCHARACTER = re.compile(
    "[\ufdd0-\ufdef"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)
# The same in UTF-8, and a few others.
_PERHAPS_NONCHARACTER = re.compile(rb"\xef\xb7[\x90-\xaf]|[\xef\x8f\x9f\xaf\xbf]\xbf[\xbe\xbf]")
_DECODER_DEPTH = 1_000  # orjson refuses more than 1,024
# An escape that may be half of a surrogate pair, or a noncharacter of the first plane.
_DOUBTFUL_ESCAPE = re.compile(rb"\\u[dDfF][89a-fA-F]")
# A double may not keep a number of more than 15 digits, or one that is so small that it has few digits or is zero.
_LONG_NUMBER = re.compile(rb"[:,\[][ \t\n\r]*-?[0-9.]{16}")
_SMALL_NUMBER = re.compile(rb"[:,\[][ \t\n\r]*-?[0-9.]+[eE]-[0-9]{3}")
_DIGITS = bytes(ord("0") if chr(byte) in "0123456789." else ord(" ") for byte in range(256))
_COLON_AFTER_QUOTE = re.compile(rb'"[ \t\n\r]*:')


def parse_json(data: bytes, limits: Limits = DEFAULT_LIMITS, *, exact: bool = False) -> Json:
    """The value of an I-JSON text (RFC 7493); a UTF-8 byte order mark is skipped.

    Integer literals up to 2^53 - 1 in magnitude become ``int``, all other numbers ``float``; members keep the order of
    the text. Integer literals beyond that are refused. Documents are read with ``exact``: then any number is refused if
    a double changes its decimal value, as another reader may keep it, and any other number is read.

    :raises Malformed: with line and column, for anything that is not I-JSON or is over a limit.
    """
    try:
        text, value = read_quickly(data, limits)
        members, floats = _members([value], limits.depth + 1)
        check_read(text, value, members, floats=floats)
    except ValueError:
        return read_strictly(data, limits, exact=exact)
    return value


def parse_container(data: bytes, limits: Limits) -> Json:
    """Like :func:`parse_json`, for a file of the ledger that contains values of documents.

    Noncharacters are accepted, as XML permits them; a byte order mark is not. The caller checks the size.
    """
    return read_text(decode(data, "UTF-8"), limits, noncharacters=True)


def canonical_json(value: object) -> bytes:
    """RFC 8785 text of ``dict``, ``list``, ``str``, ``int``, ``float``, ``bool`` and ``None``.

    :raises Malformed: NaN, Infinity, an integer beyond 2^53 - 1, a lone surrogate, a name or value of another type.
    """
    try:
        return rfc8785.dumps(cast("Json", value))
    except rfc8785.IntegerDomainError:
        raise Malformed(f"an integer beyond {SAFE_INTEGER} in magnitude has no canonical JSON") from None
    except rfc8785.FloatDomainError:
        raise Malformed("NaN and Infinity have no canonical JSON") from None
    except (rfc8785.CanonicalizationError, UnicodeEncodeError):
        raise Malformed("a lone surrogate, or a name or value of a type that does not exist in JSON") from None


def number_text(value: float) -> str:
    """RFC 8785 text of a finite number.

    Without an exponent Python and ECMAScript write the same shortest digits, apart from a trailing ``.0`` and the sign
    of zero. Only the rest goes through :mod:`rfc8785`, which takes ten times as long.
    """
    if type(value) is int:
        return str(value)
    text = repr(value)
    if "e" in text:
        return rfc8785.dumps(value).decode()
    return text.removesuffix(".0") if value else "0"


def has_noncharacter(text: str) -> bool:
    """Whether ``text`` contains a noncharacter (Unicode 23.7), which I-JSON forbids."""
    return not text.isascii() and _NONCHARACTER.search(text) is not None


def read_strictly(data: bytes, limits: Limits, *, exact: bool) -> Json:
    """What :func:`parse_json` returns, without orjson."""
    check_size(data, Format.JSON, limits)
    return read_text(decode(data.removeprefix(BOM_UTF8), "UTF-8"), limits, exact=exact)


def read_quickly(data: bytes, limits: Limits) -> tuple[bytes, Json]:
    """The text without a byte order mark, and the value that orjson reads, which is much faster than :func:`read_text`.

    orjson keeps the last of two members with one name, and rounds numbers. So whoever walks through the value checks
    the depth and the integers, and :func:`check_read` checks the rest. Counting brackets and commas, also those in
    strings, bounds the depth and the number of fields.

    :raises ValueError: the text may be invalid: :func:`read_text` decides, and says why.
    :raises Malformed: the text is too long.
    """
    check_size(data, Format.JSON, limits)
    text = data.removeprefix(BOM_UTF8)
    brackets = text.count(b"{") + text.count(b"[")
    if brackets > _DECODER_DEPTH or brackets + text.count(b",") >= limits.fields:
        raise ValueError
    if not text.isascii() and _PERHAPS_NONCHARACTER.search(text):
        raise ValueError
    if b"\\u" in text and _DOUBTFUL_ESCAPE.search(text):
        raise ValueError
    return text, orjson.loads(text)


def check_read(text: bytes, value: Json, members: int, *, floats: bool) -> None:
    """Check that orjson read a text as it is, if the value has so many members, and doubles or none.

    :raises ValueError: a number may be rounded, or a name may be there twice.
    """
    if floats and (type(value) is float or _may_round(text)):
        raise ValueError
    # A text has at least as many colons, and quotes before a colon, as members. If either count is equal, no name is
    # there twice.
    if members != text.count(b":") and members != len(_COLON_AFTER_QUOTE.findall(text)):
        raise ValueError


def _members(container: _Container, depth: int) -> tuple[int, bool]:
    """The number of members in a container, at all depths, and whether a number in it is a double.

    :raises ValueError: more than ``depth`` nested containers; an integer beyond 2^53 - 1 in magnitude.
    """
    if not depth:
        raise ValueError
    isobject = type(container) is dict
    count, floats = len(container) if isobject else 0, False
    for item in container.values() if isobject else container:  # type: ignore[union-attr]
        kind = type(item)
        if kind is dict or kind is list:
            more, inside = _members(cast(_Container, item), depth - 1)
            count, floats = count + more, floats or inside
        elif kind is int:
            if not -SAFE_INTEGER <= cast(int, item) <= SAFE_INTEGER:
                raise ValueError
        elif kind is float:
            floats = True
    return count, floats


def _may_round(data: bytes) -> bool:
    """Whether a text may contain a number that a double rounds; quick looks save most texts the regular expressions."""
    if b"0" * 16 in data.translate(_DIGITS) and _LONG_NUMBER.search(data):
        return True
    return (b"e-" in data or b"E-" in data) and _SMALL_NUMBER.search(data) is not None


def read_text(text: str, limits: Limits, *, noncharacters: bool = False, exact: bool = False) -> Json:
    """The value of a whole text. This reader decides what is I-JSON; orjson (:func:`read_quickly`) only saves time.

    :raises Malformed: as :func:`parse_json`.
    """
    if not noncharacters and not text.isascii() and (bad := _NONCHARACTER.search(text)):
        raise Malformed("a noncharacter, which I-JSON forbids", position(text, bad.start()))
    here: _Container = []  # the container being filled; the outermost is a list for the whole value
    outer: list[_Container] = []  # the containers around it
    name, scalars, at = "", 0, _after_space(text, 0)
    while True:
        start = at
        value: Json
        opened: _Container | None = None
        if (match := _VALUE.match(text, start)) is None:
            value, at = _string(text, start, "a value", noncharacters=noncharacters)
        else:
            at = match.end()
            kind = match.lastindex
            if kind == 1:
                value = match[1]
            elif kind == 3:
                value = _number(match[2], match[3], text, start, exact=exact)
            elif kind == 4:
                value = _LITERALS[match[4]]
            else:
                value = opened = {} if match[5] == "{" else []
                if len(outer) >= limits.depth:
                    raise over_depth(limits, position(text, start))
        if type(here) is dict:
            here[name] = value
        else:
            here.append(value)  # type: ignore[union-attr]
        if opened is not None and text[at : at + 1] != _CLOSING[type(opened)]:
            outer.append(here)
            here = opened
        else:
            if opened is not None:  # an empty container
                at = _after_space(text, at + 1)
            scalars += 1
            if scalars > limits.fields:
                raise over_fields(limits, position(text, start))
            while outer and text[at : at + 1] == _CLOSING[type(here)]:
                at = _after_space(text, at + 1)
                here = outer.pop()
            if not outer:
                if at < len(text):
                    raise Malformed("expected the end of the text", position(text, at))
                return here[0]  # type: ignore[index]
            if (comma := _COMMA.match(text, at)) is None:
                raise Malformed(f"expected ',' or '{_CLOSING[type(here)]}'", position(text, at))
            at = comma.end()
        if type(here) is dict:
            name, at = _name(text, at, here, noncharacters=noncharacters)


def _after_space(text: str, index: int) -> int:
    match = _SPACE.match(text, index)
    return match.end() if match else index


def _name(text: str, start: int, members: dict[str, Json], *, noncharacters: bool) -> tuple[str, int]:
    """The name of a member and the index of its value."""
    if match := _NAME.match(text, start):
        name, at = match[1], match.end()
    else:
        name, at = _string(text, start, "a name in double quotes", noncharacters=noncharacters)
        if (colon := _COLON.match(text, at)) is None:
            raise Malformed("expected ':'", position(text, at))
        at = colon.end()
    if name in members:
        raise Malformed("a name that this object already has", position(text, start))
    return name, at


def _string(text: str, start: int, expected: str, *, noncharacters: bool) -> tuple[str, int]:
    """A string with escapes, and the index after it; Malformed says why there is none."""
    if text[start : start + 1] != '"':
        what = f"expected {expected}" if start < len(text) else f"the text ends where {expected} is expected"
        raise Malformed(what, position(text, start))
    try:
        value, end = _STRING.raw_decode(text, start)
    except json.JSONDecodeError as error:
        what = _STRING_FAULTS.get(error.msg.split(":")[0].removesuffix(" at"), "a malformed string")
        raise Malformed(what, position(text, error.pos)) from None
    if _SURROGATE.search(value):
        raise Malformed("a string with a lone surrogate", position(text, start))
    if not noncharacters and has_noncharacter(value):
        raise Malformed("a string with a noncharacter, which I-JSON forbids", position(text, start))
    return value, _after_space(text, end)


def _number(integer: str, rest: str, text: str, start: int, *, exact: bool) -> int | float:
    # The length first: Python refuses to convert integers of thousands of digits.
    if not rest and len(integer) <= len(str(SAFE_INTEGER)) + 1 and abs(int(integer)) <= SAFE_INTEGER:
        return int(integer)
    if not rest and not exact:
        what = f"an integer beyond {SAFE_INTEGER} in magnitude: write it as a string"
        raise Malformed(what, position(text, start))
    literal = integer + rest
    number = float(literal)
    if math.isinf(number):
        raise Malformed("a number that overflows a double: write it as a string", position(text, start))
    if exact and _decimal(literal) != _decimal(number_text(number)):
        raise Malformed(
            "a number that changes when it is read as a double: write it as a string", position(text, start)
        )
    return number


def _decimal(literal: str) -> tuple[str, int]:
    """The decimal value of a number without its sign: its digits without zeros around them, and their power of ten.

    Exact for any number of digits. An exponent that is too long to be that of a double counts as a very large one.
    """
    mantissa, _, exponent = literal.lstrip("-").lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).strip("0")
    if not digits:
        return "", 0
    sign, power = exponent[:1] == "-", exponent.lstrip("+-").lstrip("0")
    ten = int(power[:20] or 0) * (-1 if sign else 1)
    return digits, ten - len(fraction) + len(whole + fraction) - len((whole + fraction).rstrip("0"))

"""Strict I-JSON text to values, and values to canonical text.

Reading follows RFC 8259 grammar and RFC 7493 restrictions without exception; every refusal names line and column. The
reader keeps its own stack, so depth is a limit and not an accident of the interpreter. Writing is RFC 8785.
"""

from __future__ import annotations

import json
import math
import re
from typing import Never, cast

import rfc8785

from ledger.core.document.model import (
    DEFAULT_LIMITS,
    Format,
    Limits,
    check_size,
    decode,
    over_depth,
    over_fields,
    position,
)
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
_COLON = re.compile(r"[ \t\n\r]*:[ \t\n\r]*")
_LITERALS = {"true": True, "false": False, "null": None}
_STRING = json.JSONDecoder()
_STRING_FAULTS = {
    "Unterminated string starting": "a string without an end",
    "Invalid control character": "a control character in a string: write it as an escape",
    "Invalid \\escape": "an escape that JSON has not",
    "Invalid \\uXXXX escape": "an escape that is no \\u and four hexadecimal digits",
}

_SURROGATE = re.compile("[\ud800-\udfff]")
# U+FDD0 to U+FDEF and the last two code points of each of the 17 planes.
_NONCHARACTER = re.compile(
    "[\ufdd0-\ufdef" + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)) + "]"
)


def parse_json(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Json:
    """The value of an I-JSON text (RFC 7493); a UTF-8 byte order mark is skipped.

    Integer literals become ``int``, all other numbers ``float``; members keep the order of the text.

    :raises Malformed: with line and column, for anything that is not I-JSON or is over a limit.
    """
    check_size(data, Format.JSON, limits)
    return _Reader(decode(data, "utf-8-sig", "UTF-8"), limits).document()


def parse_container(data: bytes, limits: Limits) -> Json:
    """As :func:`parse_json`, for a file of the ledger's own that carries values of documents: noncharacters, which XML
    permits, pass, and the size is the caller's to check. No byte order mark."""
    return _Reader(decode(data, "utf-8", "UTF-8"), limits, noncharacters=True).document()


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
        raise Malformed("a lone surrogate, or a name or value of a type that JSON has not") from None


def number_text(value: float) -> str:
    """RFC 8785 text of a number that :func:`parse_json` has read."""
    return str(value) if type(value) is int else rfc8785.dumps(value).decode()


def has_noncharacter(text: str) -> bool:
    """Whether ``text`` holds a code point that is no character (Unicode 23.7), which I-JSON forbids."""
    return not text.isascii() and _NONCHARACTER.search(text) is not None


class _Reader:
    """One text under way; ``_at`` is the index of the next character."""

    __slots__ = ("_at", "_limits", "_noncharacters", "_text")

    def __init__(self, text: str, limits: Limits, *, noncharacters: bool = False) -> None:
        self._text = text
        self._limits = limits
        self._noncharacters = noncharacters
        self._at = 0

    def document(self) -> Json:
        text, limits = self._text, self._limits
        if not self._noncharacters and not text.isascii() and (bad := _NONCHARACTER.search(text)):
            self._refuse("a noncharacter, which I-JSON forbids", bad.start())
        self._at = self._after_space(0)
        whole: list[Json] = []
        here: _Container = whole  # the container being filled; the whole text is one of a single place
        outer: list[_Container] = []  # the containers around it
        name, scalars = "", 0
        value: Json
        while True:
            opened: _Container | None = None
            start = self._at
            if (match := _VALUE.match(text, start)) is None:
                value = self._string("a value")
                self._at = self._after_space(self._at)
            else:
                self._at = match.end()
                kind = match.lastindex
                if kind == 1:
                    value = match[1]
                elif kind == 3:
                    value = self._number(match[2], match[3], start)
                elif kind == 4:
                    value = _LITERALS[match[4]]
                else:
                    value = opened = {} if match[5] == "{" else []
            if type(here) is dict:
                here[name] = value
            else:
                cast("list[Json]", here).append(value)
            if opened is not None and not self._closes(opened):
                outer.append(here)
                here = opened
                if len(outer) > limits.depth:
                    raise over_depth(limits, position(text, start))
            else:
                scalars += 1
                if scalars > limits.fields:
                    raise over_fields(limits, position(text, start))
                while here is not whole and self._closes(here):
                    here = outer.pop()
                if here is whole:
                    if self._at < len(text):
                        self._refuse("expected the end of the text")
                    return whole[0]
                self._comma(here)
            if type(here) is dict:
                name = self._name(here)

    def _after_space(self, index: int) -> int:
        match = _SPACE.match(self._text, index)
        return match.end() if match else index

    def _closes(self, container: _Container) -> bool:
        """Step over the bracket that closes ``container``, if it is next."""
        if self._text[self._at : self._at + 1] != ("}" if type(container) is dict else "]"):
            return False
        self._at = self._after_space(self._at + 1)
        return True

    def _comma(self, container: _Container) -> None:
        if self._text[self._at : self._at + 1] != ",":
            self._refuse(f"expected ',' or '{'}' if type(container) is dict else ']'}'")
        self._at = self._after_space(self._at + 1)

    def _name(self, members: dict[str, Json]) -> str:
        start = self._at
        if match := _NAME.match(self._text, start):
            name: str = match[1]
            self._at = match.end()
        else:
            name = self._string("a name in double quotes")
            if (colon := _COLON.match(self._text, self._at)) is None:
                self._refuse("expected ':'", self._after_space(self._at))
            self._at = colon.end()
        if name in members:
            self._refuse("a name that this object has already", start)
        return name

    def _string(self, expected: str) -> str:
        """A string with escapes, or the reason why there is none."""
        start = self._at
        if self._text[start : start + 1] != '"':
            self._refuse(f"expected {expected}" if start < len(self._text) else f"the text ends where {expected} is due")
        try:
            value, self._at = _STRING.raw_decode(self._text, start)
        except json.JSONDecodeError as error:
            self._refuse(_STRING_FAULTS.get(error.msg.split(":")[0].removesuffix(" at"), "a malformed string"), error.pos)
        if _SURROGATE.search(value):
            self._refuse("a string with a lone surrogate", start)
        if not self._noncharacters and has_noncharacter(value):
            self._refuse("a string with a noncharacter, which I-JSON forbids", start)
        return str(value)

    def _number(self, integer: str, rest: str, start: int) -> int | float:
        if not rest:
            # Length first: Python refuses to convert integers of thousands of digits.
            if len(integer) > len(str(SAFE_INTEGER)) + 1 or abs(int(integer)) > SAFE_INTEGER:
                self._refuse(f"an integer beyond {SAFE_INTEGER} in magnitude: write it as a string", start)
            return int(integer)
        number = float(integer + rest)
        if math.isinf(number):
            self._refuse("a number that overflows a double: write it as a string", start)
        return number

    def _refuse(self, what: str, index: int | None = None) -> Never:
        raise Malformed(what, position(self._text, self._at if index is None else index))

"""Strict I-JSON text to values, and values to canonical text.

Reading follows RFC 8259 grammar and RFC 7493 restrictions without exception; every refusal names line and column. The
reader keeps its own stack, so depth is a limit and not an accident of the interpreter. Writing is RFC 8785.
"""

from __future__ import annotations

import json
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
    """One text under way; ``at`` is the index of the next character."""

    __slots__ = ("_at", "_limits", "_noncharacters", "_text")

    def __init__(self, text: str, limits: Limits, *, noncharacters: bool = False) -> None:
        self._text = text
        self._limits = limits
        self._noncharacters = noncharacters
        self._at = 0

    def document(self) -> Json:
        text, limits = self._text, self._limits
        if not self._noncharacters and not text.isascii() and (match := _NONCHARACTER.search(text)):
            self._refuse("a noncharacter, which I-JSON forbids", match.start())
        self._skip()
        outer: list[dict[str, Json] | list[Json]] = []  # the containers around the one being filled
        here: dict[str, Json] | list[Json] | None = None
        name, scalars = "", 0
        while True:
            value, opened = self._value()
            if opened and text[self._at : self._at + 1] in ("}", "]") and value is not None:
                opened = False  # an empty container, or a wrong bracket
                self._close(value)
            if opened:
                if len(outer) + (here is not None) >= limits.depth:
                    self._refuse_at(over_depth, self._at - 1)
            elif (scalars := scalars + 1) > limits.fields:
                self._refuse_at(over_fields, self._at - 1)
            if type(here) is dict:
                here[name] = value
            elif type(here) is list:
                here.append(value)
            if opened:
                if here is not None:
                    outer.append(here)
                here = cast("dict[str, Json] | list[Json]", value)
            else:
                while here is not None and text[self._at : self._at + 1] in ("}", "]"):
                    self._close(here)
                    value, here = here, outer.pop() if outer else None
                if here is None:
                    if self._at != len(text):
                        self._refuse("something after the end of the value")
                    return value
                self._comma(here)
            if type(here) is dict:
                name = self._name(here)

"""The grammar of field paths: printing their parts, and reading them back strictly.

A path is read as a tuple of steps. A step of a JSON path is a member name (``str``) or an index (``int``); a step of an
XML path is an :class:`XmlStep`. Reading accepts exactly what the parsers write, so each field has one path.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple, cast

from ledger.core.document.xml_names import NCNAME_PATTERN
from ledger.core.encoding.limits import Format
from ledger.errors import Malformed

NCNAME = re.compile(NCNAME_PATTERN)


class StepKind(StrEnum):
    """What a step of an XML path leads to."""

    ELEMENT = "element"
    TEXT = "text()"
    INSTRUCTION = "processing-instruction()"
    ATTRIBUTE = "attribute"


class XmlStep(NamedTuple):
    """One step of an XML path. ``local`` is the target of a processing instruction; an attribute has position 0."""

    kind: StepKind
    namespace: str
    local: str
    position: int


Step = str | int | XmlStep
Steps = tuple[Step, ...]

_NUMBER = "[1-9][0-9]{0,8}"
_JSON_STEP = re.compile(
    r"\[(?:(0|[1-9][0-9]{0,8})|"
    r"'([^'\\\x00-\x1f]*(?:\\(?:[btnfr'\\]|u00(?:0[0-7bef]|1[0-9a-f]))[^'\\\x00-\x1f]*)*)')\]"
)
# Groups: namespace, local name, position; position of a text; target and position of an instruction; the two names of
# an attribute.
_XML_STEP = re.compile(
    rf"/(?:(?:\{{([^{{}}]+)\}})?({NCNAME_PATTERN})\[({_NUMBER})\]"
    rf"|text\(\)\[({_NUMBER})\]"
    rf"|processing-instruction\('({NCNAME_PATTERN})'\)\[({_NUMBER})\]"
    rf"|@(?:\{{([^{{}}]+)\}})?({NCNAME_PATTERN}))"
)
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "'": "'", "\\": "\\"}
_TO_ESCAPE = re.compile(r"['\\\x00-\x1f]")
_ESCAPED = re.compile(r"\\(?:u([0-9a-f]{4})|(.))")
_SHORT_ESCAPES = {character: f"\\{letter}" for letter, character in _ESCAPES.items()}


def name_text(name: str) -> str:
    """A member name in the quotes of a normalized path (RFC 9535 section 2.7): ``'net mass'``."""
    if _TO_ESCAPE.search(name):
        name = _TO_ESCAPE.sub(_escape, name)
    return f"'{name}'"


def _escape(match: re.Match[str]) -> str:
    return _SHORT_ESCAPES.get(match[0]) or f"\\u{ord(match[0]):04x}"


def read_path(path: str, format_: Format) -> Steps:
    """The steps of a field's path; empty for the only field of an opaque document or of a JSON text that is a scalar.

    :raises Malformed: a document of this format cannot have this path.
    """
    if format_ is Format.JSON and path.startswith("$"):
        return _read(_JSON_STEP, path, 1, _json_step)
    if format_ is Format.XML and path:
        return _read(_XML_STEP, path, 0, _xml_step)
    if format_ is Format.OPAQUE and not path:
        return ()
    raise Malformed(f"not a field path of a document of format {format_}", path)


def beginning(path: str, steps: int) -> str:
    """The first steps of the path of an XML field, as text.

    >>> beginning("/Order[1]/Line[2]/text()[1]", 2)
    '/Order[1]/Line[2]'
    """
    end = 0
    for _ in range(steps):
        match = _XML_STEP.match(path, end)
        assert match is not None
        end = match.end()
    return path[:end]


def _read(pattern: re.Pattern[str], path: str, start: int, step: Callable[[re.Match[str]], Step]) -> Steps:
    steps: list[Step] = []
    while start < len(path):
        match = pattern.match(path, start)
        if match is None:
            raise Malformed(f"not a path: no step begins at character {start + 1}", path)
        steps.append(step(match))
        start = match.end()
    return tuple(steps)


def _json_step(match: re.Match[str]) -> Step:
    index, name = match.groups()
    if index is not None:
        return int(index)
    text = cast(str, name)
    return _ESCAPED.sub(_unescape, text) if "\\" in text else text


def _unescape(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _ESCAPES[match[2]]


def _xml_step(match: re.Match[str]) -> Step:
    namespace, local, position, text, target, at, attribute_namespace, attribute = match.groups()
    if local:
        return XmlStep(StepKind.ELEMENT, namespace or "", local, int(position))
    if text:
        return XmlStep(StepKind.TEXT, "", "", int(text))
    if target:
        return XmlStep(StepKind.INSTRUCTION, "", target, int(at))
    return XmlStep(StepKind.ATTRIBUTE, attribute_namespace or "", attribute, 0)

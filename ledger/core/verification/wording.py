"""Words with parameters: a template is read once, and filled with the parameters of each check."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ledger.core.encoding.text import when
from ledger.core.statements.code_lists import (
    DOCUMENT_STATUS,
    outcome_in_words,
    type_in_words,
    withdrawal_reason_in_words,
)

Param = str | int | list[str] | list[int] | None
"""A parameter of what a check found. Bytes are lower-case hex with 0x, times seconds since 1970."""


class Template:
    """``{name}`` is a parameter; ``{name!t}`` one that is a time in seconds; ``{name!o}`` a list of which any will do.

    ``{name!k}`` is a document type or kind in words; ``{name!u}`` the outcome (or a list of which any will do) that an
    attestation of the parameter ``kind`` has; ``{name!r}`` the reason of a revocation, ``{name!w}`` of a
    withdrawal.

    A part in square brackets is left out where one of its parameters is null or an empty list.
    """

    __slots__ = ("_parts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._parts = list(_parts(text))

    def fill(self, params: Mapping[str, Param]) -> str:
        """The words; KeyError where a parameter is missing."""
        return _filled(self._parts, params)


class _Hole(NamedTuple):
    """Where a parameter goes, and how it is printed."""

    name: str
    form: str


class _Optional(NamedTuple):
    """A part that is left out where one of its parameters is missing."""

    parts: list[str | _Hole]


_PART = re.compile(r"\[([^]]*)\]|\{(\w+)(?:!([tokurw]))?\}")


def _parts(text: str) -> Iterator[str | _Hole | _Optional]:
    at = 0
    for found in _PART.finditer(text):
        yield text[at : found.start()]
        if found[2]:
            yield _Hole(found[2], found[3] or "")
        else:
            yield _Optional([part for part in _parts(found[1]) if not isinstance(part, _Optional)])
        at = found.end()
    yield text[at:]


def _filled(parts: Sequence[str | _Hole | _Optional], params: Mapping[str, Param]) -> str:
    words = []
    for part in parts:
        if isinstance(part, str):
            words.append(part)
        elif isinstance(part, _Hole):
            words.append(_shown(params[part.name], part.form, params))
        elif not any(isinstance(item, _Hole) and params[item.name] in (None, []) for item in part.parts):
            words.append(_filled(part.parts, params))
    return "".join(words)


def _shown(value: Param, form: str, params: Mapping[str, Param]) -> str:
    if form == "u":
        kind, outcomes = params["kind"], value if isinstance(value, list) else [value]
        assert isinstance(kind, int)
        return " or ".join(outcome_in_words(kind, item) for item in outcomes if isinstance(item, int))
    if isinstance(value, int):
        return _FORMS.get(form, str)(value)
    if isinstance(value, list):
        # The one field of an opaque document has the empty path.
        return (" or " if form == "o" else ", ").join(str(item) or "the content" for item in value)
    return str(value)


_FORMS: Mapping[str, Callable[[int], str]] = {
    "t": when,
    "k": lambda code: f"{type_in_words(code)} ({code})",
    "r": lambda code: f"{DOCUMENT_STATUS.in_words(code)} ({code})",
    "w": lambda code: f"{withdrawal_reason_in_words(code)} ({code})",
}

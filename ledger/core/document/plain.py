"""A plain document beside evidence: compared, field by field, with what the evidence discloses.

A plain file has no seed, so nobody can compute its digest, and a hidden field cannot be compared with it. What can be
said: a disclosed field is the same in the file, or it is not; and whether the file has as many fields as the declared
document, because the digest binds their number.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from ledger.core.document.field import Field
from ledger.core.document.redaction import Redacted, open_document
from ledger.core.document.wrapped import Wrapped, parse
from ledger.core.document.xml_fields import xml_lines
from ledger.core.encoding.json_text import Json
from ledger.core.encoding.limits import DEFAULT_LIMITS, Format
from ledger.errors import Malformed

_REDACTED = b'{"fields":'  # how each redacted copy begins
_OURS = b'"trade-ledger/'  # how the name of each format of this ledger begins
_OBJECT = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*\{")


@dataclass(frozen=True)  # without slots, so that the lines can be cached
class Plain:
    """A document as everybody has it, read in the format that the evidence names.

    ``format``: None where the evidence discloses nothing; then nobody knows how the bytes become fields.
    ``fields``: by path, in the order of the file. ``Malformed`` if the bytes are not of that format.
    """

    data: bytes = field(repr=False)
    format: Format | None
    fields: Mapping[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: Mapping[str, Field] = {}
        if self.format is not None:
            try:
                found = {item.path: item for item in parse(self.data, self.format)}
            except Malformed as error:
                what = f"the declared document is {self.format}, and this is none: {error.what}"
                raise Malformed(what, error.where) from None
        object.__setattr__(self, "fields", found)

    @cached_property
    def lines(self) -> Mapping[str, int]:
        """The line of each field in an XML document, counted from 1, by path; of others none is known."""
        if self.format is not Format.XML:
            return {}
        return dict(zip(self.fields, xml_lines(self.data, DEFAULT_LIMITS), strict=True))


class Likeness(StrEnum):
    """What a field of the plain file is to the declared document."""

    SAME = "same"
    DIFFERENT = "different"
    MISSING = "missing"
    """The evidence discloses it, and the file does not have it."""
    ADDED = "added"
    """The file has it, and the declared document does not."""
    UNKNOWN = "not disclosed"
    """The file has it, and the evidence hides fields: this may be one of them, with this value or another."""


class ComparedField(NamedTuple):
    """One field: in the evidence, in the file, or in both. ``line``: in the file, where known."""

    path: str
    likeness: Likeness
    declared: Field | None
    found: Field | None
    line: int | None


class Match(StrEnum):
    """What a comparison says of the whole file."""

    SAME = "same"
    """Every field of the declared document is disclosed, and the file has these and no other."""
    IN_PART = "in part"
    """All that is disclosed is the same in the file; the rest of it cannot be compared."""
    DIFFERS = "differs"
    """The file is not the declared document."""
    NOTHING = "nothing disclosed"
    """There is nothing to compare the file with."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A plain file beside the fields that evidence discloses.

    ``fields``: all that the evidence discloses or the file has, ascending by path. ``hidden``: how many fields the
    evidence hides.
    """

    fields: tuple[ComparedField, ...]
    hidden: int

    @property
    def counts(self) -> Mapping[Likeness, int]:
        """How many fields there are of each likeness."""
        counts = dict.fromkeys(Likeness, 0)
        for item in self.fields:
            counts[item.likeness] += 1
        return counts

    @property
    def differing(self) -> list[str]:
        """The paths of the fields that show that the file is another document, in order."""
        return [item.path for item in self.fields if item.likeness not in (Likeness.SAME, Likeness.UNKNOWN)]

    @property
    def declared(self) -> int:
        """How many fields the declared document has."""
        return self.hidden + sum(item.declared is not None for item in self.fields)

    @property
    def found(self) -> int:
        """How many fields the file has."""
        return sum(item.found is not None for item in self.fields)

    @property
    def match(self) -> Match:
        if self.differing or self.found != self.declared:
            return Match.DIFFERS
        if self.found == self.hidden:
            return Match.NOTHING
        return Match.IN_PART if self.hidden else Match.SAME

    def to_json(self) -> dict[str, Json]:
        """All fields with their likeness, for programs; values as in a redacted copy."""
        return {
            "match": self.match.value,
            "counts": {likeness.value: count for likeness, count in self.counts.items()},
            "hidden": self.hidden,
            "fields": [
                {
                    "path": item.path,
                    "likeness": item.likeness.value,
                    "declared": _value(item.declared),
                    "found": _value(item.found),
                    "line": item.line,
                }
                for item in self.fields
            ],
        }


def _value(item: Field | None) -> Json:
    if item is None:
        return None
    return {"type": item.type, "value": b64encode(item.value).decode() if item.type == "x" else item.value.decode()}


def compare(disclosed: Redacted, plain: Plain) -> Comparison:
    """Compare a plain file with what evidence discloses, by path, type and value of each field.

    :param disclosed: its digest must be the declared one, else it proves nothing.
    :param plain: in the format of ``disclosed``.
    """
    shown = {item.path: Field(*item[:3]) for item in disclosed.fields}
    fields = []
    for path in sorted({*shown, *plain.fields}):
        declared, found = shown.get(path), plain.fields.get(path)
        if declared is None:
            likeness = Likeness.UNKNOWN if disclosed.hidden else Likeness.ADDED
        elif found is None:
            likeness = Likeness.MISSING
        else:
            likeness = Likeness.SAME if declared == found else Likeness.DIFFERENT
        line = plain.lines.get(path) if likeness in (Likeness.DIFFERENT, Likeness.ADDED) else None
        fields.append(ComparedField(path, likeness, declared, found, line))
    return Comparison(tuple(fields), len(disclosed.hidden))


def open_beside(data: bytes, disclosed: Redacted | None) -> Wrapped | Redacted | Plain:
    """The document beside evidence: wrapped, redacted, or plain.

    :param disclosed: what the evidence discloses of the document; it names the format of a plain one.
    :raises Malformed: see :func:`open_document`; or the plain document is not of that format.
    """
    if data.startswith((b"ledger/", _REDACTED)) or (_OBJECT.match(data) and _OURS in data):
        return open_document(data)
    return Plain(data, None if disclosed is None else disclosed.format)

"""Redaction: some fields of a document with their salts, the field hashes of the others, and the same digest.

A reader learns one thing about the hidden fields: their number. A field hash reveals nothing, as it is salted with 128
bits that the reader does not have. Hidden hashes are sorted, so their order reveals nothing. The size of the file does
not depend on hidden names and values. The positions of *shown* fields do reveal that other fields come before them.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from functools import partial
from itertools import pairwise
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple

import orjson

from ledger.core.document.digest import HASH_SIZE, SALT_SIZE, digest_of, hash_disclosed
from ledger.core.document.patterns import select
from ledger.core.document.shape import check_shape, read_value
from ledger.core.document.wrapped import Wrapped, read_wrapped
from ledger.core.encoding.ids import Digest
from ledger.core.encoding.json_text import Json, parse_container
from ledger.core.encoding.limits import DEFAULT_LIMITS, Format, Limits, over_fields
from ledger.core.encoding.reading import read_all_digits, read_list
from ledger.errors import Malformed

VERSION = "trade-ledger/redacted/1"
_MEMBERS = ["fields", "format", "hidden", "ledger"]
_SCALARS = 8  # a shown field has a bracket and four commas; the rest is for brackets and commas in its strings


class Disclosed(NamedTuple):
    """A field that is shown, with its salt (16 bytes)."""

    path: str
    type: str
    value: bytes
    salt: bytes


_new_disclosed = partial(tuple.__new__, Disclosed)  # like Disclosed(...), without its keyword handling


@dataclass(frozen=True, slots=True)
class Redacted:
    """A document for another reader. ``fields`` ascend by path, ``hidden`` are ascending field hashes.

    ``field_hashes`` are those of the shown fields by path, ``digest`` is over all fields: both follow from the rest.
    ``known`` is both, from one who has derived them already.
    """

    format: Format
    fields: tuple[Disclosed, ...] = field(repr=False)
    hidden: tuple[bytes, ...] = field(repr=False)
    known: InitVar[tuple[Mapping[str, bytes], Digest] | None] = None
    field_hashes: Mapping[str, bytes] = field(init=False, repr=False, compare=False)
    digest: Digest = field(init=False, compare=False)

    def __post_init__(self, known: tuple[Mapping[str, bytes], Digest] | None) -> None:
        if known is None:
            hashes = dict(zip([item[0] for item in self.fields], hash_disclosed(self.fields), strict=True))
            known = hashes, digest_of(self.format, [*hashes.values(), *self.hidden])
        object.__setattr__(self, "field_hashes", MappingProxyType(known[0]))
        object.__setattr__(self, "digest", known[1])

    def to_bytes(self) -> bytes:
        """The redacted file: canonical JSON (RFC 8785) and a newline.

        :raises Malformed: the file would be over the limit for redacted files.
        """
        data = _print(self.to_value())
        _check_size(data, DEFAULT_LIMITS)
        return data

    def to_value(self) -> dict[str, Json]:
        """The object of the redacted file; names are in order. Evidence holds it as its ``document``."""
        return {
            "fields": [
                [path, type_, b64encode(value).decode() if type_ == "x" else value.decode(), salt.hex()]
                for path, type_, value, salt in self.fields
            ],
            "format": self.format.value,
            "hidden": [hash_.hex() for hash_ in self.hidden],
            "ledger": VERSION,
        }

    @classmethod
    def from_value(cls, value: Json, limits: Limits = DEFAULT_LIMITS) -> Redacted:
        """Read strictly what :meth:`to_value` returns. Its fields must fit into one document.

        :raises Malformed: names the path, or the member.
        """
        if not isinstance(value, dict) or sorted(value) != _MEMBERS:
            raise Malformed("a redacted document must have exactly the members fields, format, hidden and ledger")
        if value["ledger"] != VERSION:
            raise Malformed(f'not of the format "{VERSION}"', "ledger")
        format_ = _format(value["format"])
        items, hashes = read_list(value["fields"], "fields"), read_list(value["hidden"], "hidden")
        shown = [_field(item, number, format_) for number, item in enumerate(items)]
        salts = read_all_digits([item[3] for item in items], "fields", SALT_SIZE)
        fields = [_new_disclosed((*item, salt)) for item, salt in zip(shown, salts, strict=True)]
        hidden = read_all_digits(hashes, "hidden", HASH_SIZE)
        if not 0 < len(fields) + len(hidden) <= limits.fields:
            raise over_fields(limits) if fields or hidden else Malformed("a document must have at least one field")
        if any(left[0] >= right[0] for left, right in pairwise(fields)):
            raise Malformed("paths must ascend, without repeats", "fields")
        if any(left >= right for left, right in pairwise(hidden)):
            raise Malformed("field hashes must ascend, without repeats", "hidden")
        check_shape(fields, format_, len(hidden), limits)
        document = cls(format_, tuple(fields), tuple(hidden))
        if not set(hidden).isdisjoint(document.field_hashes.values()):
            raise Malformed("a field cannot be shown and hidden at once", "hidden")
        return document


def redact(document: Wrapped | Redacted, hide: Sequence[str]) -> Redacted:
    """Hide every field that one of the patterns matches (see :mod:`.patterns`); the digest stays the same.

    :raises Malformed: a pattern that cannot be read or does not match any shown field; ``where`` is the pattern.
    """
    return _keep(document, hide, named=False)


def disclose(document: Wrapped | Redacted, show: Sequence[str]) -> Redacted:
    """Hide every field except those that one of the patterns matches.

    Without a pattern the file shows no field. It reveals only the number of fields, yet :func:`difference` finds with
    it which field of a copy was changed.

    :raises Malformed: as :func:`redact`.
    """
    return _keep(document, show, named=True)


def _keep(document: Wrapped | Redacted, patterns: Sequence[str], *, named: bool) -> Redacted:
    hashes = document.field_hashes
    chosen = select(list(hashes), document.format, patterns)
    shown = {path: hashes[path] for path in sorted(hashes) if (path in chosen) is named}
    hidden = sorted([*(hash_ for path, hash_ in hashes.items() if path not in shown), *document.hidden])
    if isinstance(document, Wrapped):
        kept = [_new_disclosed(item) for item in document.salted() if item[0] in shown]
        kept.sort(key=itemgetter(0))
    else:
        kept = [item for item in document.fields if item[0] in shown]
    return Redacted(document.format, tuple(kept), tuple(hidden), (shown, document.digest))


def open_document(data: bytes) -> Wrapped | Redacted:
    """A wrapped or a redacted file; its first byte decides which.

    :raises Malformed: see :func:`read_wrapped` and :func:`read_redacted`.
    """
    return read_redacted(data) if data.startswith(b"{") else read_wrapped(data)


def read_redacted(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Redacted:
    """Read a redacted file strictly: exactly what :meth:`Redacted.to_bytes` prints. See :meth:`Redacted.from_value`.

    :raises Malformed: names line and column, the path, or the member.
    """
    _check_size(data, limits)
    if (document := _shortcut(data, limits)) is not None:
        return document
    # A shown field is four scalars, a hidden field one; the counts are checked below.
    whole = parse_container(data, Limits(depth=3, fields=5 * limits.fields + 2))
    document = Redacted.from_value(whole, limits)
    if document.to_bytes() != data:
        raise Malformed("not the canonical bytes of a redacted document: white space, order, escapes or base64 differ")
    return document


def _shortcut(data: bytes, limits: Limits) -> Redacted | None:
    """Read a redacted copy with orjson, which is much faster. The result is the one of :func:`parse_container`.

    None if the bytes are not the canonical bytes of a redacted copy, or look too large.

    A file that is printed as it was read has one spelling, so no reader reads it otherwise. Counting brackets and
    commas, also those in strings, bounds the memory.
    """
    if data.count(b"[") + data.count(b"{") + data.count(b",") > _SCALARS * limits.fields:
        return None
    try:
        value: Json = orjson.loads(data)
        document = Redacted.from_value(value, limits)
    except (ValueError, Malformed):  # the slow reader says why, with line and column
        return None
    return document if isinstance(value, dict) and _print(value) == data and [*value] == _MEMBERS else None


def _check_size(data: bytes, limits: Limits) -> None:
    if len(data) > limits.redacted:
        raise Malformed(f"{len(data)} bytes are over the limit of {limits.redacted} bytes for a redacted document")


def _print(value: Json) -> bytes:
    # Exactly RFC 8785: names are in order, there are no numbers, and orjson escapes strings as RFC 8785 section 3.2.2.2
    # demands.
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)


def _format(value: Json) -> Format:
    for format_ in Format:
        if value == format_.value:
            return format_
    raise Malformed(f"must be one of {', '.join(Format)}", "format")


def _field(value: Json, number: int, format_: Format) -> tuple[str, str, bytes]:
    """Path, type and value of a shown field. Its salt is only known to be a string."""
    if isinstance(value, list) and len(value) == 4:
        path, type_, text, salt = value
        if type(path) is type(type_) is type(text) is type(salt) is str:
            return path, type_, read_value(format_, path, type_, text)
    where = f"fields[{number}]"
    read_list(value, where)
    raise Malformed("must be a list of four strings: path, type, value and salt", where)

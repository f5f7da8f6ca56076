"""Redaction: some fields of a document with their salts, the field hashes of the others, and the same digest.

A reader learns one thing about the hidden fields: their number. A field hash reveals nothing, as it is salted with 128
bits that the reader does not have. Hidden hashes are sorted, so their order reveals nothing. The size of the file does
not depend on hidden names and values. The positions of *shown* fields do reveal that other fields come before them.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple, cast

import orjson

from ledger.core.document.digest import HASH_SIZE, SALT_SIZE, digest_of, field_hash, salt_of
from ledger.core.document.field import Field
from ledger.core.document.patterns import select
from ledger.core.document.shape import check_shape, read_value
from ledger.core.document.wrapped import Wrapped, read_wrapped
from ledger.core.encoding.ids import Digest
from ledger.core.encoding.json_text import Json, parse_container
from ledger.core.encoding.limits import DEFAULT_LIMITS, Format, Limits, over_fields
from ledger.core.encoding.reading import read_digits, read_list
from ledger.errors import Malformed

VERSION = "trade-ledger/redacted/1"
_SCALARS = 8  # a shown field has a bracket and four commas; the rest is for brackets and commas in its strings


class Disclosed(NamedTuple):
    """A field that is shown, with its salt (16 bytes)."""

    path: str
    type: str
    value: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class Redacted:
    """A document for another reader. ``fields`` ascend by path, ``hidden`` are ascending field hashes.

    ``field_hashes`` are those of the shown fields by path, ``digest`` is over all fields: both follow from the rest.
    """

    format: Format
    fields: tuple[Disclosed, ...] = field(repr=False)
    hidden: tuple[bytes, ...] = field(repr=False)
    field_hashes: Mapping[str, bytes] = field(init=False, repr=False, compare=False)
    digest: Digest = field(init=False, compare=False)

    def __post_init__(self) -> None:
        hashes = {path: field_hash(salt, path.encode(), type_, value) for path, type_, value, salt in self.fields}
        object.__setattr__(self, "field_hashes", MappingProxyType(hashes))
        object.__setattr__(self, "digest", digest_of(self.format, [*hashes.values(), *self.hidden]))

    def to_bytes(self) -> bytes:
        """The redacted file: canonical JSON (RFC 8785) and a newline.

        :raises Malformed: the file would be over the limit for redacted files.
        """
        # Exactly RFC 8785: names are in order, there are no numbers, and orjson escapes strings as RFC 8785 section
        # 3.2.2.2 demands.
        data = orjson.dumps(self.to_value(), option=orjson.OPT_APPEND_NEWLINE)
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
        document = cls._read(value, limits)
        if document.to_value() != value:
            raise Malformed("a value is not in its canonical base64", "fields")
        return document

    @classmethod
    def _read(cls, value: Json, limits: Limits) -> Redacted:
        """Read what :meth:`to_value` returns; base64 may be spelled otherwise, so each caller prints and compares."""
        if not isinstance(value, dict) or sorted(value) != ["fields", "format", "hidden", "ledger"]:
            raise Malformed("a redacted document must have exactly the members fields, format, hidden and ledger")
        if value["ledger"] != VERSION:
            raise Malformed(f'not of the format "{VERSION}"', "ledger")
        format_ = _format(value["format"])
        fields = [_field(item, number, format_) for number, item in enumerate(read_list(value["fields"], "fields"))]
        hidden = [
            read_digits(item, f"hidden[{number}]", HASH_SIZE)
            for number, item in enumerate(read_list(value["hidden"], "hidden"))
        ]
        if not 0 < len(fields) + len(hidden) <= limits.fields:
            raise over_fields(limits) if fields or hidden else Malformed("a document must have at least one field")
        if any(left.path >= right.path for left, right in pairwise(fields)):
            raise Malformed("paths must ascend, without repeats", "fields")
        if any(left >= right for left, right in pairwise(hidden)):
            raise Malformed("field hashes must ascend, without repeats", "hidden")
        check_shape((item[:3] for item in fields), format_, len(hidden), limits)
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
    shown = [item for item in document.fields if (item.path in chosen) is named]
    paths = {item.path for item in shown}
    hidden = [hash_ for path, hash_ in hashes.items() if path not in paths]
    if isinstance(document, Wrapped):
        kept = [Disclosed(*item, salt_of(document.seed, item.path)) for item in cast("list[Field]", shown)]
    else:
        kept = cast("list[Disclosed]", shown)
        hidden += document.hidden
    kept.sort()
    return Redacted(document.format, tuple(kept), tuple(sorted(hidden)))


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
    document = Redacted._read(whole, limits)
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
        document = Redacted.from_value(orjson.loads(data), limits)
        return document if document.to_bytes() == data else None
    except (ValueError, Malformed):  # the slow reader says why, with line and column
        return None


def _check_size(data: bytes, limits: Limits) -> None:
    if len(data) > limits.redacted:
        raise Malformed(f"{len(data)} bytes are over the limit of {limits.redacted} bytes for a redacted document")


def _format(value: Json) -> Format:
    for format_ in Format:
        if value == format_.value:
            return format_
    raise Malformed(f"must be one of {', '.join(Format)}", "format")


def _field(value: Json, number: int, format_: Format) -> Disclosed:
    where = f"fields[{number}]"
    texts = [item for item in read_list(value, where) if isinstance(item, str)]
    if len(texts) != 4 or texts != value:
        raise Malformed("must be a list of four strings: path, type, value and salt", where)
    path, type_, text, salt = texts
    return Disclosed(path, type_, read_value(format_, path, type_, text), read_digits(salt, where, SALT_SIZE))

"""A wrapped document: its bytes and its seed. All fields and salts and the digest follow from these two."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from ledger.core.document.digest import SEED_SIZE, digest_of, hash_fields, salts_of
from ledger.core.document.field import Field, FieldBytes
from ledger.core.document.json_fields import json_fields
from ledger.core.document.xml_fields import xml_fields
from ledger.core.encoding.ids import Digest
from ledger.core.encoding.limits import DEFAULT_LIMITS, Format, Limits, check_size
from ledger.errors import Malformed

_NEWER = re.compile(rb"ledger/[a-z]{1,16}/([2-9]|[1-9][0-9]{1,3}) ")
_HEADER = re.compile(rb"ledger/(json|xml|opaque)/1 ([A-Za-z0-9_-]{43})\n")


def parse(data: bytes, format_: Format, limits: Limits = DEFAULT_LIMITS) -> tuple[Field, ...]:
    """The fields of a document, in its own order; at least one.

    :raises Malformed: the bytes are not of ``format_`` (``where`` is ``line N, column M``) or are over a limit (the
        message names the limit and its number). A message never contains a value.
    """
    return _parse(data, format_, limits).fields()


def _parse(data: bytes, format_: Format, limits: Limits) -> FieldBytes:
    if format_ is Format.JSON:
        return json_fields(data, limits)
    if format_ is Format.XML:
        return xml_fields(data, limits)
    check_size(data, format_, limits)
    return FieldBytes([b""], [b"x" + data])


@dataclass(frozen=True)  # without slots, so that what few ask for can be cached
class Wrapped:
    """A document as its owner keeps it. It discloses everything, so its ``repr`` shows the digest only.

    ``digest`` is 32 bytes.
    """

    format: Format
    seed: bytes = field(repr=False)
    data: bytes = field(repr=False)
    digest: Digest = field(init=False, compare=False)
    _fields: FieldBytes = field(init=False, repr=False, compare=False)
    _salts: list[bytes] = field(init=False, repr=False, compare=False)
    _hashes: list[bytes] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Derived here and nowhere else, so that a wrapped document cannot carry another document's digest.
        fields = _parse(self.data, self.format, DEFAULT_LIMITS)
        salts = salts_of(self.seed, fields.paths)
        hashes = hash_fields(fields, salts)
        object.__setattr__(self, "_fields", fields)
        object.__setattr__(self, "_salts", salts)
        object.__setattr__(self, "_hashes", hashes)
        object.__setattr__(self, "digest", digest_of(self.format, hashes))

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """In the order of the document."""
        return self._fields.fields()

    @cached_property
    def field_hashes(self) -> Mapping[str, bytes]:
        """By path, in the order of the document."""
        return MappingProxyType(dict(zip(map(bytes.decode, self._fields.paths), self._hashes, strict=True)))

    def salted(self) -> Iterator[tuple[str, str, bytes, bytes]]:
        """Path, type, value and salt of each field, in the order of the document."""
        for path, value, salt in zip(self.field_hashes, self._fields.values, self._salts, strict=True):
            yield path, chr(value[0]), value[1:], salt

    @property
    def hidden(self) -> tuple[bytes, ...]:
        """The hashes of hidden fields: none, as a wrapped document shows all."""
        return ()

    def to_bytes(self) -> bytes:
        """The wrapped file: one header line with format and seed, then the document's own bytes."""
        return b"ledger/%b/1 %b\n%b" % (self.format.encode(), _seed_text(self.seed), self.data)


def wrap(data: bytes, format_: Format, seed: bytes) -> Wrapped:
    """Wrap a document with ``seed``: 32 bytes from a good random source, used for no other document.

    A seed that is used twice, also for an amended copy, gives the same path the same salt: a reader to whom one
    document shows a field can then test guesses at that field of the other.

    :raises Malformed: see :func:`parse`; or the seed is not 32 bytes.
    """
    return Wrapped(format_, seed, data)


def begins_as_wrapped(data: bytes) -> bool:
    """Whether bytes begin as a wrapped file does, with its header line."""
    return _HEADER.match(data) is not None


def read_wrapped(data: bytes) -> Wrapped:
    """Read a wrapped file strictly.

    :raises Malformed: the header line is missing, the seed is not 32 bytes in canonical base64url, or see
        :func:`parse`.
    """
    header = _HEADER.match(data)
    if header is None:
        what = "not a wrapped document: the first line must be 'ledger/<format>/1 <seed>'"
        if newer := _NEWER.match(data):
            what = f"a wrapped document of version {newer[1].decode()}: install a newer version of this program"
        raise Malformed(what, "line 1")
    text = header[2]
    seed = urlsafe_b64decode(text + b"=")
    if len(seed) != SEED_SIZE or _seed_text(seed) != text:
        raise Malformed("the seed must be 32 bytes in base64url without padding", "line 1")
    return Wrapped(Format(header[1].decode()), seed, data[header.end() :])


def _seed_text(seed: bytes) -> bytes:
    return urlsafe_b64encode(seed).rstrip(b"=")

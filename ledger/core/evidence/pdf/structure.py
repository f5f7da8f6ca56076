"""The structure of a PDF file: its cross-reference sections, and the few objects that are needed, by number.

ISO 32000-2, 7.5: tables, streams and both; objects in the file or in object streams. A file is read strictly, from its
end, as every reader does. It is Malformed if a reader would have to search or guess, as two readers would guess
differently. The work is bounded for every input.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from typing import NamedTuple

from ledger.core.evidence.pdf.syntax import (
    MAX_VALUE,
    Member,
    Reference,
    array,
    dictionary,
    object_at,
    reference,
    skip_blank,
    value_end,
    whole,
)
from ledger.errors import Malformed

MAX_SECTIONS = 1_000
MAX_SUBSECTIONS = 20_000
MAX_READ = 4 * 1024 * 1024  # decoded tables and values together
MAX_HOPS = 8
MAX_OBJECT = 8_388_606  # ISO 32000-1 annex C: 8,388,607 objects
_TAIL = 1024
_END = re.compile(rb"startxref[\x00\t\n\x0c\r ]++(\d{1,10})[\x00\t\n\x0c\r ]++%%EOF[\x00\t\n\x0c\r ]*+\Z")
_TABLE = re.compile(rb"[\x00\t\n\x0c\r ]*+xref(?=[\x00\t\n\x0c\r ])")
_SUBSECTION = re.compile(rb"[\x00\t\n\x0c\r ]*+(\d{1,10}) (\d{1,10}) ?(?:\r\n|\r|\n)")
_TRAILER = re.compile(rb"[\x00\t\n\x0c\r ]*+trailer")
_ROW = re.compile(rb"(\d{10}) (\d{5}) ([nf])(?: \r| \n|\r\n)")
_ROW_SIZE = 20
_FLUSHED = b"\x00\x00\xff\xff"
_STREAM = re.compile(rb"stream(?:\r\n|\n)")

Members = dict[bytes, Member]


class _Rows(NamedTuple):
    """A subsection: ``length`` rows from object ``first`` on. ``widths`` is None for a table in the file itself."""

    first: int
    length: int
    data: bytes
    at: int
    widths: tuple[int, int, int] | None


class _Packed(NamedTuple):
    """The position of an object in an object stream."""

    stream: int
    position: int


@dataclass(slots=True)
class Structure:
    """A PDF file. ``start`` is the offset of its newest section, ``trailer`` that section's dictionary."""

    data: bytes
    start: int = 0
    is_stream: bool = False
    trailer: Members = field(default_factory=dict)
    _rows: list[_Rows] = field(default_factory=list)
    _spent: int = 0
    _object_streams: dict[int, tuple[bytes, list[int], int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        end = _END.search(self.data, max(0, len(self.data) - _TAIL))
        if not self.data.startswith(b"%PDF-") or end is None:
            raise Malformed("not a complete PDF, from '%PDF-' to '%%EOF': print or save it again", "PDF")
        self.start = int(end[1])
        pending, seen = [self.start], set[int]()
        while pending:
            at = pending.pop()
            if at in seen:
                continue
            seen.add(at)
            if len(seen) > MAX_SECTIONS:
                raise Malformed(f"has more than {MAX_SECTIONS} cross-reference sections", "PDF")
            members, is_stream = self._section(at)
            if at == self.start:
                self.trailer, self.is_stream = members, is_stream
            if b"Encrypt" in members:
                raise Malformed("is encrypted: evidence cannot be attached to it or read from it", "PDF")
            # The last one is read first.
            pending += [whole(members[name].value) for name in (b"Prev", b"XRefStm") if name in members]

    @property
    def next_number(self) -> int:
        """The first object number that is free."""
        last = max((rows.first + rows.length for rows in self._rows if rows.length), default=0)
        number = max(last, whole(self.trailer[b"Size"].value) if b"Size" in self.trailer else 0)
        if number > MAX_OBJECT:
            raise Malformed("has too many objects", "PDF")
        return number

    def catalog(self) -> Members:
        """The members of the document catalog."""
        if b"Root" not in self.trailer:
            raise Malformed("catalog missing", "PDF")
        members = self.members(self.trailer[b"Root"].value)
        if b"Type" not in members or members[b"Type"].value != b"/Catalog" or b"Pages" not in members:
            raise Malformed("invalid catalog", "PDF")
        return members

    def members(self, value: bytes) -> Members:
        """The members of the dictionary that a value is, or refers to."""
        return dictionary(self.resolve(value))[0]

    def resolve(self, value: bytes) -> bytes:
        """The value itself, or the one that it refers to; ``null`` if that does not exist."""
        for _ in range(MAX_HOPS):
            referred = reference(value)
            if referred is None:
                return value
            value = self._object(referred)
        raise Malformed("circular references", "PDF")

    def _object(self, wanted: Reference) -> bytes:
        place = self._find(wanted.number)
        if place is None:
            return b"null"
        if isinstance(place, _Packed):
            return self._unpack(place, wanted.number)
        at = self._begin(place, wanted.number)
        value = self.data[at : value_end(self.data, at)]
        self._spend(len(value))
        return value

    def _begin(self, at: int, number: int) -> int:
        found, begin = object_at(self.data, min(at, len(self.data)))
        if found.number != number:
            raise Malformed(f"object {found.number} where object {number} is expected", f"PDF, byte {at}")
        return begin

    def _find(self, number: int) -> int | _Packed | None:
        """The position of an object, from the newest section that lists it."""
        for rows in self._rows:
            if rows.first <= number < rows.first + rows.length:
                return _table_row(rows, number) if rows.widths is None else _stream_row(rows, rows.widths, number)
        return None

    # --------------------------------------------------------------------------------------------- cross-references

    def _section(self, at: int) -> tuple[Members, bool]:
        found = _TABLE.match(self.data, at)
        if found is None:
            return self._stream_section(at), True
        at = found.end()
        while (rows := _SUBSECTION.match(self.data, at)) is not None:
            first, count, at = int(rows[1]), int(rows[2]), rows.end()
            self._keep(_Rows(first, count, self.data, at, None), _ROW_SIZE)
            at += count * _ROW_SIZE
        trailer = _TRAILER.match(self.data, at)
        if trailer is None:
            raise Malformed(
                "invalid cross-reference table: rows are 20 bytes, and a trailer follows", f"PDF, byte {at}"
            )
        return dictionary(self.data, skip_blank(self.data, trailer.end()))[0], False

    def _stream_section(self, at: int) -> Members:
        _, begin = object_at(self.data, at)
        members, rows = self._stream(begin, b"XRef")
        widths = [whole(value) for value in array(_value(members, b"W"))]
        if len(widths) != 3 or max(widths) > 8 or sum(widths) == 0:
            raise Malformed("invalid cross-reference stream: it must have three widths", f"PDF, byte {at}")
        index = array(members[b"Index"].value) if b"Index" in members else [b"0", _value(members, b"Size")]
        numbers, offset = [whole(value) for value in index], 0
        for first, count in zip(numbers[::2], numbers[1::2], strict=False):
            self._keep(_Rows(first, count, rows, offset, (widths[0], widths[1], widths[2])), sum(widths))
            offset += count * sum(widths)
        return members

    def _keep(self, rows: _Rows, width: int) -> None:
        if rows.at + rows.length * width > len(rows.data) or len(self._rows) == MAX_SUBSECTIONS:
            raise Malformed("cross-references cut off, or in too many parts", "PDF")
        self._rows.append(rows)

    # ------------------------------------------------------------------------------------------------------ streams

    def _stream(self, begin: int, kind: bytes) -> tuple[Members, bytes]:
        """Dictionary and decoded content of the stream whose dictionary begins here."""
        members, end = dictionary(self.data, begin)
        mark = _STREAM.match(self.data, skip_blank(self.data, end))
        if mark is None or _value(members, b"Type") != b"/" + kind:
            raise Malformed(f"no {kind.decode()} stream where the PDF refers to one", f"PDF, byte {begin}")
        return members, self._decode(members, self.data[mark.end() : mark.end() + self._length(members)])

    def _length(self, members: Members) -> int:
        value = _value(members, b"Length")
        referred = reference(value)
        if referred is not None:
            place = self._find(referred.number)
            if not isinstance(place, int):
                raise Malformed("the length of a stream is missing", "PDF")
            at = self._begin(place, referred.number)
            value = self.data[at : value_end(self.data, at)]
        return whole(value)

    def _decode(self, members: Members, data: bytes) -> bytes:
        filters = members[b"Filter"].value if b"Filter" in members else b"[]"
        names = array(filters) if filters.startswith(b"[") else [filters]
        if not names:
            self._spend(len(data))
            return data
        if names != [b"/FlateDecode"]:
            raise Malformed("unsupported compression of its tables", "PDF")
        inflater = zlib.decompressobj()
        try:
            plain = inflater.decompress(data, MAX_READ - self._spent + 1)
        except zlib.error:
            raise Malformed("damaged compressed tables", "PDF") from None
        self._spend(len(plain))
        # Acrobat ends a table with a flush (RFC 1951, 3.2.4: an empty block) and writes neither a last block nor a sum.
        if not inflater.eof and not data.endswith(_FLUSHED):
            raise Malformed("compressed tables cut off", "PDF")
        if b"DecodeParms" not in members:
            return plain
        value = members[b"DecodeParms"].value
        parameters = array(value) if value.startswith(b"[") else [value]
        if parameters == [b"null"]:
            return plain
        if len(parameters) != 1:
            raise Malformed("unsupported compression of its tables", "PDF")
        return _unpredicted(plain, dictionary(parameters[0])[0])

    def _spend(self, size: int) -> None:
        self._spent += size
        if self._spent > MAX_READ:
            raise Malformed(f"its tables are larger than {MAX_READ} bytes", "PDF")

    def _unpack(self, place: _Packed, number: int) -> bytes:
        """An object out of an object stream (7.5.7)."""
        if place.stream not in self._object_streams:
            container = self._find(place.stream)
            if not isinstance(container, int):
                raise Malformed(f"object stream {place.stream} is missing", "PDF")
            members, content = self._stream(self._begin(container, place.stream), b"ObjStm")
            first = whole(_value(members, b"First"))
            if first > MAX_VALUE:
                raise Malformed(f"object stream {place.stream} holds too many objects", "PDF")
            self._object_streams[place.stream] = content, [whole(word) for word in content[:first].split()], first
        content, numbers, first = self._object_streams[place.stream]
        if numbers[2 * place.position : 2 * place.position + 1] != [number] or len(numbers) <= 2 * place.position + 1:
            raise Malformed(f"object {number} is not where the tables of the PDF place it", "PDF")
        at = skip_blank(content, first + numbers[2 * place.position + 1])
        return content[at : value_end(content, at)]


def _value(members: Members, name: bytes) -> bytes:
    if name not in members:
        raise Malformed(f"/{name.decode()} is missing", "PDF")
    return members[name].value


def _table_row(rows: _Rows, number: int) -> int | None:
    at = rows.at + (number - rows.first) * _ROW_SIZE
    row = _ROW.fullmatch(rows.data, at, at + _ROW_SIZE)
    if row is None:
        raise Malformed("invalid row of a cross-reference table", f"PDF, byte {at}")
    return int(row[1]) if row[3] == b"n" else None


def _stream_row(rows: _Rows, widths: tuple[int, int, int], number: int) -> int | _Packed | None:
    at = rows.at + (number - rows.first) * sum(widths)
    values = []
    for width in widths:
        values.append(int.from_bytes(rows.data[at : at + width]))
        at += width
    kind = values[0] if widths[0] else 1
    if kind == 2:
        return _Packed(values[1], values[2])
    return values[1] if kind == 1 else None


def _unpredicted(data: bytes, parameters: Members) -> bytes:
    """Undo a PNG predictor (7.4.4.4, PNG section 9) with one byte a sample, as all producers write tables."""

    def number(name: bytes, default: int) -> int:
        return whole(parameters[name].value) if name in parameters else default

    if number(b"Predictor", 1) == 1:
        return data
    columns = number(b"Columns", 1)
    if number(b"Predictor", 1) < 10 or number(b"Colors", 1) != 1 or number(b"BitsPerComponent", 8) != 8 or not columns:
        raise Malformed("unsupported compression of its tables", "PDF")
    above, plain = bytes(columns), bytearray()
    for at in range(0, len(data), columns + 1):
        row = data[at + 1 : at + 1 + columns]
        if len(row) != columns:
            raise Malformed("compressed tables cut off", "PDF")
        above = _png_row(data[at], row, above)
        plain += above
    return bytes(plain)


def _png_row(kind: int, row: bytes, above: bytes) -> bytes:
    if kind == 0:
        return row
    if kind == 2:
        return bytes((left + right) & 0xFF for left, right in zip(row, above, strict=True))
    if kind > 4:
        raise Malformed("damaged compressed tables", "PDF")
    plain = bytearray()
    for at, value in enumerate(row):
        left, corner = (plain[at - 1], above[at - 1]) if at else (0, 0)
        guess = left if kind == 1 else (left + above[at]) // 2 if kind == 3 else _paeth(left, above[at], corner)
        plain.append((value + guess) & 0xFF)
    return bytes(plain)


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))

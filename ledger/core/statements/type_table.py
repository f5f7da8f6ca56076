"""A table that says which file is of which document type: CSV, or JSON; types by code or by name, files by pattern.

>>> table = read_type_table(b'{"*.pdf": "certificate of origin", "invoice.pdf": 380, "notes.txt": "-"}')
>>> [table.row_of(name).document_type for name in ("scans/invoice.pdf", "b.pdf")], table.row_of("x.doc")
([380, 861], None)
>>> table.row_of("notes.txt").is_left_out
True
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ledger.core.document.file_names import key_of, matches
from ledger.core.encoding.json_text import parse_json
from ledger.core.encoding.limits import Format
from ledger.core.statements.code_names import type_named
from ledger.errors import Malformed

LEFT_OUT = "-"
"""In the place of a type: such files are no documents."""

_HEADERS = frozenset({"type", "document type", "document_type", "documenttype", "code"})
_WILD = frozenset("*?[")
_ADVICE = "a line is FILE,TYPE or FILE,TYPE,FORMAT, such as invoice.pdf,380 or *.rtf,contract,opaque or notes.txt,-"


@dataclass(frozen=True, slots=True)
class TypeRow:
    """Files by name or pattern; their type, None for no documents; their format, None for what they look like."""

    pattern: str
    document_type: int | None
    format: Format | None = None

    @property
    def is_left_out(self) -> bool:
        return self.document_type is None


@dataclass(frozen=True)  # without slots, for what is worked out once
class TypeTable:
    """Names or patterns of files, each with its type, in their order. A name goes before patterns, then the first."""

    rows: tuple[TypeRow, ...]

    def row_of(self, name: str) -> TypeRow | None:
        """The row for this file, None if there is none; ``name`` is relative to the folder, with ``/``.

        Only patterns are tried one by one: a table may name each of many files.
        """
        key = key_of(name)
        named = [found for one in {key, key.rpartition("/")[2]} if (found := self._named.get(one)) is not None]
        if named:
            return min(named, key=lambda found: found[0])[1]
        return next((row for row in self._patterns if matches(name, row.pattern)), None)

    @cached_property
    def _named(self) -> dict[str, tuple[int, TypeRow]]:
        """Rows that name one file, and their places, by ``key_of`` the name; the first of equal ones."""
        named: dict[str, tuple[int, TypeRow]] = {}
        for place, row in enumerate(self.rows):
            if _WILD.isdisjoint(row.pattern):
                named.setdefault(key_of(row.pattern.removeprefix("./")), (place, row))
        return named

    @cached_property
    def _patterns(self) -> tuple[TypeRow, ...]:
        return tuple(row for row in self.rows if not _WILD.isdisjoint(row.pattern))


def read_type_table(data: bytes) -> TypeTable:
    """Read a table: CSV of file, type and perhaps format, with ``,``, ``;`` or tabs, with or without a line of titles;
    or JSON, ``{"file": "type"}`` or ``[{"file": …, "type": …, "format": …}]``.

    :raises Malformed: ``where`` is the line or the item.
    """
    text = _text(data)
    items = _json_items(text) if text.lstrip()[:1] in ("{", "[") else _csv_items(text)
    rows = tuple(_row(*item) for item in items)
    if not rows:
        raise Malformed(f"names no file: {_ADVICE}")
    return TypeTable(rows)


def _row(where: str, file: str, kind: str, format_: object) -> TypeRow:
    try:
        stated = Format(str(format_).strip().lower()) if format_ else None
    except ValueError:
        raise Malformed(f'"{format_}" is no format: json, xml or opaque', where) from None
    return TypeRow(file, None if kind.strip() == LEFT_OUT else type_named(kind, where), stated)


def _text(data: bytes) -> str:
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            pass
    raise Malformed("is no text in UTF-8")


def _csv_items(text: str) -> Iterator[tuple[str, str, str, object]]:
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    delimiter = max((";", "\t", ","), key=first.count)
    is_first = True
    for number, row in enumerate(csv.reader(lines, delimiter=delimiter), 1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or cells[0].startswith("#"):
            continue
        if len(cells) < 2 or not cells[0] or not cells[1]:
            raise Malformed(f"has no file and type: {_ADVICE}", f"line {number}")
        if not (is_first and cells[1].casefold() in _HEADERS):
            yield f"line {number}", cells[0], cells[1], cells[2] if len(cells) > 2 else None
        is_first = False


def _json_items(text: str) -> Iterator[tuple[str, str, str, object]]:
    value: Any = parse_json(text.encode())
    items = [{"file": file, "type": kind} for file, kind in value.items()] if isinstance(value, dict) else value
    for number, item in enumerate(items):
        file, kind = (item.get("file"), item.get("type")) if isinstance(item, dict) else (None, None)
        if not isinstance(file, str) or isinstance(kind, bool) or not isinstance(kind, str | int):
            raise Malformed(f'must be {{"file": name or pattern, "type": code or name}}: {_ADVICE}', f"item {number}")
        yield f'"{file}"', file, str(kind), item.get("format")

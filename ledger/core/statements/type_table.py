"""A table that says which file is of which document type: CSV, or JSON; types by code or by name, files by pattern.

>>> table = read_type_table(b"file,type\\n*.pdf,certificate of origin\\ninvoice.pdf,380\\n")
>>> table.type_of("scans/invoice.pdf"), table.type_of("b.pdf"), table.type_of("notes.txt")
(380, 861, None)
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ledger.core.document.file_names import matches
from ledger.core.encoding.json_text import parse_json
from ledger.core.statements.code_names import type_named
from ledger.errors import Malformed

_HEADERS = frozenset({"type", "document type", "document_type", "documenttype", "code"})
_WILD = frozenset("*?[")
_ADVICE = "a line is FILE,TYPE, such as invoice.pdf,380 or *.pdf,certificate of origin"


@dataclass(frozen=True, slots=True)
class TypeTable:
    """Names or patterns of files, each with its type, in their order. A name goes before patterns, then the first."""

    rows: tuple[tuple[str, int], ...]

    def row_of(self, name: str) -> int | None:
        """The number of the row for this file, from 0; ``name`` is relative to the folder, with ``/``."""
        fitting = [number for number, (pattern, _) in enumerate(self.rows) if matches(name, pattern)]
        exact = [number for number in fitting if _WILD.isdisjoint(self.rows[number][0])]
        return next(iter(exact or fitting), None)

    def type_of(self, name: str) -> int | None:
        """The type of this file; None if no row names it."""
        row = self.row_of(name)
        return None if row is None else self.rows[row][1]


def read_type_table(data: bytes) -> TypeTable:
    """Read a table: CSV of file and type, with ``,``, ``;`` or tabs, with or without a first line of titles; or JSON,
    ``{"file": "type"}`` or ``[{"file": …, "type": …}]``.

    :raises Malformed: ``where`` is the line or the item.
    """
    text = _text(data)
    pairs = _json_pairs(text) if text.lstrip()[:1] in ("{", "[") else _csv_pairs(text)
    rows = tuple((file, type_named(str(kind), where)) for where, file, kind in pairs)
    if not rows:
        raise Malformed(f"names no file: {_ADVICE}")
    return TypeTable(rows)


def _text(data: bytes) -> str:
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            pass
    raise Malformed("is no text in UTF-8")


def _csv_pairs(text: str) -> Iterator[tuple[str, str, str]]:
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
            yield f"line {number}", cells[0], cells[1]
        is_first = False


def _json_pairs(text: str) -> Iterator[tuple[str, str, Any]]:
    value = parse_json(text.encode())
    items: list[tuple[object, object]] = list(value.items()) if isinstance(value, dict) else []
    for item in value if isinstance(value, list) else ():
        items.append((item.get("file"), item.get("type")) if isinstance(item, dict) else (None, None))
    for number, (file, kind) in enumerate(items):
        if not isinstance(file, str) or isinstance(kind, bool) or not isinstance(kind, str | int):
            raise Malformed(f'must be {{"file": name or pattern, "type": code or name}}: {_ADVICE}', f"item {number}")
        yield f'"{file}"', file, kind

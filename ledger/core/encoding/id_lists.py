"""Lists of ids as people have them: one a line, a table with a heading, or JSON. Each id keeps where it stood.

>>> read_id_list(b"id;type\n0x12;380\n", "list.csv")
[Listed(text='0x12', where='list.csv line 2', row={'id': '0x12', 'type': '380'})]
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ledger.core.encoding.json_text import parse_json
from ledger.errors import Malformed

_SEPARATORS = ",;\t"


class Listed(NamedTuple):
    """What stands in a list where an id should: its text, where it stands, in words, and the rest of its row."""

    text: str
    where: str
    row: dict[str, str]


def read_id_list(data: bytes, name: str, columns: Sequence[str] = ("id", "declaration")) -> list[Listed]:
    """The ids of a list, in order.

    A list is JSON (an array, or an object with one; of texts, or of objects with a member of one of the names
    ``columns``; or such an object a line), a table with a heading (comma, semicolon or tab; one column of these names),
    or an id a line. Empty lines, and lines that begin with #, say nothing.

    :param name: of the file, for errors and places.
    :raises Malformed: it is no text in UTF-8, or none of these, or it is empty; the message says where.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Malformed("is no text in UTF-8: give a list of ids, one a line", name) from None
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    if first.lstrip()[:1] in {"[", "{"}:
        found = list(_from_json(text, name, columns))
    elif any(separator in first for separator in _SEPARATORS):
        found = list(_from_table(text, name, columns))
    else:
        lines = ((number, line.strip()) for number, line in enumerate(text.splitlines(), start=1))
        found = [Listed(line, f"{name} line {number}", {}) for number, line in lines if line and line[0] != "#"]
    if not found:
        raise Malformed("has no id: give one a line, or a table or JSON with a column of ids", name)
    return found


def _from_json(text: str, name: str, columns: Sequence[str]) -> Iterator[Listed]:
    try:
        value: Any = parse_json(text.encode())
    except Malformed as error:
        lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
        if len(lines) < 2:
            raise Malformed(str(error), name) from None
        for number, line in lines:
            try:
                yield _of_object(parse_json(line.encode()), f"{name} line {number}", columns)
            except Malformed as other:
                raise (
                    other if other.where.startswith(name) else Malformed(str(other), f"{name} line {number}")
                ) from None
        return
    if isinstance(value, dict):
        arrays = [item for item in value.values() if isinstance(item, list)]
        if any(column in value for column in columns):
            value = [value]
        elif len(arrays) == 1:
            value = arrays[0]
        else:
            raise Malformed(f"is an object without an array of ids: give a member {columns[0]} for each", name)
    for number, item in enumerate(value, start=1):
        yield _of_object(item, f"{name} item {number}", columns)


def _of_object(value: Any, where: str, columns: Sequence[str]) -> Listed:
    if isinstance(value, str):
        return Listed(value, where, {})
    if isinstance(value, dict):
        for column in columns:
            if isinstance(value.get(column), str):
                return Listed(value[column], where, {key: _text(item) for key, item in value.items()})
    raise Malformed(f"must be an id, or an object with a member {' or '.join(columns)}", where)


def _from_table(text: str, name: str, columns: Sequence[str]) -> Iterator[Listed]:
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.strip() and not line.startswith("#"))
    separator = max(_SEPARATORS, key=lines[start].count)
    try:
        rows = csv.reader(lines[start:], delimiter=separator, strict=True)
        heading = [cell.strip().lower() for cell in next(rows)]
        chosen = [column for column in columns if column in heading]
        if not chosen:
            raise Malformed(f"has no column {' or '.join(columns)}; its first line has {', '.join(heading)}", name)
        place = heading.index(chosen[0])
        for row in rows:
            where = f"{name} line {start + rows.line_num}"
            if not any(cell.strip() for cell in row) or row[0].startswith("#"):
                continue
            if len(row) <= place or not row[place].strip():
                raise Malformed(f"has nothing in the column {chosen[0]}", where)
            yield Listed(row[place].strip(), where, dict(zip(heading, (cell.strip() for cell in row), strict=False)))
    except csv.Error as error:
        raise Malformed(f"cannot be read as a table: {error}", name) from None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)

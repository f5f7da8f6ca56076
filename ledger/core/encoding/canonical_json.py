"""JSON of our own files: canonical (names sorted, no white space, ASCII, one newline), or as people edit it."""

from __future__ import annotations

import json
from typing import Any

import orjson

from ledger.core.encoding.json_text import parse_json
from ledger.core.encoding.limits import Limits
from ledger.errors import Malformed

MAX_FILE = 1024 * 1024
MAX_DEPTH = 8


MAX_VALUES = 1_000_000


_SORTED_LINE = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE


def read_canonical(data: bytes, format_: str, longest: int) -> dict[str, Any]:
    """Read a JSON object that must be spelled canonically and name its format; Malformed otherwise."""
    value = parse_json(data, Limits(structured=longest, depth=MAX_DEPTH, fields=MAX_VALUES))
    if not isinstance(value, dict) or value.get("ledger") != format_:
        raise Malformed(f'not of the format "{format_}"')
    if not _is_printed(value, data):
        raise Malformed("not in canonical form: names sorted, no white space, ASCII, one newline at the end")
    return value


def _is_printed(value: object, data: bytes) -> bool:
    """Whether ``data`` is canonical. orjson output is identical for printable ASCII without floats, which our files
    never contain, and much faster.
    """
    if data.isascii() and b"\x7f" not in data and orjson.dumps(value, option=_SORTED_LINE) == data:
        return True
    return print_canonical(value) == data


def print_canonical(value: object) -> bytes:
    """The one spelling that :func:`read_canonical` takes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode() + b"\n"


def read_file(data: bytes, format_: str) -> dict[str, Any]:
    """Read a JSON object that people edit, so white space is free; Malformed unless it names its format."""
    value = parse_json(data, Limits(structured=MAX_FILE, depth=MAX_DEPTH))
    if not isinstance(value, dict) or value.get("ledger") != format_:
        raise Malformed(f'not of the format "{format_}"')
    return value

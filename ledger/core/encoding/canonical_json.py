"""The JSON of our own files: canonical (names sorted, no white space, ASCII, one newline), or edited by people."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from ledger.core.encoding.json_text import Json, parse_json
from ledger.core.encoding.limits import Limits
from ledger.errors import Malformed

MAX_FILE_BYTES = 1024 * 1024
MAX_DEPTH = 8
MAX_VALUES = 1_000_000
_DASH = "\u2014".encode()
_SORTED_LINE = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE


def read_canonical(data: bytes, format_: str, longest: int) -> dict[str, Any]:
    """Read a JSON object of at most ``longest`` bytes that is spelled canonically and names its format.

    :raises Malformed: anything else.
    """
    value = parse_json(data, Limits(structured=longest, depth=MAX_DEPTH, fields=MAX_VALUES))
    found = of_format(value, format_)
    _check_printed(value, data)
    return found


def read_canonical_line(line: bytes, longest: int) -> Json:
    """Read one line of a file whose every line is a JSON value, spelled canonically; Malformed otherwise."""
    value = parse_json(line, Limits(structured=longest, depth=MAX_DEPTH))
    _check_printed(value, line)
    return value


def _check_printed(value: object, data: bytes) -> None:
    if not _is_printed(value, data):
        raise Malformed("not in canonical form: names sorted, no white space, ASCII, one newline at the end")


def _is_printed(value: object, data: bytes) -> bool:
    """Whether ``data`` is canonical. orjson prints the same for printable ASCII without floats, which our files never
    contain, and is much faster. It leaves a dash as it is, and each checkpoint has one.
    """
    if data.isascii() and b"\x7f" not in data:
        printed = orjson.dumps(value, option=_SORTED_LINE)
        if printed.replace(_DASH, rb"\u2014") == data:
            return True
    return print_canonical(value) == data


def print_canonical(value: object) -> bytes:
    """The one form that :func:`read_canonical` accepts."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode() + b"\n"


def read_file(data: bytes, format_: str) -> dict[str, Any]:
    """Read a JSON object that people may edit, with any white space; Malformed unless it names its format."""
    return of_format(parse_json(data, Limits(structured=MAX_FILE_BYTES, depth=MAX_DEPTH)), format_)


def of_format(value: Json, format_: str) -> dict[str, Any]:
    """The object that ``value`` is, if it names this format; Malformed otherwise."""
    if not isinstance(value, dict) or value.get("ledger") != format_:
        named = value.get("ledger") if isinstance(value, dict) else None
        raise Malformed(f'not of the format "{format_}"{_other_version(named, format_)}')
    return value


def _other_version(named: Json, format_: str) -> str:
    """What to do, where a file names another version of the same format; empty where it names something else."""
    name, _, ours = format_.rpartition("/")
    found = re.fullmatch(re.escape(name) + "/([1-9][0-9]{0,3})", named) if isinstance(named, str) else None
    if found is None:
        return ""
    if int(found[1]) > int(ours):
        return f", but of the newer version {found[1]}: install a newer version of this program"
    return f", but of the older version {found[1]}: have it made anew, or read it with the program of its time"

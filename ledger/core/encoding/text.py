"""Bytes to text, strictly; positions in a text as line and column; times as text; text of others in one line."""

from __future__ import annotations

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from datetime import UTC, datetime

from ledger.errors import Malformed

_MARKS = {BOM_UTF8: "UTF-8", BOM_UTF16_LE: "UTF-16LE", BOM_UTF16_BE: "UTF-16BE"}
_LAST_SECOND = 253_402_300_799  # of the year 9999


def position(text: str, index: int) -> str:
    """``line N, column M`` of a character, counted from 1; CR LF, CR and LF each end a line, as in XML."""
    before = text[:index]
    line = 1 + before.count("\n") + before.count("\r") - before.count("\r\n")
    column = index - max(before.rfind("\n"), before.rfind("\r"))
    return f"line {line}, column {column}"


def decode(data: bytes, encoding: str) -> str:
    """Decode the bytes after a byte order mark strictly.

    :raises Malformed: with line and column of the first byte that is not ``encoding``.
    """
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        good = data[: error.start].decode(encoding)
        raise Malformed(f"this byte is not {encoding}", position(good, len(good))) from None


def text_of(data: bytes) -> str:
    """The text of a file that a person wrote: UTF-8, or what its byte order mark says, which is left out.

    Editors of Windows begin UTF-8 with a mark, and its shell writes UTF-16.

    :raises Malformed: with line and column of the first byte that is none of it.
    """
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return decode(data.removeprefix(mark), encoding)
    return decode(data, "UTF-8")


def when(at: int) -> str:
    """Seconds since 1970 as an ISO 8601 time in UTC; beyond the year 9999, which has none, the number."""
    if at > _LAST_SECOND:
        return f"second {at}"
    return f"{datetime.fromtimestamp(at, UTC).replace(tzinfo=None).isoformat()}Z"


def harmless(words: object, most: int = 300) -> str:
    """A server's words for a terminal: one line, nothing that does not print, no more than ``most`` characters."""
    return "".join(char if char.isprintable() else " " for char in str(words)[:most])


def one_line(text: str) -> str:
    """Text of others as part of one line: what does not print, such as a line end, stands there as an escape."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)

"""CBOR as far as COSE needs it, in the deterministic encoding of RFC 8949 section 4.2.1, read as strictly as printed.

Values are ``None``, ``int``, ``bytes``, ``str``, ``list``, ``dict`` with keys of ``int`` or ``str``, and ``Tag``. There
are no floats, no booleans and no indefinite lengths. Signed bytes must be read in one way only: two readers of a
lenient format can read different values from the same bytes, for example the first or the last of two equal keys.

docs/adr/0010-our-own-strict-cbor.md has the reasons why this is not a library.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ledger.errors import Malformed

Value: TypeAlias = "int | bytes | str | list[Value] | dict[int | str, Value] | Tag | None"

MAX_DEPTH = 8
_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _LIST, _MAP, _TAG = range(7)
_NULL = 0xF6


@dataclass(frozen=True, slots=True)
class Tag:
    """A value with a tag number."""

    number: int
    value: Value


def encode(value: Value) -> bytes:
    """The deterministic encoding: shortest heads, keys ascending by their encoded bytes.

    :raises OverflowError: a number beyond 64 bits.
    """
    match value:
        case None:
            encoded = bytes((_NULL,))
        case int():
            encoded = _head(_UNSIGNED, value) if value >= 0 else _head(_NEGATIVE, -1 - value)
        case bytes():
            encoded = _head(_BYTES, len(value)) + value
        case str():
            text = value.encode()
            encoded = _head(_TEXT, len(text)) + text
        case list():
            encoded = _head(_LIST, len(value)) + b"".join(map(encode, value))
        case dict():
            members = sorted((encode(key), encode(item)) for key, item in value.items())
            encoded = _head(_MAP, len(value)) + b"".join(key + item for key, item in members)
        case Tag(number, inner):
            encoded = _head(_TAG, number) + encode(inner)
    return encoded


def decode(data: bytes, longest: int) -> Value:
    """Read exactly one value of at most ``longest`` bytes; Malformed, naming the byte, for any other encoding."""
    if len(data) > longest:
        raise Malformed(f"must have at most {longest} bytes, not {len(data)}", "CBOR")
    reader = _Reader(data)
    value = reader.value(MAX_DEPTH)
    if reader.at != len(data):
        raise reader.wrong("there are bytes after the value")
    return value


def _head(kind: int, argument: int) -> bytes:
    if argument < 24:
        return bytes((kind << 5 | argument,))
    for code, size in ((24, 1), (25, 2), (26, 4)):
        if argument < 1 << 8 * size:
            return bytes((kind << 5 | code,)) + argument.to_bytes(size)
    return bytes((kind << 5 | 27,)) + argument.to_bytes(8)


class _Reader:
    __slots__ = ("_data", "at")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def wrong(self, what: str) -> Malformed:
        return Malformed(what, f"CBOR, byte {self.at}")

    def value(self, depth: int) -> Value:
        if depth == 0:
            raise self.wrong(f"is nested deeper than {MAX_DEPTH} levels")
        if self._data[self.at : self.at + 1] == bytes((_NULL,)):
            self.at += 1
            return None
        kind, argument = self._argument()
        value: Value
        if kind in {_UNSIGNED, _NEGATIVE}:
            value = argument if kind == _UNSIGNED else -1 - argument
        elif kind == _BYTES:
            value = self._take(argument)
        elif kind == _TEXT:
            value = self._text(argument)
        elif kind == _LIST:
            self._room(argument)
            value = [self.value(depth - 1) for _ in range(argument)]
        elif kind == _MAP:
            self._room(2 * argument)
            value = self._map(argument, depth - 1)
        elif kind == _TAG:
            value = Tag(argument, self.value(depth - 1))
        else:
            raise self.wrong("must be a number, bytes, text, a list, a map, a tag or null")
        return value

    def _argument(self) -> tuple[int, int]:
        (first,) = self._take(1)
        kind, code = first >> 5, first & 31
        if kind > _TAG or code < 24:
            return kind, code
        if code > 27:
            raise self.wrong("has an indefinite or reserved length")
        size = 1 << code - 24
        argument = int.from_bytes(self._take(size))
        if argument < (24 if size == 1 else 1 << 4 * size):
            raise self.wrong("is not in its shortest form")
        return kind, argument

    def _take(self, count: int) -> bytes:
        self._room(count)
        taken = self._data[self.at : self.at + count]
        self.at += count
        return taken

    def _room(self, count: int) -> None:
        """Every item takes at least a byte, so a length cannot demand more than there is."""
        if count > len(self._data) - self.at:
            raise self.wrong("ends too early")

    def _text(self, count: int) -> str:
        try:
            return self._take(count).decode()
        except UnicodeDecodeError:
            raise self.wrong("is text that is not UTF-8") from None

    def _map(self, count: int, depth: int) -> dict[int | str, Value]:
        members: dict[int | str, Value] = {}
        before = b""
        for _ in range(count):
            begin = self.at
            key = self.value(depth)
            if not isinstance(key, int | str):
                raise self.wrong("has a key that is not a number or text")
            spelled = self._data[begin : self.at]
            if spelled <= before:
                raise self.wrong("has a key twice, or out of order")
            before = spelled
            members[key] = self.value(depth)
        return members

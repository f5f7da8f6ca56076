"""A strict and fast reader of the contract ABI encoding: it accepts one encoding of each value.

Solidity's ABI specification allows many encodings of one value: tails in any order, with gaps, overlapping, with
garbage after them. ``abi.encode`` writes one of them. A hash over bytes that were read leniently would bind less than
it seems to, so every tail must begin where the one before it ended, and all padding must be zero.

Each type becomes one ``struct.Struct`` for the head and one mask over all of its padding. eth-abi does the writing;
tests compare the two.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from ledger.errors import Malformed

WORD = 32
_UINT = 8  # an unsigned integer has at most 64 bits here and is read from this many bytes
# (data, begin) -> (value, end)
_Reader = Callable[[bytes, int], tuple[Any, int]]


class AbiTuple:
    """A tuple type, which ``decode`` reads. Members are type names, or further tuples and lists.

    Names: ``uint16`` to ``uint64``, ``bytes1`` to ``bytes32``, ``bytes``, ``string``, ``bytes[]``.
    """

    types: list[str]  # of the members, as eth-abi and Solidity name them
    dynamic: bool  # whether it has a tail, and so an offset in the tuple around it
    _code: str
    _padding: bytes
    _members: list[tuple[int | slice, _Reader | None]]

    def __init__(self, *members: str | AbiTuple | AbiList) -> None:
        self.types = [_type_name(member) for member in members]
        self._code, self._padding, self._members = "", b"", []
        words = 0
        for member in members:
            reader = _reader(member)
            if isinstance(member, AbiTuple) and reader is None:
                code, padding, width = member._code, member._padding, len(member._padding) // WORD
                self._members.append((slice(words, words + width), None))
            else:
                code, padding = _word(member if isinstance(member, str) and reader is None else "uint64")
                width = 1
                self._members.append((words, reader))
            self._code, self._padding, words = self._code + code, self._padding + padding, words + width
        self._head = struct.Struct(">" + self._code)
        self._mask = int.from_bytes(self._padding)
        self.dynamic = any(reader is not None for _, reader in self._members)
        self._flat = len(self._members) == words and not self.dynamic

    def decode(self, data: bytes) -> tuple[Any, ...]:
        """The values of a complete encoding; Malformed for anything that ``abi.encode`` would not have written."""
        values, end = self.read(data, 0)
        if end != len(data):
            raise Malformed(f"{len(data) - end} bytes after the last value")
        return values

    def read(self, data: bytes, begin: int) -> tuple[tuple[Any, ...], int]:
        """The values of an encoding that begins at ``begin``, and where it ends."""
        end = begin + self._head.size
        head = data[begin:end]
        if len(head) != self._head.size:
            raise Malformed("ends in the middle of a value")
        if int.from_bytes(head) & self._mask:
            raise Malformed("a value beyond its type's range, or padding that is not zero")
        found = self._head.unpack(head)
        if self._flat:
            return found, end
        values = []
        for at, reader in self._members:
            if reader is None:
                values.append(found[at])
                continue
            if found[at] != end - begin:
                raise Malformed("a value does not begin where the one before it ends")
            value, end = reader(data, end)
            values.append(value)
        return tuple(values), end


class AbiList:
    """A list type ``T[]`` whose items have no fixed length."""

    def __init__(self, item: str | AbiTuple) -> None:
        reader = _reader(item)
        if reader is None:
            raise TypeError(f"items of {item} have a fixed length")
        self.type = f"{_type_name(item)}[]"
        self._item = reader

    def read(self, data: bytes, begin: int) -> tuple[list[Any], int]:
        """The items of a list that begins at ``begin``, and where it ends."""
        count, base = _length(data, begin)
        end = base + count * WORD
        if end > len(data):
            raise Malformed("ends in the middle of a list")
        items = []
        for place in range(base, base + count * WORD, WORD):
            if int.from_bytes(data[place : place + WORD]) != end - base:
                raise Malformed("an item does not begin where the one before it ends")
            item, end = self._item(data, end)
            items.append(item)
        return items, end


def _type_name(member: str | AbiTuple | AbiList) -> str:
    match member:
        case AbiTuple():
            return f"({','.join(member.types)})"
        case AbiList():
            return member.type
        case _:
            return member


def _word(name: str) -> tuple[str, bytes]:
    """The ``struct`` code of a one-word type, and a mask (32 bytes) over what must be zero in it."""
    if name.startswith("uint"):
        used = int(name.removeprefix("uint")) // 8
        if not 0 < used <= _UINT:
            raise TypeError(f"{name} is not read here")
        return f"{WORD - _UINT}xQ", b"\xff" * (WORD - used) + bytes(used)
    used = int(name.removeprefix("bytes"))
    return f"{used}s{WORD - used}x", bytes(used) + b"\xff" * (WORD - used)


def _reader(member: str | AbiTuple | AbiList) -> _Reader | None:
    """The reader for the tail of a dynamic type; None if the type has no tail."""
    if isinstance(member, AbiTuple):
        return member.read if member.dynamic else None
    if isinstance(member, AbiList):
        return member.read
    if member.endswith("[]"):
        return AbiList(member.removesuffix("[]")).read
    return {"bytes": _read_bytes, "string": _read_string}.get(member)


def _length(data: bytes, begin: int) -> tuple[int, int]:
    """The word at ``begin`` as a length, which must not exceed the data, and where the word ends."""
    end = begin + WORD
    length = int.from_bytes(data[begin:end])
    if end > len(data) or length > len(data):
        raise Malformed("ends in the middle of a value")
    return length, end


def _read_bytes(data: bytes, begin: int) -> tuple[bytes, int]:
    length, begin = _length(data, begin)
    last = begin + length
    end = last + -length % WORD
    if end > len(data):
        raise Malformed("ends in the middle of a value")
    if end != last and any(data[last:end]):
        raise Malformed("padding that is not zero")
    return data[begin:last], end


def _read_string(data: bytes, begin: int) -> tuple[str, int]:
    value, end = _read_bytes(data, begin)
    try:
        return value.decode(), end
    except UnicodeDecodeError:
        raise Malformed("text that is not UTF-8") from None

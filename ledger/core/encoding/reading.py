"""Strict reading of the members of a JSON or CBOR value: each has one spelling, and every error names the member.

``where`` is the member's path, such as ``inclusions[1].root``; it becomes ``Malformed.where``.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ledger.errors import Malformed

MAX_UINT64 = (1 << 64) - 1
_HASH = re.compile("0x[0-9a-f]{64}")
_Read = TypeVar("_Read")


def hex_text(value: bytes) -> str:
    """Lower-case hex with ``0x``, the only spelling that is read."""
    return "0x" + value.hex()


def hex_bytes(value: object, where: str) -> bytes:
    """Read lower-case hex with ``0x``; Malformed, naming ``where``, for anything else."""
    if isinstance(value, str):
        try:
            data = bytes.fromhex(value[2:])
        except ValueError:
            pass
        else:
            if hex_text(data) == value:  # fromhex takes capitals and white space too
                return data
    raise Malformed("must be lower-case hex with 0x and an even number of digits", where)


def read_object(value: object, names: Sequence[str], where: str) -> list[Any]:
    """The values of exactly ``names`` of a JSON object, in that order; Malformed names what is missing or unknown."""
    if not isinstance(value, Mapping):
        raise Malformed("must be an object", where)
    for name in names:
        if name not in value:
            raise Malformed(f'"{name}" is missing', where)
    for name in value:
        if name not in names:
            raise Malformed(f'"{str(name)[:40]}" is not a member; known are {", ".join(names)}', where)
    return [value[name] for name in names]


def read_list(value: object, where: str, most: int | None = None, items: str = "items") -> list[Any]:
    """A list of at most ``most`` items, which the message calls ``items``; Malformed otherwise."""
    if not isinstance(value, list):
        raise Malformed("must be a list", where)
    if most is not None and len(value) > most:
        raise Malformed(f"must be a list of at most {most} {items}, not {len(value)}", where)
    return value


def read_string(value: object, where: str) -> str:
    """A text; Malformed otherwise."""
    if not isinstance(value, str):
        raise Malformed("must be text", where)
    return value


def read_bool(value: object, where: str) -> bool:
    """True or false; Malformed otherwise."""
    if not isinstance(value, bool):
        raise Malformed("must be true or false", where)
    return value


def read_count(value: object, where: str, most: int = MAX_UINT64) -> int:
    """A whole number from 0 to ``most``; Malformed otherwise, also for true, which Python takes for 1."""
    if type(value) is not int or not 0 <= value <= most:
        raise Malformed(f"must be a whole number from 0 to {_shown(most)}", where)
    return value


def read_hash(value: object, where: str) -> bytes:
    """32 bytes as lower-case hex with ``0x``; Malformed otherwise."""
    data = hex_bytes(value, where)
    if len(data) != 32:
        raise Malformed(f"must be 32 bytes, not {len(data)}", where)
    return data


def read_hashes(value: object, where: str, most: int) -> tuple[bytes, ...]:
    """A list of at most ``most`` hashes; Malformed names the item that is not one."""
    items = read_list(value, where, most, "hashes")
    # Evidence consists mostly of hashes: look at each with one regular expression before reading them one by one.
    if all(isinstance(item, str) and _HASH.fullmatch(item) for item in items):
        return tuple([bytes.fromhex(item[2:]) for item in items])
    return tuple(read_hash(item, f"{where}[{number}]") for number, item in enumerate(items))


def read_digits(value: object, where: str, size: int) -> bytes:
    """``size`` bytes as lower-case hex without ``0x``; Malformed otherwise."""
    if isinstance(value, str) and len(value) == 2 * size:
        try:
            data = bytes.fromhex(value)
        except ValueError:
            pass
        else:
            if data.hex() == value:  # fromhex takes capitals and white space too
                return data
    raise Malformed(f"must be {2 * size} lower-case hexadecimal digits", where)


def read_all_digits(values: Sequence[object], where: str, size: int) -> list[bytes]:
    """:func:`read_digits` of each value, at once; Malformed names the first that is wrong, as ``where[number]``."""
    try:
        text = "".join(values)  # type: ignore[arg-type]
        data = bytes.fromhex(text)
    except (TypeError, ValueError):
        text, data = "-", b""
    if data.hex() == text and all(len(value) == 2 * size for value in values):  # type: ignore[arg-type]
        return [data[at : at + size] for at in range(0, len(data), size)]
    return [read_digits(value, f"{where}[{number}]", size) for number, value in enumerate(values)]


def read_base64(text: str, where: str, size: int | None = None) -> bytes:
    """Standard base64 with padding, in its one spelling, of ``size`` bytes if given; Malformed otherwise."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("is not base64", where) from None
    if base64.b64encode(data).decode() != text:
        raise Malformed("is not the canonical base64 of its bytes", where)
    if size is not None and len(data) != size:
        raise Malformed(f"must be {size} bytes in base64, not {len(data)}", where)
    return data


def read_optional(read: Callable[[object, str], _Read], value: object, where: str) -> _Read | None:
    """None for null, else what ``read(value, where)`` returns; the message of its Malformed allows null too."""
    if value is None:
        return None
    try:
        return read(value, where)
    except Malformed as error:
        raise Malformed(f"{error.what}, or null", error.where) from None


def _shown(most: int) -> str:
    """A limit as people write it: powers of two as such from 2^16 on."""
    bits = most.bit_length()
    return f"2^{bits} - 1" if bits >= 16 and most == (1 << bits) - 1 else str(most)

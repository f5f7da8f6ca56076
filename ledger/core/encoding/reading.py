"""Strict reading of JSON values: one spelling each, exact member names, errors that name the member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ledger.errors import Malformed


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

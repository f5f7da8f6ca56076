"""Limits of what is read: bytes, depth, fields, characters of paths. Every error names the limit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ledger.errors import Malformed

MIB = 1024 * 1024


class Format(StrEnum):
    """How a document's bytes become fields."""

    JSON = "json"
    XML = "xml"
    OPAQUE = "opaque"


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest document and the largest redacted file that are read.

    ``structured`` (JSON, XML), ``opaque`` and ``redacted`` are in bytes. ``paths`` is in characters, over all fields
    together: without it a name of a megabyte with a thousand children would make a gigabyte of paths.
    """

    structured: int = 16 * MIB
    opaque: int = 64 * MIB
    depth: int = 100
    fields: int = 100_000
    paths: int = 64 * MIB
    redacted: int = 128 * MIB


DEFAULT_LIMITS = Limits()


def check_size(data: bytes, format_: Format, limits: Limits) -> None:
    """:raises Malformed: more bytes than a document of this format may have."""
    kind, limit = ("an opaque", limits.opaque) if format_ is Format.OPAQUE else ("a structured", limits.structured)
    if len(data) > limit:
        raise Malformed(f"{len(data)} bytes are over the limit of {limit} bytes for {kind} document")


def over_fields(limits: Limits, where: str = "") -> Malformed:
    return Malformed(f"over the limit of {limits.fields} fields", where)


def over_depth(limits: Limits, where: str = "") -> Malformed:
    return Malformed(f"over the depth limit of {limits.depth} levels", where)


def over_paths(limits: Limits, where: str = "") -> Malformed:
    return Malformed(f"over the limit of {limits.paths} characters for all paths together", where)

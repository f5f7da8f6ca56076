"""A log as static files: names and contents of tiles and entry bundles. C2SP tlog-tiles, docs/formats.md section 6.

Publishing, mirroring, exporting and reading a log as files all use these. ``tile/<level>/<index>`` holds up to 256
hashes, ``tile/entries/<index>`` up to 256 entries, each after its length. An index is written in groups of three
digits, all but the last after an ``x``. A tile that is not full ends in its width: ``tile/0/x001/x234/067.p/8``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.core.tree.merkle import HASH_SIZE
from ledger.core.tree.tiles import TILE_HEIGHT, TILE_WIDTH, Frontier
from ledger.errors import Malformed

ENTRIES = "entries"
MAX_ENTRY = (1 << 16) - 1
MAX_LEVEL = 63
_LENGTH = 2
_PATH = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*)([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True, slots=True)
class TileName:
    """Which tile: its level (None for a bundle of entries), its index in the level, and how many hashes or entries."""

    level: int | None
    index: int
    width: int = TILE_WIDTH

    def __str__(self) -> str:
        """The path below the log's prefix."""
        digits = str(self.index).zfill((len(str(self.index)) + 2) // 3 * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        spelled = "".join(f"x{group}/" for group in groups[:-1]) + groups[-1]
        part = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{ENTRIES if self.level is None else self.level}/{spelled}{part}"

    @classmethod
    def parse(cls, path: str) -> TileName:
        """Read a path; Malformed for any other than the one that ``str`` prints."""
        match = _PATH.fullmatch(path)
        if match is None:
            raise Malformed("a tile's path looks like tile/0/x001/234 or tile/entries/067.p/8", path[:80])
        level, groups, last, width = match.groups()
        index = int(groups.replace("x", "").replace("/", "") + last)
        name = cls(None if level == ENTRIES else int(level), index, TILE_WIDTH if width is None else int(width))
        if str(name) != path or name.width > TILE_WIDTH or (name.level or 0) > MAX_LEVEL or index >= 1 << 63:
            raise Malformed("is not the path of a tile", path[:80])
        return name


def bundle(entries: Iterable[bytes]) -> bytes:
    """Concatenate entry bytes, each after its length (2 bytes); Malformed if one has more than 65,535 bytes."""
    parts = []
    for data in entries:
        if len(data) > MAX_ENTRY:
            raise Malformed(f"an entry has at most {MAX_ENTRY} bytes, not {len(data)}")
        parts += [len(data).to_bytes(_LENGTH), data]
    return b"".join(parts)


def read_bundle(data: bytes) -> list[bytes]:
    """The entries of a bundle, 1 to 256; Malformed if a length leads beyond the end."""
    entries, at = [], 0
    while at < len(data):
        begin = at + _LENGTH
        at = begin + int.from_bytes(data[at:begin])
        if begin > len(data) or at > len(data):
            raise Malformed("ends in the middle of an entry", "bundle")
        entries.append(data[begin:at])
    if not 0 < len(entries) <= TILE_WIDTH:
        raise Malformed(f"must hold 1 to {TILE_WIDTH} entries, not {len(entries)}", "bundle")
    return entries


class TileStream(Frontier):
    """The tiles of a log that is read entry by entry, in O(log n) memory."""

    __slots__ = ("_full", "_rows")

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[bytearray] = [bytearray()]
        self._full: list[tuple[TileName, bytes]] = []

    def append(self, leaf: bytes) -> list[bytes]:
        """Like ``Frontier.append``; ``full`` returns the tiles that it fills."""
        completed = super().append(leaf)
        for level, hash_ in enumerate([leaf, *completed[TILE_HEIGHT - 1 :: TILE_HEIGHT]]):
            if level == len(self._rows):
                self._rows.append(bytearray())
            row = self._rows[level]
            row += hash_
            if len(row) == TILE_WIDTH * HASH_SIZE:
                index = (self.size >> TILE_HEIGHT * (level + 1)) - 1
                self._full.append((TileName(level, index), bytes(row)))
                row.clear()
        return completed

    def full(self) -> Sequence[tuple[TileName, bytes]]:
        """The tiles filled since the last call."""
        full, self._full = self._full, []
        return full

    def partial(self) -> Sequence[tuple[TileName, bytes]]:
        """The tiles at the right edge that are not full, as a checkpoint of the current size needs them."""
        return [
            (TileName(level, self.size >> TILE_HEIGHT * (level + 1), len(row) // HASH_SIZE), bytes(row))
            for level, row in enumerate(self._rows)
            if row
        ]

"""A tree that grows: the log of RFC 9162 kept as C2SP tlog-tiles, and the O(log n) part of it that a root needs.

``merkle.Tree`` is for a complete list (a batch, a document). Here leaves are appended one after the other, and roots
and proofs are available for every size that the log has or had. https://c2sp.org/tlog-tiles

A complete subtree of 2^h leaves never changes again. ``Tiles`` keeps one hash for every complete subtree of 256^L
leaves and computes the others from at most 255 of them. So an append costs one hash on average, a root or a proof
O(log n) reads and hashes, and the memory is about 33 bytes a leaf plus less than a MiB.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from ledger.core.encoding.ids import Root
from ledger.core.tree.merkle import EMPTY_ROOT, HASH_SIZE, node_hash

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
_FULL = TILE_WIDTH * HASH_SIZE
_KEPT_HEIGHT = 4  # within a tile: nodes over 16 hashes and more are kept
_MOST_KEPT = 4_096


class Frontier:
    """The right edge of a growing tree: the roots of its complete subtrees, largest first; O(log n) memory.

    That is enough to append further and to know the root, but not for proofs.
    """

    __slots__ = ("_peaks", "size")

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        self.size = size
        self._peaks = list(peaks)

    def append(self, leaf: bytes) -> list[bytes]:
        """Append the next leaf hash; returns the roots of the subtrees that it completes, of 2, 4, 8, … leaves."""
        peaks, completed = self._peaks, []
        hash_, rest = leaf, self.size
        while rest & 1:
            hash_ = sha256(b"\x01" + peaks.pop() + hash_).digest()
            completed.append(hash_)
            rest >>= 1
        peaks.append(hash_)
        self.size += 1
        return completed

    def root(self) -> Root:
        """Merkle Tree Hash of all leaves so far."""
        return _fold(self._peaks)


class Tiles:
    """All leaf hashes of a log, with roots and proofs for every size up to the current one."""

    __slots__ = ("_frontier", "_kept", "_levels")

    def __init__(self) -> None:
        self._kept: dict[tuple[int, int], bytes] = {}
        self._frontier = Frontier()
        self._levels: list[list[bytes | bytearray]] = [[]]

    @property
    def size(self) -> int:
        return self._frontier.size

    def append(self, leaf: bytes) -> None:
        """Append the next leaf hash, 32 bytes; at worst O(log n) hashes, one on average."""
        completed = self._frontier.append(leaf)
        self._store(0, leaf)
        for level, height in enumerate(range(TILE_HEIGHT, len(completed) + 1, TILE_HEIGHT), start=1):
            self._store(level, completed[height - 1])

    def cut(self, size: int) -> None:
        """Remove all leaves from number ``size`` on; ValueError if there are fewer leaves."""
        peaks = self._peaks(0, self._checked(size))
        self._kept.clear()
        for level, tiles in enumerate(self._levels):
            whole, rest = divmod(size >> level * TILE_HEIGHT, TILE_WIDTH)
            part = [bytearray(tiles[whole][: rest * HASH_SIZE])] if rest else []
            tiles[whole:] = part
        self._frontier = Frontier(size, peaks)

    def leaf(self, index: int) -> bytes:
        """Leaf hash number ``index``; IndexError if there is none."""
        if not 0 <= index < self.size:
            raise IndexError(f"leaf {index} of a tree of {self.size}")
        return self._node(0, index)

    def root(self, size: int | None = None) -> Root:
        """Merkle Tree Hash of the first ``size`` leaves, of all if not given; ValueError if there are fewer."""
        if size is None or size == self.size:
            return self._frontier.root()
        return _fold(self._peaks(0, self._checked(size)))

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """Audit path of a leaf in the tree of the first ``size``, deepest first (RFC 9162 section 2.1.3.1).

        :raises IndexError: ``index`` at or beyond ``size``.
        :raises ValueError: ``size`` beyond the leaves.
        """
        size = self._checked(size)
        if not 0 <= index < size:
            raise IndexError(f"leaf {index} of a tree of {size}")
        return self._path(0, index, size)

    def consistency(self, old_size: int, size: int | None = None) -> list[bytes]:
        """Proof that the first ``old_size`` of ``size`` leaves are a prefix (RFC 9162 section 2.1.4.1).

        :raises ValueError: not 0 < ``old_size`` <= ``size``, or ``size`` beyond the leaves.
        """
        size = self._checked(size)
        if not 0 < old_size <= size:
            raise ValueError(f"old size {old_size} of a tree of {size}")
        if old_size == size:
            return []
        # From the right edge of the old tree: the last old subtree, then every sibling on the way to the root.
        height = (old_size & -old_size).bit_length() - 1
        index = (old_size >> height) - 1
        start = [self._node(height, index)] if index else []
        return start + self._path(height, index, size)

    def tile(self, level: int, index: int, width: int = TILE_WIDTH) -> bytes:
        """The first ``width`` hashes (1 to 256) of tile ``index`` at ``level``: the content of its file.

        :raises IndexError: the log has no such tile, or not yet that wide.
        """
        tiles = self._levels[level] if 0 <= level < len(self._levels) else []
        held = len(tiles[index]) // HASH_SIZE if 0 <= index < len(tiles) else 0
        if not 0 < width <= held:
            raise IndexError(f"tile {level}/{index} holds {held} hashes, not {width}")
        return bytes(tiles[index][: width * HASH_SIZE])

    def _store(self, level: int, hash_: bytes) -> None:
        if level == len(self._levels):
            self._levels.append([])
        tiles = self._levels[level]
        if not tiles or len(tiles[-1]) == _FULL:
            tiles.append(bytearray())
        last = tiles[-1]
        assert isinstance(last, bytearray)
        last += hash_
        if len(last) == _FULL:
            tiles[-1] = bytes(last)  # a bytearray keeps spare room, and this one will not grow further

    def _checked(self, size: int | None) -> int:
        if size is None:
            return self.size
        if not 0 <= size <= self.size:
            raise ValueError(f"size {size} of a tree of {self.size}")
        return size

    def _path(self, height: int, index: int, size: int) -> list[bytes]:
        """The siblings of subtree ``index`` of 2^``height`` leaves on its way to the root of ``size`` leaves."""
        path = []
        while (size - 1) >> height:
            sibling = index ^ 1
            begin, end = sibling << height, (sibling + 1) << height
            if end <= size:
                path.append(self._node(height, sibling))
            elif begin < size:
                path.append(_fold(self._peaks(begin, size)))
            index >>= 1
            height += 1
        return path

    def _peaks(self, begin: int, size: int) -> list[bytes]:
        """Roots of the complete subtrees over the leaves from ``begin``, where a subtree begins, to ``size``."""
        bits = size - begin
        heights = [height for height in range(bits.bit_length() - 1, -1, -1) if bits >> height & 1]
        return [self._node(height, (size >> height) - 1) for height in heights]

    def _node(self, height: int, index: int) -> bytes:
        """Root of the complete subtree ``index`` of 2^``height`` leaves, computed from its tile.

        Roots over many leaves take many hashes to compute, and every proof needs them. So they are kept in memory.
        """
        if kept := self._kept.get((height, index)):
            return kept
        level, rest = divmod(height, TILE_HEIGHT)
        number, place = divmod(index << rest, TILE_WIDTH)
        tile = self._levels[level][number]
        begin = place * HASH_SIZE
        row = bytes(tile[begin : begin + (HASH_SIZE << rest)])
        while len(row) > HASH_SIZE:
            pair = 2 * HASH_SIZE
            row = b"".join(sha256(b"\x01" + row[at : at + pair]).digest() for at in range(0, len(row), pair))
        if rest >= _KEPT_HEIGHT:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[height, index] = row
        return row


def _fold(peaks: list[bytes]) -> Root:
    """The root over subtrees whose sizes decrease from left to right."""
    if not peaks:
        return EMPTY_ROOT
    *others, hash_ = peaks
    for peak in reversed(others):
        hash_ = node_hash(peak, hash_)
    return Root(hash_)

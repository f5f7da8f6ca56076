"""One page of the index of subjects: few keys with their lists, or the hashes of 16 parts. ``index_pages`` keeps them.

A page is about all that is under a prefix of whole hexadecimal digits.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import NamedTuple

from ledger.core.encoding.ids import IndexRoot, SubjectKey
from ledger.core.tree.merkle import HASH_SIZE
from ledger.core.tree.subject_index import Numbers, bit_of, index_leaf, root_of, value_of

PARTS = 16
MOST_KEYS = 32  # on one page
PART_BITS = 4
DIGITS = "0123456789abcdef"
_BUCKET, _BRANCH = b"\x00", b"\x01"  # the first byte of a page that is stored
_COUNT, _NUMBER = 4, 8


class Fill(IntEnum):
    """How many keys are in a subtree: a subtree of one key is that key's leaf."""

    EMPTY = 0
    ONE = 1
    MANY = 2


_FILLS = tuple(Fill)


class Subtree(NamedTuple):
    """The hash over all that is under a prefix, and how many keys that is."""

    hash: bytes
    fill: Fill


class Item(NamedTuple):
    """A key and the numbers of its entries."""

    key: SubjectKey
    numbers: Numbers


@dataclass(frozen=True, slots=True)
class Bucket:
    """A page of few keys, ascending."""

    items: tuple[Item, ...]

    def to_bytes(self) -> bytes:
        """Key, how many numbers (4 bytes), and the numbers (8 bytes each), for each item."""
        parts = [_BUCKET]
        for key, numbers in self.items:
            parts += [key, len(numbers).to_bytes(_COUNT), *[number.to_bytes(_NUMBER) for number in numbers]]
        return b"".join(parts)


@dataclass(frozen=True, slots=True)
class Branch:
    """A page of 16 parts, by the next digit of the keys.

    It is a heap of hashes: subtree 1 is the whole page, subtree n has the halves 2n and 2n + 1, and part p is 16 + p.
    """

    hashes: bytes = bytes(2 * PARTS * HASH_SIZE)
    fills: bytes = bytes(2 * PARTS)

    def subtree(self, at: int) -> Subtree:
        """Subtree number ``at`` of the heap."""
        return Subtree(self.hashes[HASH_SIZE * at : HASH_SIZE * at + HASH_SIZE], _FILLS[self.fills[at]])

    def with_parts(self, parts: Mapping[int, Subtree]) -> Branch:
        """The page with some of its parts changed; hashes only what is above them."""
        hashes, fills = bytearray(self.hashes), bytearray(self.fills)
        above: set[int] = set()
        for number, (hash_, fill) in parts.items():
            at = PARTS + number
            hashes[HASH_SIZE * at : HASH_SIZE * at + HASH_SIZE] = hash_
            fills[at] = fill
            above.update((at >> 1, at >> 2, at >> 3, at >> 4))
        for at in sorted(above, reverse=True):
            begin, left, right = 2 * HASH_SIZE * at, fills[2 * at], fills[2 * at + 1]
            if left + right > Fill.ONE:
                hash_ = sha256(b"\x01" + hashes[begin : begin + 2 * HASH_SIZE]).digest()
            else:  # one key needs no node, and what is empty is zero
                hash_ = bytes(
                    hashes[begin : begin + HASH_SIZE] if left else hashes[begin + HASH_SIZE : begin + 2 * HASH_SIZE]
                )
            hashes[HASH_SIZE * at : HASH_SIZE * at + HASH_SIZE] = hash_
            fills[at] = min(left + right, Fill.MANY)
        return Branch(bytes(hashes), bytes(fills))

    def to_bytes(self) -> bytes:
        """How full each part is (1 byte each), and the hashes of those that are not empty."""
        fills = self.fills[PARTS:]
        return _BRANCH + fills + b"".join([self.subtree(PARTS + at).hash for at in range(PARTS) if fills[at]])


Page = Bucket | Branch


def root_of_page(page: Page) -> IndexRoot:
    """The root of the index whose first page this is."""
    return IndexRoot(subtree_of(page).hash)


def page_from_bytes(data: bytes) -> Page:
    """The page that ``to_bytes`` printed; ValueError for what no page prints."""
    if data[:1] == _BUCKET:
        return _read_bucket(data)
    if data[:1] == _BRANCH:
        return _read_branch(data)
    raise ValueError("this is no page of an index")


def _read_bucket(data: bytes) -> Bucket:
    items, at, size = [], 1, len(data)
    while at < size:
        begin = at + HASH_SIZE + _COUNT
        count = int.from_bytes(data[at + HASH_SIZE : begin])
        end = begin + _NUMBER * count
        if end > size or not count:
            raise ValueError("a page of the index is cut off")
        numbers: Numbers = (
            (int.from_bytes(data[begin:end]),)
            if count == 1
            else tuple([int.from_bytes(data[number : number + _NUMBER]) for number in range(begin, end, _NUMBER)])
        )
        items.append(Item(SubjectKey(data[at : at + HASH_SIZE]), numbers))
        at = end
    return Bucket(tuple(items))


def _read_branch(data: bytes) -> Branch:
    fills = data[1 : 1 + PARTS]
    if len(fills) < PARTS or max(fills) > Fill.MANY or len(data) != 1 + PARTS + HASH_SIZE * (PARTS - fills.count(0)):
        raise ValueError("a page of the index is cut off")
    parts, at = {}, 1 + PARTS
    for number, fill in enumerate(fills):
        if fill:
            parts[number] = Subtree(data[at : at + HASH_SIZE], _FILLS[fill])
            at += HASH_SIZE
    return Branch().with_parts(parts)


@dataclass(frozen=True, slots=True)
class InBucket:
    """What a bucket has under some prefix of ``depth`` bits."""

    depth: int
    items: tuple[Item, ...]

    @property
    def hash(self) -> bytes:
        return subtree_of(Bucket(self.items), self.depth).hash

    @property
    def fill(self) -> Fill:
        return fill_of(len(self.items))

    def halves(self) -> tuple[View, View]:
        depth = self.depth
        middle = bisect_left(self.items, 1, key=lambda item: bit_of(item.key, depth))
        return InBucket(self.depth + 1, self.items[:middle]), InBucket(self.depth + 1, self.items[middle:])


@dataclass(frozen=True, slots=True)
class InBranch:
    """Subtree number ``at`` of the branch at ``prefix``; of ``depth`` bits."""

    depth: int
    branch: Branch
    at: int
    prefix: str

    @property
    def hash(self) -> bytes:
        return self.branch.subtree(self.at).hash

    @property
    def fill(self) -> Fill:
        return _FILLS[self.branch.fills[self.at]]

    def halves(self) -> tuple[View, View]:
        left, right = (InBranch(self.depth + 1, self.branch, 2 * self.at + half, self.prefix) for half in (0, 1))
        return left, right


View = InBucket | InBranch


def view_of(page: Page, prefix: str) -> View:
    """All that is under the prefix of a page."""
    depth = PART_BITS * len(prefix)
    match page:
        case Bucket(items):
            return InBucket(depth, items)
        case Branch():
            return InBranch(depth, page, 1, prefix)


def subtree_of(page: Page, depth: int = 0) -> Subtree:
    """All that is on a page, whose prefix has ``depth`` bits, and below it."""
    match page:
        case Branch():
            return page.subtree(1)
        case Bucket(items):
            leaves = [(item.key, index_leaf(item.key, value_of(item.numbers))) for item in items]
            return Subtree(root_of(leaves, depth), fill_of(len(items)))


def fill_of(count: int) -> Fill:
    return _FILLS[count] if count < Fill.MANY else Fill.MANY

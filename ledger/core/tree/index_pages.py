"""The map of the index, kept in pages that never change: it grows from one checkpoint to the next, and can go back.

A page holds what is under a prefix of whole hexadecimal digits: up to 16 keys with their lists, or else the hashes of
its 16 parts, each of which has a page of its own. A checkpoint writes anew the pages of the keys that changed, and
those above them, and leaves the others. So every size that is kept can be proven, older ones too, and to go back is to
forget the pages that are newer.

>>> index = SubjectIndex(MemoryPages())
>>> index.advance({SubjectKey(bytes(32)): [0]}, 1) == index.root(1)
True
>>> index.prove([SubjectKey(bytes(32))], 1).lists
((0,),)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from itertools import chain, groupby, islice
from typing import NamedTuple, Protocol

from ledger.core.encoding.ids import IndexRoot, SubjectKey
from ledger.core.tree.merkle import HASH_SIZE
from ledger.core.tree.subject_index import (
    EMPTY_INDEX,
    IndexProof,
    Numbers,
    index_leaf,
    middle_of,
    root_of,
    value_of,
)

PARTS = 16
MOST_KEYS = 16  # on one page
_PART_BITS = 4
_DIGITS = "0123456789abcdef"


class Fill(IntEnum):
    """How many keys are in a subtree: a subtree of one key is that key's leaf."""

    EMPTY = 0
    ONE = 1
    MANY = 2


class Subtree(NamedTuple):
    """The hash over all that is under a prefix, and how many keys that is."""

    hash: bytes
    fill: Fill


_EMPTY = Subtree(EMPTY_INDEX, Fill.EMPTY)


class Item(NamedTuple):
    """A key and the numbers of its entries."""

    key: SubjectKey
    numbers: Numbers


@dataclass(frozen=True, slots=True)
class Bucket:
    """A page of few keys, ascending."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """A page of 16 parts, by the next digit of the keys.

    It is a heap of hashes: subtree 1 is the whole page, subtree n has the halves 2n and 2n + 1, and part p is 16 + p.
    """

    hashes: bytes = bytes(2 * PARTS * HASH_SIZE)
    fills: bytes = bytes(2 * PARTS)

    def subtree(self, at: int) -> Subtree:
        """Subtree number ``at`` of the heap."""
        return Subtree(self.hashes[HASH_SIZE * at : HASH_SIZE * at + HASH_SIZE], Fill(self.fills[at]))

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


Page = Bucket | Branch


class Pages(Protocol):
    """Keeps the pages of an index. A page is that of its prefix from one size on, until a newer size has another."""

    def sizes(self) -> Sequence[int]:
        """The sizes that can be proven, ascending."""
        ...

    def read(self, prefix: str, size: int) -> Page | None:
        """The page of a prefix (hexadecimal digits) as of a size that is kept; None if there is none."""
        ...

    def write(self, size: int, pages: Iterable[tuple[str, Page]]) -> None:
        """Keep a new size, larger than all others, with the pages that it changes. All or nothing is written."""
        ...

    def cut(self, size: int) -> None:
        """Forget all that is newer than a size."""
        ...

    def prune(self, size: int) -> None:
        """Forget the sizes before one that is kept, and the pages that only they need."""
        ...


class MemoryPages:
    """Pages in memory: for short histories."""

    def __init__(self) -> None:
        self._sizes: list[int] = []
        self._pages: dict[str, list[tuple[int, Page]]] = {}
        self._written: deque[tuple[int, str]] = deque()  # size and prefix of each page, ascending

    def sizes(self) -> Sequence[int]:
        return self._sizes

    def read(self, prefix: str, size: int) -> Page | None:
        return next((page for since, page in reversed(self._pages.get(prefix, ())) if since <= size), None)

    def write(self, size: int, pages: Iterable[tuple[str, Page]]) -> None:
        for prefix, page in pages:
            self._pages.setdefault(prefix, []).append((size, page))
            self._written.append((size, prefix))
        self._sizes.append(size)

    def cut(self, size: int) -> None:
        self._sizes = [known for known in self._sizes if known <= size]
        while self._written and self._written[-1][0] > size:
            _, prefix = self._written.pop()
            self._pages[prefix].pop()
            if not self._pages[prefix]:
                del self._pages[prefix]

    def prune(self, size: int) -> None:
        self._sizes = [known for known in self._sizes if known >= size]
        while self._written and self._written[0][0] <= size:
            since, prefix = self._written.popleft()
            versions = self._pages[prefix]
            while versions[0][0] < since:  # the page that this one replaced
                del versions[0]

    @property
    def count(self) -> int:
        """How many pages are kept, of all sizes."""
        return sum(map(len, self._pages.values()))


class SubjectIndex:
    """The index of one history at each size that is kept: the sizes of checkpoints."""

    __slots__ = ("_pages",)

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    @property
    def sizes(self) -> Sequence[int]:
        """The sizes that are kept, ascending."""
        return self._pages.sizes()

    @property
    def size(self) -> int:
        """The newest size; 0 of an index without entries."""
        return self.sizes[-1] if self.sizes else 0

    def root(self, size: int) -> IndexRoot:
        """The root at a size that is kept; KeyError otherwise."""
        return IndexRoot(_whole(self._page("", size)).hash)

    def numbers(self, key: SubjectKey, size: int) -> Numbers:
        """The entries of a subject at a size that is kept; KeyError otherwise."""
        return self.prove([key], size).lists[0]

    def advance(self, changes: Mapping[SubjectKey, Sequence[int]], size: int) -> IndexRoot:
        """Add the entries after the newest size, as the numbers that each subject gets more; returns the new root.

        :raises ValueError: ``size`` is not beyond the newest.
        """
        if size <= self.size:
            raise ValueError(f"size {size} after {self.size}")
        pages: dict[str, Page] = {}
        items = [Item(key, tuple(changes[key])) for key in sorted(changes)]
        root = self._write("", self._page("", self.size) if self.size else None, items, pages)
        self._pages.write(size, pages.items())
        return IndexRoot(root.hash)

    def build(self, items: Iterable[Item], size: int) -> IndexRoot:
        """Make an empty index from all its keys, ascending, as at the end of a replay. The memory stays small.

        :raises ValueError: there is an index already.
        """
        if self.sizes:
            raise ValueError("an index is built once")
        rest = iter(items)
        first = list(islice(rest, MOST_KEYS + 1))
        if len(first) <= MOST_KEYS:
            return self.advance({item.key: item.numbers for item in first}, size)

        def pages() -> Iterator[tuple[str, Page]]:
            parts: dict[int, Subtree] = {}
            for digit, half in groupby(chain(first, rest), key=lambda item: item.key[0] >> _PART_BITS):
                within: dict[int, Subtree] = {}
                for byte, group in groupby(half, key=lambda item: item.key[0]):
                    made: dict[str, Page] = {}
                    within[byte % PARTS] = self._write(f"{byte:02x}", None, list(group), made)
                    yield from made.items()
                branch = Branch().with_parts(within)
                parts[digit] = branch.subtree(1)
                yield _DIGITS[digit], branch
            yield "", Branch().with_parts(parts)

        self._pages.write(size, pages())
        return self.root(size)

    def back_to(self, size: int) -> int:
        """Forget all that is newer than ``size``; returns the newest size that is left."""
        if self.size > size:
            self._pages.cut(size)
        return self.size

    def keep(self, newest: int) -> None:
        """Keep only so many of the newest sizes."""
        if len(self.sizes) > newest:
            self._pages.prune(self.sizes[-newest])

    def prove(self, keys: Sequence[SubjectKey], size: int) -> IndexProof:
        """The lists of these keys, distinct and ascending, at a size that is kept, with their proof.

        :raises KeyError: the size is not kept.
        """
        lists: list[Numbers] = [()] * len(keys)
        steps: list[str] = []
        hashes: list[bytes] = []
        open_: list[tuple[_View, int, int]] = [(self._view("", size), 0, len(keys))]
        while open_:
            view, begin, end = open_.pop()
            if begin == end:
                hashes.append(view.hash)
            elif view.fill is Fill.EMPTY:
                steps.append("e")
            elif view.fill is Fill.ONE:
                item = self._only(view, size)
                at = next((at for at in range(begin, end) if keys[at] == item.key), None)
                if at is None:
                    steps.append("o")
                    hashes += [item.key, value_of(item.numbers)]
                else:
                    steps.append("m")
                    lists[at] = item.numbers
            else:
                steps.append("n")
                left, right = self._halves(view, size)
                middle = middle_of(keys, begin, end, view.depth)
                open_ += [(right, middle, end), (left, begin, middle)]
        return IndexProof(tuple(hashes), tuple(lists), "".join(steps))

    def _page(self, prefix: str, size: int) -> Page | None:
        if size not in self.sizes:
            raise KeyError(size)
        return self._pages.read(prefix, size)

    def _write(self, prefix: str, page: Page | None, changes: list[Item], pages: dict[str, Page]) -> Subtree:
        """Make the page of a prefix with the changes under it, and all pages below, into ``pages``."""
        made: Page
        match page:
            case Branch():
                made = page.with_parts(dict(self._write_parts(prefix, page, changes, pages)))
            case _:
                items = changes if page is None else _merged(page.items, changes)
                if len(items) <= MOST_KEYS:
                    made = Bucket(tuple(items))
                else:
                    made = Branch().with_parts(dict(self._write_parts(prefix, Branch(), items, pages)))
        pages[prefix] = made
        return _whole(made, _PART_BITS * len(prefix))

    def _write_parts(
        self, prefix: str, branch: Branch, changes: list[Item], pages: dict[str, Page]
    ) -> Iterator[tuple[int, Subtree]]:
        """The parts of a branch that change, by number."""
        position = len(prefix)
        byte, shift = position >> 1, 0 if position & 1 else _PART_BITS
        for digit, group in groupby(changes, key=lambda item: item.key[byte] >> shift & 15):
            name = prefix + _DIGITS[digit]
            old = self._pages.read(name, self.size) if branch.fills[PARTS + digit] else None
            yield digit, self._write(name, old, list(group), pages)

    def _view(self, prefix: str, size: int) -> _View:
        """All that is under the prefix of a page."""
        depth = _PART_BITS * len(prefix)
        match self._page(prefix, size):
            case None:
                return _InBucket(depth, ())
            case Bucket(items):
                return _InBucket(depth, items)
            case branch:
                return _InBranch(depth, branch, 1, prefix)

    def _halves(self, view: _View, size: int) -> tuple[_View, _View]:
        opened = self._opened(view, size)
        return opened.halves()

    def _only(self, view: _View, size: int) -> Item:
        """The one item of a subtree with one key."""
        while True:
            view = self._opened(view, size)
            match view:
                case _InBucket(_, items):
                    return items[0]
                case _InBranch():
                    view = next(half for half in view.halves() if half.fill is not Fill.EMPTY)

    def _opened(self, view: _View, size: int) -> _View:
        """The view itself, or where it is a part of a branch, the page of that part."""
        match view:
            case _InBranch(_, _, at, prefix) if at >= PARTS:
                return self._view(prefix + _DIGITS[at - PARTS], size)
            case _:
                return view


@dataclass(frozen=True, slots=True)
class _InBucket:
    """What a bucket has under some prefix of ``depth`` bits."""

    depth: int
    items: tuple[Item, ...]

    @property
    def hash(self) -> bytes:
        return _whole(Bucket(self.items), self.depth).hash

    @property
    def fill(self) -> Fill:
        return _fill(len(self.items))

    def halves(self) -> tuple[_View, _View]:
        middle = middle_of([item.key for item in self.items], 0, len(self.items), self.depth)
        return _InBucket(self.depth + 1, self.items[:middle]), _InBucket(self.depth + 1, self.items[middle:])


@dataclass(frozen=True, slots=True)
class _InBranch:
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
        return Fill(self.branch.fills[self.at])

    def halves(self) -> tuple[_View, _View]:
        left, right = (_InBranch(self.depth + 1, self.branch, 2 * self.at + half, self.prefix) for half in (0, 1))
        return left, right


_View = _InBucket | _InBranch


def _whole(page: Page | None, depth: int = 0) -> Subtree:
    """All that is on a page, whose prefix has ``depth`` bits, and below it."""
    match page:
        case None:
            return _EMPTY
        case Branch():
            return page.subtree(1)
        case Bucket(items):
            leaves = [(item.key, index_leaf(item.key, value_of(item.numbers))) for item in items]
            return Subtree(root_of(leaves, depth), _fill(len(items)))


def _fill(count: int) -> Fill:
    return Fill(min(count, Fill.MANY))


def _merged(items: Iterable[Item], changes: Iterable[Item]) -> list[Item]:
    """The items with the numbers of ``changes`` added, ascending by key."""
    numbers: dict[SubjectKey, Numbers] = {item.key: item.numbers for item in items}
    for key, more in changes:
        numbers[key] = numbers.get(key, ()) + more
    return [Item(key, numbers[key]) for key in sorted(numbers)]

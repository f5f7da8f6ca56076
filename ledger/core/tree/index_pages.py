"""The map of the index, kept in pages that never change: it grows from one checkpoint to the next, and can go back.

A page holds what is under a prefix of whole hexadecimal digits: up to 32 keys with their lists, or else the hashes of
its 16 parts, each of which has a page of its own. A checkpoint writes anew the pages of the keys that changed, and
those above them, and leaves the others. So every size that is kept can be proven, older ones too, and to go back is to
forget the pages that are newer.

>>> index = SubjectIndex(MemoryPages())
>>> index.advance([Item(SubjectKey(bytes(32)), (0,))], Indexed(1, Root(bytes(32)))) == index.root(1)
True
>>> index.prove([SubjectKey(bytes(32))], 1).lists
((0,),)
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import chain, groupby, islice
from typing import NamedTuple, Protocol

from ledger.core.encoding.ids import IndexRoot, Root, SubjectKey
from ledger.core.tree.index_page import (
    DIGITS,
    MOST_KEYS,
    PART_BITS,
    PARTS,
    Branch,
    Bucket,
    Fill,
    InBranch,
    InBucket,
    Item,
    Page,
    Subtree,
    View,
    root_of_page,
    subtree_of,
    view_of,
)
from ledger.core.tree.subject_index import IndexProof, Numbers, middle_of, value_of
from ledger.errors import HistoryBroken


class Indexed(NamedTuple):
    """The entries that an index is of: how many, and their RFC 9162 root."""

    size: int
    root: Root


class Kept(NamedTuple):
    """An index that is kept: of which entries, and its own root."""

    of: Indexed
    root: IndexRoot

    @property
    def size(self) -> int:
        return self.of.size


class Pages(Protocol):
    """Keeps the pages of an index. A page is that of its prefix from one size on, until a newer size has another."""

    def kept(self) -> Sequence[Kept]:
        """What can be proven, ascending by size."""
        ...

    def read(self, prefixes: Collection[str], size: int) -> dict[str, Page]:
        """The pages of prefixes (hexadecimal digits) as of a size that is kept, those that there are."""
        ...

    def write(self, before: int, indexed: Indexed, pages: Iterable[tuple[str, Page]]) -> None:
        """Keep a new size with the pages that it changes, all or nothing. ``before`` is the newest size until then.

        The last page is that of the root: see ``root_of_page``.

        :raises Unavailable: somebody else wrote meanwhile, and the newest size is another one.
        """
        ...

    def cut(self, size: int) -> None:
        """Forget all that is newer than a size."""
        ...

    def prune(self, size: int) -> None:
        """Forget the sizes before one that is kept, and the pages that only they need."""
        ...


class MemoryPages:
    """Pages in memory, of one who writes: for short histories."""

    def __init__(self) -> None:
        self._kept: list[Kept] = []
        self._pages: dict[str, list[tuple[int, Page]]] = {}
        self._written: deque[tuple[int, str]] = deque()  # size and prefix of each page, ascending

    def kept(self) -> Sequence[Kept]:
        return self._kept

    def read(self, prefixes: Collection[str], size: int) -> dict[str, Page]:
        found = {}
        for prefix in prefixes:
            page = next((page for since, page in reversed(self._pages.get(prefix, ())) if since <= size), None)
            if page is not None:
                found[prefix] = page
        return found

    def write(self, before: int, indexed: Indexed, pages: Iterable[tuple[str, Page]]) -> None:
        page: Page = Bucket(())
        for prefix, page in pages:
            self._pages.setdefault(prefix, []).append((indexed.size, page))
            self._written.append((indexed.size, prefix))
        self._kept.append(Kept(indexed, root_of_page(page)))

    def cut(self, size: int) -> None:
        self._kept = [known for known in self._kept if known.size <= size]
        while self._written and self._written[-1][0] > size:
            _, prefix = self._written.pop()
            self._pages[prefix].pop()
            if not self._pages[prefix]:
                del self._pages[prefix]

    def prune(self, size: int) -> None:
        self._kept = [known for known in self._kept if known.size >= size]
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
    def kept(self) -> Sequence[Kept]:
        """What can be proven, ascending by size."""
        return self._pages.kept()

    @property
    def size(self) -> int:
        """The newest size; 0 of an index without entries."""
        kept = self.kept
        return kept[-1].size if kept else 0

    def root(self, size: int) -> IndexRoot:
        """The root at a size that is kept; KeyError otherwise."""
        return self.kept_at(size).root

    def advance(self, changes: Iterable[Item], indexed: Indexed, after: int | None = None) -> IndexRoot:
        """Add the entries after the newest size, as the numbers that each key gets more; returns the new root.

        :param changes: ascending by key, each key once. However many they are, few are in memory at a time.
        :param after: the newest size as the caller saw it, from which on ``changes`` are.
        :raises KeyError: another size is the newest by now.
        :raises ValueError: the size is not beyond the newest.
        :raises HistoryBroken: a page was changed or lost: build the index anew.
        """
        before = self.size
        if after is not None and before != after:
            raise KeyError(after)
        if indexed.size <= before:
            raise ValueError(f"size {indexed.size} after {before}")
        old = self._root_page(self.kept_at(before)) if before else None
        rest = iter(changes)
        first = list(islice(rest, MOST_KEYS + 1))
        if len(first) > MOST_KEYS and not isinstance(old, Branch):
            held = () if old is None else old.items
            rest, old, first = _merged(held, chain(first, rest)), Branch(), []
        pages = self._stream(old, chain(first, rest), before) if isinstance(old, Branch) else self._few(old, first)
        self._pages.write(before, indexed, pages)
        return self.root(indexed.size)

    def back_to(self, size: int) -> int:
        """Forget all that is newer than ``size``; returns the newest size that is left."""
        if self.size > size:
            self._pages.cut(size)
        return self.size

    def keep(self, newest: int) -> None:
        """Keep only so many of the newest sizes."""
        kept = self.kept
        if len(kept) > newest:
            self._pages.prune(kept[-newest].size)

    def kept_at(self, size: int) -> Kept:
        """What is kept of a size; KeyError otherwise."""
        for kept in self.kept:
            if kept.size == size:
                return kept
        raise KeyError(size)

    def prove(self, keys: Sequence[SubjectKey], size: int) -> IndexProof:
        """The lists of these keys, distinct and ascending, at a size that is kept, with their proof.

        :raises KeyError: the size is not kept.
        :raises HistoryBroken: a page was lost.
        """
        return self.prove_kept(keys, self.kept_at(size))

    def prove_kept(self, keys: Sequence[SubjectKey], kept: Kept) -> IndexProof:
        """Like ``prove``, for one who knows what is kept and saves the question; HistoryBroken if it no longer is."""
        size = kept.size
        lists: list[Numbers] = [()] * len(keys)
        steps: list[str] = []
        hashes: list[bytes] = []
        root = self._root_page(kept)
        known = self._on_the_way(keys, root, size)
        open_: list[tuple[View, int, int]] = [(view_of(root, ""), 0, len(keys))]
        while open_:
            view, begin, end = open_.pop()
            if begin == end:
                hashes.append(view.hash)
            elif view.fill is Fill.EMPTY:
                steps.append("e")
            elif view.fill is Fill.ONE:
                item = self._only(view, size, known)
                at = bisect_left(keys, item.key, begin, end)
                if at < end and keys[at] == item.key:
                    steps.append("m")
                    lists[at] = item.numbers
                else:
                    steps.append("o")
                    hashes += [item.key, value_of(item.numbers)]
            else:
                steps.append("n")
                left, right = self._opened(view, size, known).halves()
                middle = middle_of(keys, begin, end, view.depth)
                open_ += [(right, middle, end), (left, begin, middle)]
        return IndexProof(tuple(hashes), tuple(lists), "".join(steps))

    def _on_the_way(self, keys: Sequence[SubjectKey], root: Page, size: int) -> dict[str, Page]:
        """The pages that a proof of these keys looks at, read level by level: nearly all of them."""
        known: dict[str, Page] = {}
        level: dict[str, tuple[Page, Sequence[SubjectKey]]] = {"": (root, keys)}
        while level:
            wanted: dict[str, list[SubjectKey]] = {}
            for prefix, (page, under) in level.items():
                if isinstance(page, Branch):
                    for digit, group in groupby(under, key=_digit_at(len(prefix))):
                        if page.fills[PARTS + digit]:
                            wanted[prefix + DIGITS[digit]] = list(group)
            found = self._pages.read(wanted, size)
            known |= found
            level = {prefix: (page, wanted[prefix]) for prefix, page in found.items()}
        return known

    def _root_page(self, kept: Kept) -> Page:
        page = self._found("", kept.size)
        if root_of_page(page) != kept.root:
            raise _damaged("", "another page")
        return page

    def _found(self, prefix: str, size: int) -> Page:
        page = self._pages.read([prefix], size).get(prefix)
        if page is None:
            raise _damaged(prefix, "no page")
        return page

    def _few(self, page: Bucket | None, changes: list[Item]) -> Iterator[tuple[str, Page]]:
        """The pages of an index that has no branch, with few changes."""
        pages: dict[str, Page] = {}
        self._write("", page, changes, pages, 0)
        yield from pages.items()

    def _stream(self, root: Branch, changes: Iterable[Item], before: int) -> Iterator[tuple[str, Page]]:
        """The pages that change under the first two digits, a few at a time, and then those above them."""
        parts: dict[int, Subtree] = {}
        for digit, group in groupby(changes, key=lambda item: item.key[0] >> PART_BITS):
            name = DIGITS[digit]
            page = self._part(root, digit, name, before)
            made: dict[str, Page] = {}
            some: list[Item] = [] if isinstance(page, Branch) else list(islice(group, MOST_KEYS + 1))
            if 0 < len(some) <= MOST_KEYS:
                parts[digit] = self._write(name, page, some, made, before)
                yield from made.items()
                continue
            branch = page if isinstance(page, Branch) else Branch()
            held = page.items if isinstance(page, Bucket) else ()
            within: dict[int, Subtree] = {}
            for byte, few in groupby(_merged(held, chain(some, group)), key=lambda item: item.key[0]):
                below = self._part(branch, byte % PARTS, f"{byte:02x}", before)
                within[byte % PARTS] = self._write(f"{byte:02x}", below, list(few), made, before)
                yield from made.items()
                made.clear()
            branch = branch.with_parts(within)
            parts[digit] = branch.subtree(1)
            yield name, branch
        yield "", root.with_parts(parts)

    def _part(self, branch: Branch, number: int, name: str, size: int) -> Page | None:
        """The page of a part of a branch, compared with what the branch says of it; None if the part is empty."""
        expected = branch.subtree(PARTS + number)
        if expected.fill is Fill.EMPTY:
            return None
        page = self._found(name, size)
        if subtree_of(page, PART_BITS * len(name)) != expected:
            raise _damaged(name, "another page")
        return page

    def _write(
        self, prefix: str, page: Page | None, changes: list[Item], pages: dict[str, Page], before: int
    ) -> Subtree:
        """Make the page of a prefix with the changes under it, and all pages below, into ``pages``."""
        if not isinstance(page, Branch):
            items = changes if page is None else list(_merged(page.items, changes))
            if len(items) <= MOST_KEYS:
                pages[prefix] = bucket = Bucket(tuple(items))
                return subtree_of(bucket, PART_BITS * len(prefix))
            page, changes = Branch(), items
        digit_of = _digit_at(len(prefix))
        parts = {}
        for digit, group in groupby(changes, key=lambda item: digit_of(item.key)):
            name = prefix + DIGITS[digit]
            parts[digit] = self._write(name, self._part(page, digit, name, before), list(group), pages, before)
        pages[prefix] = branch = page.with_parts(parts)
        return branch.subtree(1)

    def _only(self, view: View, size: int, known: Mapping[str, Page]) -> Item:
        """The one item of a subtree with one key."""
        while True:
            view = self._opened(view, size, known)
            match view:
                case InBucket(_, items):
                    return items[0]
                case InBranch():
                    view = next(half for half in view.halves() if half.fill is not Fill.EMPTY)

    def _opened(self, view: View, size: int, known: Mapping[str, Page]) -> View:
        """The view itself, or where it is a part of a branch, the page of that part."""
        match view:
            case InBranch(_, _, at, prefix) if at >= PARTS:
                name = prefix + DIGITS[at - PARTS]
                return view_of(known.get(name) or self._found(name, size), name)
            case _:
                return view


def _damaged(prefix: str, found: str) -> HistoryBroken:
    return HistoryBroken("the stored index of subjects was changed", expected=f"the page {prefix or 'of the root'}",
                         found=found)  # fmt: skip


def _digit_at(position: int) -> Callable[[bytes], int]:
    """What gives digit number ``position`` of a key."""
    byte = position >> 1
    if position & 1:
        return lambda key: key[byte] & 15
    return lambda key: key[byte] >> PART_BITS


def _merged(items: Iterable[Item], changes: Iterable[Item]) -> Iterator[Item]:
    """The items with the numbers of ``changes`` added, ascending by key like both."""
    by_key = groupby(merge(items, changes, key=lambda item: item.key), key=lambda item: item.key)
    for key, group in by_key:
        yield Item(key, tuple(chain.from_iterable(item.numbers for item in group)))

"""The first subject that two indexes of one size have with different lists, found through their pages.

The pages may come from anybody: each must be what the page above it says, and the first what the root says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from heapq import merge
from itertools import groupby, pairwise
from typing import NamedTuple, Protocol

from ledger.core.encoding.ids import IndexRoot, SubjectKey
from ledger.core.tree.index_files import MAX_DIGITS
from ledger.core.tree.index_page import DIGITS, PART_BITS, PARTS, Branch, Bucket, Fill, Item, Page, Subtree, subtree_of
from ledger.core.tree.subject_index import EMPTY_INDEX, Numbers
from ledger.errors import VerificationFailed

MOST_PAGES = 256
"""How many pages of an index are looked at. An honest one needs a handful."""


class PageSource(Protocol):
    """Whoever has pages of an index: the store, a temporary file, a server."""

    def read(self, prefixes: Collection[str], size: int) -> dict[str, Page]:
        """The pages of prefixes (hexadecimal digits) as of a size, those that there are."""
        ...


class IndexAt(NamedTuple):
    """An index of ``size`` entries that has the root ``root``, and where its pages are."""

    pages: PageSource
    size: int
    root: IndexRoot


class Difference(NamedTuple):
    """A key that two indexes have with different lists."""

    key: SubjectKey
    ours: Numbers
    theirs: Numbers


def first_difference(ours: IndexAt, theirs: IndexAt) -> Difference | None:
    """The smallest key with different lists in two indexes of one size; None if they have one root.

    It reads the pages on the way to the difference, and few beside it.

    :raises VerificationFailed: a page is missing, or is not what is said of it, or too many would have to be read.
    """
    if ours.root == theirs.root:
        return None
    mine, other = _Reader(ours, "our index"), _Reader(theirs, "the other index")
    prefix, left, right = "", mine.first(), other.first()
    while isinstance(left, Branch) and isinstance(right, Branch):
        # Two branches with another hash differ in a part.
        digit = next(at for at in range(PARTS) if _part(left, at) != _part(right, at))
        left, right = mine.below(left, prefix, digit), other.below(right, prefix, digit)
        prefix += DIGITS[digit]
    tagged = merge(
        ((item.key, 0, item.numbers) for item in mine.items(left, prefix)),
        ((item.key, 1, item.numbers) for item in other.items(right, prefix)),
    )
    for key, group in groupby(tagged, key=lambda item: item[0]):
        lists: list[Numbers] = [(), ()]
        for _, side, numbers in group:
            lists[side] = numbers
        if lists[0] != lists[1]:
            return Difference(key, *lists)
    raise VerificationFailed("two indexes have the same lists, and other roots")


class _Reader:
    """Reads pages of one index, and believes none of them."""

    def __init__(self, index: IndexAt, name: str) -> None:
        self._index = index
        self._name = name
        self._count = 0

    def first(self) -> Page:
        if self._index.root == EMPTY_INDEX:
            return Bucket(())
        page = self._page("")
        if subtree_of(page).hash != self._index.root:
            raise self._wrong("")
        return page

    def below(self, branch: Branch, prefix: str, digit: int) -> Page:
        """The page of a part of the branch at ``prefix``; an empty one if the part is empty."""
        expected = _part(branch, digit)
        if expected.fill is Fill.EMPTY:
            return Bucket(())
        name = prefix + DIGITS[digit]
        page = self._page(name)
        if subtree_of(page, PART_BITS * len(name)) != expected:
            raise self._wrong(name)
        return page

    def items(self, page: Page, prefix: str) -> Iterator[Item]:
        """All items under a prefix, ascending, whose page this is; each further page is read when it is its turn."""
        match page:
            case Bucket(items):
                yield from items
            case Branch():
                for digit in range(PARTS):
                    yield from self.items(self.below(page, prefix, digit), prefix + DIGITS[digit])

    def _page(self, prefix: str) -> Page:
        self._count += 1
        if self._count > MOST_PAGES:
            raise VerificationFailed(f"more than {MOST_PAGES} pages of {self._name} would have to be read")
        page = self._index.pages.read([prefix], self._index.size).get(prefix)
        if page is None:
            raise VerificationFailed(f"{self._page_name(prefix)} is not shown")
        match page:
            case Branch() if len(prefix) == MAX_DIGITS:
                raise self._wrong(prefix)
            case Bucket(items) if not _is_bucket(items, prefix, self._index.size):
                raise self._wrong(prefix)
        return page

    def _wrong(self, prefix: str) -> VerificationFailed:
        above = "what the page above it says" if prefix else "that of its root"
        return VerificationFailed(f"{self._page_name(prefix)} is not {above}")

    def _page_name(self, prefix: str) -> str:
        return f"the page {prefix} of {self._name}" if prefix else f"the first page of {self._name}"


def _part(branch: Branch, digit: int) -> Subtree:
    return branch.subtree(PARTS + digit)


def _is_bucket(items: tuple[Item, ...], prefix: str, size: int) -> bool:
    """Whether these are what a page of this prefix may hold: keys that ascend, with lists that ascend."""
    return (
        all(item.key.hex().startswith(prefix) for item in items)
        and all(left.key < right.key for left, right in pairwise(items))
        and all(item.numbers[-1] < size for item in items)
        and all(left < right for item in items for left, right in pairwise(item.numbers))
    )

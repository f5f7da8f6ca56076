"""The first subject that two indexes of one size have with different lists, found through their pages."""

from __future__ import annotations

from typing import NamedTuple

from ledger.core.encoding.ids import SubjectKey
from ledger.core.tree.index_pages import DIGITS, PARTS, Branch, Bucket, Pages
from ledger.core.tree.subject_index import Numbers


class Difference(NamedTuple):
    """A key that two indexes have with different lists."""

    key: SubjectKey
    ours: Numbers
    theirs: Numbers


def first_difference(ours: Pages, theirs: Pages, size: int) -> Difference | None:
    """The smallest key with different lists in two indexes of one size; None if there is none.

    It reads only pages on the way to the difference, and what is beside it.

    :raises HistoryBroken: a page was lost.
    """
    prefix = ""
    while True:
        left, right = (pages.read([prefix], size).get(prefix) for pages in (ours, theirs))
        if not isinstance(left, Branch) or not isinstance(right, Branch):
            break
        digit = next((at for at in range(PARTS) if left.subtree(PARTS + at) != right.subtree(PARTS + at)), None)
        if digit is None:
            return None
        prefix += DIGITS[digit]
    known = _items(theirs, prefix, size)
    mine = _items(ours, prefix, size)
    for key in sorted(known.keys() | mine.keys()):
        if mine.get(key, ()) != known.get(key, ()):
            return Difference(key, mine.get(key, ()), known.get(key, ()))
    return None


def _items(pages: Pages, prefix: str, size: int) -> dict[SubjectKey, Numbers]:
    """All lists under a prefix."""
    page = pages.read([prefix], size).get(prefix)
    match page:
        case None:
            return {}
        case Bucket(items):
            return dict(items)
        case Branch():
            found: dict[SubjectKey, Numbers] = {}
            for at in range(PARTS):
                if page.fills[PARTS + at]:
                    found |= _items(pages, prefix + DIGITS[at], size)
            return found

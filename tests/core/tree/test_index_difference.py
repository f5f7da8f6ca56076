"""The first difference of two indexes, by pages of which none is believed, and how few of them are read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from random import Random

import pytest

from ledger.core.encoding.ids import IndexRoot, Root, SubjectKey
from ledger.core.tree.index_difference import MOST_PAGES, Difference, IndexAt, first_difference
from ledger.core.tree.index_files import MAX_PAGE_BYTES, PageName, page_file
from ledger.core.tree.index_page import MOST_KEYS, Branch, Bucket, Fill, Item, Page, Subtree, subtree_of
from ledger.core.tree.index_pages import Indexed, MemoryPages, SubjectIndex
from ledger.core.tree.subject_index import EMPTY_INDEX
from ledger.errors import Malformed, VerificationFailed
from tests.index_vectors import key, sharing

Lists = dict[SubjectKey, tuple[int, ...]]
SIZE = 10_000


class Served:
    """Pages as a server may show them: counted, and changed if a test wants it."""

    def __init__(self, pages: MemoryPages) -> None:
        self.pages = pages
        self.changed: dict[str, Page | None] = {}
        self.asked: list[str] = []

    def read(self, prefixes: Collection[str], size: int) -> dict[str, Page]:
        self.asked += prefixes
        found = self.pages.read(prefixes, size)
        for prefix in prefixes:
            page = self.changed.get(prefix, found.get(prefix))
            if page is None:
                found.pop(prefix, None)
            else:
                found[prefix] = page
        return found


def made(lists: Mapping[SubjectKey, Sequence[int]]) -> tuple[IndexAt, Served]:
    pages = MemoryPages()
    index = SubjectIndex(pages)
    index.advance((Item(item, tuple(lists[item])) for item in sorted(lists)), Indexed(SIZE, Root(bytes(32))))
    served = Served(pages)
    return IndexAt(served, SIZE, index.root(SIZE)), served


def some(count: int) -> Lists:
    return {key(f"difference {number}"): (number, *([number + 7] if number % 3 else [])) for number in range(count)}


def by_hand(ours: Lists, theirs: Lists) -> Difference | None:
    differing = [item for item in ours.keys() | theirs.keys() if ours.get(item) != theirs.get(item)]
    return min((Difference(item, ours.get(item, ()), theirs.get(item, ())) for item in differing), default=None)


@pytest.mark.parametrize("count", [1, 2, MOST_KEYS, MOST_KEYS + 1, 600, 5_000])
def test_the_smallest_key_that_differs(count: int) -> None:
    random, lists = Random(count), some(count)
    ours, mine = made(lists)
    for _ in range(20):
        other = dict(lists)
        for item in random.sample(sorted(lists), min(count, random.choice((1, 1, 2, 5)))):
            match random.randrange(4):
                case 0:
                    del other[item]
                case 1:
                    other[item] = (*other[item], SIZE - 1)
                case 2:
                    other[item] = (other[item][0] + 1,)
                case 3:
                    other[key(f"invented {random.random()}")] = (random.randrange(SIZE),)
        theirs, served = made(other)
        mine.asked.clear()
        expected = by_hand(lists, other)
        assert first_difference(ours, theirs) == expected
        if expected is not None:
            assert first_difference(theirs, ours) == Difference(expected.key, expected.theirs, expected.ours)
        assert len(served.asked) <= 2 * (len(sorted(served.pages._pages, key=len)[-1]) + 17)


def test_few_pages_are_read() -> None:
    """On the way down only: one for each level, of either side."""
    lists = some(5_000)
    changed = sorted(lists)[2_345]
    (ours, mine), (theirs, other) = made(lists), made(lists | {changed: (1, 2, 3)})
    assert first_difference(ours, theirs) == Difference(changed, lists[changed], (1, 2, 3))
    assert mine.asked == other.asked
    assert len(mine.asked) <= 4


def test_the_same_index_is_not_read() -> None:
    ours, served = made(some(100))
    assert first_difference(ours, ours) is None
    assert served.asked == []


def test_an_index_without_keys() -> None:
    lists = some(100)
    ours, _ = made(lists)
    nothing = IndexAt(Served(MemoryPages()), SIZE, EMPTY_INDEX)
    first = min(lists)
    assert first_difference(ours, nothing) == Difference(first, lists[first], ())
    assert first_difference(nothing, ours) == Difference(first, (), lists[first])


def test_ground_keys_have_pages_down_to_the_last_digit() -> None:
    near = {SubjectKey((int.from_bytes(key("base")) ^ number).to_bytes(32)): (number,) for number in range(40)}
    changed = sorted(near)[20]
    (ours, mine), (theirs, _) = made(near), made(near | {changed: (77,)})
    assert first_difference(ours, theirs) == Difference(changed, near[changed], (77,))
    assert max(map(len, mine.asked)) == 63


def lost(page: Page) -> Page | None:
    return None


def without_a_key(page: Page) -> Page:
    if isinstance(page, Bucket):
        return Bucket(page.items[:-1])
    at = next(at for at in range(16) if page.fills[16 + at])
    return page.with_parts({at: Subtree(bytes(32), Fill.EMPTY)})


def with_another_number(page: Page) -> Page:
    if isinstance(page, Bucket):
        first, *rest = page.items
        return Bucket((Item(first.key, (*first.numbers[:-1], first.numbers[-1] + 1)), *rest))
    at = next(at for at in range(16) if page.fills[16 + at])
    return page.with_parts({at: Subtree(b"\1" * 32, page.subtree(16 + at).fill)})


def as_another_kind(page: Page) -> Page:
    return Branch() if isinstance(page, Bucket) else Bucket(())


@pytest.mark.parametrize("change", [lost, without_a_key, with_another_number, as_another_kind])
def test_a_page_that_does_not_hash_to_what_is_above_it(change: Callable[[Page], Page | None]) -> None:
    lists = some(2_000)
    changed = sorted(lists)[999]
    ours, _ = made(lists)
    theirs, served = made(lists | {changed: (4,)})
    first_difference(ours, theirs)
    for prefix in list(dict.fromkeys(served.asked)):
        page = served.pages.read([prefix], SIZE)[prefix]
        served.changed = {prefix: change(page)}
        where = f"the page {prefix} of the other index" if prefix else "the first page of the other index"
        with pytest.raises(VerificationFailed, match=where):
            first_difference(ours, theirs)


def subtree(items: Sequence[Item], depth: int = 0) -> IndexRoot:
    return IndexRoot(subtree_of(Bucket(tuple(items)), depth).hash)


A, B = sorted([key("a"), key("b")])


@pytest.mark.parametrize(
    "items",
    [
        [Item(B, (1,)), Item(A, (2,))],
        [Item(A, (1,)), Item(A, (2,))],
        [Item(A, (2, 1))],
        [Item(A, (1, 1))],
        [Item(A, (SIZE,))],
    ],
    ids=["keys descend", "a key twice", "numbers descend", "a number twice", "beyond the size"],
)
def test_a_page_that_no_index_has_even_if_it_hashes_to_the_root(items: list[Item]) -> None:
    pages = Served(MemoryPages())
    pages.changed = {"": Bucket(tuple(items))}
    ours, _ = made(some(3))
    with pytest.raises(VerificationFailed, match="first page"):
        first_difference(ours, IndexAt(pages, SIZE, subtree(items)))


def test_a_page_under_another_prefix() -> None:
    """It hashes to what the branch says, and its key does not begin with the prefix."""
    item = Item(A, (1,))
    digit = 15 - int(A.hex()[0], 16)
    branch = Branch().with_parts({digit: subtree_of(Bucket((item,)), 4)})
    pages = Served(MemoryPages())
    pages.changed = {"": branch, f"{digit:x}": Bucket((item,))}
    ours, _ = made(some(3))
    with pytest.raises(VerificationFailed, match=f"the page {digit:x} of the other index is not"):
        first_difference(ours, IndexAt(pages, SIZE, IndexRoot(branch.subtree(1).hash)))


class Endless:
    """A server that has branches as far as one asks: each has one part, with more than one key, it says."""

    def __init__(self, depth: int) -> None:
        self.asked = 0
        page = Branch().with_parts({0: Subtree(bytes(31) + b"\1", Fill.MANY)})
        self.levels = [page]
        for _ in range(depth):
            page = Branch().with_parts({0: page.subtree(1)})
            self.levels.insert(0, page)

    def read(self, prefixes: Collection[str], size: int) -> dict[str, Page]:
        self.asked += 1
        return {prefix: self.levels[min(len(prefix), len(self.levels) - 1)] for prefix in prefixes}


def test_branches_end_with_the_keys() -> None:
    pages = Endless(64)
    ours, _ = made(some(1))
    with pytest.raises(VerificationFailed, match=f"the page {'0' * 64} of the other index"):
        first_difference(ours, IndexAt(pages, SIZE, IndexRoot(pages.levels[0].subtree(1).hash)))
    assert pages.asked == 65


def test_no_more_pages_are_read_than_an_index_may_need() -> None:
    """Only the last of a few keys differs, and theirs are each far down below branches of their own."""
    ground = sorted(item for number in range(16) for item in sharing(250, f"ground {number}"))
    lists = {item: (number,) for number, item in enumerate(ground)}
    ours, _ = made(lists)
    deep = Deep(lists | {ground[-1]: (SIZE - 1,)})
    with pytest.raises(VerificationFailed, match=f"more than {MOST_PAGES} pages of the other index"):
        first_difference(ours, IndexAt(deep, SIZE, deep.root))
    assert deep.asked == MOST_PAGES
    few = Deep({ground[0]: (SIZE - 1,), ground[1]: lists[ground[1]]})
    assert first_difference(ours, IndexAt(few, SIZE, few.root)) == Difference(ground[0], (0,), (SIZE - 1,))


class Deep:
    """The keys of an index, each below branches down to its last digit but one: no index has so many pages."""

    def __init__(self, lists: Lists) -> None:
        self.asked = 0
        self.pages: dict[str, Page] = {}
        level: dict[str, list[Item]] = {}
        for item in sorted(lists):
            level.setdefault(item.hex()[:63], []).append(Item(item, lists[item]))
        made: dict[str, Page] = {prefix: Bucket(tuple(items)) for prefix, items in level.items()}
        for length in range(63, 0, -1):
            self.pages |= made
            above: dict[str, dict[int, Subtree]] = {}
            for prefix, page in made.items():
                above.setdefault(prefix[:-1], {})[int(prefix[-1], 16)] = subtree_of(page, 4 * length)
            made = {prefix: Branch().with_parts(parts) for prefix, parts in above.items()}
        self.pages |= made
        self.root = IndexRoot(made[""].subtree(1).hash) if isinstance(made[""], Branch) else EMPTY_INDEX

    def read(self, prefixes: Collection[str], size: int) -> dict[str, Page]:
        self.asked += 1
        return {prefix: self.pages[prefix] for prefix in prefixes}


@pytest.mark.parametrize("name", ["index/1/root", "index/67/3a", f"index/{2**63 - 1}/{'0' * 64}"])
def test_names_of_pages(name: str) -> None:
    assert str(PageName.parse(name)) == name


@pytest.mark.parametrize(
    "name",
    [
        "index/0/root", "index/01/root", "index/-1/root", "index/1/", "index/1", "index/1/3A", "index/1/root/",
        "index/1/g", f"index/{2**63}/root", f"index/1/{'0' * 65}", "index/1/../root", "index/1/Root", "index/١/root",
        "/index/1/root", "index/1/root\n", "index/1/0 ", "tile/1/root",
    ],
)  # fmt: skip
def test_what_is_no_name_of_a_page(name: str) -> None:
    with pytest.raises(Malformed):
        PageName.parse(name)


def test_a_page_with_a_very_long_list_is_no_file() -> None:
    short, long = (Bucket((Item(A, tuple(range(count))),)) for count in (100_000, MAX_PAGE_BYTES // 8))
    assert page_file(short) == short.to_bytes()
    assert page_file(long) is None

"""The index in pages: it grows, goes back and forgets, and is always the index of the entries it was given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

import pytest
from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ledger.core.encoding.ids import Root, SubjectKey
from ledger.core.tree.index_page import MOST_KEYS, Branch, Bucket, Item, Page, page_from_bytes
from ledger.core.tree.index_pages import Indexed, MemoryPages, SubjectIndex
from ledger.core.tree.subject_index import Numbers, index_leaf, root_of, value_of
from ledger.errors import HistoryBroken
from tests.index_vectors import key, sharing

KEYS = [*(key(f"key {number}") for number in range(60)), *sharing(40, "near"), *sharing(255, "ground")]


def items(lists: Mapping[SubjectKey, Sequence[int]]) -> Iterator[Item]:
    """What ``advance`` takes."""
    return (Item(item, tuple(lists[item])) for item in sorted(lists))


def of(size: int) -> Indexed:
    """The entries of an index of this size; which they are, these tests do not ask."""
    return Indexed(size, Root(size.to_bytes(32)))


def root(lists: dict[SubjectKey, Numbers]) -> bytes:
    return root_of([(item, index_leaf(item, value_of(lists[item]))) for item in sorted(lists)])


class Machine(RuleBasedStateMachine):
    """An index with a memory of its lists at every size that it keeps."""

    def __init__(self) -> None:
        super().__init__()
        self.pages = MemoryPages()
        self.index = SubjectIndex(self.pages)
        self.known: dict[int, dict[SubjectKey, Numbers]] = {}

    @rule(keys=some.lists(some.sampled_from(KEYS), min_size=1, max_size=40))
    def advance(self, keys: list[SubjectKey]) -> None:
        lists = dict(self.known.get(self.index.size, {}))
        changes: dict[SubjectKey, list[int]] = {}
        for number, item in enumerate(keys, start=self.index.size):
            changes.setdefault(item, []).append(number)
            lists[item] = (*lists.get(item, ()), number)
        size = self.index.size + len(keys)
        assert self.index.advance(items(changes), of(size)) == root(lists)
        self.known[size] = lists

    @precondition(lambda self: self.known)
    @rule(data=some.data(), beyond=some.integers(0, 3))
    def back(self, data: some.DataObject, beyond: int) -> None:
        """To a size that is kept, or to one between."""
        size = data.draw(some.sampled_from(sorted(self.known))) + beyond
        self.known = {known: lists for known, lists in self.known.items() if known <= size}
        assert self.index.back_to(size) == max(self.known)

    @precondition(lambda self: self.known)
    @rule(newest=some.integers(1, 3))
    def keep(self, newest: int) -> None:
        self.index.keep(newest)
        self.known = {size: self.known[size] for size in sorted(self.known)[-newest:]}

    @invariant()
    def every_size_that_is_kept_can_be_proven(self) -> None:
        assert [kept.of for kept in self.index.kept] == [of(size) for size in sorted(self.known)]
        for size, lists in self.known.items():
            assert self.index.root(size) == root(lists)
            keys = sorted({*KEYS[::7], *KEYS[-2:], key("absent")})
            proof = self.index.prove(keys, size)
            assert proof.lists == tuple(lists.get(item, ()) for item in keys)
            assert proof.root(keys) == root(lists)

    @precondition(lambda self: len(self.known) == 1)
    @invariant()
    def one_size_needs_no_other_pages(self) -> None:
        built = MemoryPages()
        SubjectIndex(built).advance(items(next(iter(self.known.values()))), of(self.index.size))
        assert self.pages.count == built.count


TestMachine = Machine.TestCase
TestMachine.settings = settings(deadline=None, max_examples=40, stateful_step_count=12)


class CountingPages(MemoryPages):
    """Pages in memory that remember what was written last."""

    def __init__(self) -> None:
        super().__init__()
        self.last: list[str] = []

    def write(self, before: int, indexed: Indexed, pages: Iterable[tuple[str, Page]]) -> None:
        written = list(pages)
        self.last = [prefix for prefix, _ in written]
        super().write(before, indexed, written)


def keys(count: int) -> list[SubjectKey]:
    return sorted(SubjectKey(sha256(count.to_bytes(4)).digest()) for count in range(count))


@pytest.mark.parametrize("count", [0, 1, MOST_KEYS, MOST_KEYS + 1, 40, 300, 2_000])
@pytest.mark.parametrize("first", [1, 5, 200, 1_999])
def test_many_changes_at_once_make_the_same_pages_as_few(count: int, first: int) -> None:
    lists = {item: (number, number + count) for number, item in enumerate(keys(count))}
    at_once, in_two = MemoryPages(), MemoryPages()
    expected = SubjectIndex(at_once).advance(items(lists), of(2 * count + 2))
    index = SubjectIndex(in_two)
    index.advance(items({item: numbers[:1] for item, numbers in list(lists.items())[:first]}), of(1))
    rest = {item: numbers[1:] for item, numbers in list(lists.items())[:first]}
    rest.update(list(lists.items())[first:])
    assert index.advance(items(rest), of(2 * count + 2)) == expected == root(lists)
    index.keep(1)
    assert at_once.count == in_two.count


def test_a_change_writes_only_the_pages_above_it() -> None:
    pages = CountingPages()
    index = SubjectIndex(pages)
    index.advance((Item(item, (number,)) for number, item in enumerate(keys(5_000))), of(5_000))
    index.advance([Item(keys(5_000)[77], (5_000,))], of(5_001))
    assert len(pages.last) <= 4
    assert all(keys(5_000)[77].hex().startswith(prefix) for prefix in pages.last)


def test_keys_that_share_255_bits_have_their_own_pages() -> None:
    index = SubjectIndex(MemoryPages())
    ground = {SubjectKey((int.from_bytes(key("base")) ^ number).to_bytes(32)): [number] for number in range(40)}
    index.advance(items(ground), of(40))
    asked = sorted(ground)
    assert index.prove(asked, 40).root(asked) == root({item: tuple(numbers) for item, numbers in ground.items()})


def test_sizes_only_grow_and_only_kept_ones_can_be_proven() -> None:
    index = SubjectIndex(MemoryPages())
    index.advance([Item(key("one"), (0,))], of(1))
    for size in (0, 1):
        with pytest.raises(KeyError):
            index.advance(items({KEYS[0]: [7]}), of(9), after=index.size - 1)
        with pytest.raises(ValueError, match="after"):
            index.advance([Item(key("one"), (1,))], of(size))
    index.advance([Item(key("one"), (1,))], of(2))
    index.keep(1)
    for size in (0, 1, 3):
        with pytest.raises(KeyError):
            index.prove([key("one")], size)
        with pytest.raises(KeyError):
            index.root(size)
    assert index.prove([key("one")], 2).lists == ((0, 1),)


def test_pages_are_read_as_they_were_written() -> None:
    pages = CountingPages()
    index = SubjectIndex(pages)
    index.advance((Item(item, (number, number + 500)) for number, item in enumerate(keys(500))), of(1_000))
    kinds = set()
    for prefix in pages.last:
        page = pages.read([prefix], 1_000).get(prefix)
        assert page is not None
        data = page.to_bytes()
        assert page_from_bytes(data) == page
        kinds.add(type(page))
        for wrong in (data[:-1], data + b"\0", data[1:], b"", b"\x02" + data[1:]):
            with pytest.raises(ValueError):
                page_from_bytes(wrong)
    assert kinds == {Bucket, Branch}


@pytest.mark.parametrize("lost", [True, False], ids=["lost", "changed"])
def test_a_page_that_was_changed_is_named(lost: bool) -> None:
    pages = MemoryPages()
    index = SubjectIndex(pages)
    index.advance((Item(item, (number,)) for number, item in enumerate(keys(400))), of(400))
    changed = keys(400)[7]
    name = max((prefix for prefix in pages._pages if changed.hex().startswith(prefix)), key=len)
    if lost:
        del pages._pages[name]
        with pytest.raises(HistoryBroken, match=f"the page {name}"):
            index.prove([changed], 400)
    else:
        pages._pages[name] = [(400, Bucket((Item(changed, (8,)),)))]
    with pytest.raises(HistoryBroken, match=f"the page {name}"):
        index.advance([Item(changed, (400,))], of(401))


def test_a_branch_hashes_only_what_changes() -> None:
    """Parts set one after the other make the same page as all at once."""
    index = SubjectIndex(MemoryPages())
    index.advance((Item(item, (number,)) for number, item in enumerate(keys(400))), of(400))
    whole = index._pages.read([""], 400)[""]
    assert isinstance(whole, Branch)
    parts = [(number, whole.subtree(16 + number)) for number in range(16)]
    one_by_one = Branch()
    for number, part in _shuffled(parts):
        one_by_one = one_by_one.with_parts({number: part})
    assert one_by_one == whole
    assert isinstance(index._pages.read(["000"], 400).get("000"), Bucket | None)


def _shuffled(parts: Sequence) -> list:
    return sorted(parts, key=lambda part: sha256(bytes([part[0]])).digest())

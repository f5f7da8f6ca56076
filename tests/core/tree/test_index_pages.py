"""The index in pages: it grows, goes back and forgets, and is always the index of the entries it was given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

import pytest
from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ledger.core.encoding.ids import SubjectKey
from ledger.core.tree.index_pages import MOST_KEYS, Branch, Bucket, Item, MemoryPages, Page, SubjectIndex
from ledger.core.tree.subject_index import Numbers, index_leaf, root_of, value_of
from tests.index_vectors import key, sharing

KEYS = [*(key(f"key {number}") for number in range(60)), *sharing(40, "near"), *sharing(255, "ground")]


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
        assert self.index.advance(changes, size) == root(lists)
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
        assert list(self.index.sizes) == sorted(self.known)
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
        SubjectIndex(built).advance(next(iter(self.known.values())), self.index.size)
        assert self.pages.count == built.count


TestMachine = Machine.TestCase
TestMachine.settings = settings(deadline=None, max_examples=40, stateful_step_count=12)


class CountingPages(MemoryPages):
    """Pages in memory that remember what was written last."""

    def __init__(self) -> None:
        super().__init__()
        self.last: list[str] = []

    def write(self, size: int, pages: Iterable[tuple[str, Page]]) -> None:
        written = list(pages)
        self.last = [prefix for prefix, _ in written]
        super().write(size, written)


def keys(count: int) -> list[SubjectKey]:
    return sorted(SubjectKey(sha256(count.to_bytes(4)).digest()) for count in range(count))


@pytest.mark.parametrize("count", [0, 1, MOST_KEYS, MOST_KEYS + 1, 300, 2_000])
def test_an_index_that_is_built_at_once_is_the_same(count: int) -> None:
    items = [Item(item, (number, number + count)) for number, item in enumerate(keys(count))]
    built, grown = SubjectIndex(MemoryPages()), SubjectIndex(MemoryPages())
    assert built.build(iter(items), 2 * count + 1) == grown.advance(dict(items), 2 * count + 1)
    more = {key("one more"): [2 * count + 1], **{item.key: [2 * count + 2] for item in items[:3]}}
    assert built.advance(more, 2 * count + 3) == grown.advance(more, 2 * count + 3)
    asked = sorted([key("absent"), key("one more"), *(item.key for item in items[::50])])
    for size in built.sizes:
        assert built.prove(asked, size) == grown.prove(asked, size)
    with pytest.raises(ValueError, match="once"):
        built.build([], 5 * count + 5)


def test_a_change_writes_only_the_pages_above_it() -> None:
    pages = CountingPages()
    index = SubjectIndex(pages)
    index.build((Item(item, (number,)) for number, item in enumerate(keys(5_000))), 5_000)
    index.advance({keys(5_000)[77]: [5_000]}, 5_001)
    assert len(pages.last) <= 4
    assert all(keys(5_000)[77].hex().startswith(prefix) for prefix in pages.last)


def test_keys_that_share_255_bits_have_their_own_pages() -> None:
    index = SubjectIndex(MemoryPages())
    ground = {SubjectKey((int.from_bytes(key("base")) ^ number).to_bytes(32)): [number] for number in range(40)}
    index.advance(ground, 40)
    asked = sorted(ground)
    assert index.prove(asked, 40).root(asked) == root({item: tuple(numbers) for item, numbers in ground.items()})


def test_sizes_only_grow_and_only_kept_ones_can_be_proven() -> None:
    index = SubjectIndex(MemoryPages())
    index.advance({key("one"): [0]}, 1)
    for size in (0, 1):
        with pytest.raises(ValueError, match="after"):
            index.advance({key("one"): [1]}, size)
    index.advance({key("one"): [1]}, 2)
    index.keep(1)
    for size in (0, 1, 3):
        with pytest.raises(KeyError):
            index.prove([key("one")], size)
        with pytest.raises(KeyError):
            index.root(size)
    assert index.numbers(key("one"), 2) == (0, 1)


def test_a_branch_hashes_only_what_changes() -> None:
    """Parts set one after the other make the same page as all at once."""
    index = SubjectIndex(MemoryPages())
    index.advance({item: [number] for number, item in enumerate(keys(400))}, 400)
    whole = index._pages.read("", 400)
    assert isinstance(whole, Branch)
    parts = [(number, whole.subtree(16 + number)) for number in range(16)]
    one_by_one = Branch()
    for number, part in _shuffled(parts):
        one_by_one = one_by_one.with_parts({number: part})
    assert one_by_one == whole
    assert isinstance(index._pages.read("000", 400), Bucket | None)


def _shuffled(parts: Sequence) -> list:
    return sorted(parts, key=lambda part: sha256(bytes([part[0]])).digest())

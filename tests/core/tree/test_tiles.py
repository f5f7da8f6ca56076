"""The growing log against the complete tree: roots, proofs and tiles at every size, and what memory it takes."""

from __future__ import annotations

import tracemalloc
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ledger.core.tree.merkle import EMPTY_ROOT, Tree, leaf_hash, root_of_hashes, verify_consistency, verify_inclusion
from ledger.core.tree.tiles import TILE_WIDTH, Frontier, Tiles

LARGE = 70_000
HASHES = [leaf_hash(number.to_bytes(4, "big")) for number in range(LARGE)]


def tiles_of(size: int) -> Tiles:
    tiles = Tiles()
    for hash_ in HASHES[:size]:
        tiles.append(hash_)
    return tiles


@pytest.fixture(scope="module")
def large() -> Tiles:
    return tiles_of(LARGE)


def test_every_size_as_it_grows() -> None:
    tiles, frontier = Tiles(), Frontier()
    assert tiles.root() == frontier.root() == EMPTY_ROOT
    for number, hash_ in enumerate(HASHES[:1100]):
        tiles.append(hash_)
        frontier.append(hash_)
        assert tiles.size == frontier.size == number + 1
        assert tiles.root() == frontier.root() == root_of_hashes(HASHES[: number + 1])


def test_every_past_size() -> None:
    tiles = tiles_of(1100)
    for size in range(1101):
        assert tiles.root(size) == root_of_hashes(HASHES[:size])


@given(some.data())
def test_proofs_are_the_trees(large: Tiles, data: some.DataObject) -> None:
    size = data.draw(some.integers(1, 1100))
    index = data.draw(some.integers(0, size - 1))
    tree = Tree(HASHES[:size])
    assert large.inclusion(index, size) == tree.inclusion(index)
    assert large.consistency(index + 1, size) == tree.consistency(index + 1)
    assert large.leaf(index) == HASHES[index]


@given(some.integers(1, LARGE), some.data())
@settings(max_examples=200)
def test_proofs_of_large_logs_verify(large: Tiles, size: int, data: some.DataObject) -> None:
    index = data.draw(some.integers(0, size - 1))
    verify_inclusion(HASHES[index], index, size, large.inclusion(index, size), large.root(size))
    verify_consistency(index + 1, size, large.consistency(index + 1, size), large.root(index + 1), large.root(size))


@pytest.mark.parametrize("size", [255, 256, 257, 65_535, 65_536, 65_537, LARGE])
def test_large_sizes_are_the_trees(large: Tiles, size: int) -> None:
    tree = Tree(HASHES[:size])
    assert large.root(size) == tree.root
    for index in [0, 1, size // 2, size - 2, size - 1, *Random(size).sample(range(size), 20)]:
        assert large.inclusion(index, size) == tree.inclusion(index)
        assert large.consistency(index + 1, size) == tree.consistency(index + 1)


def test_a_present_size_is_asked_for_by_default(large: Tiles) -> None:
    assert large.root() == large.root(LARGE)
    assert large.inclusion(5) == large.inclusion(5, LARGE)
    assert large.consistency(5) == large.consistency(5, LARGE)


def test_tiles_hold_the_complete_subtrees(large: Tiles) -> None:
    """A tile of level L holds the roots of 256^L leaves each, as tlog-tiles lays them out."""
    assert large.tile(0, 3) == b"".join(HASHES[768:1024])
    assert large.tile(0, LARGE // 256, LARGE % 256) == b"".join(HASHES[LARGE // 256 * 256 :])
    firsts = [root_of_hashes(HASHES[begin : begin + 256]) for begin in range(0, LARGE - LARGE % 256, 256)]
    assert large.tile(1, 0) == b"".join(firsts[:256])
    assert large.tile(1, 1, len(firsts) - 256) == b"".join(firsts[256:])
    assert large.tile(1, 1, 3) == b"".join(firsts[256:259])
    assert large.tile(2, 0, 1) == root_of_hashes(HASHES[:65_536])


@pytest.mark.parametrize(
    ("level", "index", "width"),
    [(0, 274, 256), (0, 0, 0), (0, 0, 257), (0, -1, 1), (0, 1 << 40, 1), (-1, 0, 1), (1, 1, 18), (2, 0, 2), (3, 0, 1)],
)
def test_tiles_that_do_not_exist(large: Tiles, level: int, index: int, width: int) -> None:
    with pytest.raises(IndexError, match=f"tile {level}/{index} holds"):
        large.tile(level, index, width)


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("leaf", (3,)), ("leaf", (-1,)), ("inclusion", (3,)), ("inclusion", (-1,)), ("inclusion", (2, 2)),
        ("inclusion", (0, 4)), ("consistency", (0,)), ("consistency", (4,)), ("consistency", (3, 2)),
        ("consistency", (1, 4)), ("root", (4,)), ("root", (-1,)),
    ],
)  # fmt: skip
def test_what_does_not_exist(call: str, arguments: tuple[int, ...]) -> None:
    with pytest.raises((IndexError, ValueError), match="of a tree of"):
        getattr(tiles_of(3), call)(*arguments)


def test_memory_is_little_more_than_the_hashes() -> None:
    size = 16 * TILE_WIDTH
    tracemalloc.start()
    try:
        tiles = tiles_of(size)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert tiles.size == size
    assert held < 33 * size


def test_a_frontier_holds_few_hashes() -> None:
    frontier = Frontier()
    assert [len(frontier.append(hash_)) for hash_ in HASHES[:8]] == [0, 1, 0, 2, 0, 1, 0, 3]
    assert frontier.append(HASHES[8]) == []
    assert frontier.root() == root_of_hashes(HASHES[:9])

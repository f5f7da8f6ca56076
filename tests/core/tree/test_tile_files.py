"""Static files of a log: the spec's own examples of names, one spelling each, the same tiles as the whole tree's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.core.tree.merkle import leaf_hash
from ledger.core.tree.tile_files import MAX_ENTRY, TileName, TileStream, bundle, read_bundle
from ledger.core.tree.tiles import TILE_WIDTH, Tiles
from ledger.errors import Malformed

# https://c2sp.org/tlog-tiles, "Merkle Tree" and "Partial Tiles".
NAMES = {
    TileName(0, 1_234_067): "tile/0/x001/x234/067",
    TileName(0, 0): "tile/0/000",
    TileName(0, 999): "tile/0/999",
    TileName(0, 1000): "tile/0/x001/000",
    TileName(0, 273, 112): "tile/0/273.p/112",
    TileName(1, 1, 17): "tile/1/001.p/17",
    TileName(None, 999_999): "tile/entries/x999/999",
    TileName(None, 5, 1): "tile/entries/005.p/1",
}


@pytest.mark.parametrize(("name", "path"), NAMES.items(), ids=NAMES.values())
def test_names_are_spelled_as_the_specification_does(name: TileName, path: str) -> None:
    assert str(name) == path
    assert TileName.parse(path) == name


@pytest.mark.parametrize(
    "path",
    ["tile/0/0", "tile/00/000", "tile/0/x000/001", "tile/64/000", "tile/0/001.p/0", "tile/0/001.p/256", "tile/0/1000",
     "tile/0/001.p/08", "tile/0/001.p/999", "tile/0/x001/001/", "tile/-1/000", "tile/data/000", "/tile/0/000",
     "tile/0/x001"],
)  # fmt: skip
def test_no_other_spelling_is_read(path: str) -> None:
    with pytest.raises(Malformed):
        TileName.parse(path)


@given(
    some.builds(TileName, some.none() | some.integers(0, 63), some.integers(0, (1 << 63) - 1), some.integers(1, 256))
)
def test_any_name_is_read_back(name: TileName) -> None:
    assert TileName.parse(str(name)) == name


@given(some.lists(some.binary(max_size=40), min_size=1, max_size=TILE_WIDTH))
def test_any_bundle_is_read_back_and_no_shorter_one(entries: list[bytes]) -> None:
    data = bundle(entries)
    assert read_bundle(data) == entries
    with pytest.raises(Malformed):
        read_bundle(data + b"\x01")


def test_a_bundle_has_its_limits() -> None:
    assert read_bundle(bundle([bytes(MAX_ENTRY)])) == [bytes(MAX_ENTRY)]
    for entries in ([bytes(MAX_ENTRY + 1)], [b""] * (TILE_WIDTH + 1), []):
        with pytest.raises(Malformed):
            read_bundle(bundle(entries))


def test_passing_tiles_are_those_of_the_whole_tree() -> None:
    whole, stream, seen = Tiles(), TileStream(), {}
    for number in range(66_000):
        hash_ = leaf_hash(number.to_bytes(4))
        whole.append(hash_)
        stream.append(hash_)
        seen.update(stream.full())
        if number % 7919 == 0 or number > 65_990:
            for name, data in [*seen.items(), *stream.partial()]:
                assert name.level is not None
                assert whole.tile(name.level, name.index, name.width) == data, name
            assert stream.root() == whole.root()
    assert len(seen) == 66_000 // 256 + 1
    assert [str(name) for name, _ in stream.partial()] == ["tile/0/257.p/208", "tile/1/001.p/1", "tile/2/000.p/1"]

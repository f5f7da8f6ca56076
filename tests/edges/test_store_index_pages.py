"""The pages of the index in the store: as in memory, on each database, and for several processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from random import Random

import pytest
from sqlalchemy import delete, update

from ledger.core.encoding.ids import Root, SubjectKey
from ledger.core.tree.index_page import Item
from ledger.core.tree.index_pages import Indexed, Kept, MemoryPages, SubjectIndex
from ledger.edges.store import Store, index_pages
from ledger.edges.store.tables import INDEX_PAGES
from ledger.errors import HistoryBroken, Unavailable
from tests.edges.stored import ORIGIN

KEYS = sorted(SubjectKey(sha256(f"key {number}".encode()).digest()) for number in range(300))


def items(changes: Mapping[SubjectKey, Sequence[int]]) -> list[Item]:
    return [Item(key, tuple(changes[key])) for key in sorted(changes)]


def of(size: int, fork: str = "") -> Indexed:
    return Indexed(size, Root(sha256(f"{size} {fork}".encode()).digest()))


def changes(random: Random, size: int, count: int) -> dict[SubjectKey, list[int]]:
    made: dict[SubjectKey, list[int]] = {}
    for number in range(size, size + count):
        made.setdefault(random.choice(KEYS), []).append(number)
    return made


def test_the_store_keeps_an_index_as_memory_does(store: Store) -> None:
    random = Random(12)
    stored, plain = SubjectIndex(store.index_pages), SubjectIndex(MemoryPages())
    asked = [*KEYS[::40], SubjectKey(b"\xff" * 32)]
    for step in range(40):
        match random.choice(["advance", "advance", "advance", "back", "keep"]):
            case "advance":
                size, count = plain.size, random.choice([1, 5, 600])
                made = changes(random, size, count)
                named = of(size + count, str(step))
                assert stored.advance(items(made), named) == plain.advance(items(made), named)
            case "back":
                size = random.choice([kept.size for kept in plain.kept] or [0])
                assert stored.back_to(size) == plain.back_to(size)
            case _:
                stored.keep(3)
                plain.keep(3)
        assert list(stored.kept) == list(plain.kept)
        for kept in plain.kept:
            assert stored.root(kept.size) == plain.root(kept.size)
            assert stored.prove(asked, kept.size) == plain.prove(asked, kept.size)


def test_pages_that_no_size_needs_are_gone(store: Store) -> None:
    index, random = SubjectIndex(store.index_pages), Random(3)
    for size in range(0, 2_000, 100):
        index.advance(items(changes(random, size, 100)), of(size + 100))
        index.keep(2)
    at_once = SubjectIndex(MemoryPages())
    whole = {key: index.prove([key], 2_000).lists[0] for key in KEYS}
    at_once.advance(items({key: numbers for key, numbers in whole.items() if numbers}), of(2_000))
    with store.database.reading() as connection:
        rows = connection.execute(INDEX_PAGES.select()).all()
    assert len([row for row in rows if row.until > 2_000]) == at_once._pages.count  # type: ignore[attr-defined]
    assert all(row.until > 1_900 for row in rows)


def test_who_comes_second_is_told(store: Store, url: str) -> None:
    index = SubjectIndex(store.index_pages)
    index.advance(items({KEYS[0]: [0]}), of(1))

    class Beaten(SubjectIndex):
        """Another process writes while this one works."""

        __slots__ = ()

        def _root_page(self, kept: Kept):
            if index.size == kept.size:
                index.advance(items({KEYS[1]: [kept.size]}), of(kept.size + 1, "faster"))
            return super()._root_page(kept)

    other = Store.open(url, ORIGIN)
    try:
        with pytest.raises(Unavailable, match="another process"):
            Beaten(other.index_pages).advance(items({KEYS[2]: [1, 2]}), of(3))
        assert [kept.of for kept in index.kept] == [of(1), of(2, "faster")]
        assert SubjectIndex(other.index_pages).prove(KEYS[:3], 2).lists == ((0,), (1,), ())
    finally:
        other.close()


def test_a_process_that_only_reads_sees_what_another_writes(store: Store, url: str) -> None:
    """Pages in its memory are those of the present history: also after a reorganisation that leads to the same size."""
    writer, other = SubjectIndex(store.index_pages), Store.open(url, ORIGIN)
    reader, random = SubjectIndex(other.index_pages), Random(5)
    writer.advance(items(changes(random, 0, 900)), of(900))
    try:
        for step in range(6):
            if step % 2:
                writer.back_to(writer.kept[-2].size)
            size = writer.kept[-1].size
            writer.advance(items(changes(random, size, 40)), of(size + 40, str(step)))
            keys = KEYS[::3]
            assert reader.prove(keys, writer.size) == writer.prove(keys, writer.size)
            assert reader.prove(keys, writer.size).root(keys) == writer.root(writer.size)
    finally:
        other.close()


def test_few_pages_are_in_memory(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_pages, "_MOST_BUCKETS", 5)
    monkeypatch.setattr(index_pages, "_MOST_BRANCHES", 2)
    index = SubjectIndex(store.index_pages)
    index.advance(items({key: [number] for number, key in enumerate(KEYS)}), of(300))
    assert index.prove(KEYS, 300).lists == tuple((number,) for number in range(300))
    assert len(store.index_pages._newest._buckets) == 5
    assert len(store.index_pages._newest._branches) <= 2


@pytest.mark.parametrize("change", ["gone", "nonsense", "another"])
def test_a_page_that_was_changed_in_the_store_is_named(store: Store, change: str) -> None:
    index = SubjectIndex(store.index_pages)
    index.advance(items({key: [number] for number, key in enumerate(KEYS)}), of(300))
    name = KEYS[7].hex()[:1]
    with store.database.writing() as connection:
        row = INDEX_PAGES.c.prefix == name
        if change == "gone":
            connection.execute(delete(INDEX_PAGES).where(row))
        else:
            page = b"\x02" if change == "nonsense" else b"\x00"
            connection.execute(update(INDEX_PAGES).where(row).values(page=page))
    with pytest.raises(HistoryBroken, match=f"page {name}"):
        index.advance(items({KEYS[7]: [300]}), of(301))

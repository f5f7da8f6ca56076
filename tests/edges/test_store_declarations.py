"""Declarations in the store: each is new once, and pages give those that were asked for, in order and once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import cast

import pytest
from hypothesis import given, settings, strategies

from ledger.edges.store import DeclarationRow, Store
from ledger.errors import HistoryBroken, Malformed
from tests.edges.stored import ORIGIN, PARTIES, add, anchored, formed, signed


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with 120 declarations of three parties and types, received in 12 different seconds."""
    made = Store.open(f"sqlite:///{tmp_path_factory.mktemp('filled') / 'ledger.sqlite'}", ORIGIN)
    for number in range(120):
        declaration = signed(number, PARTIES[number % 3], (380, 851, 705)[number // 7 % 3])
        made.declarations.add([declaration], ORIGIN, 1_000 + number * 7 % 12)
    for _ in range(2):
        batch = formed(made, 30)
    anchored(made, batch)
    yield made
    made.close()


def test_a_declaration_is_new_once_and_keeps_its_first_signature(store: Store) -> None:
    (declaration, signature), other = signed(1), signed(2)
    first = store.declarations.add([(declaration, signature)], ORIGIN, 1_000)
    id_ = declaration.id(ORIGIN)
    assert first == [(id_, True)]
    again = store.declarations.add([other, (declaration, b"\xff" * 65), other], ORIGIN, 2_000)
    assert again == [(other[0].id(ORIGIN), True), (id_, False), (other[0].id(ORIGIN), False)]
    assert store.declarations.get(id_) == DeclarationRow(id_, declaration, signature, 1_000, "pending", None, None)
    assert store.declarations.get(bytes(32)) is None
    assert store.declarations.add([], ORIGIN, 1_000) == []


def test_a_store_that_is_opened_again_has_what_was_stored(url: str) -> None:
    store = Store.open(url, ORIGIN)
    ids = add(store, range(3))
    store.close()
    again = Store.open(url, ORIGIN, create=False)
    assert sorted(again.declarations.pending_ids(10)) == sorted(ids)
    again.close()


def test_many_declarations_at_once(store: Store) -> None:
    ids = add(store, range(2_000))
    assert len(set(ids)) == 2_000
    assert not any(is_new for _, is_new in store.declarations.add([signed(n) for n in range(2_000)], ORIGIN, 9))


def test_the_same_declarations_added_at_once_in_different_orders_are_each_new_once(store: Store) -> None:
    every = [signed(number) for number in range(1_500)]

    def declare(turn: int) -> list[tuple[bytes, bool]]:
        turned = every[turn * 100 :] + every[: turn * 100]
        return store.declarations.add((turned if turn % 2 else turned[::-1]) + turned[:3], ORIGIN, 1)

    with ThreadPoolExecutor(8) as pool:
        answers = [item for answer in pool.map(declare, range(8)) for item in answer]
    assert Counter(id_ for id_, is_new in answers if is_new) == dict.fromkeys((id_ for id_, _ in answers), 1)
    assert store.declarations.pending() == (1_500, 1)


def test_a_declaration_for_another_history_is_refused(store: Store) -> None:
    with pytest.raises(HistoryBroken, match="another history"):
        store.declarations.add([signed(1)], replace(ORIGIN, chain_id=1), 1_000)
    assert store.declarations.pending() == (0, None)


def test_pending_declarations_are_listed_by_time_of_receipt_then_id(store: Store) -> None:
    assert store.declarations.pending() == (0, None)
    later, earlier = add(store, range(9), 1_005), add(store, range(10, 19), 1_004)
    assert store.declarations.pending() == (18, 1_004)
    assert store.declarations.pending_ids(20) == sorted(earlier) + sorted(later)
    assert store.declarations.pending_ids(10) == [*sorted(earlier), min(later)]


def test_all_declarations_are_read_by_id(store: Store) -> None:
    ids = add(store, range(1_001))
    formed(store, 10)
    rows = list(store.declarations.each())
    assert [row.id for row in rows] == sorted(ids)
    assert sum(row.state == "batched" for row in rows) == 10


filters = strategies.fixed_dictionaries(
    {},
    optional={
        "party": strategies.sampled_from([*PARTIES, b"\x09" * 20]),
        "document_type": strategies.sampled_from([380, 851, 705, 1]),
        "received_from": strategies.integers(998, 1_013),
        "received_until": strategies.integers(998, 1_013),
        "state": strategies.sampled_from(["pending", "batched", "sent", "anchored"]),
    },
)


@settings(max_examples=60, deadline=None)
@given(wanted=filters, limit=strategies.integers(1, 130))
def test_pages_give_what_was_asked_for_in_order_and_once(filled: Store, wanted: dict[str, object], limit: int) -> None:
    found: list[DeclarationRow] = []
    cursor = None
    while True:
        rows, cursor = filled.declarations.page(**wanted, cursor=cursor, limit=limit)  # type: ignore[arg-type]
        assert len(rows) == limit or cursor is None
        found += rows
        if cursor is None:
            break
    tests: dict[str, Callable[[DeclarationRow, object], bool]] = {
        "party": lambda row, party: row.declaration.party == party,
        "document_type": lambda row, type_: row.declaration.document_type == type_,
        "received_from": lambda row, at: row.received_at >= cast("int", at),
        "received_until": lambda row, at: row.received_at < cast("int", at),
        "state": lambda row, state: row.state == state,
    }
    every, _ = filled.declarations.page(limit=1_000)
    assert len(every) == 120
    assert every == sorted(every, key=lambda row: (row.received_at, row.id))
    assert found == [row for row in every if all(tests[name](row, value) for name, value in wanted.items())]


def test_following_the_cursors_misses_nothing_while_others_write(store: Store) -> None:
    ids = add(store, range(10), 1_000)
    seen, cursor = store.declarations.page(limit=3)
    add(store, range(10, 20), 1_000)
    add(store, range(20, 30), 999)
    formed(store)
    while cursor is not None:
        rows, cursor = store.declarations.page(limit=3, cursor=cursor)
        seen += rows
    walked = [row.id for row in seen]
    assert len(walked) == len(set(walked))
    assert set(ids) <= set(walked)


CURSORS = ["", "nonsense", "ä", "A" * 53, "A" * 55, "=" * 54, "_" * 54, "A" * 54 + "\n", "AAAA" * 50]


@pytest.mark.parametrize("cursor", CURSORS)
def test_a_cursor_from_elsewhere_is_refused(filled: Store, cursor: str) -> None:
    with pytest.raises(Malformed, match="cursor: did not come from"):
        filled.declarations.page(cursor=cursor)


@pytest.mark.parametrize(
    "wrong",
    [{"limit": 0}, {"limit": 1001}, {"received_from": 1 << 63}, {"received_until": -1}, {"document_type": 1 << 80}],
)
def test_numbers_that_no_column_holds_are_refused(filled: Store, wrong: dict[str, int]) -> None:
    with pytest.raises(Malformed, match="whole number"):
        filled.declarations.page(**wrong)  # type: ignore[arg-type]
    with pytest.raises(Malformed, match="whole number"):
        filled.declarations.add([signed(1)], ORIGIN, 1 << 63)

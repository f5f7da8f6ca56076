"""References of declarations: kept once, found by, erased; on SQLite and PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.core.document.references import KeptReference, Reference, ReferenceKind
from ledger.edges.store import Store
from ledger.edges.store.references import MOST_REFERENCES
from ledger.errors import TooManyReferences
from tests.edges.stored import add

BOX, BILL = Reference(ReferenceKind.CONTAINER, "CSQU3054383"), Reference(ReferenceKind.TRANSPORT_DOCUMENT, "MAEU1")


def found(store: Store, number: str) -> list[bytes]:
    return [row.id for row in store.declarations.page(reference=number)[0]]


def test_what_is_added_is_found_and_erased(store: Store) -> None:
    one, two, _ = add(store, range(3))
    assert store.references.add(one, [BOX, BILL, BOX], 5) == [BOX, BILL]
    assert store.references.add(one, [BOX], 9) == []
    assert store.references.add(two, [BOX], 7) == [BOX]
    assert store.references.of(one) == [KeptReference(BOX, 5), KeptReference(BILL, 5)]
    assert sorted(found(store, BOX.number)) == sorted([one, two])
    assert found(store, BILL.number) == [one]
    assert found(store, "CSQU3054384") == []
    assert store.references.remove(one, BOX.number) == 1
    assert found(store, BOX.number) == [two]
    assert store.references.remove(one) == 1
    assert store.references.remove(one) == 0
    assert store.references.of(one) == []


def test_pages_and_other_restrictions(store: Store) -> None:
    ids = add(store, range(5))
    for id_ in ids:
        store.references.add(id_, [BOX], 1)
    seen, cursor = [], None
    for _ in range(5):
        rows, cursor = store.declarations.page(reference=BOX.number, limit=2, cursor=cursor)
        seen += [row.id for row in rows]
        if cursor is None:
            break
    assert sorted(seen) == sorted(ids)
    assert store.declarations.page(reference=BOX.number, document_type=1)[0] == []


def test_by_digest(store: Store) -> None:
    one, _ = add(store, range(2))
    row = store.declarations.get(one)
    assert row is not None
    assert [item.id for item in store.declarations.page(digest=row.declaration.digest)[0]] == [one]
    assert store.declarations.page(digest=bytes(32))[0] == []


def test_too_many_are_refused_as_a_whole(store: Store) -> None:
    (one,) = add(store, range(1))
    some = [Reference(ReferenceKind.MRN, f"X{number:05}") for number in range(MOST_REFERENCES + 1)]
    store.references.add(one, some[: MOST_REFERENCES - 1], 1)
    with pytest.raises(TooManyReferences):
        store.references.add(one, some, 1)
    assert len(store.references.of(one)) == MOST_REFERENCES - 1
    store.references.add(one, some[:MOST_REFERENCES], 1)


def test_the_same_at_once_is_kept_once(store: Store) -> None:
    (one,) = add(store, range(1))
    with ThreadPoolExecutor(4) as pool:
        new = list(pool.map(lambda _: store.references.add(one, [BOX, BILL], 1), range(8)))
    assert sorted(map(len, new)) == [0] * 7 + [2]

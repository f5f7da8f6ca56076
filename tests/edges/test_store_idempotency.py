"""Idempotency keys in the store: one goes on, the rest wait or get its answer, and nothing is kept for ever."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.edges.store import Store, idempotency
from ledger.edges.store.idempotency import KEPT_SECONDS, Answer
from tests.edges.stored import ORIGIN, digest

NOW, PATIENCE = 1_000_000, 60
ANSWER = Answer(201, b'{"gas":1}')


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = Store.open(url, ORIGIN)
    yield made
    made.close()


def begin(store: Store, client: str = "a", key: str = "k", request: object = 1, at: int = NOW) -> object:
    return store.begin_once(client, key, digest(request), at, PATIENCE)


def test_the_first_answer_is_given_again(store: Store) -> None:
    assert begin(store) == "go on"
    assert begin(store) == "under way"
    store.keep_answer("a", "k", ANSWER)
    assert begin(store) == ANSWER
    assert begin(store, request=2) == "another request"


def test_a_key_is_its_clients_own(store: Store) -> None:
    assert begin(store) == "go on"
    assert begin(store, client="b", request=2) == "go on"
    assert begin(store, key="l") == "go on"


def test_what_is_forgotten_is_tried_anew(store: Store) -> None:
    assert begin(store) == "go on"
    store.forget_answer("a", "k")
    assert begin(store, request=2) == "go on"


def test_another_goes_on_where_the_first_died(store: Store) -> None:
    assert begin(store) == "go on"
    assert begin(store, at=NOW + PATIENCE - 1) == "under way"
    assert begin(store, at=NOW + PATIENCE) == "go on"
    assert begin(store, at=NOW + PATIENCE) == "under way"


def test_an_answer_is_kept_for_a_day(store: Store) -> None:
    begin(store)
    store.keep_answer("a", "k", ANSWER)
    assert begin(store, at=NOW + KEPT_SECONDS - 1) == ANSWER
    assert begin(store, request=2, at=NOW + KEPT_SECONDS) == "go on"


def test_only_so_many_are_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "MOST_KEPT", 3)
    for number in range(5):
        assert begin(store, key=str(number), at=NOW + number) == "go on"
        store.keep_answer("a", str(number), ANSWER)
    answers = [begin(store, key=str(number), at=NOW + 5) for number in (4, 3, 2)]
    assert answers == [ANSWER] * 3
    assert begin(store, key="0", request=2, at=NOW + 5) == "go on"


def test_of_many_at_once_one_goes_on(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: begin(store), range(24)))
    assert sorted(map(str, answers)) == ["go on"] + ["under way"] * 23

"""Idempotency keys in the store: one request goes on, the others wait or get its response; all is dropped in time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.edges.store import Store, idempotency
from ledger.edges.store.idempotency import KEPT_SECONDS, StoredResponse
from tests.edges.stored import digest

NOW, PATIENCE = 1_000_000, 60
RESPONSE = StoredResponse(201, b'{"gas":1}')


def begin(store: Store, client: str = "a", key: str = "k", request: object = 1, at: int = NOW) -> object:
    return store.idempotency.begin(client, key, digest(request), at, PATIENCE)


def test_the_first_response_is_given_again(store: Store) -> None:
    assert begin(store) == "go on"
    assert begin(store) == "under way"
    store.idempotency.keep("a", "k", RESPONSE)
    assert begin(store) == RESPONSE
    assert begin(store, request=2) == "another request"


def test_each_client_has_its_own_keys(store: Store) -> None:
    assert begin(store) == "go on"
    assert begin(store, client="b", request=2) == "go on"
    assert begin(store, key="l") == "go on"


def test_a_request_that_is_forgotten_is_tried_again(store: Store) -> None:
    assert begin(store) == "go on"
    store.idempotency.forget("a", "k")
    assert begin(store, request=2) == "go on"


def test_another_request_goes_on_after_the_first_one_died(store: Store) -> None:
    assert begin(store) == "go on"
    assert begin(store, at=NOW + PATIENCE - 1) == "under way"
    assert begin(store, at=NOW + PATIENCE) == "go on"
    assert begin(store, at=NOW + PATIENCE) == "under way"


def test_a_response_is_kept_for_a_day(store: Store) -> None:
    begin(store)
    store.idempotency.keep("a", "k", RESPONSE)
    assert begin(store, at=NOW + KEPT_SECONDS - 1) == RESPONSE
    assert begin(store, request=2, at=NOW + KEPT_SECONDS) == "go on"


def test_only_the_newest_responses_are_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "MOST_KEPT", 3)
    for number in range(5):
        assert begin(store, key=str(number), at=NOW + number) == "go on"
        store.idempotency.keep("a", str(number), RESPONSE)
    answers = [begin(store, key=str(number), at=NOW + 5) for number in (4, 3, 2)]
    assert answers == [RESPONSE] * 3
    assert begin(store, key="0", request=2, at=NOW + 5) == "go on"


def test_one_client_does_not_drive_out_the_others(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "MOST_OF_CLIENT", 3)
    monkeypatch.setattr(idempotency, "MOST_KEPT", 6)
    begin(store, client="b", at=NOW)
    store.idempotency.keep("b", "k", RESPONSE)
    for number in range(20):
        assert begin(store, key=str(number), at=NOW + 1 + number) == "go on"
    assert begin(store, client="b", at=NOW + 30) == RESPONSE
    assert [begin(store, key=str(number), at=NOW + 30) for number in (17, 18, 19)] == ["under way"] * 3
    assert begin(store, key="16", request=2, at=NOW + 30) == "go on"


def test_a_client_that_takes_many_keys_loses_its_own(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "MOST_OF_CLIENT", 3)
    begin(store, client="b")
    store.idempotency.keep("b", "k", RESPONSE)
    for number in range(9):
        assert begin(store, key=str(number), at=NOW + 1) == "go on"
    assert len(rows(store)) == 4
    assert begin(store, client="b", at=NOW + 1) == RESPONSE


def test_where_all_are_too_many_who_has_most_loses_its_oldest(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "MOST_KEPT", 6)
    begin(store, client="b")
    store.idempotency.keep("b", "k", RESPONSE)
    for number in range(20):
        assert begin(store, key=str(number), at=NOW + 1 + number) == "go on"
    assert len(rows(store)) == 6
    assert begin(store, client="b", at=NOW + 21) == RESPONSE, "the oldest of all, but the only one of its client"
    assert begin(store, client="c", at=NOW + 21) == "go on"
    assert {row[1] for row in rows(store) if row[0] == "a"} == {"16", "17", "18", "19"}


def rows(store: Store) -> list[tuple[str, str]]:
    """Clients and keys that stand in the table."""
    with store.database.engine.begin() as connection:
        return [(row[0], row[1]) for row in connection.exec_driver_sql("SELECT client, key FROM idempotency")]


def test_of_many_requests_at_once_one_goes_on(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: begin(store), range(24)))
    assert sorted(map(str, answers)) == ["go on"] + ["under way"] * 23

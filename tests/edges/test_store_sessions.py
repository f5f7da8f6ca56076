"""Sessions in the store: used once, used up, over in time, bounded, and shared by processes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from ledger.core.encoding.ids import Signer
from ledger.edges.store import Store, sessions
from ledger.edges.store.sessions import MOST_OF_A_SIGNER
from ledger.edges.store.tables import NONCES, SESSIONS, SIGN_IN_TRIES
from tests.edges.stored import ORIGIN, digest

NOW, KEPT, SPAN, LONGEST, IDLE = 1_000_000, 300, 60, 28_800, 1_800
ME = Signer(b"\x01" * 20)


def give(store: Store, number: object, client: str = "a", at: int = NOW) -> bool:
    return store.sessions.give_nonce(digest(number), client, at, KEPT, 10, SPAN)


def begin(store: Store, number: object, signer: Signer = ME, at: int = NOW) -> None:
    store.sessions.begin(digest(number), signer, at, LONGEST, IDLE)


def use(store: Store, number: object, at: int = NOW) -> sessions.Session | None:
    return store.sessions.use(digest(number), at, LONGEST, IDLE, 60)


def rows(store: Store, table: object) -> int:
    with store.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]


def test_a_nonce_is_used_once(store: Store) -> None:
    assert give(store, 1)
    assert store.sessions.use_nonce(digest(1), NOW, KEPT)
    assert not store.sessions.use_nonce(digest(1), NOW, KEPT)
    assert not store.sessions.use_nonce(digest(2), NOW, KEPT), "one that nobody was given"


def test_a_nonce_is_used_once_by_many_at_once(store: Store) -> None:
    give(store, 1)
    with ThreadPoolExecutor(8) as pool:
        used = list(pool.map(lambda _: store.sessions.use_nonce(digest(1), NOW, KEPT), range(8)))
    assert used.count(True) == 1


def test_a_nonce_is_known_to_every_process(store: Store, url: str) -> None:
    give(store, 1)
    other = Store.open(url, ORIGIN)
    assert other.sessions.use_nonce(digest(1), NOW, KEPT)
    other.close()
    assert not store.sessions.use_nonce(digest(1), NOW, KEPT)


def test_an_old_nonce_is_over_and_removed(store: Store) -> None:
    give(store, 1)
    assert not store.sessions.use_nonce(digest(1), NOW + KEPT, KEPT)
    give(store, 2, at=NOW + KEPT)
    assert rows(store, NONCES) == 1


def test_an_address_gets_ten_nonces_in_a_minute(store: Store) -> None:
    assert [give(store, number) for number in range(11)] == [True] * 10 + [False]
    assert give(store, 11, client="b")
    assert not give(store, 12, at=NOW + SPAN - 1)
    assert give(store, 13, at=NOW + SPAN)


def test_nonces_are_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MOST_NONCES", 3)
    for number in range(5):
        give(store, number, client=str(number), at=NOW + number)
    assert rows(store, NONCES) == 3
    assert not store.sessions.use_nonce(digest(1), NOW + 5, KEPT), "the oldest went"
    assert store.sessions.use_nonce(digest(4), NOW + 5, KEPT)


def test_many_of_one_second_are_bounded_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MOST_NONCES", 3)
    for number in range(5):
        give(store, number, client=str(number))
    assert rows(store, NONCES) == 3


def test_an_address_tries_ten_times_in_a_minute(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def tries(client: str, at: int) -> bool:
        return store.sessions.note_try(client, at, 10, SPAN)

    assert [tries("a", NOW) for _ in range(11)] == [True] * 10 + [False]
    assert tries("b", NOW)
    assert [tries("a", NOW + SPAN) for _ in range(11)] == [True] * 10 + [False]
    assert rows(store, SIGN_IN_TRIES) == 10, "what is older was removed"
    monkeypatch.setattr(sessions, "MOST_TRIES", 3)
    tries("c", NOW + SPAN)
    assert rows(store, SIGN_IN_TRIES) == 3


def test_a_session_is_found_by_its_name_until_it_is_ended(store: Store) -> None:
    begin(store, 1)
    assert use(store, 1) == sessions.Session(ME, NOW, NOW)
    assert use(store, 2) is None
    store.sessions.end(digest(1))
    assert use(store, 1) is None


def test_a_session_is_over_when_it_was_idle(store: Store) -> None:
    begin(store, 1)
    assert use(store, 1, NOW + IDLE - 1) is not None
    assert use(store, 1, NOW + 2 * IDLE - 2) is not None, "it was used in between"
    assert use(store, 1, NOW + 3 * IDLE) is None


def test_a_session_is_over_after_eight_hours_however_it_is_used(store: Store) -> None:
    begin(store, 1)
    for at in range(NOW, NOW + LONGEST, IDLE // 2):
        assert use(store, 1, at) is not None
    assert use(store, 1, NOW + LONGEST) is None


def test_use_is_written_down_once_a_minute(store: Store) -> None:
    begin(store, 1)
    seen = [use(store, 1, NOW + second) for second in (0, 59, 60, 61)]
    assert [found.used_at for found in seen if found is not None] == [NOW, NOW, NOW, NOW + 60]


def test_sessions_that_are_over_are_removed(store: Store) -> None:
    begin(store, 1)
    begin(store, 2, at=NOW + IDLE)
    assert rows(store, SESSIONS) == 1


def test_a_signer_has_so_many_sessions(store: Store) -> None:
    begin(store, "other", Signer(b"\x02" * 20))
    for number in range(MOST_OF_A_SIGNER + 2):
        begin(store, number, at=NOW + number)
    assert [use(store, number, NOW + 30) is None for number in range(3)] == [True, True, False]
    assert use(store, "other") is not None
    assert rows(store, SESSIONS) == MOST_OF_A_SIGNER + 1


def test_all_sessions_together_are_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MOST_SESSIONS", 3)
    for number in range(5):
        begin(store, number, Signer(bytes([number]) * 20), NOW + number)
    assert [use(store, number, NOW + 5) is not None for number in range(5)] == [False, False, True, True, True]

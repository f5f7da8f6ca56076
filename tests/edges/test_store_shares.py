"""Shares in the store: kept once, bounded, over in time, erased when removed; on SQLite and PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from ledger.core.encoding.ids import DeclarationId, ShareId, Signer
from ledger.core.evidence.share import Share
from ledger.edges.store import Store, shares
from ledger.edges.store.shares import HOUR, MOST_BYTES_OF_A_SIGNER, MOST_IN_AN_HOUR, PIECE, ROW_BYTES
from ledger.edges.store.tables import SHARE_PIECES, SHARES
from ledger.errors import HistoryBroken, NoRoomForShare, ShareExists, TooManyShares, Unavailable
from tests.edges.stored import add, digest

NOW, DAY = 1_000_000, 86_400
ME, OTHER = Signer(b"\x01" * 20), Signer(b"\x02" * 20)
ALL = 8 << 30


@pytest.fixture
def declaration(store: Store) -> DeclarationId:
    return DeclarationId(add(store, [1])[0])


def made(declaration: DeclarationId, name: object, size: int = 100, at: int = NOW, signer: Signer = ME) -> Share:
    return Share(ShareId(digest(name)), signer, declaration, size, at, at + DAY)


def keep(store: Store, share: Share, most: int = ALL) -> bool:
    return store.shares.add(share, sealed(share), most)


def sealed(share: Share) -> bytes:
    return bytes(share.id)[:1] * share.size


def read(store: Store, share: Share) -> bytes:
    found, number = b"", 0
    while (piece := store.shares.piece(share.id, number)) is not None:
        found, number = found + piece, number + 1
    return found


def rows(store: Store, table: object) -> int:
    with store.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 7])
def test_what_is_kept_is_read_again(store: Store, declaration: DeclarationId, size: int) -> None:
    one, two = made(declaration, 1, size), made(declaration, 2, 5, NOW + 1)
    assert keep(store, one)
    assert keep(store, two)
    assert read(store, one) == sealed(one)
    assert store.shares.get(one.id, NOW) == one
    assert store.shares.of(ME, NOW + 1) == [two, one]
    assert store.shares.of(None, NOW + 1) == [two, one]
    assert store.shares.of(OTHER, NOW) == []
    assert store.shares.get(ShareId(bytes(32)), NOW) is None


def test_the_same_again_is_kept_once(store: Store, declaration: DeclarationId) -> None:
    one = made(declaration, 1)
    with ThreadPoolExecutor(4) as pool:
        new = list(pool.map(lambda _: keep(store, one), range(8)))
    assert new.count(True) == 1
    for other in (sealed(one)[:-1] + b"\0", b"x" * 40):
        with pytest.raises(ShareExists):
            store.shares.add(replace(one, size=len(other)), other, ALL)
    with pytest.raises(ShareExists):
        keep(store, replace(one, signer=OTHER))
    assert read(store, one) == sealed(one)


def test_a_share_of_no_declaration(store: Store) -> None:
    with pytest.raises(HistoryBroken):
        keep(store, made(DeclarationId(bytes(32)), 1))
    assert rows(store, SHARES) == 0


def test_a_share_is_over_and_erased(store: Store, declaration: DeclarationId) -> None:
    one = made(declaration, 1)
    keep(store, one)
    assert store.shares.get(one.id, one.until - 1) == one
    assert store.shares.get(one.id, one.until) is None
    assert store.shares.of(ME, one.until) == []
    assert store.shares.remove_over(one.until - 1) == 0
    assert store.shares.remove_over(one.until) == 1
    assert (rows(store, SHARES), rows(store, SHARE_PIECES)) == (0, 0)


def test_who_adds_erases_what_is_over(store: Store, declaration: DeclarationId) -> None:
    one = made(declaration, 1)
    keep(store, one)
    keep(store, made(declaration, 2, at=one.until))
    assert rows(store, SHARES) == 1


def test_only_its_signer_removes_a_share(store: Store, declaration: DeclarationId) -> None:
    one = made(declaration, 1)
    keep(store, one)
    assert not store.shares.remove(one.id, OTHER, NOW)
    assert store.shares.remove(one.id, ME, NOW)
    assert not store.shares.remove(one.id, ME, NOW)
    assert store.shares.get(one.id, NOW) is None
    assert store.shares.of(None, NOW) == []
    assert rows(store, SHARE_PIECES) == 0, "its bytes are gone at once"
    with pytest.raises(ShareExists):
        keep(store, one)
    keep(store, made(declaration, 3, at=NOW + HOUR))
    assert rows(store, SHARES) == 1, "what was removed counts for an hour"


def test_a_signer_makes_thirty_in_an_hour_removed_ones_too(store: Store, declaration: DeclarationId) -> None:
    for number in range(MOST_IN_AN_HOUR):
        one = made(declaration, number, at=NOW + number)
        keep(store, one)
        store.shares.remove(one.id, ME, NOW + number)
    with pytest.raises(TooManyShares) as caught:
        keep(store, made(declaration, "more", at=NOW + 100))
    assert caught.value.values == {"most": MOST_IN_AN_HOUR, "retry_after": HOUR - 100}
    keep(store, made(declaration, "of another", at=NOW + 100, signer=OTHER))
    keep(store, made(declaration, "later", at=NOW + HOUR))
    with pytest.raises(TooManyShares):
        keep(store, made(declaration, "too soon", at=NOW + HOUR))


def test_a_signer_has_so_much_room(store: Store, declaration: DeclarationId, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_BYTES_OF_A_SIGNER == 200 << 20
    monkeypatch.setattr(shares, "MOST_BYTES_OF_A_SIGNER", 2 * (ROW_BYTES + 100))
    first = made(declaration, 1)
    keep(store, first)
    keep(store, made(declaration, 2))
    with pytest.raises(NoRoomForShare):
        keep(store, made(declaration, 3, 1))
    keep(store, made(declaration, 4, signer=OTHER))
    store.shares.remove(first.id, ME, NOW)
    keep(store, made(declaration, 5))


def test_all_together_have_so_much_room(
    store: Store, declaration: DeclarationId, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 2 * (ROW_BYTES + 100)
    keep(store, made(declaration, 1), most)
    keep(store, made(declaration, 2, signer=OTHER), most)
    with pytest.raises(Unavailable, match="no room for more shares"):
        keep(store, made(declaration, 3, 1), most)
    with pytest.raises(Unavailable):
        keep(store, made(declaration, 3, 1), 0)
    monkeypatch.setattr(shares, "MOST_SHARES", 2)
    with pytest.raises(Unavailable):
        keep(store, made(declaration, 3, 1))


def test_another_process_sees_it(store: Store, url: str, declaration: DeclarationId) -> None:
    one = made(declaration, 1)
    keep(store, one)
    other = Store.open(url, store.origin)
    assert other.shares.remove(one.id, ME, NOW)
    other.close()
    assert store.shares.piece(one.id, 0) is None

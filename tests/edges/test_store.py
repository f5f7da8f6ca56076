"""The store: idempotent, durable when it returns, one origin, pages that stand still, clear when it cannot."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from ledger.core.entry import Entry, EntryKind
from ledger.core.statement import Declaration
from ledger.edges.events import LoggedEntry
from ledger.edges.store import Store
from ledger.errors import HistoryBroken, Malformed, Unavailable
from tests.world import ORIGIN, TRADER


def made(number: int, document_type: int = 380) -> tuple[Declaration, bytes]:
    return Declaration(TRADER.signer, number.to_bytes(32, "big"), document_type), bytes([number % 256]) * 65


def ids(*numbers: int) -> list[bytes]:
    return [made(number)[0].id(ORIGIN) for number in numbers]


def logged(number: int) -> LoggedEntry:
    entry = Entry(number, EntryKind.ANCHORED, 100 + number, bytes(64))
    return LoggedEntry(entry, number, "0x" + "aa" * 32, "0x" + "bb" * 32, 0)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.sqlite'}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = Store.open(url, ORIGIN)
    yield opened
    opened.close()


def test_the_same_declaration_is_stored_once(store: Store) -> None:
    assert store.add_declarations([made(1), made(2)], ORIGIN, 10) == [(ids(1)[0], True), (ids(2)[0], True)]
    assert store.add_declarations([made(2), made(3)], ORIGIN, 20) == [(ids(2)[0], False), (ids(3)[0], True)]
    row = store.declaration(ids(2)[0])
    assert row is not None
    assert (row.declaration, row.signature, row.received_at, row.state) == (*made(2), 10, "pending")
    assert store.declaration(bytes(32)) is None
    assert store.pending() == (3, 10)


def test_ten_at_once_store_one(store: Store) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: store.add_declarations([made(1)], ORIGIN, 10)[0][1], range(10)))
    assert sorted(answers) == [False] * 9 + [True]


def test_survives_reopening_and_refuses_another_origin(url: str) -> None:
    with closing(Store.open(url, ORIGIN)) as first:
        first.add_declarations([made(1)], ORIGIN, 10)
    with closing(Store.open(url, ORIGIN)) as again:
        assert again.pending() == (1, 10)
    with pytest.raises(HistoryBroken, match="another history"):
        Store.open(url, replace(ORIGIN, chain_id=1))


def test_a_batch_goes_from_formed_to_anchored(store: Store) -> None:
    store.add_declarations([made(number) for number in (3, 1, 2)], ORIGIN, 10)
    store.add_declarations([made(4)], ORIGIN, 11)
    chosen = store.pending_ids(3)
    assert chosen == sorted(ids(1, 2, 3))
    batch = store.form_batch(b"\x01" * 32, chosen, 12)
    assert (batch.size, batch.state) == (3, "formed")
    assert store.pending_ids(10) == ids(4)
    assert store.leaves(batch.id) == chosen
    store.mark_sent(batch.id, "0x" + "00" * 32)
    assert [item.state for item in store.unfinished()] == ["sent"]
    store.mark_anchored(batch.id, 7, 99)
    assert store.unfinished() == []
    kept = store.batch(batch.id)
    assert kept is not None
    assert (kept.entry_number, kept.entry_time) == (7, 99)
    assert {store.declaration(id_).state for id_ in chosen} == {"anchored"}  # type: ignore[union-attr]
    assert [item.id for item in store.batches("anchored")] == [batch.id]


def test_a_declaration_is_in_one_batch_only_and_nothing_is_half_written(store: Store) -> None:
    store.add_declarations([made(1), made(2)], ORIGIN, 10)
    store.form_batch(b"\x01" * 32, ids(1), 11)
    with pytest.raises(HistoryBroken, match="in a batch already"):
        store.form_batch(b"\x02" * 32, ids(2, 1), 12)
    assert store.pending_ids(10) == ids(2)
    assert len(store.unfinished()) == 1


def test_pages_by_party_type_and_time(store: Store) -> None:
    for number in range(7):
        store.add_declarations([made(number, 380 + number % 2)], ORIGIN, number // 2)
    seen: list[bytes] = []
    cursor = None
    while True:
        rows, cursor = store.list_declarations(party=TRADER.signer, limit=2, cursor=cursor)
        seen += [row.id for row in rows]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 7
    assert len(store.list_declarations(document_type=381)[0]) == 3
    assert len(store.list_declarations(received_from=1, received_until=3)[0]) == 4
    assert store.list_declarations(party=bytes(20))[0] == []
    for nonsense in ("x", "é", "W10=", "e30="):
        with pytest.raises(Malformed, match="cursor"):
            store.list_declarations(cursor=nonsense)


def test_entries_follow_on_each_other(store: Store) -> None:
    store.append_entries([logged(number) for number in range(1200)])
    store.append_entries([])
    assert [item.entry.number for item in store.entries(1195)] == list(range(1195, 1200))
    assert sum(1 for _ in store.entries()) == 1200
    assert store.entry(5) == logged(5)
    with pytest.raises(KeyError):
        store.entry(1200)
    for wrong in (1199, 1201):
        with pytest.raises(HistoryBroken, match="do not follow"):
            store.append_entries([logged(wrong)])
    store.truncate_entries(3)
    last = store.last_entry()
    assert last is not None
    assert last.entry.number == 2


def test_sets_and_checkpoints(store: Store) -> None:
    members = ids(3, 1, 2)
    for _ in range(2):
        store.save_set(b"\x05" * 32, 3, members)
    assert store.sets_of(members[1]) == [(b"\x05" * 32, 3, members)]
    assert store.sets_of(bytes(32)) == []
    store.save_checkpoint(5, bytes(32), "first", 1)
    store.save_checkpoint(5, bytes(32), "second", 2)
    store.save_checkpoint(9, bytes(32), "later", 3)
    assert (store.checkpoint(5), store.checkpoint(6), store.latest_checkpoint()) == ("first", None, "later")
    assert store.checkpoints() == [(5, "first"), (9, "later")]


def test_a_full_disk_is_said_and_loses_nothing(url: str) -> None:
    store = Store.open(url, ORIGIN)

    def small(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count=60")

    sa.event.listen(store.engine, "connect", small)
    store.engine.dispose()
    accepted, said = 0, ""
    while not said:
        batch = [made(number) for number in range(accepted, accepted + 100)]
        try:
            store.add_declarations(batch, ORIGIN, 1)
            accepted += len(batch)
        except Unavailable as error:
            said = str(error)
    assert "full" in said
    assert accepted > 0
    assert store.pending()[0] == accepted


def test_a_store_that_turns_read_only_says_so_and_still_answers(url: str) -> None:
    store = Store.open(url, ORIGIN)
    store.add_declarations([made(1)], ORIGIN, 1)

    def read_only(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA query_only=ON")

    sa.event.listen(store.engine, "connect", read_only)
    store.engine.dispose()
    with pytest.raises(Unavailable, match="readonly"):
        store.add_declarations([made(2)], ORIGIN, 1)


def test_a_store_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="the store cannot be used"):
        Store.open(f"sqlite:///{tmp_path}/missing/ledger.sqlite", ORIGIN)
    (tmp_path / "text").write_text("this is no database, though it is long enough to look like one" * 100)
    with pytest.raises(Unavailable, match="the store cannot be used"):
        Store.open(f"sqlite:///{tmp_path}/text", ORIGIN)


WRITER = """
import sys
from ledger.edges.store import Store
from tests.edges.test_store import made
from tests.world import ORIGIN
store = Store.open(sys.argv[1], ORIGIN)
for number in range(1_000_000):
    store.add_declarations([made(number)], ORIGIN, 1)
    print(number, flush=True)
"""


def test_kill_loses_nothing_that_was_acknowledged(url: str) -> None:
    root = Path(__file__).resolve().parents[2]
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True, cwd=root
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "0\n"
            time.sleep(0.2)
            os.kill(writer.pid, signal.SIGKILL)
            acknowledged = [0, *(int(line) for line in writer.stdout.read().split())]
        with closing(Store.open(url, ORIGIN)) as store:
            assert all(store.declaration(id_) for id_ in ids(*acknowledged))
        assert acknowledged[-1] > 3

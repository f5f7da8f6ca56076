"""What a SQLite store keeps when it is killed, full, read-only or locked, and when many read and write at once."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import event, text

from ledger.core.tree.merkle import root
from ledger.edges.store import Store, database
from ledger.errors import LedgerError, Unavailable
from tests.edges.stored import ORIGIN, add, anchored, formed, signed, some_entries, some_note

HOME = Path(__file__).resolve().parents[2]
NOBODY = 65_534


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.sqlite'}"


def script(words: str, *arguments: object, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """A Python process of its own that has imported ``tests.edges.stored``."""
    head = "import sys\nfrom ledger.edges.store import Store\nfrom tests.edges.stored import *\n"
    command = [*before, sys.executable, "-c", head + textwrap.dedent(words), *map(str, arguments)]
    return subprocess.Popen(command, cwd=HOME, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process: subprocess.Popen[str]) -> str:
    printed, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return printed


# ---------------------------------------------------------------------------------------------- many at the same time


def test_a_declaration_that_ten_threads_add_is_new_once(store: Store) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: store.declarations.add([signed(1)], ORIGIN, 1_000), range(10)))
    assert sorted(is_new for ((_, is_new),) in answers) == [False] * 9 + [True]
    assert store.declarations.pending() == (1, 1_000)


def test_processes_that_create_one_store_and_add_the_same_declarations(url: str) -> None:
    words = """
        store = Store.open(sys.argv[1], ORIGIN)
        print(sum(is_new for n in range(40) for _, is_new in store.declarations.add([signed(n)], ORIGIN, 1)))
    """
    new = [int(finished(process)) for process in [script(words, url) for _ in range(3)]]
    assert sum(new) == 40
    assert Store.open(url, ORIGIN).declarations.pending() == (40, 1)


def test_anchorers_at_once_put_each_declaration_into_one_batch(store: Store) -> None:
    add(store, range(60))

    def take(_: int) -> int:
        ids = store.declarations.pending_ids(7)
        try:
            return store.batches.form(root(ids), ids, 2_000).size if ids else 0
        except Unavailable:
            return 0

    with ThreadPoolExecutor(8) as pool:
        while sum(pool.map(take, range(8))):
            pass
    placed = [id_ for batch in store.batches.each() for id_ in store.batches.declaration_ids(batch.id)]
    assert len(placed) == len(set(placed)) == 60
    assert store.declarations.pending() == (0, None)


def test_readers_and_writers_at_once(store: Store) -> None:
    """Many request threads and one anchorer: none of them fails, and a reader never sees half a step."""
    failures: list[object] = []

    def declare(worker: int) -> None:
        for number in range(20):
            add(store, [worker * 100 + number], number)

    def look(_: int) -> None:
        for _ in range(40):
            for batch in store.batches.each():
                ids = store.batches.declaration_ids(batch.id)
                states = {row.state for id_ in ids if (row := store.declarations.get(id_))}
                if len(ids) != batch.size or (batch.state == "anchored" and states != {"anchored"}):
                    failures.append((batch, states))
            store.declarations.page(limit=50)

    def anchor() -> None:
        for _ in range(15):
            if store.declarations.pending().total:
                anchored(store, formed(store))

    anchorer = Thread(target=anchor)
    anchorer.start()
    with ThreadPoolExecutor(40) as pool:
        done = [pool.submit(declare, worker) for worker in range(6)] + [pool.submit(look, n) for n in range(6)]
    anchorer.join()
    assert [item.result() for item in done] == [None] * 12
    assert failures == []
    assert sum(batch.size for batch in store.batches.each()) + store.declarations.pending().total == 120


# ------------------------------------------------------------------------------------------------------------- killed


def test_kill_9_loses_nothing_that_was_acknowledged(url: str) -> None:
    """A writer prints a number when the store has returned; three writers of one store are killed while they write."""
    words = """
        store = Store.open(sys.argv[1], ORIGIN)
        for number in range(int(sys.argv[2]), 10**9):
            store.declarations.add([signed(number), signed(-number - 1)], ORIGIN, number)
            print(number, flush=True)
    """
    acknowledged = 0
    for _ in range(3):
        writer = script(words, url, acknowledged)
        assert writer.stdout is not None
        printed = [writer.stdout.readline() for _ in range(25)]
        writer.kill()
        printed += writer.stdout.read().splitlines()
        writer.communicate()
        acknowledged = int(printed[-1]) + 1
        store = Store.open(url, ORIGIN, create=False)
        count = store.declarations.pending().total
        # What the writer was storing when it died is in the store completely or not at all.
        assert count in {2 * acknowledged, 2 * acknowledged + 2}
        for number in range(acknowledged):
            assert store.declarations.get(signed(number)[0].id(ORIGIN))
        with store.database.engine.connect() as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        store.close()
        acknowledged = count // 2
    assert acknowledged >= 75


def test_every_commit_is_synced_before_it_is_acknowledged(store: Store) -> None:
    """Only a power cut would show this, not kill -9."""
    with store.database.engine.connect() as connection:
        found = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")}
        assert found == {"journal_mode": "wal", "synchronous": 2}
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


# ---------------------------------------------------------------------------------------------- full, read-only, locked


def state(store: Store) -> list[list[object]]:
    """All that the store has."""
    kept = store.declarations, store.batches, store.sets, store.entries, store.checkpoints
    return [list(repository.each()) for repository in kept]


def writes(store: Store) -> dict[str, object]:
    """One write of each kind, each too large for the free room. Forming a batch would free more than it takes."""
    return {
        "declare": lambda: add(store, range(10_000, 12_000)),
        "set": lambda: store.sets.save(bytes(32), 3_000, [bytes(32)] * 3_000),
        "entries": lambda: store.entries.append(some_entries(2_000)),
        "checkpoint": lambda: store.checkpoints.save(some_note(1, signers=[str(n) for n in range(900)]), 1),
    }


@pytest.mark.parametrize("kind", ["declare", "set", "entries", "checkpoint"])
def test_a_full_disk_is_named_and_nothing_is_half_written(store: Store, kind: str) -> None:
    add(store, range(400))
    allowed = [0]

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        allowed[0] = allowed[0] or pages
        connection.execute(f"PRAGMA max_page_count = {allowed[0]}")

    event.listen(store.database.engine, "connect", limit)
    store.database.engine.dispose()
    before = state(store)
    write = writes(store)[kind]
    with pytest.raises(Unavailable, match="has no room left: free some disk space.*nothing was changed"):
        write()  # type: ignore[operator]
    assert state(store) == before
    allowed[0] = 1 << 30
    store.database.engine.dispose()
    write()  # type: ignore[operator]
    assert state(store) != before


def test_a_full_file_system_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """A file system of 1 MiB, mounted where only the process sees it."""
    before = ("unshare", "-rm")
    if (
        shutil.which("unshare") is None
        or subprocess.run([*before, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("this system does not allow a process to mount a file system of its own (unshare -rm)")
    words = """
        import os, subprocess
        from ledger.errors import Unavailable
        folder = sys.argv[1]
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True)
        store, done, message = Store.open(f"sqlite:///{folder}/ledger.sqlite", ORIGIN), 0, ""
        while not message:
            try:
                add(store, range(done, done + 50))
                done += 50
            except Unavailable as error:
                message = str(error)
        print(done, store.declarations.pending().total, len(store.declarations.pending_ids(10**6)), message)
        store.close()
        print(Store.open(f"sqlite:///{folder}/ledger.sqlite", ORIGIN, create=False).declarations.pending().total)
        subprocess.run(["mount", "-o", "remount,size=20m", folder], check=True)
        store = Store.open(f"sqlite:///{folder}/ledger.sqlite", ORIGIN)
        add(store, range(done, done + 50))
        print(store.declarations.pending().total)
    """
    first, reopened, more = finished(script(words, tmp_path, before=before)).splitlines()
    done, counted, listed, message = first.split(" ", 3)
    assert int(done) > 0
    assert done == counted == listed == reopened
    assert int(more) == int(done) + 50
    assert "has no room left" in message


@contextmanager
def unprivileged() -> Iterator[None]:
    """Run without root's rights: root would write read-only files."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_read_only_file_is_read_and_named_when_written() -> None:
    folder = Path(tempfile.mkdtemp())  # other accounts cannot enter pytest's own folders
    try:
        file = folder / "ledger.sqlite"
        store = Store.open(f"sqlite:///{file}", ORIGIN)
        ids = add(store, [1])
        store.close()
        file.chmod(0o444)
        folder.chmod(0o777)
        with unprivileged():
            store = Store.open(f"sqlite:///{file}", ORIGIN)
            assert store.declarations.pending_ids(1) == ids
            with pytest.raises(Unavailable, match="may not be written: let this program write.*nothing was changed"):
                add(store, [2])
            assert store.declarations.pending_ids(2) == ids
            store.close()
    finally:
        folder.chmod(0o700)
        shutil.rmtree(folder)


def test_a_folder_that_may_not_be_written() -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o555)
        with unprivileged(), pytest.raises(Unavailable, match="cannot be opened: its folder must exist"):
            Store.open(f"sqlite:///{folder}/ledger.sqlite", ORIGIN)
    finally:
        folder.chmod(0o700)
        shutil.rmtree(folder)


def test_a_store_held_by_another_process(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.05)
    store = Store.open(url, ORIGIN)
    ids = add(store, [1])
    other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="is held by another process: stop it, or try again"):
        add(store, [2])
    assert store.declarations.pending_ids(2) == ids
    other.execute("ROLLBACK")
    other.close()
    assert len(add(store, [2])) == 1
    store.close()


def test_a_damaged_file_is_named(url: str) -> None:
    store = Store.open(url, ORIGIN)
    add(store, range(300))
    store.close()
    file = Path(url.removeprefix("sqlite:///"))
    data = bytearray(file.read_bytes())
    data[len(data) // 4 : len(data) * 3 // 4] = b"\xa5" * (len(data) * 3 // 4 - len(data) // 4)
    file.write_bytes(data)
    with pytest.raises(LedgerError, match="is damaged: restore it from a backup"):
        Store.open(url, ORIGIN).declarations.page(limit=1_000)


def test_errors_and_logs_do_not_contain_what_was_to_be_stored(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "sqlalchemy.engine")
    store = Store.open(url, ORIGIN)
    store.checkpoints.save(some_note(2, signers=["price-list"]), 1)
    assert "INSERT INTO checkpoints" in caplog.text
    with store.database.engine.begin() as connection:
        connection.execute(text("DROP TABLE checkpoints"))
    with pytest.raises(Unavailable) as caught:
        store.checkpoints.save(some_note(1, signers=["price-list"]), 1)
    assert "price-list" not in str(caught.value) + caplog.text
    store.close()
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__

"""Who leads and who sends, among threads and processes; on SQLite and PostgreSQL."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger.edges.store import Store, leadership
from ledger.errors import Unavailable
from tests.edges.stored import ORIGIN

HOME = Path(__file__).resolve().parents[2]
SOON = 5.0  # seconds


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = Store.open(url, ORIGIN)
    yield made
    made.close()


def in_its_own_process(url: str, words: str) -> subprocess.Popen[str]:
    """A process that opens the store, does something, says so, and waits until it is ended."""
    head = "import sys, time\nfrom ledger.edges.store import Store\nfrom tests.edges.stored import ORIGIN\n"
    tail = "\nprint('done', flush=True)\ntime.sleep(600)\n"
    script = f"{head}store = Store.open(sys.argv[1], ORIGIN)\n{words}{tail}"
    process = subprocess.Popen([sys.executable, "-c", script, url], cwd=HOME, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "done\n"
    return process


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < deadline, "nobody leads"
        time.sleep(0.05)


def test_one_leads_until_it_lets_go(store: Store) -> None:
    first, second, other = store.leadership("anchoring"), store.leadership("anchoring"), store.leadership("sweeping")
    assert first.held()
    assert first.held()
    assert not second.held()
    assert other.held()
    first.release()
    assert second.held()
    assert not first.held()
    second.release()
    second.release()
    other.release()


def test_only_one_of_many_threads_leads(store: Store) -> None:
    candidates = [store.leadership("anchoring") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            assert sum(pool.map(lambda candidate: candidate.held(), candidates)) == 1
    for candidate in candidates:
        candidate.release()


def test_another_takes_over_at_once_when_the_leader_is_killed(url: str, store: Store) -> None:
    process = in_its_own_process(url, "lead = store.leadership('anchoring')\nassert lead.held()")
    ours = store.leadership("anchoring")
    assert not ours.held()
    process.send_signal(signal.SIGKILL)
    process.wait()
    until(ours.held)
    ours.release()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)  # SQLite has no connection that could be cut
def test_a_leader_whose_connection_is_cut_sees_that_it_leads_no_more(store: Store) -> None:
    ours, theirs = store.leadership("anchoring"), store.leadership("anchoring")
    assert ours.held()
    with store.engine.connect() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
        )
    until(theirs.held)
    assert not ours.held()
    theirs.release()
    until(ours.held)
    ours.release()


def test_one_sends_at_a_time(store: Store) -> None:
    inside, most = [0], [0]

    def send(_: int) -> None:
        with store.sending():
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.005)
            inside[0] -= 1

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(send, range(24)))
    assert most == [1]


def test_who_is_killed_while_sending_holds_up_nobody(url: str, store: Store) -> None:
    process = in_its_own_process(url, "held = store.sending()\nheld.__enter__()")
    process.send_signal(signal.SIGKILL)
    process.wait()
    with store.sending():
        pass


def test_who_waits_too_long_to_send_is_told(url: str, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leadership, "WAIT_SECONDS", 1)
    process = in_its_own_process(url, "held = store.sending()\nheld.__enter__()")
    with pytest.raises(Unavailable), store.sending():
        pass
    process.kill()
    process.wait()
    with store.sending():
        pass

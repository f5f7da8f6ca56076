"""Leading and sending, among threads and processes; on SQLite and PostgreSQL."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger.edges.store import Store, leadership
from ledger.errors import Unavailable

HOME = Path(__file__).resolve().parents[2]
SOON = 5.0  # seconds
ACCOUNT = bytes(20)


def in_its_own_process(url: str, words: str) -> subprocess.Popen[str]:
    """A process that opens the store, runs ``words``, prints "done" and waits until it is killed."""
    head = "import sys, time\nfrom ledger.edges.store import Store\nfrom tests.edges.stored import ORIGIN\n"
    tail = "\nprint('done', flush=True)\ntime.sleep(600)\n"
    script = f"{head}store = Store.open(sys.argv[1], ORIGIN)\n{words}{tail}"
    process = subprocess.Popen([sys.executable, "-c", script, url], cwd=HOME, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "done\n"
    return process


def until(holds: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


def test_one_candidate_leads_until_it_releases_the_lead(store: Store) -> None:
    first, second, other = map(store.leadership.candidate, ("anchoring", "anchoring", "sweeping"))
    assert first.leads()
    assert first.leads()
    assert not second.leads()
    assert other.leads()
    first.release()
    assert second.leads()
    assert not first.leads()
    second.release()
    second.release()
    other.release()


def test_of_many_threads_only_one_leads(store: Store) -> None:
    candidates = [store.leadership.candidate("anchoring") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            assert sum(pool.map(lambda candidate: candidate.leads(), candidates)) == 1
    for candidate in candidates:
        candidate.release()


def test_another_candidate_leads_as_soon_as_the_leader_is_killed(url: str, store: Store) -> None:
    process = in_its_own_process(url, "lead = store.leadership.candidate('anchoring')\nassert lead.leads()")
    ours = store.leadership.candidate("anchoring")
    assert not ours.leads()
    process.send_signal(signal.SIGKILL)
    process.wait()
    until(ours.leads)
    ours.release()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)  # SQLite has no connection that could be cut
def test_a_leader_whose_connection_is_cut_notices_that_it_lost_the_lead(store: Store) -> None:
    ours, theirs = store.leadership.candidate("anchoring"), store.leadership.candidate("anchoring")
    assert ours.leads()
    with store.database.engine.connect() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
        )
    until(theirs.leads)
    assert not ours.leads()
    theirs.release()
    until(ours.leads)
    ours.release()


def test_only_one_thread_sends_at_a_time(store: Store) -> None:
    inside, most = [0], [0]

    def send(_: int) -> None:
        with store.leadership.sending(ACCOUNT):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.005)
            inside[0] -= 1

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(send, range(24)))
    assert most == [1]


def test_two_accounts_do_not_wait_for_each_other(url: str, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relaying has an account of its own, so that it never holds up anchoring."""
    monkeypatch.setattr(leadership, "WAIT_SECONDS", 1)
    process = in_its_own_process(url, "held = store.leadership.sending(bytes(20))\nheld.__enter__()")
    with store.leadership.sending(b"\x01" * 20):
        pass
    process.kill()
    process.wait()


def test_a_sender_that_is_killed_does_not_keep_others_from_sending(url: str, store: Store) -> None:
    process = in_its_own_process(url, "held = store.leadership.sending(bytes(20))\nheld.__enter__()")
    process.send_signal(signal.SIGKILL)
    process.wait()
    with store.leadership.sending(ACCOUNT):
        pass


def test_waiting_too_long_to_send_is_unavailable(url: str, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leadership, "WAIT_SECONDS", 1)
    process = in_its_own_process(url, "held = store.leadership.sending(bytes(20))\nheld.__enter__()")
    with pytest.raises(Unavailable), store.leadership.sending(ACCOUNT):
        pass
    process.kill()
    process.wait()
    with store.leadership.sending(ACCOUNT):
        pass

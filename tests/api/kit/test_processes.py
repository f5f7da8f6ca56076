"""Worker processes: they answer, they end, and what ends one of them costs nobody else anything."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import pytest

from api.kit.processes import JobFailed, Processes, python
from ledger.errors import Unavailable

_T = TypeVar("_T")


@contextmanager
def processes(
    count: int = 1, seconds: float = 30.0, patience: float = 60.0, waiting: int = 1 << 20
) -> Iterator[Processes]:
    made = Processes(
        "jobs", python("tests.api.kit.jobs", str(seconds)), lambda question: question.upper(),
        count=count, patience_seconds=patience, most_waiting_bytes=waiting,
    )  # fmt: skip
    try:
        yield made
    finally:
        made.stop()


def is_running(pid: int) -> bool:
    with suppress(ProcessLookupError, FileNotFoundError):
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    return False


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


async def all_of(*jobs: Awaitable[_T]) -> list[_T | BaseException]:
    return await asyncio.gather(*jobs, return_exceptions=True)


def test_jobs_are_answered_by_processes_of_low_priority() -> None:
    with processes(count=2) as made:
        jobs = [b"%d" % number + bytes(number * 700) for number in range(50)]
        assert asyncio.run(all_of(*map(made.run, jobs))) == jobs
        lower = os.getpriority(os.PRIO_PROCESS, 0) + 10
        assert asyncio.run(made.run(b"priority")) == b"%d %d" % (lower, os.SCHED_IDLE), "all others go first"
        assert asyncio.run(made.run(b"ask me")) == b"they said ASK ME"
        pids = made.pids
        assert len(pids) == 2
    assert not any(map(is_running, pids))


def test_a_large_job_and_a_large_answer() -> None:
    with processes(waiting=64 << 20) as made:
        job = os.urandom(8 << 20)
        assert asyncio.run(made.run(job)) == job


@pytest.mark.parametrize("end", [b"die", b"spin", b"memory"])
def test_a_process_that_ends_in_a_job_is_replaced(end: bytes) -> None:
    """Those that wait behind it are answered."""
    with processes(seconds=0.2) as made:
        first = asyncio.run(made.run(b"pid"))
        found = asyncio.run(all_of(made.run(b"a"), made.run(end), made.run(b"b"), made.run(b"pid")))
        assert isinstance(found[1], Unavailable)
        assert (found[0], found[2]) == (b"a", b"b")
        assert found[3] != first
        assert not is_running(int(first))


def test_a_process_that_is_silent_for_too_long_is_replaced() -> None:
    with processes(patience=0.5) as made:
        first = int(asyncio.run(made.run(b"pid")))
        os.kill(first, signal.SIGSTOP)
        found = asyncio.run(all_of(made.run(b"a"), made.run(b"b")))
        assert isinstance(found[0], Unavailable)
        assert found[1] == b"b"
        assert not is_running(first)


def test_a_job_whose_time_is_up_ends_without_its_process() -> None:
    with processes(seconds=0.2) as made:
        first = asyncio.run(made.run(b"pid"))
        with pytest.raises(JobFailed, match=r"TimeSpent .*jobs\.py:\d+"):
            asyncio.run(made.run(b"work"))
        assert asyncio.run(made.run(b"pid")) == first


def test_an_error_says_where_and_not_with_what() -> None:
    with processes() as made, pytest.raises(JobFailed, match="ValueError") as failed:
        asyncio.run(made.run(b"fail price list"))
    assert "price list" not in str(failed.value)


def test_a_job_that_nobody_waits_for_ends() -> None:
    """The one under way, and one that waits; the process goes on."""

    async def leave(made: Processes) -> bytes:
        tasks = [asyncio.create_task(made.run(job)) for job in (b"work", b"work too", b"spin")]
        await asyncio.sleep(0.5)
        for task in tasks:
            task.cancel()
        return await made.run(b"pid")

    with processes() as made:
        first = asyncio.run(made.run(b"pid"))
        assert asyncio.run(asyncio.wait_for(leave(made), 20)) == first


def test_too_much_waiting_is_refused() -> None:
    async def fill(made: Processes) -> list[bytes | BaseException]:
        busy = asyncio.create_task(made.run(b"work"))
        await asyncio.sleep(0.5)
        others = [asyncio.create_task(made.run(bytes(600))) for _ in range(4)]
        await asyncio.sleep(0.1)
        busy.cancel()
        return await all_of(*others)

    with processes(waiting=1_500) as made:
        made.start()
        found = asyncio.run(fill(made))
    assert [isinstance(item, Unavailable) for item in found] == [False, False, True, True]


_SERVER = """
import asyncio, sys
from api.kit.processes import Processes, python
command = python("tests.api.kit.jobs", "60")
made = Processes("jobs", command, bytes, count=2, patience_seconds=60, most_waiting_bytes=1000)
async def run():
    await made.run(b"idle")
    task = asyncio.create_task(made.run(b"work"))
    print(int(await made.run(b"pid")), flush=True)
    while len(made.pids) < 2: await asyncio.sleep(0.01)
    print(*made.pids, flush=True)
    await task
asyncio.run(run())
"""


def test_no_process_outlives_a_server_that_was_killed() -> None:
    """One of them is in the middle of a job."""
    server = subprocess.Popen([sys.executable, "-c", _SERVER], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    server.stdout.readline()
    pids = [int(word) for word in server.stdout.readline().split()]
    assert len(pids) == 2
    assert all(map(is_running, pids))
    server.kill()
    server.wait()
    server.stdout.close()
    wait_until(lambda: not any(map(is_running, pids)))

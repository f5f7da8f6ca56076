"""The inside of a worker process: it does one job after another, and ends when the one who started it does.

The two sides exchange frames over pipes: length (4 bytes), kind (1), number of the job (8), content. A third pipe
brings the numbers of jobs that nobody waits for any more. It also tells, in the middle of a job, that the other side is
gone.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum
from traceback import extract_tb
from typing import NamedTuple

_HEAD = 13
_AT_ONCE = 1 << 20  # bytes
_STARTED_AT_MOST = 3  # times its seconds of processor, until the kernel ends a process that does not end its job
GONE = 75
"""Exit code: the one who started this process is gone."""
OUT_OF_MEMORY = 76


class Kind(IntEnum):
    """What a frame is."""

    JOB = 1
    ANSWER = 2
    QUESTION = 3
    """From the process, in the middle of a job."""
    REPLY = 4
    FAILED = 5
    """The job ended by an error that nobody expected; the content says where."""


class Frame(NamedTuple):
    kind: int
    job: int
    content: bytes

    def to_bytes(self) -> bytes:
        head = len(self.content).to_bytes(4) + bytes([self.kind]) + self.job.to_bytes(8)
        return head + self.content


class Frames:
    """Reads frames from a pipe."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._data = bytearray()

    def read(self) -> list[Frame]:
        """All frames that are there, once there is at least one; none at the end of the pipe."""
        while True:
            frames = self._whole()
            if frames:
                return frames
            data = os.read(self._fd, _AT_ONCE)
            if not data:
                return []
            self._data += data

    def _whole(self) -> list[Frame]:
        frames, at, data = [], 0, self._data
        while len(data) >= at + _HEAD:
            end = at + _HEAD + int.from_bytes(data[at : at + 4])
            if len(data) < end:
                break
            frames.append(Frame(data[at + 4], int.from_bytes(data[at + 5 : at + _HEAD]), bytes(data[at + _HEAD : end])))
            at = end
        del data[:at]
        return frames


def write(fd: int, data: bytes) -> None:
    """Write all of it; BrokenPipeError if nobody reads."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


class Cancelled(Exception):
    """Nobody waits for this job any more."""


class TimeSpent(Exception):
    """The job has used its seconds of processor time."""


class JobBudget:
    """What one job may spend: ``seconds`` of processor time, as long as somebody waits for it."""

    def __init__(self, seconds: float, is_cancelled: Callable[[], bool]) -> None:
        self._until = time.process_time() + seconds
        self._is_cancelled = is_cancelled
        self._hashes = 0

    def spend(self, *, signatures: int = 0, hashes: int = 0) -> None:
        """Looks at the clock for each signature, and for every thousand hashes.

        :raises TimeSpent: the time is up.
        :raises Cancelled: nobody waits.
        """
        self._hashes += hashes
        if not signatures and self._hashes < 1_000:
            return
        self._hashes = 0
        if time.process_time() > self._until:
            raise TimeSpent
        if self._is_cancelled():
            raise Cancelled


Ask = Callable[[bytes], bytes]
"""Asks the other side a question in the middle of a job."""
Work = Callable[[bytes, JobBudget, Ask], bytes]
"""Does one job: content, budget, and how to ask; returns the answer."""


def serve(work: Work, seconds: float, memory_bytes: int) -> None:
    """Do jobs from standard input until it ends, while no other process wants the processor.

    :param seconds: of processor time for one job. A job that does not notice is ended by the kernel, with the process.
    :param memory_bytes: how much address space the process may have.
    """
    cancelled_fd = int(sys.argv[-1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to both sides
    _yield_to_others()
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.set_blocking(cancelled_fd, False)
    _Server(work, seconds, cancelled_fd).run()


def _yield_to_others() -> None:
    """Let every other process go first: on Linux at once, without waiting for the end of a slice of time."""
    os.nice(10)
    if hasattr(os, "SCHED_IDLE"):
        with suppress(OSError):  # a sandbox may forbid it
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


class _Server:
    def __init__(self, work: Work, seconds: float, cancelled_fd: int) -> None:
        self._work = work
        self._seconds = seconds
        self._cancelled_fd = cancelled_fd
        self._cancelled: set[int] = set()
        self._frames = Frames(sys.stdin.fileno())
        self._jobs: deque[Frame] = deque()
        self._replies: deque[Frame] = deque()
        self._out = os.dup(sys.stdout.fileno())
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a stray print must not break a frame

    def run(self) -> None:
        while self._jobs or self._receive():
            job = self._jobs.popleft()
            signal.setitimer(signal.ITIMER_PROF, _STARTED_AT_MOST * self._seconds)  # not handled: it ends the process
            answer = self._answer(job)
            signal.setitimer(signal.ITIMER_PROF, 0)
            self._cancelled.discard(job.job)
            write(self._out, answer.to_bytes())

    def _answer(self, job: Frame) -> Frame:
        def ask(question: bytes) -> bytes:
            write(self._out, Frame(Kind.QUESTION, job.job, question).to_bytes())
            while not self._replies:
                if not self._receive():
                    sys.exit(GONE)
            return self._replies.popleft().content

        budget = JobBudget(self._seconds, lambda: self._is_cancelled(job.job))
        try:
            budget.spend(signatures=1)  # nobody may wait for it any more
            return Frame(Kind.ANSWER, job.job, self._work(job.content, budget, ask))
        except Cancelled:
            return Frame(Kind.ANSWER, job.job, b"")
        except MemoryError:  # what is left of the process is not to be relied on
            os._exit(OUT_OF_MEMORY)
        except Exception as error:
            # By type and position alone: a message could repeat what was sent.
            places = [f"{frame.filename}:{frame.lineno}" for frame in extract_tb(error.__traceback__)[-3:]]
            return Frame(Kind.FAILED, job.job, " ".join([type(error).__name__, *places]).encode())

    def _receive(self) -> bool:
        """Wait for frames; False when there will be no more."""
        frames = self._frames.read()
        for frame in frames:
            (self._jobs if frame.kind == Kind.JOB else self._replies).append(frame)
        return bool(frames)

    def _is_cancelled(self, job: int) -> bool:
        try:
            data = os.read(self._cancelled_fd, 4_096)
        except BlockingIOError:
            data = None
        if data == b"":  # the one who started this process is gone
            os._exit(GONE)
        if data:
            self._cancelled |= {int.from_bytes(data[at : at + 8]) for at in range(0, len(data), 8)}
        return job in self._cancelled

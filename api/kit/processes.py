"""Worker processes for what strangers make this server compute: a thread would share the interpreter's lock with us.

The processes have a lower priority than this one and a limit of memory. One that dies, or does not end a job in time,
is replaced; the job is answered 503 and those that wait behind it go to another process. None outlives this process.
"""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import logging
import os
import select
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Condition, Thread

from api.kit.process import Frame, Frames, Kind, write
from ledger.errors import Source, Unavailable

log = logging.getLogger("api.processes")
_PIPE_BYTES = 1 << 20
_MOST_AT_ONCE = 8  # jobs on their way to one process
_BYTES_AT_ONCE = 32 << 10  # of these together, unless it is one: they must fit into the pipe, of which nobody reads yet


class JobFailed(Exception):
    """The job ended by an error that nobody expected; the message says where, and nothing of its content."""


@dataclass(slots=True, eq=False)
class _Job:
    number: int
    content: bytes
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[bytes]
    process: _Process | None = None
    is_wanted: bool = True


@dataclass(slots=True, eq=False)
class _Process:
    """A process, and the ends of its pipes that are ours."""

    popen: subprocess.Popen[bytes]
    cancel_fd: int
    frames: Frames = field(init=False)

    def __post_init__(self) -> None:
        assert self.popen.stdout is not None
        self.frames = Frames(self.popen.stdout.fileno())

    @classmethod
    def start(cls, command: Sequence[str]) -> _Process:
        read_fd, cancel_fd = os.pipe()
        try:
            popen = subprocess.Popen(  # noqa: S603 (our own program and arguments)
                [*command, str(read_fd)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, pass_fds=(read_fd,)
            )
        finally:
            os.close(read_fd)
        assert popen.stdin is not None
        with suppress(OSError):  # less is granted where a system has few pages for pipes
            fcntl.fcntl(popen.stdin.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        os.set_blocking(cancel_fd, False)
        return cls(popen, cancel_fd)

    def send(self, data: bytes) -> None:
        assert self.popen.stdin is not None
        write(self.popen.stdin.fileno(), data)

    def receive(self, until: float) -> list[Frame]:
        """Frames as soon as there are some; none if the process is dead, or says nothing ``until`` (monotonic)."""
        assert self.popen.stdout is not None
        waiting = select.poll()
        waiting.register(self.popen.stdout.fileno(), select.POLLIN)
        if not waiting.poll(max(0.0, until - time.monotonic()) * 1e3):
            return []
        return self.frames.read()

    def end(self) -> None:
        self.popen.kill()
        self.popen.wait()
        os.close(self.cancel_fd)
        for pipe in (self.popen.stdin, self.popen.stdout):
            assert pipe is not None
            pipe.close()


class Processes:
    """Up to ``count`` processes, each with a thread here that waits for it. They begin when there is work for them."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        reply: Callable[[bytes], bytes],
        *,
        count: int,
        patience_seconds: float,
        most_waiting_bytes: int,
    ) -> None:
        """
        :param command: starts a process that calls ``process.serve``; the number of a pipe is added.
        :param reply: answers what a process asks in the middle of a job; it must not take long.
        :param patience_seconds: how long a process may be silent in the middle of a job, until it is killed.
        """
        self._name = name
        self._command = command
        self._reply = reply
        self._count = count
        self._patience = patience_seconds
        self._most_waiting = most_waiting_bytes
        self._changed = Condition()
        self._queue: deque[_Job] = deque()
        self._waiting = 0
        self._idle = 0
        self._threads: list[Thread] = []
        self._processes: set[_Process] = set()
        self._stopping = False
        self._numbers = itertools.count(1)

    @property
    def pids(self) -> list[int]:
        """Of the processes that run now."""
        with self._changed:
            return [process.popen.pid for process in self._processes]

    async def run(self, content: bytes) -> bytes:
        """Do one job; returns the answer. A caller who is cancelled cancels the job.

        :raises Unavailable: too much waits already, the server stops, or the process died or was killed at this job.
        :raises JobFailed: by an error in the job.
        """
        loop = asyncio.get_running_loop()
        job = _Job(next(self._numbers), content, loop, loop.create_future())
        with self._changed:
            if self._stopping or (self._queue and self._waiting + len(content) > self._most_waiting):
                raise Unavailable("too many requests wait: try again shortly", source=Source.QUEUE)
            self._queue.append(job)
            self._waiting += len(content)
            if self._idle < len(self._queue) and len(self._threads) < self._count:
                thread = Thread(target=self._run, name=self._name, daemon=True)
                self._threads.append(thread)
                thread.start()
            self._changed.notify()
        try:
            return await job.future
        except asyncio.CancelledError:
            self._cancel(job)
            raise

    def start(self) -> None:
        """Start all processes now, so that no request waits for them."""
        with self._changed:
            while len(self._threads) < self._count:
                thread = Thread(target=self._run, name=self._name, daemon=True)
                self._threads.append(thread)
                thread.start()

    def stop(self) -> None:
        """Do what waits, take nothing more, and end the processes."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _cancel(self, job: _Job) -> None:
        with self._changed:
            job.is_wanted = False
            if job in self._queue:
                self._queue.remove(job)
                self._waiting -= len(job.content)
            elif job.process in self._processes:
                with suppress(OSError):  # it has just died, or has too many to read already
                    os.write(job.process.cancel_fd, job.number.to_bytes(8))

    def _run(self) -> None:
        process: _Process | None = None
        try:
            while True:
                try:
                    process = process or self._started()
                except OSError as error:
                    jobs = self._next(None)
                    log.error("no process for %s: %s", self._name, error.strerror)
                    words = "this server cannot start a process for it: try again shortly"
                    _deliver([(job, Unavailable(words, source=Source.MACHINE)) for job in jobs])
                    if not jobs:
                        return
                    continue
                jobs = self._next(process)
                if not jobs:
                    return
                if not self._do(jobs, process):
                    self._ended(process)
                    process = None
        finally:
            if process is not None:
                self._ended(process)

    def _started(self) -> _Process:
        process = _Process.start(self._command)
        with self._changed:
            self._processes.add(process)
        return process

    def _ended(self, process: _Process) -> None:
        with self._changed:
            self._processes.discard(process)
        process.end()

    def _next(self, process: _Process | None) -> list[_Job]:
        """Some jobs that wait; none when there will be no more."""
        with self._changed:
            self._idle += 1
            self._changed.wait_for(lambda: self._queue or self._stopping)
            self._idle -= 1
            taken: list[_Job] = []
            size = 0
            while self._queue and len(taken) < _MOST_AT_ONCE:
                size += len(self._queue[0].content)
                if taken and size > _BYTES_AT_ONCE:
                    break
                job = self._queue.popleft()
                self._waiting -= len(job.content)
                job.process = process
                taken.append(job)
            return taken

    def _do(self, jobs: list[_Job], process: _Process) -> bool:
        """Whether the process did all of them; else the one that it was at is answered, and the others wait again."""
        left = {job.number: job for job in jobs}
        try:
            process.send(b"".join(Frame(Kind.JOB, job.number, job.content).to_bytes() for job in jobs))
            until = time.monotonic() + self._patience
            while left:
                frames = process.receive(until)
                if not frames:
                    break
                answers: list[tuple[_Job, bytes | Exception]] = []
                for frame in frames:
                    match frame.kind:
                        case Kind.ANSWER:
                            answers.append((left.pop(frame.job), frame.content))
                        case Kind.FAILED:
                            answers.append((left.pop(frame.job), JobFailed(frame.content.decode())))
                        case Kind.QUESTION:
                            process.send(Frame(Kind.REPLY, frame.job, self._reply(frame.content)).to_bytes())
                _deliver(answers)
                until = time.monotonic() + self._patience
        except OSError:
            pass  # it died
        if not left:
            return True
        process.popen.kill()
        code = process.popen.wait()
        first, *others = left.values()
        log.warning("a process of %s ended in the middle of a job, with %d; it is replaced", self._name, code)
        error = Unavailable(
            f"this costs more than this server spends ({self._name}): do it yourself", source=Source.QUEUE
        )
        _deliver([(first, error)])
        with self._changed:
            for job in reversed([job for job in others if job.is_wanted]):
                self._queue.appendleft(job)
                self._waiting += len(job.content)
            self._changed.notify()
        return False


def _deliver(answers: Sequence[tuple[_Job, bytes | Exception]]) -> None:
    """Bring answers to the event loops that wait for them, each loop at once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[bytes], bytes | Exception]]] = {}
    for job, answer in answers:
        by_loop.setdefault(job.loop, []).append((job.future, answer))
    for loop, some in by_loop.items():
        with suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(_answer, some)


def _answer(answers: Sequence[tuple[asyncio.Future[bytes], bytes | Exception]]) -> None:
    for future, answer in answers:
        if future.done():  # the client went away
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of this installation."""
    return [sys.executable, "-m", module, *arguments]

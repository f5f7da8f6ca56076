"""A lane: one thread that does short work for many requests, all that waits at once.

A thread for each request costs more than work of a third of a millisecond: threads that wait for one lock, that of
the interpreter, wake each other. Here requests wait on their event loop, and one wake-up brings all answers there are.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Condition, Thread
from typing import Any, TypeVar

from ledger.errors import Unavailable

MAX_WAITING = 2_000  # requests, some seconds of work
_MOST = 64  # done before the first of them is answered

_T = TypeVar("_T")


@dataclass(slots=True)
class _Job:
    work: Callable[[], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    result: Any = None
    error: BaseException | None = None

    def do(self) -> None:
        try:
            self.result = self.context.run(self.work)
        except Exception as error:
            self.error = error

    def answer(self) -> None:
        if self.future.cancelled():  # its client went away
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Lane:
    """Does work in the order in which it comes; begins with the first."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._changed = Condition()
        self._queue: deque[_Job] = deque()
        self._stopping = False
        self._thread: Thread | None = None

    async def run(self, work: Callable[[], _T]) -> _T:
        """What ``work`` returns or raises, done in the lane's thread.

        :raises Unavailable: too many wait already, or the server stops: it was not done.
        """
        loop = asyncio.get_running_loop()
        job = _Job(work, loop, loop.create_future())
        with self._changed:
            if self._stopping or len(self._queue) >= MAX_WAITING:
                raise Unavailable("too many requests wait: try again shortly")
            if self._thread is None:
                self._thread = Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._queue.append(job)
            if len(self._queue) == 1:
                self._changed.notify()
        result: _T = await job.future
        return result

    def stop(self) -> None:
        """Do what waits, and take nothing more."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while jobs := self._next():
            done: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
            for job in jobs:
                if not job.future.cancelled():
                    job.do()
                    done.setdefault(job.loop, []).append(job)
            for loop, some in done.items():
                loop.call_soon_threadsafe(_answer, some)

    def _next(self) -> list[_Job]:
        """What waits; nothing when there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._stopping)
            return [self._queue.popleft() for _ in range(min(len(self._queue), _MOST))]


def _answer(jobs: list[_Job]) -> None:
    for job in jobs:
        job.answer()

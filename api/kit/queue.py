"""A worker: one thread that does what waits for many requests, all at once.

A thread for each request would cost more than work of a third of a millisecond, as threads that wait for the
interpreter's lock wake each other. Here requests wait on their event loop and hold no thread, and one wake-up of the
loop brings all answers.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Condition, Thread
from typing import Any, Generic, TypeVar

from api.kit import metrics
from api.kit.capacity import FULL, LIMITS, Admission, Kind, Limits
from api.kit.clients import CLIENT
from ledger.errors import Source, Unavailable

_CALLS_AT_ONCE = 64  # made before the first of them is answered

Item = TypeVar("Item")
Result = TypeVar("Result")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Item, Result]):
    item: Item
    size: int
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Result]


class Worker(Generic[Item, Result]):
    """Does work in the order in which it comes. Its thread begins with the first item."""

    def __init__(
        self,
        name: str,
        work: Callable[[Sequence[Item]], Sequence[Result | Exception]],
        *,
        most_at_once: int,
        most_waiting: int,
        size: Callable[[Item], int] = lambda _: 1,
        of: Kind | None = None,
    ) -> None:
        """
        :param work: a result, or an error to be raised, for each of the items that it is given.
        :param most_at_once: how much ``work`` is given, and ``most_waiting`` how much may wait, measured by ``size``.
        :param of: the kind of work that the figures count it under; none if not given.
        """
        self._kind = of
        self._told = 0, 0  # what the figures know: calls that wait, and calls that are worked on
        self._name = name
        self._work = work
        self._most_at_once = most_at_once
        self._most_waiting = most_waiting
        self._size = size
        self._changed = Condition()
        self._queue: deque[_Waiting[Item, Result]] = deque()
        self._waiting = 0
        self._stopping = False
        self._thread: Thread | None = None

    async def put(self, item: Item) -> Result:
        """Queue an item; returns or raises what the work makes of it.

        :raises Unavailable: too much waits already, or the server stops: nothing was done.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting(item, self._size(item), loop, loop.create_future())
        with self._changed:
            if self._stopping or self._waiting + waiting.size > self._most_waiting:
                raise Unavailable(FULL, source=Source.QUEUE)
            if self._thread is None:
                self._thread = Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._queue.append(waiting)
            self._waiting += waiting.size
            if len(self._queue) & 63 == 1:
                self._tell(len(self._queue), self._told[1])
            if len(self._queue) == 1:
                self._changed.notify()
        result: Result = await waiting.future
        return result

    def stop(self) -> None:
        """Do what waits, and take nothing more."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while waiting := self._next():
            results = self._do([one.item for one in waiting])
            answers: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Result], Result | Exception]]] = {}
            for one, result in zip(waiting, results, strict=True):
                answers.setdefault(one.loop, []).append((one.future, result))
            for loop, some in answers.items():
                loop.call_soon_threadsafe(_answer, some)

    def _do(self, items: Sequence[Item]) -> Sequence[Result | Exception]:
        try:
            return self._work(items)
        except Exception as error:
            return [error] * len(items)

    def _next(self) -> list[_Waiting[Item, Result]]:
        """What waits, up to the most that is done at once; empty when there will be no more."""
        with self._changed:
            if not self._queue:
                self._tell(0, 0)
            self._changed.wait_for(lambda: self._queue or self._stopping)
            taken: list[_Waiting[Item, Result]] = []
            size = 0
            while self._queue and (not taken or size + self._queue[0].size <= self._most_at_once):
                size += self._queue[0].size
                taken.append(self._queue.popleft())
            self._waiting -= size
            self._tell(len(self._queue), len(taken))
            return taken

    def _tell(self, waiting: int, working: int) -> None:
        """Once for many calls: a figure for each would cost as much as queueing it."""
        if self._kind is not None:
            told, self._told = self._told, (waiting, working)
            metrics.waiting(self._kind, waiting - told[0])
            metrics.working(self._kind, working - told[1])


def _answer(answers: Sequence[tuple[asyncio.Future[Result], Result | Exception]]) -> None:
    for future, result in answers:
        if future.cancelled():  # the client went away
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)


@dataclass(slots=True)
class _Call:
    function: Callable[[], Any]
    context: contextvars.Context
    is_wanted: bool = True


class CallWorker(Worker[_Call, Any]):
    """Calls functions one after the other, each in the context of the request that asks for it."""

    def __init__(self, name: str, of: Kind, limits: Limits | None = None) -> None:
        """:param limits: how much may wait; those of the kind if not given."""
        limits = LIMITS[of] if limits is None else limits
        super().__init__(name, _call_all, most_at_once=_CALLS_AT_ONCE, most_waiting=limits.waiting, of=of)
        self._admission = Admission(of, limits)

    async def run(self, function: Callable[[], _T]) -> _T:
        """Call ``function`` in the worker's thread; returns or raises what it does. Not called if the client went away.

        :raises Unavailable: as for ``put``, or the client has its share of what may wait.
        """
        call, client = _Call(function, contextvars.copy_context()), CLIENT.get()
        self._admission.enter(client)
        try:
            result: _T = await self.put(call)
        except asyncio.CancelledError:
            call.is_wanted = False
            raise
        finally:
            self._admission.leave(client)
        return result


def _call_all(calls: Sequence[_Call]) -> list[Any]:
    return [_call(call) for call in calls]


def _call(call: _Call) -> Any:
    if not call.is_wanted:
        return None
    try:
        return call.context.run(call.function)
    except Exception as error:
        return error

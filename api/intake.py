"""Intake: many requests, one commit. What waits while a commit is under way is stored by the next, all of it at once.

A request is answered when the commit that holds its declaration has returned, and so is on disk. One thread commits;
requests wait for it on their event loop and hold no thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Condition, Thread

from ledger.core.statement import Declaration
from ledger.edges.store import Store
from ledger.errors import LedgerError, Unavailable

log = logging.getLogger("api.intake")

Received = tuple[bytes, Declaration, bytes]  # id, declaration, signature
MAX_GROUP = 2_000  # declarations in one commit; it takes some tens of milliseconds
MAX_WAITING = 20_000  # declarations that wait for one


@dataclass(frozen=True, slots=True)
class Stored:
    """What came of declarations: for each whether it is new, and the time of receipt of those that are, in seconds."""

    new: list[bool]
    at: int


@dataclass(frozen=True, slots=True)
class _Waiting:
    received: Sequence[Received]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Stored]


class Intake:
    """Stores declarations whose signatures were checked; begins with the first."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._changed = Condition()
        self._queue: deque[_Waiting] = deque()
        self._count = 0
        self._stopping = False
        self._thread: Thread | None = None

    def stop(self) -> None:
        """Commit what waits, and take nothing more."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    async def put(self, received: Sequence[Received]) -> Stored:
        """Store some declarations, at most ``MAX_GROUP``; durable on return.

        :raises Unavailable: too many wait already, or the store could not take them: none is stored.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting(received, loop, loop.create_future())
        with self._changed:
            if self._stopping or self._count + len(received) > MAX_WAITING:
                raise Unavailable("more declarations wait to be stored than can be taken: try again shortly")
            if self._thread is None:
                self._thread = Thread(target=self._run, name="intake", daemon=True)
                self._thread.start()
            self._queue.append(waiting)
            self._count += len(received)
            self._changed.notify()
        return await waiting.future

    def _run(self) -> None:
        while group := self._next():
            self._commit(group)

    def _next(self) -> list[_Waiting]:
        """All that waits, up to the size of a commit; nothing when there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._stopping)
            group: list[_Waiting] = []
            size = 0
            while self._queue and (not group or size + len(self._queue[0].received) <= MAX_GROUP):
                size += len(self._queue[0].received)
                group.append(self._queue.popleft())
            self._count -= size
            return group

    def _commit(self, group: Sequence[_Waiting]) -> None:
        outcomes: list[Stored | Exception]
        at = self._clock()
        try:
            new = iter(self._store.receive([item for waiting in group for item in waiting.received], at))
            outcomes = [Stored([next(new) for _ in waiting.received], at) for waiting in group]
        except LedgerError as error:
            outcomes = [error] * len(group)
        except Exception as error:  # whoever waits must be told
            log.exception("a commit failed")
            outcomes = [error] * len(group)
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Stored], Stored | Exception]]] = {}
        for waiting, outcome in zip(group, outcomes, strict=True):
            by_loop.setdefault(waiting.loop, []).append((waiting.future, outcome))
        for loop, answers in by_loop.items():
            loop.call_soon_threadsafe(_answer, answers)


def _answer(answers: Sequence[tuple[asyncio.Future[Stored], Stored | Exception]]) -> None:
    for future, outcome in answers:
        if future.cancelled():  # the client went away; it is stored all the same
            continue
        if isinstance(outcome, Stored):
            future.set_result(outcome)
        else:
            future.set_exception(outcome)

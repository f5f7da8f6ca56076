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

from api.kit import traces
from ledger.core.statements.statement import Declaration
from ledger.edges.store import Store
from ledger.errors import Unavailable

log = logging.getLogger("api.intake")

Received = tuple[bytes, Declaration, bytes]  # id, declaration, signature
MAX_GROUP = 2_000  # declarations in one commit; it takes some tens of milliseconds
MAX_WAITING = 20_000  # declarations that wait for one


@dataclass(frozen=True, slots=True)
class Stored:
    """What came of declarations: for each whether it is new, or why it is not stored; when, in seconds."""

    new: Sequence[bool | Exception]
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
        """Store some declarations, at most ``MAX_GROUP``; what is not an error in the answer is on disk.

        :raises Unavailable: too many wait already: none is stored.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting(received, loop, loop.create_future())
        with self._changed:
            if self._stopping or self._count + len(received) > MAX_WAITING:
                raise Unavailable("too many declarations wait to be stored: try again shortly")
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
        at = self._clock()
        outcomes = self._store_all([item for waiting in group for item in waiting.received], at)
        answers: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Stored], Stored]]] = {}
        begin = 0
        for waiting in group:
            end = begin + len(waiting.received)
            answers.setdefault(waiting.loop, []).append((waiting.future, Stored(outcomes[begin:end], at)))
            begin = end
        for loop, some in answers.items():
            loop.call_soon_threadsafe(_answer, some)

    def _store_all(self, received: Sequence[Received], at: int) -> Sequence[bool | Exception]:
        """All in one commit; where one of them cannot be stored, each in its own, so that it keeps no other back."""
        try:
            with traces.span("commit", declarations=len(received)):
                return self._store.declarations.add_with_ids(received, at)
        except Unavailable as error:  # nor could it be stored alone
            return [error] * len(received)
        except Exception as error:
            if len(received) > 1:
                return [outcome for item in received for outcome in self._store_all([item], at)]
            log.exception("a declaration could not be stored")
            return [error]


def _answer(answers: Sequence[tuple[asyncio.Future[Stored], Stored]]) -> None:
    for future, stored in answers:
        if not future.cancelled():  # else its client went away; it is stored all the same
            future.set_result(stored)

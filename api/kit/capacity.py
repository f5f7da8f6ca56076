"""Capacity: each kind of work has threads and a queue of its own, so that no kind can stop another.

``LIMITS`` is the table. A route says its kind with ``of_kind``. What is more than a kind can hold is refused with 503,
and so is what one client sends beyond its share of it. docs/operations.md has the table, docs/adr/0027 the reasons.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial, wraps
from inspect import iscoroutinefunction
from threading import Lock
from typing import Any, Protocol, TypeVar, get_type_hints

from pydantic import TypeAdapter
from starlette.responses import Response

from api.kit import metrics
from api.kit.clients import CLIENT
from ledger.errors import Source, Unavailable

_T = TypeVar("_T")
_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])
FULL = "too many requests wait: try again shortly"


class Kind(StrEnum):
    """The kinds of work."""

    LIVENESS = "liveness"
    """Answered on the event loop: it needs no thread and cannot wait."""
    STATUS = "status"
    """Readiness and figures, for the operator."""
    READS = "reads"
    """From the store and from memory."""
    LOOKS = "looks"
    """Reads that look at the chain first, and so wait for its node."""
    INTAKE = "intake"
    """Declarations come in."""
    SESSIONS = "sessions"
    """People and programs sign in and out."""
    RELAYING = "relaying"
    """Statements go to the chain, and their senders wait for a block."""
    PROOFS = "proofs"
    """Evidence and other proofs are made."""
    VERIFICATION = "verification"
    """Evidence is judged."""
    SHARES = "shares"
    """Sealed documents come in, and go out piece by piece."""
    STREAMS = "streams"
    """Events are told as they happen."""


@dataclass(frozen=True, slots=True)
class Limits:
    """``threads`` of a kind; ``waiting``: calls that may wait for one; ``share``: calls of one client at once."""

    threads: int
    waiting: int
    share: int


# Of each process. All threads together are fewer than the connections that the store may have (ledger/edges/store).
LIMITS: Mapping[Kind, Limits] = {
    Kind.STATUS: Limits(threads=4, waiting=28, share=16),
    Kind.READS: Limits(threads=8, waiting=248, share=128),
    Kind.LOOKS: Limits(threads=12, waiting=244, share=128),
    Kind.INTAKE: Limits(threads=1, waiting=2_000, share=1_000),
    Kind.SESSIONS: Limits(threads=2, waiting=62, share=16),
    Kind.RELAYING: Limits(threads=24, waiting=72, share=48),
    Kind.PROOFS: Limits(threads=1, waiting=512, share=256),
    Kind.VERIFICATION: Limits(threads=0, waiting=512, share=256),
    Kind.SHARES: Limits(threads=2, waiting=126, share=32),
    Kind.STREAMS: Limits(threads=4, waiting=20_000, share=20_000),  # open streams are limited themselves
}


class Runs(Protocol):
    """Something that calls functions in threads of its own."""

    async def run(self, function: Callable[[], _T]) -> _T:
        """Call it; returns or raises what it does. Unavailable: it was not called, because there is no room."""


class Admission:
    """Counts who is inside a kind, and keeps out who is too many. Safe to use from threads."""

    def __init__(self, of: Kind, limits: Limits) -> None:
        self._kind = of
        self._most = limits.threads + limits.waiting
        self._share = limits.share
        self._lock = Lock()
        self._held = 0
        self._by_client: dict[str, int] = {}
        metrics.has_capacity(of)

    def enter(self, client: str) -> None:
        """Let a call in; each needs a ``leave``.

        :raises Unavailable: the kind is full, or the client has its share.
        """
        with self._lock:
            mine = self._by_client.get(client, 0)
            if self._held < self._most and (mine < self._share or not client):
                self._held += 1
                self._by_client[client] = mine + 1
                return
        metrics.turned_away(self._kind)
        raise Unavailable(FULL, source=Source.QUEUE)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """A call of the client whose request is under way, that is done elsewhere; Unavailable as for ``enter``."""
        client = CLIENT.get()
        self.enter(client)
        metrics.working(self._kind, +1)
        try:
            yield
        finally:
            metrics.working(self._kind, -1)
            self.leave(client)

    def leave(self, client: str) -> None:
        """The call is over."""
        with self._lock:
            self._held -= 1
            left = self._by_client[client] - 1
            if left:
                self._by_client[client] = left
            else:
                del self._by_client[client]


class Pool:
    """The threads of one kind, with a bounded queue. They begin with the first call."""

    def __init__(self, of: Kind, limits: Limits | None = None) -> None:
        limits = LIMITS[of] if limits is None else limits
        self._kind = of
        self._admission = Admission(of, limits)
        self._executor = ThreadPoolExecutor(limits.threads, of)
        self._is_stopping = False

    async def run(self, function: Callable[[], _T]) -> _T:
        """Call ``function`` in one of the threads, in the caller's context; returns or raises what it does.

        If the client leaves while the call waits, it is not made. A call that is under way keeps its place to its end.

        :raises Unavailable: there is no room, or the server stops: it was not called.
        """
        if self._is_stopping:
            raise Unavailable("this server stops: try again shortly", source=Source.QUEUE)
        client = CLIENT.get()
        self._admission.enter(client)
        metrics.waiting(self._kind, +1)
        context, state = contextvars.copy_context(), _State()
        try:
            future = self._executor.submit(self._call, state, context, function)
        except BaseException:
            self._over(client, state)
            raise
        future.add_done_callback(partial(self._ended, client, state))
        return await asyncio.wrap_future(future)

    def stop(self) -> None:
        """Do what waits, and take nothing more."""
        self._is_stopping = True
        self._executor.shutdown()

    def _call(self, state: _State, context: contextvars.Context, function: Callable[[], _T]) -> _T:
        state.has_begun = True
        metrics.waiting(self._kind, -1)
        metrics.working(self._kind, +1)
        return context.run(function)

    def _ended(self, client: str, state: _State, _: Future[Any]) -> None:
        self._over(client, state)

    def _over(self, client: str, state: _State) -> None:
        if state.has_begun:
            metrics.working(self._kind, -1)
        else:
            metrics.waiting(self._kind, -1)
        self._admission.leave(client)


@dataclass(slots=True)
class _State:
    has_begun: bool = False


def of_kind(of: Kind, status: int = 200) -> Callable[[_Endpoint], _Endpoint]:
    """Say which kind of work a route is; stands below the router's own decorator.

    A plain function, which must have a parameter ``services``, then runs in the threads of its kind, where its answer
    is printed too. A coroutine runs on the event loop: it hands its work to a worker or pool of its kind itself.

    :param status: the status of an answer of a plain function that sets none, as the route has it.
    """

    def declare(endpoint: _Endpoint) -> _Endpoint:
        made: Any = endpoint if iscoroutinefunction(endpoint) else _in_pool(of, status, endpoint)
        made.kind, made.status = of, status
        declared: _Endpoint = made
        return declared

    return declare


def _in_pool(of: Kind, usual: int, function: Callable[..., Any]) -> Callable[..., Awaitable[Response]]:
    hint = get_type_hints(function)["return"]
    is_response = isinstance(hint, type) and issubclass(hint, Response)
    printer = None if is_response else TypeAdapter(hint)

    def answer(values: Mapping[str, Any]) -> Response:
        found = function(**values)
        if printer is None:
            made: Response = found
            return made
        given: Response | None = values.get("response")
        status = usual if given is None or not given.status_code else given.status_code
        made = Response(printer.dump_json(found, by_alias=True), status, media_type="application/json")
        if given is not None:
            made.raw_headers += given.raw_headers
        return made

    @wraps(function)
    async def endpoint(**values: Any) -> Response:
        pool: Runs = values["services"].pools[of]
        return await pool.run(partial(answer, values))

    return endpoint


def kind_of(endpoint: Any) -> Kind | None:
    """The kind that a route's function says; None if it says none."""
    found: Kind | None = getattr(endpoint, "kind", None)
    return found

"""Events for many readers: one look at the source serves all, and only the newest page is kept.

A reader asks for what comes after its cursor. Readers that keep up share the newest page. A reader that is slow, or
begins earlier, reads the source at its own pace. Nothing is stored per reader.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any, Generic, Protocol, TypeVar

from api.kit import metrics
from api.kit.capacity import Kind, Runs
from ledger.errors import LedgerError

log = logging.getLogger("api.kit.streams")
_T = TypeVar("_T")


class Step(Protocol):
    """One thing that happened, and the reader's cursor after it."""

    @property
    def cursor(self) -> Any: ...


S = TypeVar("S", bound=Step)
S_co = TypeVar("S_co", bound=Step, covariant=True)


class Source(Protocol[S_co]):
    """What happened, in order. Cursors are the source's own; both methods may raise Unavailable."""

    def start(self, stopped: Any = None) -> Any:
        """Where a reader begins: at the newest, or where it stopped."""

    def after(self, cursor: Any) -> Sequence[S_co]:
        """The steps after a cursor; none at the end."""


@contextmanager
def ended_by_signals(hub: Hub[Any]) -> Iterator[None]:
    """Close the hub as soon as the server is told to stop: the server waits for its connections to end."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    ours = {number: handler for number, handler in handlers.items() if callable(handler)}

    def end(number: int, frame: FrameType | None) -> None:
        hub.close()
        ours[signal.Signals(number)](number, frame)

    is_main = threading.current_thread() is threading.main_thread()  # signals can be handled in the main thread only
    for number in ours if is_main else ():
        signal.signal(number, end)
    try:
        yield
    finally:
        hub.close()
        for number, handler in ours.items() if is_main else ():
            signal.signal(number, handler)


class Hub(Generic[S]):
    """Looks at the source while there are readers. All of it runs on one event loop."""

    def __init__(self, source: Source[S], most: int, interval: float, share: int, threads: Runs) -> None:
        """
        :param most: readers at once, at most, and ``share`` those of one client.
        :param interval: seconds between two looks.
        :param threads: where the source is read.
        """
        self._source = source
        self._most = most
        self._interval = interval
        self._share = share
        self._threads = threads
        self._readers = 0
        self._by_client: dict[str, int] = {}
        self._watching: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._newest: Any = None
        self._page: tuple[Any, Sequence[S]] = None, ()
        self.is_closing = False

    def enter(self, client: str) -> bool:
        """Begin to read; False if there are too many readers, or too many of this client.

        Each ``enter`` that is True needs a ``leave``.
        """
        mine = self._by_client.get(client, 0)
        if self.is_closing or self._readers >= self._most or mine >= self._share:
            metrics.turned_away(Kind.STREAMS)
            return False
        self._readers += 1
        self._by_client[client] = mine + 1
        metrics.reading(+1)
        if self._watching is None:
            self._watching = asyncio.get_running_loop().create_task(self._watch())
        return True

    def leave(self, client: str) -> None:
        """Stop reading."""
        self._readers -= 1
        self._by_client[client] -= 1
        if not self._by_client[client]:
            del self._by_client[client]
        metrics.reading(-1)
        if self._readers == 0 and self._watching is not None:
            self._watching.cancel()
            self._watching, self._newest = None, None

    def close(self) -> None:
        """End all readers, as the server stops."""
        self.is_closing = True
        self._news.set()

    async def begin(self, stopped: Any) -> Any:
        """Where to begin: see ``Source.start``."""
        return await self.read(self._source.start, stopped)

    async def after(self, cursor: Any, patience: float) -> Sequence[S]:
        """The steps after a cursor; empty if none came within ``patience`` seconds.

        :raises Unavailable: the source cannot be read.
        """
        begins, page = self._page
        if begins == cursor:
            return page
        news = self._news
        if cursor != self._newest and (found := await self.read(self._source.after, cursor)):
            return found
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(news.wait(), patience)
        return ()

    async def read(self, question: Callable[..., _T], *about: Any) -> _T:
        """Call a function in a thread, beside the event loop."""
        return await self._threads.run(partial(question, *about))

    async def _watch(self) -> None:
        said = ""
        while True:
            try:
                await self._look()
                words = ""
            except LedgerError as error:
                words = str(error)
            except Exception:
                log.exception("looking for events failed and will be tried again")
                words = said
            if words != said:
                log.warning("%s", f"streams wait: {words}" if words else "streams go on")
            said = words
            await asyncio.sleep(self._interval)

    async def _look(self) -> None:
        if self._newest is None:
            self._newest = await self.begin(None)
        elif page := await self.read(self._source.after, self._newest):
            self._page = self._newest, page
            self._newest = page[-1].cursor
        else:
            return
        news, self._news = self._news, asyncio.Event()
        if self.is_closing:
            self._news.set()
        news.set()

"""What one request, and one client, may spend. Pure ASGI, before anything of a request is read."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.kit.clients import CLIENT, Buckets, client_of
from api.kit.errors import problem

LIVE = "/health/live"  # answered whatever its client sent before: its refusal would cost as much as its answer
BURST_SECONDS = 2  # how much of its rate a client may save up
BODIES_BYTES = 256 << 20  # of all bodies that are held at once
BODIES_SHARE = 64 << 20  # of those of one client
_SMALL = 64 << 10  # bytes of a body that are not counted: the limit on connections bounds them
_READ_AT_ONCE = 2  # large bodies, beyond their first bytes
_TURN_SECONDS = 0.02


class TooLarge(HTTPException):
    """A body beyond the limit, met while it is read."""

    def __init__(self, most: int) -> None:
        super().__init__(413, f"a body has at most {most} bytes")


class TooManyBodies(HTTPException):
    """All requests together, or those of one client, have sent more than the server holds at once."""

    def __init__(self) -> None:
        super().__init__(503, "too many large bodies are under way: try again shortly")


class BodyLimit:
    """Refuses bodies beyond a size: unread if they announce it, else as soon as they exceed it. Keeps nothing.

    All large bodies together, and those of one client, have a limit too, as a request may hold its body to its end.
    Large bodies that arrive together are read in turns, so that the event loop has time for others between them.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most
        self._turns = asyncio.Semaphore(_READ_AT_ONCE)
        self._held = 0
        self._by_client: dict[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not announced.isdigit() or int(announced) > self._most:
            await problem(413, "TooLarge", TooLarge(self._most).detail)(scope, receive, send)
            return
        count = held = 0
        client = CLIENT.get()

        async def counted() -> Message:
            nonlocal count, held
            message = await (receive() if count <= _SMALL else self._in_turn(receive))
            count += len(message.get("body", b""))
            if count > self._most:
                raise TooLarge(self._most)
            if count - held > _SMALL:
                self._hold(client, count - held)
                held = count
            return message

        try:
            await self._app(scope, counted, send)
        finally:
            if held:
                self._release(client, held)

    async def _in_turn(self, receive: Receive) -> Message:
        """The next part of a large body. Its connection is not read before its turn; who sends slowly loses that."""
        async with self._turns:
            try:
                return await asyncio.wait_for(receive(), _TURN_SECONDS)
            except TimeoutError:
                pass
        return await receive()

    def _hold(self, client: str, size: int) -> None:
        mine = self._by_client.get(client, 0) + size
        if self._held + size > BODIES_BYTES or mine > BODIES_SHARE:
            raise TooManyBodies
        self._held += size
        self._by_client[client] = mine

    def _release(self, client: str, size: int) -> None:
        self._held -= size
        left = self._by_client[client] - size
        if left:
            self._by_client[client] = left
        else:
            del self._by_client[client]


class RateLimit:
    """Limits each client address to ``rate`` requests a second, with bursts of ``BURST_SECONDS`` (token bucket).

    Each process counts for itself. Behind a proxy the address is that of the proxy, unless the setting
    ``trusted_proxies`` names it. Notes the client for those who ask later (``CLIENT``). ``clock``: monotonic seconds.
    """

    def __init__(self, app: ASGIApp, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._buckets = Buckets(rate, max(1.0, rate * BURST_SECONDS), clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            client = client_of(scope)
            CLIENT.set(client)
            wait = 0.0 if scope["path"] == LIVE else self._buckets.take(client)
            if wait > 0:
                words = f"more than {self._buckets.rate:g} requests a second from this address: slow down"
                await problem(429, "TooMany", words, math.ceil(wait))(scope, receive, send)
                return
        await self._app(scope, receive, send)

"""What one request, and one client, may spend. Pure ASGI, before anything of a request is read."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.kit.errors import problem

BURST_SECONDS = 2  # how much of its rate a client may save up
MAX_CLIENTS = 20_000  # remembered at once, some 4 MB; the one that was idle longest is forgotten
_IPV6_SITE = 64  # bits: what one IPv6 client has to itself (RFC 6177)


class TooLarge(HTTPException):
    """A body beyond the limit, met while it is read."""

    def __init__(self, most: int) -> None:
        super().__init__(413, f"a body has at most {most} bytes")


class BodyLimit:
    """Refuses bodies beyond a size: unread if they announce it, else as soon as they exceed it. Keeps nothing."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not announced.isdigit() or int(announced) > self._most:
            await problem(413, "TooLarge", TooLarge(self._most).detail)(scope, receive, send)
            return
        count = 0

        async def counted() -> Message:
            nonlocal count
            message = await receive()
            count += len(message.get("body", b""))
            if count > self._most:
                raise TooLarge(self._most)
            return message

        await self._app(scope, counted, send)


@dataclass(slots=True)
class _Bucket:
    """Requests that a client may still make, as of a moment."""

    left: float
    at: float


class RateLimit:
    """Limits each client address to ``rate`` requests a second, with bursts of ``BURST_SECONDS`` (token bucket).

    Each process counts for itself. Behind a proxy the address is that of the proxy, unless the server was told to trust
    its X-Forwarded-For. ``clock``: monotonic seconds.
    """

    def __init__(self, app: ASGIApp, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._rate = rate
        self._burst = max(1.0, rate * BURST_SECONDS)
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            wait = self._take(client_of(scope))
            if wait > 0:
                words = f"more than {self._rate:g} requests a second from this address: slow down"
                await problem(429, "TooMany", words, math.ceil(wait))(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _take(self, client: str) -> float:
        """Take one from the client's bucket: 0, or how many seconds until there is one again."""
        now = self._clock()
        bucket = self._buckets.get(client)
        if bucket is None:
            bucket = self._buckets[client] = _Bucket(self._burst, now)
            if len(self._buckets) > MAX_CLIENTS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(client)
            bucket.left = min(self._burst, bucket.left + (now - bucket.at) * self._rate)
            bucket.at = now
        if bucket.left < 1:
            return (1 - bucket.left) / self._rate
        bucket.left -= 1
        return 0.0


def client_of(scope: Scope) -> str:
    """Names the client of a request; addresses of one IPv6 site are one client."""
    host: str = (scope.get("client") or ("",))[0]
    if ":" not in host:
        return host
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if address.version == 6 and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((address.packed, _IPV6_SITE), strict=False))

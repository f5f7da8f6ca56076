"""Who asks: the address of a client, and what one address may hold."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from starlette.types import Scope

MAX_CLIENTS = 20_000  # remembered at once, some 4 MB; the one that was idle longest is forgotten
_IPV6_SITE = 64  # bits: what one IPv6 client has to itself (RFC 6177)
_LONGEST = 64  # characters of an address that is none, as a proxy may say it

CLIENT: ContextVar[str] = ContextVar("client", default="")
"""The client whose request is under way; empty for work of the server's own."""


def client_of(scope: Scope) -> str:
    """Names the client of a request; addresses of one IPv6 site are one client."""
    return client_at((scope.get("client") or ("",))[0])


def client_at(host: str) -> str:
    """Names the client at an address, in at most 64 characters."""
    if ":" not in host:
        return host[:_LONGEST]
    try:
        address = ip_address(host)
    except ValueError:
        return host[:_LONGEST]
    if address.version == 6 and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((address.packed, _IPV6_SITE), strict=False))


@dataclass(slots=True)
class _Bucket:
    """What a client may still spend, as of a moment."""

    left: float
    at: float


class Buckets:
    """A token bucket for each client: ``rate`` a second, and at most ``burst`` at once.

    Remembers ``MAX_CLIENTS`` at most, and so has a bound on memory. ``clock``: monotonic seconds.
    """

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self.burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, client: str, amount: float = 1) -> float:
        """Take from the client's bucket: 0, or how many seconds until there is as much in it; then nothing is taken."""
        now = self._clock()
        bucket = self._buckets.get(client)
        if bucket is None:
            bucket = self._buckets[client] = _Bucket(self.burst, now)
            if len(self._buckets) > MAX_CLIENTS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(client)
            bucket.left = min(self.burst, bucket.left + (now - bucket.at) * self.rate)
            bucket.at = now
        if bucket.left < amount:
            return (amount - bucket.left) / self.rate
        bucket.left -= amount
        return 0.0

    def give_back(self, client: str, amount: float) -> None:
        """Put back what was taken and not spent."""
        bucket = self._buckets.get(client)
        if bucket is not None:
            bucket.left = min(self.burst, bucket.left + amount)

"""Connections: how many there may be, and how slow, large and many-parted what comes on them.

uvicorn's protocol with limits; it refuses before any of our routes sees a request. ``ledger serve`` and ``ledger
witness`` use it. One look a second at all connections finds those that are overdue, so a request costs no timer.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections import deque
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from api.kit import metrics
from api.kit.clients import client_at
from api.kit.headers import always

STATE = "connections"  # under which the application's lifespan hands its Connections to the protocol
LOOK_SECONDS = 1.0
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Limits of one process. ``proxies``: clients that may have as many connections as all together may.

    A request's head must have come ``head_seconds`` after its first byte, or after the connection opened. A body must
    have come ``body_seconds`` after its head, and a second later for each ``body_rate`` bytes of it; while the server
    itself does not read, the time stands still. A client that takes nothing of an answer for ``unread_seconds`` is
    dropped.
    """

    most: int = 1_000
    per_client: int = 200
    proxies: tuple[Network, ...] = ()
    head_bytes: int = 32 << 10
    head_fields: int = 100
    head_seconds: float = 10
    body_seconds: float = 20
    body_rate: int = 16 << 10
    idle_seconds: float = 75
    unread_seconds: float = 60
    pipelined: int = 16
    free_chunks: int = 1_000
    chunk_bytes: int = 64


def raw_answer(status: int, kind: str, detail: str) -> bytes:
    """A whole answer, for a request that no route sees: problem details, and the connection ends."""
    words = HTTPStatus(status).phrase
    body = json.dumps({"type": f"urn:trade-ledger:{kind}", "title": words, "status": status, "detail": detail}).encode()
    lines = [b"HTTP/1.1 %d %s" % (status, words.encode())]
    lines += [b"%s: %s" % pair for pair in (*always(), (b"cache-control", b"no-store"))]
    lines += [b"content-type: application/problem+json", b"content-length: %d" % len(body), b"connection: close"]
    if status == 503:
        lines.append(b"retry-after: 5")
    return b"\r\n".join([*lines, b"", body])


_NOT_HTTP = "malformed", raw_answer(400, "Malformed", "this is not a request in HTTP/1.1")
_LONG_HEAD = "head", raw_answer(431, "TooLarge", "the request line and headers are too long, or there are too many")
_PIPELINED = "pipelined", raw_answer(400, "TooMany", "too many requests were sent before their answers were read")
_SMALL_CHUNKS = "chunks", raw_answer(400, "TooMany", "the body has too many small chunks")
_SLOW = "slow", raw_answer(408, "TooSlow", "the request did not come in time")
_FULL = "all", raw_answer(503, "Unavailable", "too many connections are open: try again shortly")
_SHARE = "client", raw_answer(503, "Unavailable", "too many connections are open from this address")
_IDLE = "idle", _SLOW[1]
_UNREAD = "unread", b""


class Connections:
    """The connections of one process. All of it runs on one event loop."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self.now = 0.0
        """Seconds on the loop's clock, as of the latest look."""
        self._open: set[LimitedProtocol] = set()
        self._by_client: dict[str, int] = {}
        self._waiting: dict[LimitedProtocol, None] = {}  # for their clients; longest first
        self._looking: asyncio.TimerHandle | None = None
        refusals = (_NOT_HTTP, _LONG_HEAD, _PIPELINED, _SMALL_CHUNKS, _SLOW, _FULL, _SHARE, _IDLE, _UNREAD)
        metrics.limits_connections(limit for limit, _ in refusals)

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, connection: LimitedProtocol, client: str, host: str) -> tuple[str, bytes] | None:
        """Count a connection; the refusal if it is too many. Each ``enter`` needs a ``leave``.

        Where all together are too many, the one that has waited longest for its client makes room.
        """
        mine = self._by_client.get(client, 0) + 1
        self._by_client[client] = mine
        self._open.add(connection)
        metrics.connected(+1)
        if self._looking is None:
            self.now = connection.loop.time()
            self._looking = connection.loop.call_later(LOOK_SECONDS, self._look, connection.loop)
        if mine > self.limits.per_client and not self._is_proxy(host):
            return _SHARE
        if len(self._open) > self.limits.most:
            oldest = next(iter(self._waiting), None)
            if oldest is None:
                return _FULL
            oldest.cut(_FULL)
        return None

    def leave(self, connection: LimitedProtocol, client: str) -> None:
        """The connection is closed."""
        self._open.discard(connection)
        self._waiting.pop(connection, None)
        metrics.connected(-1)
        left = self._by_client[client] - 1
        if left:
            self._by_client[client] = left
        else:
            del self._by_client[client]

    def waits(self, connection: LimitedProtocol) -> None:
        """It waits for its client from now on, who has a request to send."""
        self._waiting[connection] = None

    def works(self, connection: LimitedProtocol) -> None:
        """It has a whole request, and its client waits."""
        self._waiting.pop(connection, None)

    def _is_proxy(self, host: str) -> bool:
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self.limits.proxies)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self.now = loop.time()
        for connection in list(self._open):
            connection.check(self.now)
        self._looking = loop.call_later(LOOK_SECONDS, self._look, loop) if self._open else None


class _OverLimit(Exception):
    """Ends the parsing of what a client sent."""


class LimitedProtocol(HttpToolsProtocol):
    """One connection. For uvicorn's option ``http``, by its name as text, so that every process can load it."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._all: Connections = app_state[STATE]
        self._limits = self._all.limits
        self._client = ""
        self._due = math.inf  # when what is awaited must have come
        self._in_head = False
        self._in_message = False
        self._head = 0  # bytes of an unfinished head, as far as they came after its first portion
        self._received = 0  # bytes of the body
        self._chunks = 0
        self._refusal: tuple[str, bytes] | None = None
        self._unsent = 0
        self._unread_looks = 0
        self._unanswered: deque[RequestResponseCycle] = deque()  # requests in their order

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        host = self.client[0] if self.client else ""
        self._client = client_at(host)
        refusal = self._all.enter(self, self._client, host)
        if refusal is not None:
            self.cut(refusal)
            return
        self._due = self._all.now + self._limits.head_seconds + LOOK_SECONDS
        self._all.waits(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._all.leave(self, self._client)
        self._end_unanswered()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refusal is not None:
            return
        self._unset_keepalive_if_required()
        was_in_head = self._in_head
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return  # it is answered like any other request
        except httptools.HttpParserError:
            self.cut(self._refusal or _NOT_HTTP)
            return
        if was_in_head and self._in_head:
            self._head += len(data)
            if self._head > self._limits.head_bytes:
                self.cut(_LONG_HEAD)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = self._in_message = True
        self._head = self._received = self._chunks = 0
        self._due = self._all.now + self._limits.head_seconds + LOOK_SECONDS

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # what follows a body is no header, and no route reads it
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        limits, headers = self._limits, self.headers
        size = len(self.url) + sum([len(name) + len(value) for name, value in headers])
        if size > limits.head_bytes or len(headers) > limits.head_fields:
            self._refuse(_LONG_HEAD)
        if len(self.pipeline) >= limits.pipelined:
            self._refuse(_PIPELINED)
        self._in_head = False
        self._due = self._all.now + limits.body_seconds + LOOK_SECONDS
        super().on_headers_complete()
        self._unanswered.append(self.cycle)

    def on_body(self, body: bytes) -> None:
        self._received += len(body)
        super().on_body(body)

    def on_chunk_header(self) -> None:
        """A chunk begins."""
        self._chunks += 1
        if self._chunks > self._limits.free_chunks + self._received // self._limits.chunk_bytes:
            self._refuse(_SMALL_CHUNKS)

    def on_message_complete(self) -> None:
        self._in_message = False
        self._due = math.inf
        self._all.works(self)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self._unanswered.popleft()
        super().on_response_complete()
        if not self._in_message and not self.pipeline:
            self._due = self._all.now + self._limits.idle_seconds + LOOK_SECONDS
            self._all.waits(self)

    def check(self, now: float) -> None:
        """Close it if its client is overdue. Called about once in ``LOOK_SECONDS``."""
        if self._in_message and not self._in_head and self.flow.read_paused:
            self._due += LOOK_SECONDS  # it is we who do not read
        elif now > self._due + self._received / self._limits.body_rate and not self.transport.is_closing():
            self.cut(_SLOW if self._in_message else _IDLE)
        unsent, before = self.transport.get_write_buffer_size(), self._unsent
        self._unsent = unsent
        is_answering = self.cycle is not None and not self.cycle.response_complete
        is_stuck = self.flow.write_paused if is_answering else unsent > 0 and unsent > before - self._limits.body_rate
        self._unread_looks = self._unread_looks + 1 if is_stuck else 0
        if self._unread_looks * LOOK_SECONDS > self._limits.unread_seconds:
            metrics.cut_off(_UNREAD[0])
            self.transport.abort()

    def cut(self, refusal: tuple[str, bytes]) -> None:
        """Close it. Before that, say why, unless the words could be taken for the answer of another request."""
        self._refusal = refusal
        limit, answer = refusal
        metrics.cut_off(limit)
        cycle = self.cycle
        if self._in_message and not self._in_head:
            may_answer = not cycle.response_started and not self.pipeline
        else:
            may_answer = cycle is None or (cycle.response_complete and self._in_message)
        if may_answer:
            self.transport.write(answer)
        self._all.works(self)  # it no longer waits
        self.transport.close()
        self._end_unanswered()

    def _end_unanswered(self) -> None:
        """Tell every request that its client is gone. uvicorn tells the newest only, but an older one is at work."""
        for cycle in self._unanswered:
            cycle.disconnected = True
            cycle.message_event.set()
        self._unanswered.clear()

    def _refuse(self, refusal: tuple[str, bytes]) -> None:
        self._refusal = refusal
        raise _OverLimit

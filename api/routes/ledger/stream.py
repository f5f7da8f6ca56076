"""A stream of what happens: entries as the store indexes them, and changes of batches (Server-Sent Events)."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Query, Request, Response
from starlette.types import Receive, Scope, Send

from api.auth.reader import reader_of
from api.auth.reads import read_one
from api.auth.shown import BY_DIGEST
from api.kit.capacity import Kind, of_kind
from api.kit.clients import client_of
from api.kit.errors import documented, problem
from api.kit.streams import Hub
from api.routes.ledger.convert import to_hash
from api.schemas import Hash
from api.services import Injected
from ledger.core.encoding.ids import DeclarationId
from ledger.core.history.rights import MayRead, anybody
from ledger.errors import HistoryBroken, Unavailable, UnknownDeclaration
from ledger.journeys.watch import Event, EventKind, EventReader, read_cursor

log = logging.getLogger("api.kit.streams")
router = APIRouter(prefix="/v1", tags=["history"])

KEEP_ALIVE_SECONDS = 15.0  # proxies drop connections that are silent for a minute
SLOWEST_SECONDS = 60.0  # a client that reads nothing for so long is dropped
JUDGED_SECONDS = 60.0  # how long a stream goes on by a session's right
_RETRY = b"retry: 2000\n\n"
_EXAMPLE = (
    'id: 20-57\nevent: entry\ndata: {"number":19,"kind":"anchored","time":1795000000,"payload":"0x…","hash":"0x…"}\n\n'
    'id: 20-58\nevent: change\ndata: {"kind":"anchored","batch_root":"0x…","batch_size":1000,"entry_number":19}\n\n'
    'id: 18-61\nevent: reorganised\ndata: {"from":18}\n\n'
)


@router.get(
    "/stream",
    summary="Entries and changes as they happen",
    response_class=Response,
    responses=documented(401, 404, 422, 503)
    | {
        200: {
            "description": "Server-Sent Events",
            "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
        }
    },
    openapi_extra=BY_DIGEST,
)
@of_kind(Kind.STREAMS)
async def stream(
    request: Request,
    services: Injected,
    kind: Annotated[EventKind | None, Query(description="Only these; both if not given")] = None,
    declaration: Annotated[Hash | None, Query(description="Only where this declaration stands, now and after")] = None,
    after: Annotated[
        str | None, Query(description="Id of an event, or `0-0` for everything", examples=["20-57"])
    ] = None,
    follow: Annotated[bool, Query(description="false: end when all that has happened is told")] = True,
    last_event_id: Annotated[str | None, Header(description="Goes on after this event; wins over `after`")] = None,
) -> Response:
    """Server-Sent Events: `entry`, `change` (of a batch), and `reorganised`, after which entries from there come again.

    Begins now, or after an event whose id is given. With `declaration`, events are `state`, the first one at once; that
    needs the document's digest, or a session, whose right is looked up again each minute: the stream ends then, and its
    client connects again. What the stream tells without `declaration`, the history tells everybody.
    After a reconnection an event may come twice, but never in another order. Comments keep the connection alive.
    """
    stopped = last_event_id or after
    may_read: MayRead = anybody
    ends = math.inf
    if declaration is not None:
        asks = await services.hub.read(lambda: reader_of(request.scope, services))
        may_read = asks.may_read
        if asks.session is not None:
            ends = time.monotonic() + JUDGED_SECONDS
    name = None if declaration is None else DeclarationId(to_hash(declaration))
    reader = EventReader(services.store, kind, name, may_read)
    begins = await services.hub.begin(None if stopped is None else read_cursor(stopped))
    if reader.wants_state:
        await services.hub.read(reader.read_state)
        if name is not None and asks.session is not None:
            read_one(asks, name, None, "stream")
    return EventStream(services.hub, lambda: events(services.hub, reader, begins, follow, ends))


async def events(
    hub: Hub[Any], reader: EventReader, begins: Any, follow: bool, ends: float = math.inf
) -> AsyncIterator[bytes]:
    """Bytes to be sent, each time all there is. ``ends``: when there are no more, on the monotonic clock."""
    cursor = begins
    yield _RETRY
    if reader.wants_state:
        yield _bytes(Event(cursor, "state", await hub.read(reader.read_state)))
    spoken = time.monotonic()
    while not hub.is_closing and time.monotonic() < ends:
        steps = await hub.after(cursor, min(KEEP_ALIVE_SECONDS, ends - time.monotonic()) if follow else 0)
        if not steps and not follow:
            return
        if reader.must_read_state(steps):
            await hub.read(reader.read_state)
        told = b"".join(_bytes(event) for step in steps for event in reader.tell(step))
        if steps:
            cursor = steps[-1].cursor
        if not told and time.monotonic() - spoken >= KEEP_ALIVE_SECONDS:
            # A client that comes back with this id need not go through all of this again.
            told = f": {cursor}\nid: {cursor}\n\n".encode()
        if told:
            yield told
            spoken = time.monotonic()


class EventStream(Response):
    """Sends events until the client leaves or stops reading, or the server stops."""

    media_type = "text/event-stream"

    def __init__(self, hub: Hub[Any], make: Callable[[], AsyncIterator[bytes]]) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._hub = hub
        self._make = make

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = client_of(scope)
        if not self._hub.enter(client):
            words = "too many streams are open, or too many from this address: come again later"
            await problem(503, Unavailable.__name__, words)(scope, receive, send)
            return
        try:
            sending = asyncio.ensure_future(self._send(send))
            leaving = asyncio.ensure_future(_gone(receive))
            try:
                await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                leaving.cancel()
                sending.cancel()
            with suppress(asyncio.CancelledError, TimeoutError):
                await sending
        finally:
            self._hub.leave(client)

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        try:
            async for data in self._make():
                body = {"type": "http.response.body", "body": data, "more_body": True}
                await asyncio.wait_for(send(body), SLOWEST_SECONDS)
        except (Unavailable, UnknownDeclaration):
            pass  # the client connects again, to go on from where it was or to be told why not
        except HistoryBroken as error:
            log.error("history broken: %s", error)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _bytes(event: Event) -> bytes:
    return f"id: {event.cursor}\nevent: {event.name}\ndata: ".encode() + orjson.dumps(event.data) + b"\n\n"

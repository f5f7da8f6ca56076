"""A stream of what happens: entries as the index gets them, batches as they come along (Server-Sent Events)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from enum import StrEnum
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Query, Response
from starlette.types import Receive, Scope, Send

from api.kit.errors import documented, problem
from api.kit.streams import Hub
from api.routes.ledger.convert import to_hash
from api.routes.ledger.history import entry_result
from api.schemas import Hash
from api.services import Given, Services
from ledger.core.encoding.reading import hex_text
from ledger.core.history.entry import Entry
from ledger.edges.store import Batch, Cursor, Reorganised, Step, StoreEvent
from ledger.errors import HistoryBroken, Unavailable, UnknownDeclaration

log = logging.getLogger("api.kit.streams")
router = APIRouter(prefix="/v1", tags=["history"])

KEEP_ALIVE_SECONDS = 15.0  # proxies drop what is silent for a minute
SLOWEST_SECONDS = 60.0  # whoever does not take what is sent for so long is let go
_RETRY = b"retry: 2000\n\n"
_EXAMPLE = (
    'id: 20-57\nevent: entry\ndata: {"number":19,"kind":"anchored","time":1795000000,"payload":"0x…","hash":"0x…"}\n\n'
    'id: 20-58\nevent: change\ndata: {"kind":"anchored","batch_root":"0x…","batch_size":1000,"entry_number":19}\n\n'
    'id: 18-61\nevent: reorganised\ndata: {"from":18}\n\n'
)


class Kind(StrEnum):
    """What to be told; a reorganisation is always told."""

    ENTRIES = "entries"
    CHANGES = "changes"


@router.get(
    "/stream",
    summary="Entries and changes as they happen",
    response_class=Response,
    responses=documented(404, 422, 503)
    | {200: {"description": "Server-Sent Events", "content": {"text/event-stream": {"example": _EXAMPLE}}}},
)
async def stream(
    given: Given,
    kind: Annotated[Kind | None, Query(description="Only these; both if not given")] = None,
    declaration: Annotated[Hash | None, Query(description="Only where this declaration stands, now and after")] = None,
    after: Annotated[
        str | None, Query(description="Id of an event, or `0-0` for everything", examples=["20-57"])
    ] = None,
    follow: Annotated[bool, Query(description="false: end when all that has happened is told")] = True,
    last_event_id: Annotated[str | None, Header(description="Goes on after this event; wins over `after`")] = None,
) -> Response:
    """Server-Sent Events: `entry`, `change` (of a batch), and `reorganised`, after which entries from there come again.

    Begins now, or after an event whose id is known. With `declaration`, events are `state`, the first at once. An event
    may come twice to whoever comes back, never in another order. Comments keep the connection alive.
    """
    stopped = last_event_id or after
    reader = _Reader(given, kind, follow)
    begins = await given.hub.begin(None if stopped is None else Cursor.parse(stopped))
    if declaration is not None:
        await reader.watch(to_hash(declaration))
    return EventStream(given.hub, reader, begins)


class _Reader:
    """What one client wants to be told, and how."""

    def __init__(self, services: Services, kind: Kind | None, follow: bool) -> None:
        self._hub = services.hub
        self._store = services.store
        self._kind = kind
        self._follow = follow
        self._declaration: bytes | None = None
        self._batch: Batch | None = None

    async def watch(self, id_: bytes) -> None:
        """Tell of one declaration only; UnknownDeclaration where it is not here."""
        self._declaration = id_
        await self._hub.read(self._state)

    async def events(self, begins: Cursor) -> AsyncIterator[bytes]:
        """Bytes to be sent, each time all there is."""
        cursor = begins
        yield _RETRY
        if self._declaration is not None:
            yield _event(cursor, "state", await self._hub.read(self._state))
        spoken = time.monotonic()
        while not self._hub.is_closing:
            steps = await self._hub.after(cursor, KEEP_ALIVE_SECONDS if self._follow else 0)
            if not steps and not self._follow:
                return
            if self._declaration is not None and self._batch is None and any(map(_is_forming, steps)):
                await self._hub.read(self._state)
            told = b"".join(event for step in steps for event in self._tell(step))
            if steps:
                cursor = steps[-1].cursor
            if not told and time.monotonic() - spoken >= KEEP_ALIVE_SECONDS:
                told = f": {cursor}\nid: {cursor}\n\n".encode()  # so that it need not go through all of this again
            if told:
                yield told
                spoken = time.monotonic()

    def _state(self) -> dict[str, Any]:
        """Where the declaration stands; finds its batch, which it never leaves."""
        assert self._declaration is not None
        row = self._store.declarations.get(self._declaration)
        if row is None:
            raise UnknownDeclaration(self._declaration)
        self._batch = None if row.batch_id is None else self._store.batches.get(row.batch_id)
        made: dict[str, Any] = {"id": hex_text(row.id), "state": row.state}
        if self._batch is not None:
            made |= {"batch_root": hex_text(self._batch.root), "batch_size": self._batch.size}
            made |= {"entry_number": self._batch.entry_number}
        return made

    def _tell(self, step: Step) -> Iterator[bytes]:
        what = step.what
        if self._declaration is not None:
            if isinstance(what, StoreEvent) and self._batch is not None and what.batch_id == self._batch.id:
                state = "sent" if what.kind == "taken back" else what.kind
                yield _event(step.cursor, "state", {"id": hex_text(self._declaration), "state": state} | _place(what))
        elif isinstance(what, Reorganised):
            yield _event(step.cursor, "reorganised", {"from": what.number})
        elif isinstance(what, Entry):
            if self._kind is not Kind.CHANGES:
                yield _event(step.cursor, "entry", entry_result(what).model_dump())
        elif self._kind is not Kind.ENTRIES:
            yield _event(step.cursor, "change", {"kind": what.kind} | _place(what))


class EventStream(Response):
    """Sends events until the client leaves, falls asleep, or the server stops."""

    media_type = "text/event-stream"

    def __init__(self, hub: Hub, reader: _Reader, begins: Cursor) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._hub = hub
        self._reader = reader
        self._begins = begins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._hub.enter():
            await problem(503, Unavailable.__name__, "too many streams are open: come again later")(
                scope, receive, send
            )
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
            self._hub.leave()

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        try:
            async for events in self._reader.events(self._begins):
                body = {"type": "http.response.body", "body": events, "more_body": True}
                await asyncio.wait_for(send(body), SLOWEST_SECONDS)
        except (Unavailable, UnknownDeclaration):
            pass  # its client comes again: to go on from where it was, or to be told why not
        except HistoryBroken as error:
            log.error("history broken: %s", error)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _event(cursor: Cursor, name: str, data: dict[str, Any]) -> bytes:
    return f"id: {cursor}\nevent: {name}\ndata: ".encode() + orjson.dumps(data) + b"\n\n"


def _place(change: StoreEvent) -> dict[str, Any]:
    return {
        "batch_root": hex_text(change.root), "batch_size": change.size, "entry_number": change.entry_number,
    }  # fmt: skip


def _is_forming(step: Step) -> bool:
    return isinstance(step.what, StoreEvent) and step.what.kind == "batched"

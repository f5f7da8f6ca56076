"""Work that ends when the client who asked for it leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect

_SOON_SECONDS = 0.2  # what is done by then is not worth watching for
_T = TypeVar("_T")


async def while_there(request: Request, work: Coroutine[Any, Any, _T]) -> _T:
    """Do ``work`` and return its result; it is cancelled if the client leaves. The body must have been read.

    :raises ClientDisconnect: the client left.
    """
    doing = asyncio.ensure_future(work)
    leaving: asyncio.Future[None] | None = None
    try:
        await asyncio.wait({doing}, timeout=_SOON_SECONDS)
        if not doing.done():
            leaving = asyncio.ensure_future(_left(request))
            await asyncio.wait({doing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise ClientDisconnect
        return doing.result()
    finally:
        for task in (doing, leaving):
            if task is not None:
                task.cancel()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass

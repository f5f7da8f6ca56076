"""What HTTP asks of every path alike: HEAD is GET without a body, OPTIONS and 405 say which methods there are.

RFC 9110 sections 9.3.2 (HEAD), 9.3.7 (OPTIONS) and 15.5.6 (405). Routes name only the methods that they answer
themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def allowed(routes: Iterable[BaseRoute], scope: Scope) -> list[str]:
    """The methods that the path of a request takes, in alphabetical order; empty if there is nothing at this path.

    Mounted files take GET.
    """
    found: set[str] = set()
    for route in routes:
        if route.matches(scope)[0] is not Match.NONE:
            found |= set(getattr(route, "methods", None) or ("GET",))
    if "GET" in found:
        found.add("HEAD")
    return sorted(found | {"OPTIONS"}) if found else []


def without_slash(routes: Iterable[BaseRoute], scope: Scope) -> str | None:
    """The path of a request without slashes at its end, if there is something at that path; else None."""
    path = scope["path"].rstrip("/")
    return path if path != scope["path"] and allowed(routes, {**scope, "path": path}) else None


class CommonMethods:
    """Answers HEAD and OPTIONS for all routes."""

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            await self._head(scope, receive, send)
        elif scope["type"] == "http" and scope["method"] == "OPTIONS" and (takes := allowed(self._routes, scope)):
            await Response(status_code=204, headers={"Allow": ", ".join(takes)})(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _head(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The headers of GET. After them the client counts as gone, so that a stream of events ends."""
        answered = asyncio.Event()

        async def headers_only(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
            elif not answered.is_set():
                answered.set()
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        async def until_answered() -> Message:
            coming, gone = asyncio.ensure_future(receive()), asyncio.ensure_future(answered.wait())
            try:
                await asyncio.wait({coming, gone}, return_when=asyncio.FIRST_COMPLETED)
                return coming.result() if coming.done() else {"type": "http.disconnect"}
            finally:
                coming.cancel()
                gone.cancel()

        asked = {**scope, "method": "GET"}
        try:
            await self._app(asked, until_answered, headers_only)
        finally:
            if "route" in asked:  # for the log and the figures
                scope["route"] = asked["route"]

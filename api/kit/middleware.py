"""Watch every request on its way in and out: give it an id, a log line, figures and a span.

Pure ASGI, a few microseconds for each request: taking declarations in must be fast (docs/performance.md).
"""

from __future__ import annotations

import logging
from time import perf_counter
from typing import Literal

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.kit import metrics, traces
from api.kit.headers import RawHeaders, always, completed
from api.kit.logs import begin

log = logging.getLogger("api.kit.middleware")

CLIENT_LEFT = 499  # the client left before a response began; nginx's number
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
Which = Literal["all", "problems", "none"]


class RequestWatcher:
    """The outermost middleware; it completes the headers too.

    ``which`` requests get a log line: all, those that ended in a problem, or none.
    """

    def __init__(self, app: ASGIApp, which: Which = "all", common: RawHeaders | None = None) -> None:
        """:param common: the headers that every answer gets, see ``api.kit.headers``."""
        self._app = app
        self._common = always() if common is None else common
        self._least = {"all": 0, "problems": 400, "none": 1_000}[which]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = perf_counter()
        given = None
        for name, value in scope["headers"]:
            if name == b"x-request-id":
                given = value
                break
        cause = begin("request", given)
        status, size, id_, path = CLIENT_LEFT, 0, cause.id.encode(), scope["path"]

        async def answer(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                made = message["headers"] = completed(message["headers"], self._common, path)
                made.append((b"x-request-id", id_))
            else:
                size += len(message.get("body", b""))
            await send(message)

        with traces.request(scope) as span:
            try:
                await self._app(scope, receive, answer)
            except Exception:
                status, cause.problem = 500, "Internal"  # the answer is made further out
                raise
            finally:
                method, route, seconds = _method(scope), _route(scope), perf_counter() - begun
                traces.answered(span, method, route, status)
                metrics.answered(method, route, status, seconds, cause.source)
                if status >= self._least and log.isEnabledFor(logging.INFO):
                    _log(method, route, status, seconds, size, cause.problem)


def _log(method: str, route: str, status: int, seconds: float, size: int, problem: str) -> None:
    fields = {"method": method, "route": route, "status": status, "seconds": round(seconds, 6), "bytes": size}
    if problem:
        fields["problem"] = problem
    # log.info would look for its caller, which takes as long as the rest of this function.
    record = logging.LogRecord(log.name, logging.INFO, "", 0, f"{method} {route} {status}", None, None)
    record.fields = fields
    log.handle(record)


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "other"


def _route(scope: Scope) -> str:
    """The route's template, which does not reveal what was asked for; ``none`` if no route matches."""
    return getattr(scope.get("route"), "path_format", None) or "none"

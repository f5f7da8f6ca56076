"""Which other sites' pages may read answers (CORS, the Fetch standard section 3.2). By setting; without it, none may.

Cookies are never taken across origins, so such a page shows a session as ``Authorization: Bearer …``. Pure ASGI.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.kit.headers import RawHeaders

ANY = "*"
SENT = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Ledger-Digest, X-Request-Id"
"""Headers that a page may send."""
SHOWN = "Allow, Location, Retry-After, WWW-Authenticate, X-Request-Id"
"""Headers that a page may see, beside those that every page may."""
METHODS = "GET, HEAD, POST, DELETE"
_KEPT_SECONDS = b"600"
_ORIGIN, _ASKED = b"origin", b"access-control-request-method"


class CrossOrigin:
    """Adds to answers what browsers ask for. ``origins``: those that may read, or ``*`` alone for all."""

    def __init__(self, app: ASGIApp, origins: frozenset[str]) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *cross_origin(scope, self._origins)]
            await send(message)

        await self._app(scope, receive, answer if scope["type"] == "http" else send)


def cross_origin(scope: Scope, origins: frozenset[str]) -> RawHeaders:
    """The headers that an answer to this request gets; none where no origin may read."""
    if not origins:
        return []
    origin = _value(scope, _ORIGIN)
    made: RawHeaders = [] if ANY in origins else [(b"vary", b"Origin")]
    if origin is None or not may_read(origin.decode("latin-1"), origins):
        return made
    made.append((b"access-control-allow-origin", b"*" if ANY in origins else origin))
    if scope["method"] == "OPTIONS" and _value(scope, _ASKED) is not None:  # a preflight
        made += [
            (b"access-control-allow-methods", METHODS.encode()),
            (b"access-control-allow-headers", SENT.encode()),
            (b"access-control-max-age", _KEPT_SECONDS),
        ]
    else:
        made.append((b"access-control-expose-headers", SHOWN.encode()))
    return made


def may_read(origin: str, origins: frozenset[str]) -> bool:
    """Whether pages of an origin may read answers."""
    return ANY in origins or origin in origins


def _value(scope: Scope, name: bytes) -> bytes | None:
    return next((value for found, value in scope["headers"] if found == name), None)

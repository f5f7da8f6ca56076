"""Headers that tell browsers what not to do with an answer. Every answer has them, errors included.

The pages of the documentation run scripts; a policy of their own names each inline script by its hash (CSP level 3).
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256

from starlette.types import ASGIApp, Message, Receive, Scope, Send

RawHeaders = list[tuple[bytes, bytes]]
PAGES = frozenset({"/docs", "/redoc", "/docs/oauth2-redirect"})
STATIC = "/static-offline-docs/"
NO_CONTENT = b"default-src 'none'; frame-ancestors 'none'"
_POLICY = b"content-security-policy"
_PERMISSIONS = b"permissions-policy"
NO_PERMISSIONS = (
    b"publickey-credentials-get=(), publickey-credentials-create=(), camera=(), microphone=(), geolocation=()"
)
"""No page may ask a passkey for a signature, but the signing page, which says so itself."""
_CACHE = b"cache-control"
_NOT_KEPT = (_CACHE, b"no-store")
_COMMON: RawHeaders = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)


def always(hsts_seconds: int = 0) -> RawHeaders:
    """The headers of every answer. ``hsts_seconds``: for how long browsers shall insist on TLS; 0 is not at all."""
    made = [*_COMMON, (_POLICY, NO_CONTENT), (_PERMISSIONS, NO_PERMISSIONS)]
    if hsts_seconds:
        made.append((b"strict-transport-security", b"max-age=%d" % hsts_seconds))
    return made


def completed(given: Iterable[tuple[bytes, bytes]], common: RawHeaders, path: str) -> RawHeaders:
    """An answer's headers with the common ones: nobody keeps it unless it says so, and its own policies count."""
    made = [*given, *common]
    has_cache = False
    for name, _ in given:
        if name == _CACHE:
            has_cache = True
        elif name == _POLICY:
            made.remove((_POLICY, NO_CONTENT))
        elif name == _PERMISSIONS:
            made.remove((_PERMISSIONS, NO_PERMISSIONS))
    if not has_cache and not path.startswith(STATIC):
        made.append(_NOT_KEPT)
    return made


def page_policy(html: bytes) -> bytes:
    """The policy of a page of the documentation: its own scripts, and nothing from other sites."""
    hashes = b"".join(b" 'sha256-%s'" % b64encode(sha256(text).digest()) for text in _SCRIPT.findall(html))
    # The pages' programs set styles and load images as data; Redoc runs a worker from a blob.
    return (
        b"default-src 'none'; script-src 'self'%s; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        b"font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; "
        b"frame-ancestors 'none'" % hashes
    )


class PagePolicy:
    """Gives the pages of the documentation a policy that fits their scripts."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in PAGES:
            await self._app(scope, receive, send)
            return
        start: Message | None = None

        async def answer(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message  # the policy depends on the body
                return
            if start is not None:
                start["headers"] = [*start["headers"], (_POLICY, page_policy(message.get("body", b"")))]
                await send(start)
                start = None
            await send(message)

        await self._app(scope, receive, answer)


class SecurityHeaders:
    """Completes the headers of each answer of an application that ``RequestWatcher`` does not watch."""

    def __init__(self, app: ASGIApp, common: RawHeaders) -> None:
        self._app = app
        self._common = common

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = completed(message["headers"], self._common, scope["path"])
            await send(message)

        await self._app(scope, receive, answer if scope["type"] == "http" else send)

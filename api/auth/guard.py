"""Keep out writes that another site's page makes with a browser's cookie, and, by setting, writes without a session.

Pure ASGI, before anything of a request is read.
"""

from __future__ import annotations

from functools import partial

from starlette.types import ASGIApp, Receive, Scope, Send

from api.auth.reader import session_of
from api.auth.shown import bearer_of, cookie_name, cookie_of, header_of
from api.kit.capacity import Kind
from api.kit.errors import problem, problem_of
from api.services import Services
from ledger.errors import LedgerError

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
SESSIONS = "/v1/sessions"
_PAGES = "/portal/"
# Writes that hand in no statement: everything else needs a session where ``writes_need_session`` says so.
_NO_STATEMENTS = (SESSIONS, "/v1/verifications", "/v1/evidence")


class Guard:
    """Looks at every request that is no read."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._services = services
        self._cookie = cookie_name(services.settings)
        self._sites = services.settings.sites()
        self._origins = services.settings.origins()
        self._needs_session = services.settings.writes_need_session == "yes"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in _READS:
            if not self._is_from_here(scope):
                words = "another site's page may not do this: the request must come from this site"
                await problem(403, "CrossSite", words)(scope, receive, send)
                return
            if self._needs_session and not scope["path"].startswith(_NO_STATEMENTS):
                try:
                    await self._services.pools[Kind.SESSIONS].run(partial(session_of, scope, self._services))
                except LedgerError as error:
                    await problem_of(error)(scope, receive, send)
                    return
        await self._app(scope, receive, send)

    def _is_from_here(self, scope: Scope) -> bool:
        """Whether no other site's page can have made the request.

        A request matters that shows the cookie, or that may set it: signing a victim in as somebody else is an attack
        too. Browsers say where a request comes from. Programs say nothing, and have no cookie; to pages they write
        nothing.
        """
        fetched, origin = header_of(scope, b"sec-fetch-site"), header_of(scope, b"origin")
        if scope["path"].startswith(_PAGES):
            return fetched == "same-origin" if fetched is not None else origin in self._sites
        has_cookie = bearer_of(scope) is None and cookie_of(scope, self._cookie) is not None
        if not has_cookie and not scope["path"].startswith(SESSIONS):
            return True
        if not has_cookie and origin in self._origins:  # named by the operator
            return True
        if fetched is not None:
            return fetched == "same-origin"
        return origin in self._sites if origin is not None else not has_cookie

"""Query parameters: a route takes those that it documents. One that it does not know is refused by its name, because a
filter that is left out without a word shows what was not asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from api.kit.errors import problem

_LONGEST = 64  # of an unknown name that is said back


def take_known_queries(routes: Iterable[BaseRoute], prefix: str) -> None:
    """Let the routes under this path refuse query parameters that they do not document."""
    for route in routes:
        if isinstance(route, APIRoute) and route.path.startswith(prefix):
            route.app = _Known(route.app, known_queries(route))


def known_queries(route: APIRoute) -> frozenset[str]:
    """The names of the query parameters that a route documents."""
    given = (route.openapi_extra or {}).get("parameters", [])
    return frozenset(_own(route.dependant) | {item["name"] for item in given if item["in"] == "query"})


def _own(dependant: Dependant) -> set[str]:
    own = {item.alias for item in dependant.query_params}
    return own.union(*(_own(inner) for inner in dependant.dependencies))


class _Known:
    """An application that is asked only with these query parameters."""

    def __init__(self, app: ASGIApp, names: frozenset[str]) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        text = scope.get("query_string", b"")
        if text:
            for name, _ in parse_qsl(text.decode("latin-1"), keep_blank_values=True):
                if name not in self._names:
                    await problem(422, "Malformed", self._words(name))(scope, receive, send)
                    return
        await self._app(scope, receive, send)

    def _words(self, name: str) -> str:
        takes = f"it takes {', '.join(sorted(self._names))}" if self._names else "it takes none"
        return f"{name[:_LONGEST]}: there is no such query parameter here; {takes}"

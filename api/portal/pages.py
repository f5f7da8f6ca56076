"""The page that a code on paper leads to. It is the same for everybody: what the code names stands in the fragment of
the address, which no browser sends.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Response

from api.kit.capacity import Kind, of_kind
from api.portal.render import HEADERS

router = APIRouter(include_in_schema=False)

_PARTS = {"Cache-Control": "public, max-age=3600"}


@cache
def _file(name: str) -> bytes:
    return (files("api.portal") / "static" / name).read_bytes()


@router.get("/q")
@of_kind(Kind.LIVENESS)
async def evidence_page() -> Response:
    """What a reader gets who scans the code: the page offers the evidence, and says how to check it."""
    return Response(_file("q.html"), headers=HEADERS, media_type="text/html; charset=utf-8")


@router.get("/q/page.js")
@of_kind(Kind.LIVENESS)
async def script() -> Response:
    """The page's script."""
    return Response(_file("q.js"), headers=_PARTS, media_type="text/javascript; charset=utf-8")


@router.get("/q/page.css")
@of_kind(Kind.LIVENESS)
async def style() -> Response:
    """The page's style sheet."""
    return Response(_file("q.css"), headers=_PARTS, media_type="text/css; charset=utf-8")

"""What answers below /portal/ where there is no page: it must come after every other route."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from api.kit.capacity import Kind, of_kind
from api.portal.render import PageRoute

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/portal/{path:path}")
@of_kind(Kind.LIVENESS)
async def missing(path: str, request: Request) -> Response:
    """A page that says that there is none."""
    raise HTTPException(404, "there is no such page")

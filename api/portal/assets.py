"""The files that pages load: style, scripts, icon. Their addresses change with their content, so that browsers may keep
them.
"""

from __future__ import annotations

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

from api.kit.capacity import Kind, of_kind
from api.portal.render import ASSETS, content_of

router = APIRouter(include_in_schema=False)
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}


@router.get(ASSETS + "{name}")
@of_kind(Kind.LIVENESS)
async def get_asset(name: str) -> Response:
    """A built file by its name."""
    content, kind = content_of(name), _TYPES.get(name.rpartition(".")[2])
    if content is None or kind is None:
        raise HTTPException(404, "there is no such file")
    return Response(content, headers=_KEPT, media_type=kind)

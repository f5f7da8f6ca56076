"""The signing page, for a server whose portal and passkeys share one host. docs/portal.md says what that costs."""

from __future__ import annotations

import re
from functools import cache

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from api.kit.capacity import Kind, of_kind
from api.services import Injected, Services
from ledger.core.statements.origin import Origin
from ledger.journeys.sign_page import OWN_SITE, sign_page

router = APIRouter(include_in_schema=False)
PAGE = "/sign"
_POLICY = re.compile(rb'http-equiv="Content-Security-Policy" content="([^"]*)"')
_PERMISSIONS = (
    "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), geolocation=()"
)


def address_of(services: Services) -> str:
    """Where people sign: the address that the settings name, or this server's own page."""
    return services.settings.sign_url or PAGE


def to_sign(services: Services) -> dict[str, str]:
    """What a page needs from which somebody goes to sign: see web/pages/signing.ts."""
    return {"sign_page": address_of(services), "origin": str(services.origin)}


@router.get(PAGE)
@of_kind(Kind.LIVENESS)
async def signing(services: Injected) -> Response:
    """The page itself; where it is on a host of its own, the way there. A browser keeps the fragment, the request."""
    if services.settings.sign_url is not None:
        return RedirectResponse(services.settings.sign_url, 307)
    page, headers = _served(services.origin)
    return Response(page, headers=headers, media_type="text/html; charset=utf-8")


@cache
def _served(origin: Origin) -> tuple[bytes, dict[str, str]]:
    """The page for this history with its headers: its own policy, which no frame may get round."""
    page = sign_page([OWN_SITE], [origin])
    found = _POLICY.search(page)
    assert found is not None, "the signing page has no policy"
    headers = {
        "Content-Security-Policy": f"{found[1].decode()}; frame-ancestors 'none'",
        "Permissions-Policy": _PERMISSIONS,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    return page, headers

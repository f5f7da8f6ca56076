"""The page that checks documents, as this server hands it out: with the trust root of its own history inside."""

from __future__ import annotations

import re
from functools import cache

from fastapi import APIRouter, Response

from api.kit.capacity import Kind, of_kind
from api.portal.render import HEADERS
from api.services import Injected, Services
from ledger.errors import Malformed
from ledger.journeys.verify_page import page_with, verify_page

router = APIRouter(include_in_schema=False)

_RULES = re.compile(rb'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')


@router.get("/verify")
@of_kind(Kind.READS)
def checking_page(services: Injected) -> Response:
    """One file, which works as well from a disk. It sends nothing: its own rules, which are its header too, say so."""
    return Response(_page(services), headers=_headers(), media_type="text/html; charset=utf-8")


def _page(services: Services) -> bytes:
    try:
        trust = services.app.trust_root(services.settings.witnesses_file)
    except Malformed:  # it signs no checkpoints
        return page_with({"served": True})
    return verify_page(trust, served=True)


@cache
def _headers() -> dict[str, str]:
    found = _RULES.search(page_with({}))
    assert found, "the page has no rules"
    return {**HEADERS, "Content-Security-Policy": f"{found[1].decode()}; frame-ancestors 'none'"}

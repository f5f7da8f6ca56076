"""The pages of one file that check documents, as this server hands them out: with the trust root of its own history."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from fastapi import APIRouter, Response

from api.kit.capacity import Kind, of_kind
from api.portal.render import HEADERS
from api.services import Injected, Services
from ledger.errors import Malformed
from ledger.journeys.verify_page import page_with, verify_page
from ledger.manual import checking_page, code_page

router = APIRouter(include_in_schema=False)

_RULES = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')


@router.get("/verify")
@of_kind(Kind.READS)
def checking(services: Injected) -> Response:
    """One file, which works as well from a disk. It sends nothing: its own rules, which are its header too, say so."""
    return _handed_out(_page_of(checking_page), services)


@router.get("/q")
@of_kind(Kind.READS)
def code(services: Injected) -> Response:
    """What a code on paper leads to. The page is the same for everybody: what the code names stands in the fragment of
    the address, which no browser sends. It asks this server for evidence and share, and judges both in the browser.
    """
    return _handed_out(_page_of(code_page), services)


def _handed_out(page: str, services: Services) -> Response:
    try:
        trust = services.app.trust_root(services.settings.witnesses_file)
    except Malformed:  # it signs no checkpoints
        made = page_with({"served": True}, page)
    else:
        made = verify_page(trust, served=True, page=page)
    return Response(made, headers=_headers(page), media_type="text/html; charset=utf-8")


@cache
def _page_of(read: Callable[[], bytes]) -> str:
    return read().decode()


@cache
def _headers(page: str) -> dict[str, str]:
    found = _RULES.search(page)
    assert found, "the page has no rules"
    return {**HEADERS, "Content-Security-Policy": f"{found[1]}; frame-ancestors 'none'"}

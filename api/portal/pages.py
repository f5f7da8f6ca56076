"""The page that a code on paper leads to: one file, built from ``web/``. It is the same for everybody: what the code
names stands in the fragment of the address, which no browser sends.
"""

from __future__ import annotations

import json
import re
from functools import cache

from fastapi import APIRouter, Response

from api.kit.capacity import Kind, of_kind
from api.portal.render import HEADERS
from api.services import Injected, Services
from ledger.errors import Malformed
from ledger.journeys.verify_page import page_with
from ledger.manual import code_page

router = APIRouter(include_in_schema=False)

_OWN_POLICY = re.compile(r'http-equiv="Content-Security-Policy" content="([^"]+)"')


@router.get("/q")
@of_kind(Kind.READS)
def evidence_page(services: Injected) -> Response:
    """What a reader gets who scans the code: the page gets the evidence, checks it, and shows what it says."""
    page = _page()
    settings = {"policy": None, "served": True, "trusts": _trusts(services)}
    headers = HEADERS | {"Content-Security-Policy": policy_of(page)}
    return Response(page_with(settings, page), headers=headers, media_type="text/html; charset=utf-8")


def policy_of(page: str) -> str:
    """The policy of a one-file page as a header, where it can also forbid frames."""
    found = _OWN_POLICY.search(page)
    assert found is not None, "the page has no policy"
    return f"{found[1]}; frame-ancestors 'none'"


@cache
def _page() -> str:
    return code_page().decode()


def _trusts(services: Services) -> list[object]:
    """The trust root of this server's own log; none where it signs no checkpoints."""
    try:
        root = services.app.trust_root(services.settings.witnesses_file)
    except Malformed:
        return []
    return [json.loads(root.to_bytes())]

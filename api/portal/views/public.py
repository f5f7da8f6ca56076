"""Screens for everybody: the first page, the privacy notice."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.auth.shown import cookie_name
from api.kit.capacity import Kind, of_kind
from api.portal.render import LANGUAGE_COOKIE, PageRoute, render, signed_in
from api.services import Injected

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/")
@of_kind(Kind.READS)
def home(request: Request, services: Injected) -> Response:
    """What this is, and where to begin."""
    return render(request, "home.html", session=signed_in(request, services))


@router.get("/portal/privacy")
@of_kind(Kind.READS)
def privacy(request: Request, services: Injected) -> Response:
    """What the server keeps of whom."""
    cookies = {"session_cookie": cookie_name(services.settings), "language_cookie": LANGUAGE_COOKIE}
    return render(request, "privacy.html", cookies, session=signed_in(request, services))

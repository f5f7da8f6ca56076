"""Screens of a session: sign in, who one is, sign out. The session itself is that of ``/v1/sessions``."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.auth.reader import secret_of, session_of
from api.auth.shown import cookie_name
from api.kit.capacity import Kind, of_kind
from api.portal.render import PageRoute, render, signed_in
from api.portal.signing import to_sign
from api.services import Injected
from ledger.core.encoding.reading import hex_text

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/portal/sign-in")
@of_kind(Kind.READS)
def sign_in(request: Request, services: Injected) -> Response:
    """Sign in, or make a passkey first. Also where the signing page comes back to."""
    values = to_sign(services) | {"ledger": services.origin}
    return render(request, "sign_in.html", values, session=signed_in(request, services))


@router.get("/portal/account")
@of_kind(Kind.READS)
def account(request: Request, services: Injected) -> Response:
    """Whose key is signed in, and for whom it speaks."""
    session = session_of(request.scope, services)
    rights = session.rights
    values = {"signer": hex_text(rights.signer), "key": rights.signer, "ledger": services.origin}
    return render(request, "account.html", values, session=session)


@router.post("/portal/sign-out")
@of_kind(Kind.SESSIONS)
def sign_out(request: Request, services: Injected) -> Response:
    """End the session, if there is one, and go to the first page."""
    services.app.sign_ins.end(secret_of(request.scope, services) or "")
    answer = RedirectResponse("/", 303)
    name = cookie_name(services.settings)
    answer.delete_cookie(name, path="/", secure=name.startswith("__Host-"), httponly=True, samesite="lax")
    return answer

"""Sessions: sign in with a signed statement, see who one is, sign out."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from api.auth.guard import SESSIONS
from api.auth.reader import secret_of, session_of
from api.auth.shown import BY_SESSION, NO_STORE, cookie_name
from api.kit.capacity import Kind, of_kind
from api.kit.clients import client_of
from api.kit.errors import documented
from api.kit.fast_path import FastPath
from api.schemas import NonceResult, OpenedSession, SessionResult, SignedSignIn
from api.services import Injected, Services
from ledger.core.encoding.reading import hex_bytes, hex_text
from ledger.core.statements.sign_in import SignIn
from ledger.errors import TooManySignIns
from ledger.journeys.sign_in import LONGEST_SECONDS, MOST_TRIES, NONCE_SECONDS, TRIES_SECONDS, SignedIn

router = APIRouter(prefix=SESSIONS, tags=["sessions"], route_class=FastPath)


@router.post("/nonces", status_code=201, summary="A nonce to sign in with", responses=documented(503))
@of_kind(Kind.SESSIONS, 201)
def give_nonce(request: Request, services: Injected, response: Response) -> NonceResult:
    """A number for one sign-in within 5 minutes, of any process of this server. An address gets 10 in a minute."""
    at = services.clock()
    nonce = services.app.sign_ins.give_nonce(_spared("nonce", request, services), at)
    response.headers.update(NO_STORE)
    return NonceResult(
        nonce=hex_text(nonce),
        expires_at=at + NONCE_SECONDS,
        origin=str(services.origin),
        sites=sorted(services.app.sign_ins.sites),
    )


@router.post("", status_code=201, summary="Sign in", responses=documented(403, 413, 422, 503))
@of_kind(Kind.SESSIONS, 201)
def sign_in(body: SignedSignIn, request: Request, services: Injected, response: Response) -> OpenedSession:
    """Open a session by a signed statement `SignIn`; any signer may. It ends after 8 hours, 30 minutes without use, or
    when the key is retired or declared compromised. An address may try 10 times in a minute.

    A session only reads and drafts: every statement that is handed in has a signature of its own.
    """
    client = _spared("sign-in", request, services)
    sign_ins, at = services.app.sign_ins, services.clock()
    earlier = secret_of(request.scope, services)
    opened = sign_ins.open(
        SignIn.from_json(body.sign_in.model_dump()), hex_bytes(body.signature, "signature"), client, at
    )
    if earlier is not None:  # whoever had that session does not have this one
        sign_ins.end(earlier)
    response.headers.update(NO_STORE)
    if body.keep == "cookie":
        _set_cookie(response, services, opened.secret, LONGEST_SECONDS)
    shown = None if body.keep == "cookie" else opened.secret
    return OpenedSession(session=shown, **_shown(opened.session))


@router.get("/current", summary="Who is signed in", responses=documented(401, 503), openapi_extra=BY_SESSION)
@of_kind(Kind.SESSIONS)
def get_current(request: Request, services: Injected, response: Response) -> SessionResult:
    """Whose key it is, for whom it speaks now, and what it may read."""
    response.headers.update(NO_STORE)
    return SessionResult(**_shown(session_of(request.scope, services)))


@router.delete(
    "/current", status_code=204, summary="Sign out", responses=documented(401, 403, 503), openapi_extra=BY_SESSION
)
@of_kind(Kind.SESSIONS, 204)
def sign_out(request: Request, services: Injected) -> Response:
    """End the session."""
    session_of(request.scope, services)
    services.app.sign_ins.end(secret_of(request.scope, services) or "")
    response = Response(status_code=204, headers=NO_STORE)
    _set_cookie(response, services, "", 0)
    return response


def _spared(what: str, request: Request, services: Services) -> str:
    """The client's address, unless it asked too often: then the store is not even asked."""
    client = client_of(request.scope)
    if services.tries[what].wait(client):
        raise TooManySignIns(MOST_TRIES, TRIES_SECONDS)
    return client


def _set_cookie(response: Response, services: Services, value: str, seconds: int) -> None:
    """For this host alone, never shown to scripts, sent along when somebody comes from another site's link."""
    name = cookie_name(services.settings)
    secure = name.startswith("__Host-")
    response.set_cookie(name, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax")


def _shown(session: SignedIn) -> dict[str, Any]:
    rights = session.rights
    return {
        "signer": hex_text(rights.signer),
        "roles": [role.value for role in rights.roles],
        "agency": rights.agency,
        "reads_all": rights.reads_all,
        "begun_at": session.begun_at,
        "ends_at": session.ends_at,
        "idle_until": session.idle_until,
    }

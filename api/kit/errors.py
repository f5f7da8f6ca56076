"""Errors as problem details (RFC 9457): one table maps an error class to its HTTP status."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api import spellings
from api.kit import metrics
from api.kit.cors import cross_origin
from api.kit.headers import completed
from api.kit.logs import CAUSE
from api.kit.methods import allowed, without_slash
from api.kit.middleware import CLIENT_LEFT
from api.kit.openapi import content
from api.kit.quota import OverQuota
from api.schemas import Problem
from ledger.core.verification.rules import MALFORMED
from ledger.errors import (
    AgencyUnknown,
    AttestationAlreadyRecorded,
    AttestationAlreadyRevoked,
    AttestationUnknown,
    ContractMissing,
    CopyOfAnother,
    DeclarationAlreadyWithdrawn,
    DeclarationNotAnchored,
    DeclarationNotKnown,
    HistoryBroken,
    LedgerError,
    Malformed,
    NoRoomForShare,
    NotAnchoredYet,
    NotRelayed,
    NotSignedIn,
    OwnTransaction,
    Refused,
    RelayBudgetSpent,
    RelayUnderWay,
    SetNotKnown,
    ShareExists,
    ShareUnknown,
    SheetStale,
    SignatureMismatch,
    Source,
    TooManyReferences,
    TooManyShares,
    TooManySignIns,
    Unavailable,
    UnknownDeclaration,
    VerificationFailed,
)

log = logging.getLogger("api")
RETRY_AFTER_SECONDS = 5
MEDIA_TYPE = "application/problem+json"

# The first matching class counts, so subclasses come before their bases.
STATUS: list[tuple[type[LedgerError], int]] = [
    (OverQuota, 429),
    (Malformed, 422),
    (NotSignedIn, 401),
    (TooManySignIns, 429),
    (UnknownDeclaration, 404),
    (AgencyUnknown, 404),
    (AttestationUnknown, 404),
    (SetNotKnown, 404),
    (DeclarationNotKnown, 404),
    (NotAnchoredYet, 409),
    (DeclarationNotAnchored, 409),
    (RelayUnderWay, 409),
    (RelayBudgetSpent, 429),
    (AttestationAlreadyRecorded, 409),
    (AttestationAlreadyRevoked, 409),
    (DeclarationAlreadyWithdrawn, 409),
    (SheetStale, 409),
    (CopyOfAnother, 409),
    (TooManyReferences, 409),
    (ShareUnknown, 404),
    (ShareExists, 409),
    (TooManyShares, 429),
    (NoRoomForShare, 409),
    (ContractMissing, 503),
    (SignatureMismatch, 403),
    (Refused, 403),
    (VerificationFailed, 403),
    (HistoryBroken, 503),
    (Unavailable, 503),
]
TITLES = {
    401: "Nobody is signed in",
    422: "The input is malformed",
    404: "Not found here",
    405: "This path takes other methods",
    409: "It conflicts with what is recorded",
    403: "The rules forbid this",
    503: "Not available at the moment",
    413: "The body is too large",
    415: "The body has another type than this path takes",
    429: "Too many requests",
    500: "An unexpected error",
}
# What the framework, or a route by its means, refuses.
_KINDS = {404: "NotFound", 405: "MethodNotAllowed", 413: "TooLarge", 415: "MediaTypeUnknown", 503: "Unavailable"}


_OWN_WORDS = "Value error, "  # what pydantic puts before the words of our own checks
INTERNAL = "urn:trade-ledger:Internal"


def kind_of(error: LedgerError) -> str:
    """The ``type`` of an error's problem details."""
    return f"urn:trade-ledger:{type(error).__name__}"


def status_of(error: LedgerError) -> int:
    """The HTTP status of an error."""
    return next(status for cls, status in STATUS if isinstance(error, cls))


def problem(status: int, kind: str, detail: str, retry_after: int | None = None, **more: Any) -> JSONResponse:
    """A problem details response. With ``retry_after`` (seconds), and on a 503, it says when to try again."""
    seconds = RETRY_AFTER_SECONDS if retry_after is None and status == 503 else retry_after
    headers = {} if seconds is None else {"Retry-After": str(seconds)}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body = {"type": f"urn:trade-ledger:{kind}", "title": TITLES.get(status, kind), "status": status, "detail": detail}
    cause = CAUSE.get()
    if cause is not None:  # the log says more under this id
        cause.problem = kind
        body["request"] = cause.id
    return JSONResponse(body | more, status, headers, MEDIA_TYPE)


def problem_of(error: LedgerError) -> JSONResponse:
    """An error of the product as problem details."""
    values = error.values if isinstance(error, Refused) else {}
    plain = {key: "0x" + value.hex() if isinstance(value, bytes) else value for key, value in values.items()}
    if isinstance(error, HistoryBroken):
        log.error("history broken: %s", error)
    if error.public != str(error):
        log.warning("not available: %s", error)
    more: dict[str, Any] = {"values": plain} if plain else {}
    status, cause = status_of(error), CAUSE.get()
    if status == 503 and cause is not None:
        cause.source = source_of(error)
    if isinstance(error, Malformed) and error.part:
        more |= {"code": f"malformed.{error.part}", "rule": MALFORMED[error.part]}
    if isinstance(error, NotRelayed):
        metrics.not_relayed(type(error).__name__)
        if error.transaction is not None:
            more["relay_yourself"] = own_transaction(error.transaction)
    return problem(status, type(error).__name__, error.public, _wait(error), **more)


def _wait(error: LedgerError) -> int | None:
    """When to try again, in seconds, if the error says so."""
    match error:
        case TooManySignIns():
            return int(str(error.values["span"]))
        case OverQuota():
            return error.retry_after
        case RelayBudgetSpent() | TooManyShares():
            return int(str(error.values["retry_after"]))
    return None


def own_transaction(transaction: OwnTransaction) -> dict[str, Any]:
    """The transaction that relays a statement without this server, as a problem shows it."""
    return {
        "to": "0x" + transaction.to.hex(),
        "data": "0x" + transaction.data.hex(),
        "chain_id": transaction.chain_id,
        "value": 0,
        "gas": transaction.gas,
    }


def source_of(error: LedgerError) -> str:
    """What the metrics count an error with status 503 under: the ``Source`` that is unavailable, or "history"."""
    match error:
        case Unavailable():
            return error.source
        case ContractMissing():
            return Source.CHAIN
        case HistoryBroken():
            return "history"
    return "other"


def reasons(errors: Sequence[Any]) -> list[dict[str, str]]:
    """pydantic's findings, without the input, so that no contents are sent back."""
    return [{"where": ".".join(map(str, item["loc"])), "what": _in_words(item)} for item in errors[:20]]


def _in_words(item: Any) -> str:
    pattern = item.get("ctx", {}).get("pattern")
    return spellings.WORDS.get(pattern) or str(item["msg"]).removeprefix(_OWN_WORDS)


def install(app: FastAPI) -> None:
    """Turn every error of the product and the framework, and every unexpected one, into problem details."""

    @app.exception_handler(LedgerError)
    def _ledger(request: Request, error: LedgerError) -> JSONResponse:
        return problem_of(error)

    @app.exception_handler(RequestValidationError)
    def _validation(request: Request, error: RequestValidationError) -> JSONResponse:
        found = reasons(error.errors())
        first = f"{found[0]['where']}: {found[0]['what']}" if found else "the request is malformed"
        return problem(422, "Malformed", first, errors=found)

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        if error.status_code == 400:  # the framework could not decode the body as text
            return problem(422, "Malformed", "the body is not JSON in UTF-8")
        return _refused(request, error)

    @app.exception_handler(ClientDisconnect)
    def _left(request: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=CLIENT_LEFT)  # only the log shows it

    @app.exception_handler(Exception)
    def _unexpected(request: Request, error: Exception) -> JSONResponse:
        log.error("unexpected error", exc_info=error)
        answer = problem(500, "Internal", "the error is logged; the request may be tried again")
        cause = CAUSE.get()
        if cause is not None:  # no middleware completes the headers of this answer
            answer.headers["X-Request-Id"] = cause.id
        shared = cross_origin(request.scope, request.app.state.origins)
        answer.raw_headers = [*completed(answer.raw_headers, request.app.state.headers, request.url.path), *shared]
        return answer


def _refused(request: Request, error: HTTPException) -> Response:
    """An answer to what no route takes, or what a route refuses in HTTP's own words."""
    status, words, routes = error.status_code, str(error.detail), request.app.router.routes
    headers = dict(error.headers or {})
    if status in (404, 405):
        takes = allowed(routes, request.scope)
        if status == 405:
            headers["Allow"] = ", ".join(takes)
            words = f"this path takes {headers['Allow']}"
        elif not takes:
            path = without_slash(routes, request.scope)
            if path is not None:
                query = request.url.query
                return Response(status_code=308, headers={"Location": quote(path) + (f"?{query}" if query else "")})
            words = "there is nothing at this path; /openapi.json describes all that there is"
    answer = problem(status, _KINDS.get(status, "Http"), words)
    answer.headers.update(headers)
    return answer


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI descriptions of a route's errors; every one can answer 429, and 503 when its kind of work is full.

    One whose body can be too large (413) can have a body of another type (415) too.
    """
    body = (415,) if 413 in statuses else ()
    return {
        status: {"description": TITLES[status], "content": content(Problem, MEDIA_TYPE)}
        for status in (429, 503, *body, *statuses)
    }

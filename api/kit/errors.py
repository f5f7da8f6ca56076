"""One table: error class -> HTTP status, as problem details (RFC 9457)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.kit.logs import CAUSE
from api.kit.middleware import CLIENT_LEFT
from api.schemas import Problem
from ledger.errors import (
    AgencyUnknown,
    AttestationAlreadyRecorded,
    AttestationAlreadyRevoked,
    AttestationUnknown,
    ContractMissing,
    DeclarationAlreadyWithdrawn,
    HistoryBroken,
    LedgerError,
    Malformed,
    NotAnchoredYet,
    Refused,
    SignatureMismatch,
    Source,
    Unavailable,
    UnknownDeclaration,
    VerificationFailed,
)

log = logging.getLogger("api")
RETRY_AFTER_SECONDS = 5
MEDIA_TYPE = "application/problem+json"

# The first class that fits decides; subclasses stand before their bases.
STATUS: list[tuple[type[LedgerError], int]] = [
    (Malformed, 422),
    (UnknownDeclaration, 404),
    (AgencyUnknown, 404),
    (AttestationUnknown, 404),
    (NotAnchoredYet, 409),
    (AttestationAlreadyRecorded, 409),
    (AttestationAlreadyRevoked, 409),
    (DeclarationAlreadyWithdrawn, 409),
    (ContractMissing, 503),
    (SignatureMismatch, 403),
    (Refused, 403),
    (VerificationFailed, 403),
    (HistoryBroken, 503),
    (Unavailable, 503),
]
TITLES = {
    422: "The input does not have the promised shape",
    404: "There is no such thing here",
    409: "It does not fit what is there already",
    403: "The rules forbid this",
    503: "Nobody can say at the moment",
    413: "The body is too large",
    429: "Too many requests",
    500: "Something went wrong here",
}


INTERNAL = "urn:trade-ledger:Internal"


def kind_of(error: LedgerError) -> str:
    """The ``type`` of an error's problem details."""
    return f"urn:trade-ledger:{type(error).__name__}"


def status_of(error: LedgerError) -> int:
    """The HTTP status of an error."""
    return next(status for cls, status in STATUS if isinstance(error, cls))


def problem(status: int, kind: str, detail: str, retry_after: int | None = None, **more: Any) -> JSONResponse:
    """A problem details response; a 503 says when to come again, as does any with ``retry_after`` (seconds)."""
    seconds = RETRY_AFTER_SECONDS if retry_after is None and status == 503 else retry_after
    headers = None if seconds is None else {"Retry-After": str(seconds)}
    body = {"type": f"urn:trade-ledger:{kind}", "title": TITLES.get(status, kind), "status": status, "detail": detail}
    cause = CAUSE.get()
    if cause is not None:  # the log has more, under this id
        cause.problem = kind
        body["request"] = cause.id
    return JSONResponse(body | more, status, headers, MEDIA_TYPE)


def source_of(error: LedgerError) -> str:
    """What an error that answers 503 is counted under: the ``Source`` that could not answer, or "history"."""
    match error:
        case Unavailable():
            return error.source
        case ContractMissing():
            return Source.CHAIN
        case HistoryBroken():
            return "history"
    return "other"


def reasons(errors: Sequence[Any]) -> list[dict[str, str]]:
    """What pydantic found, without the input: it would send contents back."""
    return [{"where": ".".join(map(str, item["loc"])), "what": item["msg"]} for item in errors[:20]]


def install(app: FastAPI) -> None:
    """Turn every error of the product, of the framework and of nobody into problem details."""

    @app.exception_handler(LedgerError)
    def _ledger(request: Request, error: LedgerError) -> JSONResponse:
        values = error.values if isinstance(error, Refused) else {}
        plain = {key: "0x" + value.hex() if isinstance(value, bytes) else value for key, value in values.items()}
        if isinstance(error, HistoryBroken):
            log.error("history broken: %s", error)
        more: dict[str, Any] = {"values": plain} if plain else {}
        status, cause = status_of(error), CAUSE.get()
        if status == 503 and cause is not None:
            cause.source = source_of(error)
        return problem(status, type(error).__name__, str(error), **more)

    @app.exception_handler(RequestValidationError)
    def _validation(request: Request, error: RequestValidationError) -> JSONResponse:
        found = reasons(error.errors())
        first = f"{found[0]['where']}: {found[0]['what']}" if found else "the request is malformed"
        return problem(422, "Malformed", first, errors=found)

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 400:  # the framework's word for a body that is no text at all
            return problem(422, "Malformed", "the body is no JSON in UTF-8")
        return problem(error.status_code, "TooLarge" if error.status_code == 413 else "Http", str(error.detail))

    @app.exception_handler(ClientDisconnect)
    def _left(request: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=CLIENT_LEFT)  # which nobody reads, but the log

    @app.exception_handler(Exception)
    def _unexpected(request: Request, error: Exception) -> JSONResponse:
        log.error("unexpected error", exc_info=error)
        answer = problem(500, "Internal", "the error is logged; the request may be tried again")
        cause = CAUSE.get()
        if cause is not None:  # this answer is made outside of all that would add it
            answer.headers["X-Request-Id"] = cause.id
        return answer


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of a route's errors; any may be asked too often."""
    return {
        status: {"description": TITLES[status], "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}}
        for status in (429, *statuses)
    }

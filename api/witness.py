"""The witness as a web application, C2SP tlog-witness. https://c2sp.org/tlog-witness

One table gives the status of each refusal. Answers are constant texts: details of a refusal are in the witness's own
log only.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.kit.capacity import Kind, Limits, Pool
from api.kit.errors import RETRY_AFTER_SECONDS
from api.kit.headers import SecurityHeaders, always, completed
from api.kit.limits import BodyLimit, RateLimit
from api.services import connection_state, now
from ledger.app import App
from ledger.core.checkpoints.witness_requests import MAX_REQUEST_BYTES
from ledger.errors import LedgerError, Malformed, Unavailable
from ledger.journeys.witness import NotCosigned, Witness, WitnessRefusal
from ledger.settings import Settings, load_settings

log = logging.getLogger("api.witness")
LIMITS = Limits(threads=8, waiting=32, share=20)  # of requests that ask the node or its store

# A checkpoint that the chain contradicts gets 422, like a proof that does not hold: the request has its shape and the
# log's signature, but is not true. 403 would mean that the key is not the log's.
STATUS: dict[WitnessRefusal, tuple[int, str]] = {
    WitnessRefusal.UNKNOWN_LOG: (404, "this log is not witnessed here\n"),
    WitnessRefusal.NOT_SIGNED: (403, "not signed by the log's key\n"),
    WitnessRefusal.TWO_ROOTS: (409, "another root or index was cosigned for this size\n"),
    WitnessRefusal.NOT_CONSISTENT: (422, "the consistency proof does not hold\n"),
    WitnessRefusal.OTHER_HISTORY: (422, "the chain has another history\n"),
    WitnessRefusal.OTHER_INDEX: (422, "these entries have another index of subjects\n"),
    WitnessRefusal.WITHHELD: (422, "the chain has had further entries for too long: ask with a newer checkpoint\n"),
}


def from_settings() -> Starlette:
    """The witness by environment and settings file: what ``ledger witness`` runs."""
    settings = load_settings()
    app = App(settings)
    return create_witness(app.witness(), app.close, settings)


def create_witness(
    witness: Witness, close: Callable[[], None] = lambda: None, settings: Settings | None = None
) -> Starlette:
    """The web application of a witness; ``close`` is called at its end. Of the settings, the limits count."""
    given = Settings() if settings is None else settings
    headers = always(given.hsts_seconds)
    pool = Pool(Kind.LOOKS, LIMITS)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, Any]]:
        yield connection_state(given)
        pool.stop()
        close()

    async def add_checkpoint(request: Request) -> Response:
        body = await request.body()
        try:
            return await pool.run(lambda: _answer(witness, body))
        except Unavailable as error:
            return _cannot_say(error)

    def unexpected(request: Request, error: Exception) -> Response:
        log.error("unexpected error", exc_info=error)
        answer = PlainTextResponse("an unexpected error\n", 500)
        answer.raw_headers = completed(answer.raw_headers, headers, request.url.path)  # no middleware does
        return answer

    behind = [] if given.trusted_proxies is None else [
        Middleware(ProxyHeadersMiddleware, trusted_hosts=given.trusted_proxies)
    ]  # fmt: skip
    return Starlette(
        routes=[Route("/add-checkpoint", add_checkpoint, methods=["POST"])],
        middleware=[
            *behind,
            Middleware(SecurityHeaders, common=headers),
            Middleware(RateLimit, rate=given.requests_per_second),
            Middleware(BodyLimit, most=MAX_REQUEST_BYTES),
        ],
        exception_handlers={Exception: unexpected},
        lifespan=lifespan,
    )


def _answer(witness: Witness, body: bytes) -> Response:
    try:
        return PlainTextResponse(witness.add_checkpoint(body, now()).lines)
    except Malformed:
        return PlainTextResponse("the request is malformed\n", 400)
    except NotCosigned as refused:
        if refused.reason is WitnessRefusal.SEEN_ANOTHER:
            # Bytes, so that no charset is added: the protocol demands exactly this type.
            return Response(f"{refused.size}\n".encode(), 409, {"Content-Type": "text/x.tlog.size"})
        status, words = STATUS[refused.reason]
        return PlainTextResponse(words, status)
    except LedgerError as error:
        # The node or the store is away, or they contradict each other: nobody can say, so nothing is signed.
        return _cannot_say(error)


def _cannot_say(error: LedgerError) -> Response:
    log.warning("cannot say: %s", error)
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return PlainTextResponse("this witness cannot say at the moment\n", 503, headers)

"""The witness as a web application, C2SP tlog-witness. https://c2sp.org/tlog-witness

One table gives the status of each refusal. Answers are constant texts: details of a refusal are in the witness's own
log only.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.kit.errors import RETRY_AFTER_SECONDS
from api.kit.limits import BodyLimit
from api.services import now
from ledger.app import App
from ledger.core.checkpoints.witness_requests import MAX_REQUEST_BYTES
from ledger.errors import LedgerError, Malformed
from ledger.journeys.witness import NotCosigned, Witness, WitnessRefusal
from ledger.settings import load_settings

log = logging.getLogger("api.witness")

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
    app = App(load_settings())
    return create_witness(app.witness(), app.close)


def create_witness(witness: Witness, close: Callable[[], None] = lambda: None) -> Starlette:
    """The web application of a witness; ``close`` is called at its end."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        close()

    async def add_checkpoint(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(_answer, witness, body)

    return Starlette(
        routes=[Route("/add-checkpoint", add_checkpoint, methods=["POST"])],
        middleware=[Middleware(BodyLimit, most=MAX_REQUEST_BYTES)],
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
        log.warning("cannot say: %s", error)
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return PlainTextResponse("this witness cannot say at the moment\n", 503, headers)

"""``create_witness``: the witness as a web server, C2SP tlog-witness. https://c2sp.org/tlog-witness

One table says which status each refusal has. Answers to strangers are constant: why a checkpoint was refused stands in
the witness's own log.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.kit.errors import RETRY_AFTER_SECONDS
from api.kit.limits import BodyLimit
from api.services import Services, clock
from ledger.config import Settings, load_settings
from ledger.core.checkpoints.trust import read_trust_root
from ledger.core.checkpoints.witnessing import MAX_REQUEST
from ledger.edges.chain.contract import Chain
from ledger.edges.keys.keystore import Keystore, passphrase_source
from ledger.edges.store import Store
from ledger.errors import LedgerError, Malformed
from ledger.journeys.witness import NotCosigned, Reason, Witness

log = logging.getLogger("api.witness")

# The chain's word against the checkpoint is a 422, as a proof that does not hold: the request has its shape and the
# log's signature, and what it says is not so. A 403 would say that the key is not the log's.
STATUS: dict[Reason, tuple[int, str]] = {
    Reason.UNKNOWN_LOG: (404, "this log is not witnessed here\n"),
    Reason.NOT_SIGNED: (403, "not signed by the log's key\n"),
    Reason.TWO_ROOTS: (409, "another root was cosigned for this size\n"),
    Reason.NOT_CONSISTENT: (422, "the consistency proof does not hold\n"),
    Reason.OTHER_HISTORY: (422, "the chain has another history\n"),
}


def build_witness(settings: Settings) -> Witness:
    """Open store, key and trust root. The node is asked with the first checkpoint, and may be away until then.

    :raises Malformed: a setting is missing or cannot be used; the message says which.
    """
    if settings.witness_name is None:
        raise Malformed("no name to cosign under: set LEDGER_WITNESS_NAME, e.g. witness.agency.example")
    try:
        trust = read_trust_root(settings.trust_file.read_bytes())
    except OSError as error:
        raise Malformed(f"cannot be read: {error.strerror}", str(settings.trust_file)) from None
    origin = trust.origin
    passphrase = passphrase_source(settings.passphrase, settings.passphrase_file, prompt=False)
    key = Keystore(settings.keystore_dir).load(settings.witness_key, passphrase())
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    store = Store.open(settings.store_url_or_default(), origin)

    def connect() -> Chain:
        return Chain.connect(settings.rpc_url, origin.contract, origin.chain_id, settings.chain_limits())

    services = Services(settings, origin, store, None, None, connect, clock)
    return Witness(trust, settings.witness_name, key, store, lambda: services.follower)


def create_witness(settings: Settings | None = None, build: Callable[[Settings], Witness] = build_witness) -> Starlette:
    """The application; settings come from the environment unless given."""
    witness = build(settings or load_settings())

    async def add_checkpoint(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(_answer, witness, body)

    return Starlette(
        routes=[Route("/add-checkpoint", add_checkpoint, methods=["POST"])],
        middleware=[Middleware(BodyLimit, most=MAX_REQUEST)],
    )


def _answer(witness: Witness, body: bytes) -> Response:
    try:
        return PlainTextResponse(witness.add_checkpoint(body, clock()).lines)
    except Malformed:
        return PlainTextResponse("the request is malformed\n", 400)
    except NotCosigned as refused:
        if refused.reason is Reason.SEEN_ANOTHER:
            # Bytes, so that no charset is added: the protocol says this type and nothing after it.
            return Response(f"{refused.size}\n".encode(), 409, {"Content-Type": "text/x.tlog.size"})
        status, words = STATUS[refused.reason]
        return PlainTextResponse(words, status)
    except LedgerError as error:
        # The node or the store is away, or they contradict each other: nobody can say, so nothing is signed.
        log.warning("cannot say: %s", error)
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return PlainTextResponse("this witness cannot say at the moment\n", 503, headers)

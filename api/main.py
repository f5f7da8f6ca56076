"""``create_app``: the only place that builds edges for the API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors
from api.dependencies import Background, Services, anchor, clock, cosign
from api.routes import attestations, declarations, health, history, published, verifications
from ledger import __version__
from ledger.config import Settings, load_settings
from ledger.core.typed_data import Origin
from ledger.edges.chain import Chain
from ledger.edges.keys import Keystore, SigningKey, passphrase_source
from ledger.edges.store import Store
from ledger.edges.witness import clients_of
from ledger.errors import Malformed

DESCRIPTION = """
Anchor and query trade documents. **The server holds no party's and no agency's key**: parties and agencies sign their
statements (EIP-712) on their own machines, the server checks, stores, batches and relays them. Whatever it answers can
be checked without it: take the evidence and run `ledger verify`.
"""


class BodyLimit:
    """Refuses bodies beyond a size, whether or not they announce it."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        body, more = b"", announced.isdigit() and int(announced) <= self._most
        while more and len(body) <= self._most:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if more or len(body) > self._most or not announced.isdigit() or int(announced) > self._most:
            refusal = errors.problem(413, "TooLarge", f"a body has at most {self._most} bytes")
            await refusal(scope, receive, send)
            return
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)


def build_services(settings: Settings) -> Services:
    """Open store and keys, and prepare the chain connection.

    :raises Malformed: a setting is missing or cannot be used; the message says which.
    """
    contract_file = settings.state_dir / "contract"
    contract = settings.contract or (contract_file.read_text().strip() if contract_file.exists() else None)
    if contract is None:
        raise Malformed("no contract is set: run `ledger deploy`, or set LEDGER_CONTRACT to its address")

    def connect() -> Chain:
        return Chain.connect(settings.rpc_url, contract, settings.chain_id, settings.chain_limits())

    if settings.chain_id is not None:
        origin = Origin(settings.chain_id, bytes.fromhex(contract.removeprefix("0x")))
    else:
        origin = connect().origin
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    store = Store.open(settings.store_url_or_default(), origin)
    keystore = Keystore(settings.keystore_dir)
    passphrase = passphrase_source(settings.passphrase, settings.passphrase_file, prompt=False)

    def key(name: str | None) -> SigningKey | None:
        return keystore.load(name, passphrase()) if name and keystore.has(name) else None

    return Services(
        settings, origin, store, key(settings.relayer_key), key(settings.log_key), connect, clock,
        clients_of(settings.witnesses_file), key(settings.receipt_key),
    )  # fmt: skip


def create_app(settings: Settings | None = None, build: Callable[[Settings], Services] = build_services) -> FastAPI:
    """The application; settings come from the environment unless given. The background anchorer runs while it is up."""
    chosen = settings or load_settings()
    services = build(chosen)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        threads = [Background("anchoring", services, anchor)]
        if chosen.witnesses_file is not None:
            threads.append(Background("cosigning", services, cosign))
        services.intake.start()
        for thread in threads:
            thread.start()
        yield
        for thread in threads:
            thread.stop()
        services.close()

    # The page's scripts come from here: a customs network does not load them from strangers.
    app: FastAPI = FastAPIOffline(
        title="Trade document ledger",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    app.state.services = services
    app.add_middleware(BodyLimit, most=chosen.max_body_bytes)
    errors.install(app)
    for router in (
        declarations.router,
        attestations.router,
        verifications.router,
        history.router,
        published.router,
        health.router,
    ):
        app.include_router(router)
    return app

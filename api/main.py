"""``create_app``: the only place that builds edges for the API."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from multiprocessing import parent_process
from threading import Thread

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from api.kit import errors, traces
from api.kit.limits import BodyLimit, RateLimit
from api.kit.middleware import Watched
from api.kit.streams import ended_by_signals
from api.routes import health, metrics
from api.routes.ledger import attestations, declarations, history, log, stream, verifications
from api.services import Background, Services, anchor, clock, cosign
from ledger import __version__
from ledger.config import Settings, load_settings
from ledger.core.statements.origin import Origin
from ledger.edges.chain.contract import Chain
from ledger.edges.keys.keystore import Keystore, SigningKey, passphrase_source
from ledger.edges.store import Store
from ledger.edges.witness_http import clients_of
from ledger.errors import Malformed

DESCRIPTION = """
Anchor and query trade documents. **The server holds no party's and no agency's key**: parties and agencies sign their
statements (EIP-712) on their own machines, the server checks, stores, batches and relays them. Whatever it answers can
be checked without it: take the evidence and run `ledger verify`.
"""


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


def _end_with_parent() -> None:
    """One of several processes ends when the one that started them does, be it by SIGKILL: else it keeps their port."""
    parent = parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=wait, name="parent", daemon=True).start()


def create_app(settings: Settings | None = None, build: Callable[[Settings], Services] = build_services) -> FastAPI:
    """The application; settings come from the environment unless given. The background anchorer runs while it is up."""
    chosen = settings or load_settings()
    services = build(chosen)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        threads = [Background("anchoring", services, anchor)]
        if chosen.witnesses_file is not None:
            threads.append(Background("cosigning", services, cosign))
        _end_with_parent()
        traces.start(chosen.otlp_endpoint)
        for thread in threads:
            thread.start()
        with ended_by_signals(services.hub):
            yield
        for thread in threads:
            thread.stop()
        services.close()
        traces.stop()

    # The page's scripts come from here: a customs network does not load them from strangers.
    app: FastAPI = FastAPIOffline(
        title="Trade document ledger",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        telemetry=traces.FRAMEWORKS_OWN,
    )
    app.state.services = services
    app.add_middleware(BodyLimit, most=chosen.max_body_bytes)
    app.add_middleware(RateLimit, rate=chosen.requests_per_second)
    app.add_middleware(Watched, which=chosen.log_requests)  # the last one added meets a request first
    errors.install(app)
    for router in (
        declarations.router,
        attestations.router,
        verifications.router,
        history.router,
        log.router,
        stream.router,
        health.router,
        metrics.router,
    ):
        # Not by include_router, which keeps a router within the other and looks for a request's route twice.
        app.router.routes.extend(router.routes)
    return app

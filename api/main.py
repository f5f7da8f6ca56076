"""The API as a web application: routes, middleware and background, over the services that it is given."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from multiprocessing import parent_process
from threading import Thread
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline
from starlette.types import Lifespan
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.auth.guard import Guard
from api.auth.shown import SCHEMES
from api.background import background
from api.files import EvidenceFile, RedactedFile
from api.kit import errors, traces
from api.kit.capacity import Kind
from api.kit.cors import CrossOrigin
from api.kit.headers import PagePolicy, always
from api.kit.idempotency import MARGIN_SECONDS, KeptResponses
from api.kit.limits import BodyLimit, RateLimit
from api.kit.methods import CommonMethods
from api.kit.middleware import RequestWatcher
from api.kit.openapi import with_models
from api.kit.queries import take_known_queries
from api.kit.streams import ended_by_signals
from api.portal import assets, signing
from api.portal.views import ROUTERS
from api.routes import health, metrics, sessions
from api.routes.ledger import (
    attestations,
    declarations,
    evidence,
    history,
    inbox,
    log,
    references,
    shares,
    stream,
    verifications,
)
from api.schemas import BulkResults, Problem, SignedDeclarations
from api.services import Services, connection_state, open_services
from ledger import __version__
from ledger.settings import load_settings

MODELS = (Problem, BulkResults, SignedDeclarations, EvidenceFile, RedactedFile)
"""Of bodies that routes and errors read and print themselves."""
DESCRIPTION = """
Anchor and query trade documents. **The server holds no party's and no agency's key**: parties and agencies sign their
statements (EIP-712) on their own machines, the server checks, stores, batches and relays them. Its answers can be
checked without it: take the evidence and run `ledger verify`.
"""


def _end_with_parent() -> None:
    """End this process when the one that started it ends, even by SIGKILL: it would keep their port."""
    parent = parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=wait, name="parent", daemon=True).start()


def from_settings() -> FastAPI:
    """The API by environment and settings file: what ``ledger serve`` runs."""
    services = open_services(load_settings())
    services.verdicts.start()
    return create_app(services)


def create_app(services: Services) -> FastAPI:
    """The API over these services. The background runs while it is up; at its end it closes the services."""
    settings = services.settings

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        threads = background(services)
        _end_with_parent()
        traces.start(settings.otlp_endpoint)
        for thread in threads:
            thread.start()
        with ended_by_signals(services.hub):
            yield connection_state(settings)
        for thread in threads:
            thread.stop()
        services.close()
        traces.stop()

    api = with_routes(lifespan)
    api.state.services = services
    patience = int(settings.confirmation_timeout_seconds) + MARGIN_SECONDS
    relaying = services.pools[Kind.RELAYING]
    api.state.kept_responses = KeptResponses(services.store.idempotency, services.clock, patience, relaying)
    api.state.headers = always(settings.hsts_seconds)
    api.state.origins = settings.origins()
    api.add_middleware(PagePolicy)
    api.add_middleware(CommonMethods, routes=api.router.routes)
    api.add_middleware(Guard, services=services)
    api.add_middleware(BodyLimit, most=settings.max_body_bytes)
    api.add_middleware(RateLimit, rate=settings.requests_per_second)
    if settings.origins():
        api.add_middleware(CrossOrigin, origins=settings.origins())
    api.add_middleware(RequestWatcher, which=settings.log_requests, common=api.state.headers)
    # The last one added meets a request first.
    if settings.trusted_proxies is not None:
        api.add_middleware(ProxyHeadersMiddleware, trusted_hosts=settings.trusted_proxies)
    return api


def with_routes(lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """The routes alone, to describe them: nothing is opened."""
    # The documentation page's scripts come from here: a customs network does not load them from other sites.
    api: FastAPI = FastAPIOffline(
        title="Trade document ledger",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        telemetry=traces.FRAMEWORKS_OWN,
        redirect_slashes=False,  # the framework's would name the host that the client said; see api.kit.errors
    )
    errors.install(api)
    for router in (
        declarations.router,
        references.router,
        shares.router,
        attestations.router,
        inbox.router,
        evidence.router,
        verifications.router,
        history.router,
        log.router,
        stream.router,
        sessions.router,
        health.router,
        metrics.router,
        assets.router,
        signing.router,
        *ROUTERS,
    ):
        # Not by include_router, which nests routers and so looks up the route of each request twice.
        for route in router.routes:
            if isinstance(route, APIRoute):  # generated clients name their functions so
                route.operation_id = route.name.strip("_")
            api.router.routes.append(route)
    take_known_queries(api.router.routes, "/v1/")
    api.openapi = partial(_with_schemes, api.openapi)  # type: ignore[method-assign]
    return api


def _with_schemes(describe: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The OpenAPI document, with what FastAPI does not know: models, and how one shows a session, which routes read."""
    document = describe()
    with_models(document, MODELS)
    document["components"]["securitySchemes"] = SCHEMES
    return document

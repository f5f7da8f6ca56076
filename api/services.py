"""What a running server has: its app, and what its requests share. Routes get it injected."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import Depends, Request

from api.kit import traces
from api.kit.capacity import LIMITS, Admission, Kind, Limits, Pool, Runs
from api.kit.connections import STATE, ConnectionLimits, Connections
from api.kit.queue import CallWorker, Worker
from api.kit.quota import IntakeQuota, ShareQuota
from api.kit.readiness import NodeReadiness, NodeState
from api.kit.streams import Hub
from api.kit.tries import Tries
from api.verdicts import Verdicts
from ledger.app import App
from ledger.errors import Source, Unavailable
from ledger.journeys.receive import Commit, Received, store_requests
from ledger.journeys.relay import Relay
from ledger.journeys.sign_in import MOST_TRIES, TRIES_SECONDS
from ledger.settings import Settings

log = logging.getLogger("api.services")
LOOK_SECONDS = 1.0
"""How old facts may be: all who ask within this time share one look at the chain."""
_COMMIT_SIZE = 2_000  # declarations in one commit; it takes some tens of milliseconds
_COMMITS_WAITING = 20_000  # declarations that wait for one


def now() -> int:
    """Seconds since 1970."""
    return int(time.time())


class Services:
    """The services of one server process. The chain is connected when first needed, and again after it was away."""

    def __init__(self, app: App, clock: Callable[[], int] = now) -> None:
        self.app = app
        self.settings = app.settings
        self.clock = clock
        # Opened now, so that a server that lacks something does not start.
        self.origin, self.store, self.log_key, self.receipt_key = app.origin, app.store, app.log_key, app.receipt_key
        self.witnesses = app.witnesses
        self.has_relayer, self.has_anchor_key = app.has_relayer, app.has_anchor_key
        if self.has_relayer:
            _ = app.relayer
        if self.has_anchor_key:
            _ = app.anchor_key
        if self.has_relayer and app.anchor_key_name == self.settings.relayer_key:
            log.warning("relaying and anchoring share an account: `ledger keys new anchor`, and fund it")
        self.checking = CallWorker("checking", Kind.INTAKE)
        self.proving = CallWorker("proving", Kind.PROOFS)
        self.judging = Admission(Kind.VERIFICATION, LIMITS[Kind.VERIFICATION])
        self.verdicts = Verdicts(app.settings, clock, lambda: app.follower, LOOK_SECONDS)
        self.storing = Worker(
            "storing", self._store_requests, most_at_once=_COMMIT_SIZE, most_waiting=_COMMITS_WAITING, size=len
        )
        # Many lines are checked in threads, one for each processor: libsecp256k1 releases the interpreter's lock.
        intake = LIMITS[Kind.INTAKE]
        self.checkers = Pool(Kind.INTAKE, Limits(os.cpu_count() or 1, intake.waiting, intake.share))
        threads = (Kind.STATUS, Kind.READS, Kind.LOOKS, Kind.SESSIONS, Kind.RELAYING, Kind.SHARES, Kind.STREAMS)
        self._threads = {kind: Pool(kind) for kind in threads}
        self.pools: dict[Kind, Runs] = {**self._threads, Kind.INTAKE: self.checkers, Kind.PROOFS: self.proving}
        """Where plain routes run, by their kind."""
        self.quota = IntakeQuota(self.settings.declarations_per_hour, self.settings.declaration_bytes_per_hour)
        self.share_quota = ShareQuota()
        self.hub = Hub(
            self.store.events,
            self.settings.stream_readers,
            self.settings.poll_interval_seconds,
            self.settings.streams_per_client,
            self._threads[Kind.STREAMS],
        )
        self.readiness = NodeReadiness(self._newest_block)
        self.candidate = self.store.leadership.candidate("anchoring")
        self.leads = False
        self.tries = {what: Tries(MOST_TRIES, TRIES_SECONDS) for what in ("nonce", "sign-in")}
        self.waits: dict[str, str] = {}
        """For each background thread by name: why it waits; empty if it does not."""

    @property
    def relay(self) -> Relay:
        """Carries signed statements to the contract, within the budgets; Unavailable where there is no relayer key."""
        if not self.has_relayer:
            raise Unavailable(
                "this server has no relayer key; relay the statement yourself, or ask its operator", source=Source.KEY
            )
        return self.app.relay_for_others(self.clock)

    def close(self) -> None:
        """Store what waits, answer what was asked, then close everything."""
        for worker in (self.checkers, self.checking, self.storing, self.proving, self.verdicts):
            worker.stop()
        for pool in self._threads.values():
            pool.stop()
        self.candidate.release()
        self.app.close()

    def _store_requests(self, requests: Sequence[Sequence[Received]]) -> list[Commit]:
        with traces.span("commit", declarations=sum(map(len, requests))):
            return store_requests(self.store, requests, self.clock())

    def _newest_block(self) -> NodeState:
        look = self.app.chain.survey()  # asks our contract too, and compares two nodes
        problems = tuple(f"{name}: {words}" for name, words in self.app.chain.node_problems.items())
        return NodeState(look.block.number, look.block.time, nodes=problems)


def open_services(settings: Settings) -> Services:
    """The services by these settings.

    :raises Malformed: a setting is missing or cannot be used; the message says which.
    """
    return Services(App(settings, look_seconds=LOOK_SECONDS))


async def services_of(request: Request) -> Services:
    """The services of this application. A coroutine, because FastAPI calls plain functions in a thread."""
    services: Services = request.app.state.services
    return services


Injected = Annotated[Services, Depends(services_of)]


def connection_state(settings: Settings) -> dict[str, Any]:
    """What the lifespan of an application yields, for the protocol that limits its connections."""
    limits = ConnectionLimits(
        most=settings.connections, per_client=settings.connections_per_client, proxies=settings.proxies()
    )
    return {STATE: Connections(limits)}

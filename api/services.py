"""What routes are given: the services that ``create_app`` built, and the clock."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock, Thread
from typing import Annotated, NamedTuple

from fastapi import Depends, Request

from api.kit import metrics, traces
from api.kit.logs import begin
from api.kit.queue import CallWorker, Worker
from api.kit.readiness import Probe
from api.kit.streams import Hub
from ledger.config import Settings
from ledger.core.statements.origin import Origin
from ledger.edges.chain.contract import Chain
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.store import Store
from ledger.edges.witness_http import WitnessClient
from ledger.errors import LedgerError, Source, Unavailable
from ledger.journeys.anchor import Anchorer
from ledger.journeys.checkpoint import publish_checkpoint
from ledger.journeys.cosign import Witnesses
from ledger.journeys.evidence import Prover
from ledger.journeys.follow import Follower
from ledger.journeys.receive import Commit, Received, store_requests
from ledger.journeys.relay import Relay

log = logging.getLogger("api.background")
_COMMIT_SIZE = 2_000  # declarations in one commit; it takes some tens of milliseconds
_COMMITS_WAITING = 20_000  # declarations that wait for one
LOOK_SECONDS = 1.0  # who asks for facts is told how it stood at most so long ago, and shares that look with all others


class Parts(NamedTuple):
    """What stands on the chain; ``anchorer`` is None where this process has no relayer key."""

    chain: Chain
    follower: Follower
    anchorer: Anchorer | None
    prover: Prover


class Services:
    """Everything with a connection. The chain is connected when it is first needed, and again after it was away."""

    def __init__(
        self,
        settings: Settings,
        origin: Origin,
        store: Store,
        relayer: SigningKey | None,
        log_key: SigningKey | None,
        connect: Callable[[], Chain],
        clock: Callable[[], int],
        witnesses: Sequence[WitnessClient] = (),
        receipt_key: SigningKey | None = None,
    ) -> None:
        self.settings = settings
        self.origin = origin
        self.store = store
        self.log_key = log_key
        self.receipt_key = receipt_key
        self.clock = clock
        self.witnesses = Witnesses(witnesses, store)
        self._relayer = relayer
        self._connect = connect
        self.checking, self.proving, self.verifying = map(CallWorker, ("checking", "proving", "verifying"))
        self.storing = Worker(
            "storing", self._store_requests, most_at_once=_COMMIT_SIZE, most_waiting=_COMMITS_WAITING, size=len
        )
        # Many lines are checked beside the event loop: libsecp256k1 lets go of the interpreter's lock.
        self.checkers = ThreadPoolExecutor(os.cpu_count(), "checking")
        self.hub = Hub(store, settings.stream_readers, settings.poll_interval_seconds)
        self.probe = Probe(self._newest_block)
        self.leads = False
        self.waits: dict[str, str] = {}  # what goes on in the background, and what keeps it from going on
        self.leadership = store.leadership.candidate("anchoring")
        self._lock = Lock()
        self._parts: Parts | None = None

    def parts(self) -> Parts:
        """What stands on the chain; Unavailable while the node does not answer."""
        with self._lock:
            if self._parts is None:
                chain = self._connect()
                follower = Follower(chain, self.store)
                relayer = self._relayer
                anchorer = None if relayer is None else Anchorer(chain, self.store, follower, relayer, self.log_key)
                prover = Prover(self.store, follower, self.log_key, self.witnesses, LOOK_SECONDS)
                self._parts = Parts(chain, follower, anchorer, prover)
            return self._parts

    @property
    def chain(self) -> Chain:
        return self.parts().chain

    def _newest_block(self) -> tuple[int, int]:
        block = self.chain.latest()
        self.chain.head(block.number)  # by our contract
        return block.number, block.time

    @property
    def follower(self) -> Follower:
        return self.parts().follower

    @property
    def prover(self) -> Prover:
        return self.parts().prover

    @property
    def relay(self) -> Relay:
        parts = self.parts()
        return Relay(parts.chain, self.store, parts.follower, self.relayer)

    def wallet_accepts(self, signer: bytes, digest: bytes, signature: bytes) -> None:
        """Ask a wallet contract; see ``Chain.wallet_accepts``. Unavailable while the node does not answer."""
        self.chain.wallet_accepts(signer, digest, signature)

    def _store_requests(self, requests: Sequence[Sequence[Received]]) -> list[Commit]:
        with traces.span("commit", declarations=sum(map(len, requests))):
            return store_requests(self.store, requests, self.clock())

    @property
    def has_relayer(self) -> bool:
        """Whether this process can send transactions."""
        return self._relayer is not None

    def close(self) -> None:
        """Store what waits, answer what was asked, then let go of everything."""
        self.checkers.shutdown()
        for worker in (self.checking, self.storing, self.proving, self.verifying):
            worker.stop()
        self.leadership.release()
        self.store.close()

    @property
    def relayer(self) -> SigningKey:
        """The key that pays for gas; Unavailable where this server has none and cannot relay."""
        if self._relayer is None:
            raise Unavailable(
                "this server has no relayer key; relay the statement yourself, or ask its operator", source=Source.KEY
            )
        return self._relayer

    @property
    def anchorer(self) -> Anchorer:
        """Always the same one, for it remembers what it handed over; Unavailable as for ``relayer``."""
        anchorer = self.parts().anchorer
        if anchorer is None:
            raise Unavailable(
                "this server has no relayer key: it takes declarations in, and another must anchor them",
                source=Source.KEY,
            )
        return anchorer


class Background:
    """A thread that does one thing again and again, and says it once where that cannot be done."""

    def __init__(self, name: str, services: Services, step: Callable[[Services], None]) -> None:
        self._name = name
        self._services = services
        self._step = step
        self._stop = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask it to stop and wait for the step under way; every step is durable, so nothing is lost."""
        self._stop.set()
        self._thread.join(timeout=self._services.settings.rpc_timeout_seconds + 5)

    def _run(self) -> None:
        said = ""
        while not self._stop.wait(self._services.settings.poll_interval_seconds):
            begin("round")
            try:
                self._step(self._services)
                words = ""
            except LedgerError as error:
                words = f"{self._name} waits: {error}"
            except Exception:
                log.exception("%s failed and will be tried again", self._name)
                self._services.waits[self._name] = f"{self._name} failed: see the log"
                continue
            self._services.waits[self._name] = words
            if words != said:  # once, not at every look
                log.warning("%s", words or f"{self._name} goes on")
            said = words


def anchor(services: Services) -> None:
    """One round of anchoring, where this process leads; checkpoints are published as the history is confirmed."""
    settings, at = services.settings, services.clock()
    if not services.has_relayer:  # it takes declarations in, and another process anchors them
        if services.log_key is not None:
            services.follower.refresh()
            publish_checkpoint(services.follower, services.store, services.log_key, at)
        return
    services.leads = services.leadership.leads()
    metrics.leads(services.leads)
    if not services.leads:
        return
    begun = time.time_ns()
    try:
        done = services.anchorer.step(settings.anchor_batch_size, settings.anchor_max_age_seconds, at)
        metrics.anchored(done, at)
        if done.moved:
            counts = {"formed": len(done.formed), "sent": done.sent, "refused": done.refused}
            traces.past("anchoring round", begun, **counts, anchored=len(done.anchored), final=len(done.final))
    finally:
        publish_checkpoint(services.follower, services.store, services.log_key, at)
    for report in done.anchored:
        log.info("anchored batch %d of %d declarations", report.batch.id, report.batch.size)


def cosign(services: Services) -> None:
    """Ask the witnesses for what is missing on the newest checkpoint. Beside anchoring, which never waits for them."""
    services.witnesses.cosign_newest(services.follower, services.clock())


async def services_of(request: Request) -> Services:
    """The services of this application. Not a plain function: those are called in a thread."""
    services: Services = request.app.state.services
    return services


def clock() -> int:
    """Seconds since 1970."""
    return int(time.time())


Given = Annotated[Services, Depends(services_of)]

"""What a server does in the background: anchoring, asking witnesses to cosign, forgetting shares that are over."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Event, Thread

from api.kit import metrics, traces
from api.kit.logs import begin
from api.services import Services
from ledger.errors import LedgerError
from ledger.journeys.checkpoint import publish_checkpoint

log = logging.getLogger("api.background")
_SHARES_SECONDS = 600.0  # so much longer than its time a share may lie in the store; nobody gets it any more


class Background:
    """A thread that repeats one step. Why it waits is logged once, not at every step."""

    def __init__(
        self, name: str, services: Services, step: Callable[[Services], None], interval: float | None = None
    ) -> None:
        """:param interval: seconds between two steps; None: as often as anchoring looks for work."""
        self._name = name
        self._services = services
        self._step = step
        # Twice in a witness's grace at least, or it refuses what the log publishes (journeys/witness.py).
        settings = services.settings
        usual = min(settings.poll_interval_seconds, settings.witness_grace_seconds / 2)
        self._interval = usual if interval is None else interval
        self._stop = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask it to stop and wait for the step under way. Every step is durable, so nothing is lost."""
        self._stop.set()
        self._thread.join(timeout=self._services.settings.rpc_timeout_seconds + 5)

    def _run(self) -> None:
        said = ""
        while not self._stop.wait(self._interval):
            begin("round")
            try:
                self._step(self._services)
                words = told = ""
            except LedgerError as error:
                words, told = (f"{self._name} waits: {reason}" for reason in (error, error.public))
            except Exception:
                log.exception("%s failed and will be tried again", self._name)
                self._services.waits[self._name] = f"{self._name} failed: see the log"
                continue
            self._services.waits[self._name] = told
            if words != said:
                log.warning("%s", words or f"{self._name} goes on")
            said = words


def background(services: Services) -> list[Background]:
    """The threads of a server, not started yet."""
    threads = [
        Background("anchoring", services, anchor),
        Background("forgetting shares", services, forget_shares, _SHARES_SECONDS),
    ]
    if services.settings.witnesses_file is not None:
        threads.append(Background("cosigning", services, cosign))
    return threads


def anchor(services: Services) -> None:
    """One round of anchoring, if this process leads; checkpoints are published as the history is confirmed."""
    app, settings, at = services.app, services.settings, services.clock()
    if not services.has_anchor_key:  # this process takes declarations in, and another one anchors them
        if services.log_key is not None:
            app.follower.refresh()
            publish_checkpoint(app.follower, services.store, services.log_key, at)
        return
    services.leads = services.candidate.leads()
    metrics.leads(services.leads)
    if not services.leads:
        return
    begun = time.time_ns()
    try:
        done = app.anchorer.step(settings.anchor_batch_size, settings.anchor_max_age_seconds, at, app.pace)
        metrics.anchored(done, at)
        if done.moved:
            counts = {"formed": len(done.formed), "sent": done.sent, "refused": done.refused}
            traces.past("anchoring round", begun, **counts, anchored=len(done.anchored), final=len(done.final))
    finally:
        publish_checkpoint(app.follower, services.store, services.log_key, at)
    for report in done.anchored:
        log.info("anchored batch %d of %d declarations", report.batch.id, report.batch.size)


def cosign(services: Services) -> None:
    """Ask the witnesses for what is missing on the newest checkpoint. Anchoring never waits for them."""
    services.witnesses.cosign_newest(services.app.follower, services.clock())


def forget_shares(services: Services) -> None:
    """Forget the shares whose time is over."""
    count = services.store.shares.remove_over(services.clock())
    if count:
        log.info("forgot %d shares whose time is over", count)

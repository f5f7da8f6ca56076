"""Verdicts for strangers: reached in worker processes, with facts from the history that this process has."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable

import orjson

from api.judging import Answer, Asked, Setup, arguments, joined, wanted_from_bytes
from api.kit.capacity import Kind
from api.kit.processes import Processes, python
from api.kit.queue import CallWorker
from ledger.errors import AnotherHistory, ContractMissing, Malformed, Source, Unavailable
from ledger.journeys.follow import Follower
from ledger.settings import Settings

_PATIENCE_SECONDS = 60.0  # of the clock, for one job of a process that others may keep from working
_WAITING_BYTES = 32 << 20


class Verdicts:
    """Answers requests for verdicts. ``follower`` opens the connection to the chain when it is first needed."""

    def __init__(
        self, settings: Settings, clock: Callable[[], int], follower: Callable[[], Follower], look_seconds: float
    ) -> None:
        """
        :param clock: gives seconds since 1970.
        :param look_seconds: how old a look at the chain may be.
        """
        self._clock = clock
        self._follower = follower
        self._look_seconds = look_seconds
        self._looking = CallWorker("looking", Kind.LOOKS)
        self._opened: Follower | None = None
        setup = Setup(
            settings.verification_entries,
            settings.verification_attestations,
            settings.verification_seconds,
            settings.verification_memory_bytes,
        )
        self.processes = Processes(
            "verifying",
            python("api.judging", arguments(setup)),
            self._reply,
            count=settings.verification_processes,
            patience_seconds=_PATIENCE_SECONDS,
            most_waiting_bytes=_WAITING_BYTES,
        )

    async def of(self, body: bytes) -> Answer:
        """The answer to a request's body; it has a verdict.

        :raises Malformed: the body is not what it must be, or has more than this server judges.
        :raises Unavailable: too much waits, the verdict costs too much, or it needs the chain, which is away.
        :raises HistoryBroken: the chain's log breaks a rule.
        """
        answer = await self._ask(Asked(self._clock(), self._is_fresh), body)
        if not answer.body and answer.malformed is None and answer.unavailable is None:
            elsewhere = await self._looking.run(self._look)
            answer = await self._ask(Asked(self._clock(), looked=True, elsewhere=elsewhere), body)
        if answer.malformed is not None:
            raise Malformed(*answer.malformed)
        if answer.unavailable is not None:
            raise Unavailable(answer.unavailable, source=Source.QUEUE)
        return answer

    def start(self) -> None:
        """Start all processes now."""
        self.processes.start()

    def stop(self) -> None:
        """Answer what waits, and end the processes."""
        self._looking.stop()
        self.processes.stop()

    async def _ask(self, asked: Asked, body: bytes) -> Answer:
        return Answer.from_bytes(await self.processes.run(joined(orjson.dumps(list(asked)), body)))

    @property
    def _is_fresh(self) -> bool:
        opened = self._opened
        return opened is not None and time.monotonic() - opened.refreshed_at < self._look_seconds

    def _look(self) -> str | None:
        """Look at the chain; what it has in the place of our history, None if it has that."""
        try:
            opened = self._follower()
        except AnotherHistory as error:
            return str(error.found)
        except ContractMissing:
            return "no contract at this address"
        opened.refresh(max_age=self._look_seconds)
        self._opened = opened
        return None

    def _reply(self, question: bytes) -> bytes:
        """A snapshot of the history for a process; empty if the history cannot be read now."""
        assert self._opened is not None
        try:
            return pickle.dumps(self._opened.snapshot(wanted_from_bytes(question)))
        except Unavailable:
            return b""

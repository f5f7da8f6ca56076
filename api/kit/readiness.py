"""Ask the chain's node whether it is ready. Nobody waits for a node that hangs, but for the first who notices."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from ledger.errors import LedgerError, NodesDiffer, Unavailable

PATIENCE_SECONDS = 1.0  # those who ask for readiness or figures give up after a few


@dataclass(frozen=True, slots=True)
class NodeState:
    """The newest block: number and time (seconds). If there is a ``problem``, both are None.

    ``is_away``: no node answers; ``differs``: two nodes contradict each other; otherwise the node is of another chain,
    or has another contract. ``nodes``: what is wrong with a node while another one serves.
    """

    block: int | None = None
    time: int | None = None
    problem: str | None = None
    is_away: bool = False
    differs: bool = False
    nodes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Asked:
    """One question to the node. ``until``: how long others wait for its answer, on the clock."""

    until: float
    answered: Event = field(default_factory=Event)
    seen: NodeState = NodeState()


class NodeReadiness:
    """Asks the node once at a time; all waiting callers share the answer. Safe to use from threads.

    A question is waited for until ``patience`` seconds after it was asked, by whomever. After one that was not answered
    in that time, the next ones are not waited for at all, until the node has answered one.
    """

    def __init__(
        self,
        ask: Callable[[], NodeState],
        patience: float = PATIENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        :param ask: what the nodes say now; raises a LedgerError if something is wrong.
        :param clock: monotonic seconds.
        """
        self._ask = ask
        self._patience = patience
        self._clock = clock
        self.highest = 0
        """Number of the highest block that was ever seen: a node whose newest block goes back does not undo it."""
        self._lock = Lock()
        self._under_way: _Asked | None = None
        self._hangs = False

    def look(self) -> NodeState:
        """The node's present state; a problem if it has not answered in time."""
        with self._lock:
            now = self._clock()
            asked = self._under_way
            if asked is None:
                asked = self._under_way = _Asked(now if self._hangs else now + self._patience)
                Thread(target=self._run, args=(asked, now), name="probe", daemon=True).start()
        if asked.answered.wait(max(0.0, asked.until - now)):
            return asked.seen
        with self._lock:
            self._hangs = not asked.answered.is_set()
        return NodeState(problem=f"the node has not answered for {self._patience:g} seconds", is_away=True)

    def _run(self, asked: _Asked, begun: float) -> None:
        try:
            asked.seen = self._ask()
            self.highest = max(self.highest, asked.seen.block or 0)
        except LedgerError as error:
            away, differ = isinstance(error, Unavailable), isinstance(error, NodesDiffer)
            asked.seen = NodeState(problem=error.public, is_away=away, differs=differ)
        except Exception as error:  # the other figures must be given all the same
            asked.seen = NodeState(problem=f"asking failed: {type(error).__name__}")
        finally:
            with self._lock:
                self._under_way = None
                self._hangs = self._clock() - begun > self._patience
                asked.answered.set()

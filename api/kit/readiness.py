"""Ask the chain's node whether it is ready, for at most as long as the caller can wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from ledger.errors import LedgerError, NodesDiffer, Unavailable

PATIENCE_SECONDS = 2.0  # those who ask for readiness or figures give up after a few


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
    answered: Event = field(default_factory=Event)
    seen: NodeState = NodeState()


class NodeReadiness:
    """Asks the node once at a time; all waiting callers share the answer. Safe to use from threads."""

    def __init__(self, ask: Callable[[], NodeState]) -> None:
        """``ask``: what the nodes say now; raises a LedgerError if something is wrong."""
        self._ask = ask
        self.highest = 0
        """Number of the highest block that was ever seen: a node whose newest block goes back does not undo it."""
        self._lock = Lock()
        self._under_way: _Asked | None = None

    def look(self, patience: float = PATIENCE_SECONDS) -> NodeState:
        """The node's present state; a problem if it has not answered for ``patience`` seconds."""
        with self._lock:
            if self._under_way is None:
                self._under_way = _Asked()
                Thread(target=self._run, args=(self._under_way,), name="probe", daemon=True).start()
            asked = self._under_way
        if asked.answered.wait(patience):
            return asked.seen
        return NodeState(problem=f"the node has not answered for {patience:g} seconds", is_away=True)

    def _run(self, asked: _Asked) -> None:
        try:
            asked.seen = self._ask()
            self.highest = max(self.highest, asked.seen.block or 0)
        except LedgerError as error:
            away, differ = isinstance(error, Unavailable), isinstance(error, NodesDiffer)
            asked.seen = NodeState(problem=str(error), is_away=away, differs=differ)
        except Exception as error:  # the other figures must be given all the same
            asked.seen = NodeState(problem=f"asking failed: {type(error).__name__}")
        finally:
            with self._lock:
                self._under_way = None
            asked.answered.set()

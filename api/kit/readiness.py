"""Ask the chain's node whether it is ready, for at most as long as the caller can wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from ledger.errors import LedgerError, Unavailable

PATIENCE_SECONDS = 2.0  # those who ask for readiness or figures give up after a few


@dataclass(frozen=True, slots=True)
class NodeState:
    """The newest block: number and time (seconds). If there is a ``problem``, both are None.

    ``is_away``: the node does not answer; otherwise it is of another chain, or has another contract.
    """

    block: int | None = None
    time: int | None = None
    problem: str | None = None
    is_away: bool = False


@dataclass(slots=True)
class _Asked:
    answered: Event = field(default_factory=Event)
    seen: NodeState = NodeState()


class NodeReadiness:
    """Asks the node once at a time; all waiting callers share the answer. Safe to use from threads."""

    def __init__(self, ask: Callable[[], tuple[int, int]]) -> None:
        """``ask``: number and time of the newest block; raises a LedgerError if something is wrong."""
        self._ask = ask
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
            asked.seen = NodeState(*self._ask())
        except LedgerError as error:
            asked.seen = NodeState(problem=str(error), is_away=isinstance(error, Unavailable))
        except Exception as error:  # the other figures must be given all the same
            asked.seen = NodeState(problem=f"asking failed: {type(error).__name__}")
        finally:
            with self._lock:
                self._under_way = None
            asked.answered.set()

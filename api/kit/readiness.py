"""Asking the chain's node how it is, for readiness and figures: never for longer than the asker can wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from ledger.errors import LedgerError, Unavailable

PATIENCE_SECONDS = 2.0  # whoever asks for readiness or figures gives up after a few


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest block: number and time (seconds). Where there is a ``problem``, both are None.

    ``is_away``: the node does not answer; otherwise it is of another chain, or has another contract.
    """

    block: int | None = None
    time: int | None = None
    problem: str | None = None
    is_away: bool = False


@dataclass(slots=True)
class _Asked:
    answered: Event = field(default_factory=Event)
    seen: Seen = Seen()


class Probe:
    """One question at a time, however many want to know. Safe to use from threads."""

    def __init__(self, ask: Callable[[], tuple[int, int]]) -> None:
        """``ask``: number and time of the newest block; raises a LedgerError where there is something wrong."""
        self._ask = ask
        self._lock = Lock()
        self._under_way: _Asked | None = None

    def look(self, patience: float = PATIENCE_SECONDS) -> Seen:
        """What the node says now, or that it has said nothing for ``patience`` seconds."""
        with self._lock:
            if self._under_way is None:
                self._under_way = _Asked()
                Thread(target=self._run, args=(self._under_way,), name="probe", daemon=True).start()
            asked = self._under_way
        if asked.answered.wait(patience):
            return asked.seen
        return Seen(problem=f"the node has not answered for {patience:g} seconds", is_away=True)

    def _run(self, asked: _Asked) -> None:
        try:
            asked.seen = Seen(*self._ask())
        except LedgerError as error:
            asked.seen = Seen(problem=str(error), is_away=isinstance(error, Unavailable))
        except Exception as error:  # whoever asks for figures must get the others
            asked.seen = Seen(problem=f"asking failed: {type(error).__name__}")
        finally:
            with self._lock:
                self._under_way = None
            asked.answered.set()

"""A circuit: calls to an address that did not answer in time fail at once, until it answers one thread that asks.

Without it each caller would wait as long as the first one did, and a node that hangs would hold them all.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock, Thread

PAUSE_SECONDS = 1.0
"""Between two questions of the one that asks."""


class Circuit:
    """Closed: calls go through. Open: none does, and one thread asks. Safe to use from threads."""

    def __init__(self, pause: float = PAUSE_SECONDS, sleep: Callable[[float], None] = time.sleep) -> None:
        """``pause``: seconds between two questions while it is open."""
        self._pause = pause
        self._sleep = sleep
        self._lock = Lock()
        self._is_open = False

    @property
    def is_open(self) -> bool:
        """Whether calls fail at once."""
        return self._is_open

    def open(self, answers: Callable[[], bool]) -> None:
        """A call had no answer in time. ``answers``: asks again, and returns whether there was an answer."""
        with self._lock:
            if self._is_open:
                return
            self._is_open = True
        Thread(target=self._probe, args=(answers,), name="probe of a node", daemon=True).start()

    def _probe(self, answers: Callable[[], bool]) -> None:
        try:
            while True:
                self._sleep(self._pause)
                if answers():
                    return
        finally:  # whatever goes wrong, it must not stay open with nobody asking
            self._is_open = False


_CIRCUITS: dict[str, Circuit] = {}
_MAKING = Lock()


def circuit_of(url: str) -> Circuit:
    """The circuit of an address. All connections of this process to it share one."""
    with _MAKING:
        return _CIRCUITS.setdefault(url, Circuit())

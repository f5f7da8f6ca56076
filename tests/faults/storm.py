"""Kills at random moments, all from one seed."""

from __future__ import annotations

import os
import random
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.faults.site import Server, Site

SEED = "FAULT_SEED"
_GROWN_UP = 0.8  # of the kills wait until their victim works


def seed() -> int:
    """The seed of this run: printed, and given back by the environment to repeat it."""
    chosen = int(os.environ.get(SEED) or secrets.randbelow(1 << 32))
    print(f"{SEED}={chosen}")
    return chosen


@dataclass
class Storm:
    """Kills one thing after another, leaves it dead for a moment, and starts it again without waiting for it.

    Most kills hit a process that works, some one that is still coming up. ``pause``: seconds from one start to the next
    kill, at most; ``dead``: how long it stays dead, at most. ``times``: kills by what was killed.
    """

    site: Site
    chance: random.Random
    pause: float = 1.0
    dead: float = 0.3
    times: dict[str, int] = field(default_factory=dict)

    def rage(self, kills: int, servers: Sequence[Server], chain: bool = False) -> None:
        """So many kills, of one of ``servers`` or, where ``chain``, now and then of the node."""
        for _ in range(kills):
            if chain and self.chance.random() < 1 / (len(servers) + 1):
                time.sleep(self.chance.uniform(0, self.pause))
                self._hit("chain", self.site.chain.kill, self.site.chain.start)
            else:
                server = self.chance.choice(list(servers))
                if self.chance.random() < _GROWN_UP:
                    server.await_live()
                    time.sleep(self.chance.uniform(0, self.pause))
                self._hit(server.name.partition("-")[0], server.kill, server.start)

    def _hit(self, name: str, kill: Callable[[], None], start: Callable[[], None]) -> None:
        kill()
        self.times[name] = self.times.get(name, 0) + 1
        time.sleep(self.chance.uniform(0, self.dead))
        start()

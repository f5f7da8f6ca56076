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


def seed() -> int:
    """The seed of this run: printed, and given back by the environment to repeat it."""
    chosen = int(os.environ.get(SEED) or secrets.randbelow(1 << 32))
    print(f"{SEED}={chosen}")
    return chosen


def _nobody(done: int) -> None:
    """Progress nobody looks at."""


@dataclass
class Storm:
    """Kills one thing after another, leaves it dead for a moment, and starts it again without waiting for it.

    So a kill may hit a process that has just come up, that is coming up, or that works. ``pause``: seconds between the
    start of one and the kill of the next, at most. ``times``: kills by what was killed.
    """

    site: Site
    chance: random.Random
    pause: float = 1.0
    dead: float = 0.3
    times: dict[str, int] = field(default_factory=dict)

    def rage(
        self,
        kills: int,
        servers: Sequence[Server],
        chain: bool = False,
        told: Callable[[int], None] = _nobody,
    ) -> None:
        """So many kills, of one of ``servers`` or, where ``chain``, now and then of the node."""
        for done in range(kills):
            time.sleep(self.chance.uniform(0, self.pause))
            if chain and self.chance.random() < 1 / (len(servers) + 1):
                self._hit("chain", self.site.chain.kill, self.site.chain.start)
            else:
                server = self.chance.choice(list(servers))
                self._hit(server.name.partition("-")[0], server.kill, server.start)
            told(done + 1)

    def _hit(self, name: str, kill: Callable[[], None], start: Callable[[], None]) -> None:
        kill()
        self.times[name] = self.times.get(name, 0) + 1
        time.sleep(self.chance.uniform(0, self.dead))
        start()

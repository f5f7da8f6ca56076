"""Kills at random moments, all from one seed."""

from __future__ import annotations

import os
import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.faults.site import Server

SEED = "FAULT_SEED"
_GROWN_UP = 0.8  # of the kills wait until their victim works


def seed() -> int:
    """The seed of this run: printed, and given back by the environment to repeat it."""
    chosen = int(os.environ.get(SEED) or secrets.randbelow(1 << 32))
    print(f"{SEED}={chosen}")
    return chosen


@dataclass(frozen=True, slots=True)
class Victim:
    """What else can be killed and started again."""

    name: str
    kill: Callable[[], None]
    start: Callable[[], None]


@dataclass
class Storm:
    """Kills one thing after another, leaves it dead for a moment, and starts it again without waiting for it.

    Most kills hit a process that works, some one that is still coming up. ``pause``: seconds from one start to the next
    kill, at most; ``dead``: how long it stays dead, at most. ``times``: kills by what was killed.
    """

    chance: random.Random
    pause: float = 1.0
    dead: float = 0.3
    times: Counter[str] = field(default_factory=Counter)

    def rage(self, kills: int, servers: Sequence[Server], others: Sequence[Victim] = ()) -> None:
        """So many kills, each of one of ``servers`` or of ``others``; all servers are up when it returns."""
        all_: list[Server | Victim] = [*servers, *others]
        for _ in range(kills):
            chosen = self.chance.choice(all_)
            if isinstance(chosen, Server) and self.chance.random() < _GROWN_UP:
                chosen.await_live(again=True)
            time.sleep(self.chance.uniform(0, self.pause))
            chosen.kill()
            self.times[chosen.name.partition("-")[0]] += 1
            time.sleep(self.chance.uniform(0, self.dead))
            chosen.start()
        for server in servers:
            server.await_live(again=True)

    def words(self) -> str:
        """How often each was killed."""
        return ", ".join(f"{name} {number}" for name, number in sorted(self.times.items()))

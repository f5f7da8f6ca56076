"""A 202 is a promise: it survives kill -9 of whatever it passes through, at any moment, and ends anchored once."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

from tests.faults.clients import Clients
from tests.faults.node import until
from tests.faults.reckoning import Outcome, Watch, anchors, reckon
from tests.faults.site import Site, site
from tests.faults.storm import Storm

# A killed node forgets its last seconds. What it may take back must not be final, and with blocks at this pace it is
# not, at this many confirmations.
BLOCKS_EVERY, DEEP_ENOUGH = 0.1, 200
_KILLS = 6


def test_servers_and_chain_are_killed(tmp_path: Path, chance: random.Random, told: Callable[[Outcome], None]) -> None:
    settings = {"CONFIRMATIONS": str(DEEP_ENOUGH), "RESEND_AFTER_SECONDS": "2"}
    with site(tmp_path, servers=2, **settings) as made, made.chain.growing(BLOCKS_EVERY):
        clients, watch, storm = Clients.of(made), Watch(), Storm(made, chance)
        with clients.working(), watch.over(made):
            storm.rage(_KILLS, made.servers, chain=True)
            clients.declare(1)
        words = ", ".join(f"{name} {number}" for name, number in sorted(storm.times.items()))
        told(reckon(made, clients, "servers and chain killed", 50, kills=_KILLS, watch=watch, words=words))


def test_another_takes_over_from_a_dead_leader(tmp_path: Path, told: Callable[[Outcome], None]) -> None:
    with site(tmp_path, servers=2) as made:
        clients, watch = Clients.of(made), Watch()
        first, second = made.servers
        with clients.working(), watch.over(made):
            first.kill()
            _anchored_again(made)  # so the second leads now, whoever did
            first.start()
            first.await_live()
            second.kill()
            seconds = _anchored_again(made)
        second.start()
        told(reckon(made, clients, "leader killed", kills=2, watch=watch, words=f"another led after {seconds:.1f} s"))


def _anchored_again(made: Site) -> float:
    """Seconds until new anchors come in, and go on to come."""
    begun = time.monotonic()
    enough = len(anchors(made)) + 2
    assert until(lambda: len(anchors(made)) >= enough, 20), "nobody took over"
    return time.monotonic() - begun

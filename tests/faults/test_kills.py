"""A 202 is a promise: it survives kill -9 of whatever it passes through, at any moment, and ends anchored once."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from tests.faults.clients import Clients
from tests.faults.reckoning import Outcome, Watch, reckon
from tests.faults.site import site
from tests.faults.storm import Storm

# A killed node forgets its last seconds. What it may take back must not be final, and with blocks at this pace it is
# not, at this many confirmations.
BLOCKS_EVERY, DEEP_ENOUGH = 0.1, 200


def test_the_server_is_killed(tmp_path: Path, chance: random.Random, told: Callable[[Outcome], None]) -> None:
    with site(tmp_path) as made:
        clients, watch, storm = Clients.of(made), Watch(), Storm(made, chance, pause=2.5)
        with clients.working(), watch.over(made):
            storm.rage(4, made.servers)
            clients.declare(1)
        told(reckon(made, clients, "server killed", kills=4, watch=watch, words=str(storm.times)))


def test_server_and_chain_are_killed(tmp_path: Path, chance: random.Random, told: Callable[[Outcome], None]) -> None:
    with site(tmp_path, CONFIRMATIONS=str(DEEP_ENOUGH)) as made, made.chain.growing(BLOCKS_EVERY):
        clients, watch, storm = Clients.of(made), Watch(), Storm(made, chance, pause=2.5)
        with clients.working(), watch.over(made):
            storm.rage(5, made.servers, chain=True)
            clients.declare(1)
        told(reckon(made, clients, "server and chain killed", 50, kills=5, watch=watch, words=str(storm.times)))

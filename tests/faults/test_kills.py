"""A 202 is a promise: it survives kill -9 of whatever it passes through, at any moment, and ends anchored once."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.clients import Clients
from tests.faults.reckoning import Outcome, Watch, reckon
from tests.faults.site import Site, site
from tests.faults.stores import KINDS, Home, home
from tests.faults.storm import Storm, Victim

Told = Callable[[Outcome], None]
# A killed node forgets its last seconds. What it may take back must not be final, and with blocks at this pace it is
# not, at this many confirmations.
BLOCKS_EVERY, DEEP_ENOUGH = 0.1, 200
_KILLS = 5


def victims(made: Site, store: Home) -> list[Victim]:
    """All that can be killed beside the servers."""
    found = [Victim("chain", made.chain.kill, made.chain.start)]
    return found if store.server is None else [*found, Victim("store", store.kill, store.start)]


@pytest.mark.parametrize("kind", KINDS)
def test_servers_chain_and_store_are_killed(kind: str, tmp_path: Path, chance: random.Random, told: Told) -> None:
    settings = {"CONFIRMATIONS": str(DEEP_ENOUGH), "RESEND_AFTER_SECONDS": "2"}
    with home(kind, tmp_path) as store, site(tmp_path, 2, store.url, **settings) as made:
        clients, watch, storm = Clients.of(made), Watch(), Storm(chance)
        with made.chain.growing(BLOCKS_EVERY), clients.working(), watch.over(made):
            storm.rage(_KILLS, made.servers, victims(made, store))
            clients.declare(1)
        name = f"kills, {kind}"
        told(reckon(made, clients, name, DEEP_ENOUGH // 4, kills=_KILLS, watch=watch, words=storm.words()))

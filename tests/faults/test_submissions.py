"""The same declarations from many clients at once, to several processes over one store."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.clients import Clients
from tests.faults.reckoning import Outcome, reckon
from tests.faults.site import site
from tests.faults.stores import KINDS, home

COUNT, CLIENTS = 40, 8


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_declarations_many_times_at_once(
    kind: str, tmp_path: Path, chance: random.Random, told: Callable[[Outcome], None]
) -> None:
    with home(kind, tmp_path) as store, site(tmp_path, 2, store.url) as made:
        clients = Clients.of(made)
        posted = [clients.make() for _ in range(COUNT)]
        orders = [chance.sample(posted, COUNT) for _ in range(CLIENTS)]

        def post(number: int) -> list[int]:
            return [clients.post(item, made.servers[number % 2]) for item in orders[number]]

        with ThreadPoolExecutor(CLIENTS) as pool:
            statuses = [status for some in pool.map(post, range(CLIENTS)) for status in some]
        assert statuses == [202] * (COUNT * CLIENTS)
        outcome = reckon(made, clients, f"{COUNT} posted {CLIENTS} times at once, {kind}")
        listed = made.servers[0].ask("GET", "/v1/declarations?limit=1000")[1]["declarations"]
        assert sorted(item["id"] for item in listed) == sorted("0x" + item.id.hex() for item in posted)
        told(outcome)

"""Several processes over one store: the same declarations to all of them at once, and a leader that dies."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.clients import Clients
from tests.faults.node import until
from tests.faults.reckoning import Outcome, Watch, anchors, count, reckon
from tests.faults.site import Site, site
from tests.faults.stores import KINDS, home
from tests.signing_in import bearer, session

COUNT, CLIENTS = 40, 8


@pytest.mark.parametrize("kind", KINDS)
def test_two_servers_of_one_store(
    kind: str, tmp_path: Path, chance: random.Random, told: Callable[[Outcome], None]
) -> None:
    with home(kind, tmp_path) as store, site(tmp_path, 1, store.url) as made:
        clients = Clients.of(made)
        clients.declare(1)
        _anchored_again(made, clients)  # so the first leads
        made.add().start()
        made.servers[1].await_live()
        told(_at_once(made, chance, kind))
        watch = Watch()
        with clients.working(), watch.over(made):
            made.servers[0].kill()
            seconds = _anchored_again(made, clients)
        words = f"another led after {seconds:.1f} s"
        told(reckon(made, clients, f"leader killed, {kind}", kills=1, watch=watch, words=words))


def test_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    """Else they would keep the port, and whoever looks after the server could not start it again."""
    with site(tmp_path, API_PROCESSES="2") as made:
        (server,) = made.servers
        os.kill(server.pid, signal.SIGKILL)
        assert until(lambda: not server.live(), 20)
        server.await_live(again=True)


def _at_once(made: Site, chance: random.Random, kind: str) -> Outcome:
    """Each of several clients posts the same declarations in an order of its own."""
    clients = Clients.of(made)
    posted = [clients.make() for _ in range(COUNT)]
    orders = [chance.sample(posted, COUNT) for _ in range(CLIENTS)]

    def post(number: int) -> list[int]:
        return [clients.post(item, made.servers[number % 2]) for item in orders[number]]

    with ThreadPoolExecutor(CLIENTS) as pool:
        statuses = [status for some in pool.map(post, range(CLIENTS)) for status in some]
    assert statuses == [202] * (COUNT * CLIENTS)
    outcome = count(made, clients, f"{COUNT} posted {CLIENTS} times at once, {kind}")
    server = made.servers[0]
    where = f"http://127.0.0.1:{server.port}"
    shown = bearer(session(lambda path, said: server.ask("POST", path, said)[1], clients.key, clients.origin, where))
    page = json.loads(server.fetch("GET", "/v1/declarations?limit=1000", headers=shown)[1])
    listed = [item["id"] for item in page["declarations"]]
    assert len(listed) == len(set(listed))
    assert {"0x" + item.id.hex() for item in posted} <= set(listed)
    return outcome


def _anchored_again(made: Site, clients: Clients) -> float:
    """Seconds until two more anchors have come in."""
    begun = time.monotonic()
    enough = len(anchors(made)) + 2

    def enough_came() -> bool:
        clients.declare(1)
        return len(anchors(made)) >= enough

    assert until(enough_came, 20), f"nobody anchors\n{made.words()}"
    return time.monotonic() - begun

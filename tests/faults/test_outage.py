"""The chain is away for a while: intake goes on, readiness says so, and the backlog drains by itself."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.edges.faulty_node import FaultyNode
from tests.faults.clients import Clients
from tests.faults.node import until
from tests.faults.reckoning import Outcome, Watch, count, reckon
from tests.faults.site import Site

Told = Callable[[Outcome], None]


def outage(made: Site, seconds: float) -> Outcome:
    """Stop the chain under load for so long."""
    clients, watch, server = Clients.of(made), Watch(), made.servers[0]
    with clients.working(), watch.over(made):
        clients.declare(5)
        made.chain.stop()
        before = len(clients.accepted)
        time.sleep(seconds)
        # The queue must not have been what a 202 waits for, nor readiness what the chain waits for.
        assert len(clients.accepted) > before + seconds
        said = server.ready()
        assert said["status"] == "degraded", said
        assert said["pending"] > 0, said
        made.chain.start()
        assert until(lambda: server.ready()["status"] == "ready", 30), server.ready()
    return reckon(made, clients, f"chain stopped for {seconds:g} s", watch=watch)


def test_the_chain_is_away(between: tuple[Site, FaultyNode], told: Told) -> None:
    made, _ = between
    told(outage(made, 4.0))
    clients, (server,) = Clients.of(made), made.servers
    made.chain.stop()
    server.kill()
    server.start()
    server.await_live()
    clients.declare(3)
    assert server.ready()["status"] == "degraded"
    made.chain.start()
    told(count(made, clients, "started without a chain", kills=1))

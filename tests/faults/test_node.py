"""A node that answers late, twice, wrongly or not at all: nothing is lost, doubled, or signed that is not so."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.edges.faulty_node import FaultyNode
from tests.faults import proxy
from tests.faults.clients import Clients
from tests.faults.node import until
from tests.faults.reckoning import Outcome, Watch, anchors, check, count
from tests.faults.site import Site

Told = Callable[[Outcome], None]
_LIES = {"chain": proxy.chain_id(1), "code": proxy.code("0x6001")}


def node_faults(chance: random.Random) -> dict[str, proxy.Rule]:
    """Every bad manner that a ledger must live with for a while, and work through."""
    errors = [
        proxy.status(429), proxy.status(500), proxy.failing(-32000, "header not found"), proxy.cut(), proxy.closed(),
        proxy.late(0.3),
    ]  # fmt: skip
    return {
        "late": proxy.late(0.1),
        "twice": proxy.twice(),
        "errors": proxy.flapping(chance, 0.2, errors),
        "takes, does not answer": proxy.flapping(chance, 0.5, [proxy.unanswered()]),
        "says it took": proxy.flapping(chance, 0.5, [proxy.swallowed()]),
        "receipts of others": proxy.receipts_of_others(),
        "stale": proxy.flapping(chance, 0.3, [proxy.stale(chance)]),
    }


def test_a_node_with_faults(between: tuple[Site, FaultyNode], chance: random.Random, told: Told) -> None:
    made, node = between
    for name, rule in node_faults(chance).items():
        clients, watch, before = Clients.of(made), Watch(), len(node.asked)
        node.rule = rule
        with clients.working(), watch.over(made):
            enough = len(anchors(made)) + 4
            assert until(lambda: len(anchors(made)) >= enough, 30, 0.2), f"{name}\n{made.servers[0].words()}"  # noqa: B023
        node.rule = proxy.mannerly
        words = f"{len(node.asked) - before} requests"
        told(count(made, clients, f"node: {name}", watch=watch, words=words))
    check(made, clients)


def test_nothing_is_sent_to_a_node_that_is_not_ours(between: tuple[Site, FaultyNode], told: Told) -> None:
    made, node = between
    (server,) = made.servers
    server.kill()
    clients = Clients.of(made)
    for what, lie in _LIES.items():
        node.rule = lie
        server.start()
        server.await_live()
        asked, sent = node.count("eth_chainId"), node.count(proxy.SEND)
        clients.declare(3)
        assert until(lambda: node.count("eth_chainId") > asked + 3, 20)  # noqa: B023
        ready = server.ready()
        assert ready["status"] == "degraded", ready
        assert what in ready["chain"], ready
        assert node.count(proxy.SEND) == sent
        server.kill()
    server.start()
    server.await_live()
    node.rule = proxy.mannerly  # now it is ours after all, and the same process goes on
    told(count(made, clients, "node: wrong chain, wrong code"))

"""A node that answers late, twice, wrongly or not at all: nothing is lost, doubled, or signed that is not so."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.edges.network import ill_mannered
from tests.faults import proxy
from tests.faults.clients import Clients
from tests.faults.node import until
from tests.faults.reckoning import Outcome, Watch, anchors, reckon
from tests.faults.site import site

Told = Callable[[Outcome], None]


def manners(chance: random.Random) -> dict[str, proxy.Rule]:
    """Every bad manner that a ledger must live with for a while, and work through."""
    errors = [
        proxy.status(429), proxy.status(500), proxy.failing(-32000, "header not found"), proxy.cut(), proxy.closed(),
        proxy.late(0.3),
    ]  # fmt: skip
    return {
        "late": proxy.late(0.2),
        "twice": proxy.twice(),
        "errors": proxy.flapping(chance, 0.2, errors),
        "takes, does not answer": proxy.flapping(chance, 0.5, [proxy.unanswered()]),
        "says it took": proxy.flapping(chance, 0.5, [proxy.swallowed()]),
        "receipts of others": proxy.receipts_of_others(),
        "stale": proxy.flapping(chance, 0.3, [proxy.stale(chance)]),
    }


def test_a_node_with_bad_manners(tmp_path: Path, chance: random.Random, told: Told) -> None:
    with site(tmp_path, servers=0, RESEND_AFTER_SECONDS="1") as made, ill_mannered(made.chain.url) as node:
        server = made.add(LEDGER_RPC_URL=node.url)
        server.start()
        server.await_live()
        clients = Clients.of(made)
        for name, rule in manners(chance).items():
            watch, before = Watch(), len(node.asked)
            node.rule = rule
            with clients.working(), watch.over(made):
                enough = len(anchors(made)) + 4
                assert until(lambda: len(anchors(made)) >= enough, 30, 0.2), f"{name}\n{server.words()}"  # noqa: B023
            node.rule = lambda method, params: None
            asked = len(node.asked) - before
            told(reckon(made, clients, f"node: {name}", watch=watch, words=f"{asked} requests"))


@pytest.mark.parametrize("lie", ["chain id", "code"])
def test_nothing_is_sent_to_a_node_that_is_not_ours(lie: str, tmp_path: Path, told: Told) -> None:
    lies = {"chain id": proxy.chain_id(1), "code": proxy.code("0x6001")}
    with site(tmp_path, servers=0) as made, ill_mannered(made.chain.url) as node:
        node.rule = lies[lie]
        server = made.add(LEDGER_RPC_URL=node.url)
        server.start()
        server.await_live()
        clients = Clients.of(made)
        clients.declare(3)
        assert until(lambda: node.count("eth_chainId") > 3, 20)
        ready = server.ready()
        assert ready["status"] == "degraded", ready
        assert ("chain" if lie == "chain id" else lie) in ready["chain"], ready
        assert node.count(proxy.SEND) == 0
        node.rule = lambda method, params: None
        told(reckon(made, clients, f"node: wrong {lie}"))

"""A second node: it serves while the first is away or behind, and a contradiction stops everything."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.edges.chain import calls
from ledger.edges.chain.contract import Chain
from ledger.edges.chain.sender import ChainLimits
from ledger.edges.store import Store
from ledger.errors import HistoryBroken, NodeLags, NodesDiffer, Unavailable
from ledger.journeys.follow import Follower
from ledger.testing.local_ledger import LocalLedger
from tests.edges.faulty_node import FaultyNode, Reply, faulty_node
from tests.faults import misbehaviours as wrong
from tests.faults import proxy
from tests.faults.node import ask, until

HEAD = calls.Call("head", ()).data


class Pair:
    """A follower of two nodes, both of which may misbehave."""

    def __init__(self, house: LocalLedger, nodes: tuple[FaultyNode, FaultyNode], store: Store) -> None:
        self.house, self.store = house, store
        self.first, self.second = nodes
        limits = ChainLimits(rpc_timeout=1, confirmation_timeout=10)
        self.chain = Chain.connect(self.first.url, house.chain.origin, limits, second_rpc_url=self.second.url)
        self.follower = Follower(self.chain, store, patience=0.0)
        self.follower.refresh()

    @property
    def url(self) -> str:
        return self.house.devchain.url

    def write(self) -> int:
        """One more entry; the number of entries."""
        self.house.chain.submit(calls.anchor(secrets.token_bytes(32), 1), self.house.key("relayer"))
        return int(self.house.chain.head()[0])


@pytest.fixture
def pair(house: LocalLedger, tmp_path: Path) -> Iterator[Pair]:
    store = Store.open(f"sqlite:///{tmp_path / 'two.sqlite'}", house.chain.origin)
    with faulty_node(house.devchain.url) as first, faulty_node(house.devchain.url) as second:
        yield Pair(house, (first, second), store)
    store.close()


@pytest.mark.parametrize("name", ["away", "behind", "late logs", "without state"])
def test_the_second_serves_while_the_first_is(name: str, pair: Pair) -> None:
    pair.write()
    pair.follower.refresh()
    rules: dict[str, proxy.Rule] = {
        "away": proxy.closed(),
        "behind": wrong.behind(pair.url, 4),
        "late logs": wrong.late_logs(pair.url),
        "without state": wrong.state_missing(),
    }
    pair.first.rule = rules[name]
    size = pair.write()
    assert pair.follower.refresh().size == size
    assert pair.chain.node_address == pair.second.url
    pair.first.rule = proxy.mannerly
    size = pair.write()
    assert pair.follower.refresh().size == size
    assert pair.chain.node_address == pair.first.url
    assert pair.store.status.read().depths == {}


def test_with_both_away_or_behind_nobody_can_say(pair: Pair) -> None:
    known = pair.follower.refresh().size
    pair.first.rule = pair.second.rule = proxy.closed()
    with pytest.raises(Unavailable, match="cannot be reached"):
        pair.follower.refresh()
    pair.first.rule = pair.second.rule = wrong.behind(pair.url, 3)
    with pytest.raises(NodeLags):
        pair.follower.refresh()
    with pair.follower.known_history() as history:
        assert history.size == known
    assert pair.store.status.read().depths == {}


def other_block(url: str) -> proxy.Rule:
    """Another branch: each block has another hash."""

    def rule(method: str, params: list[Any]) -> Reply | None:
        if method == "eth_getBlockByNumber":
            return Reply(result=ask(url, method, *params) | {"hash": "0x" + "5b" * 32})
        if method == "eth_call" and isinstance(params[1], dict):
            return Reply(result=ask(url, method, params[0], "latest"))
        return None

    return rule


@pytest.mark.parametrize("name", ["another head", "another block", "another chain"])
def test_a_contradiction_is_a_finding_and_no_choice(name: str, pair: Pair) -> None:
    known, confirmed = pair.follower.refresh().size, pair.follower.confirmed
    assert confirmed == known
    rules: dict[str, proxy.Rule] = {
        "another head": wrong.head_changed(HEAD),
        "another block": other_block(pair.url),
        "another chain": proxy.chain_id(5),
    }
    if name == "another chain":  # it was away, and another one is at its address
        pair.second.rule = proxy.closed()
        pair.follower.refresh()
    pair.second.rule = rules[name]
    pair.write()
    with pytest.raises(NodesDiffer):
        pair.follower.refresh()
    assert isinstance(pair.follower.finding, NodesDiffer)
    assert pair.follower.confirmed == 0, "nothing is signed or told final"
    with pair.follower.known_history() as history:
        assert history.size == known
    pair.second.rule = proxy.mannerly
    assert pair.follower.refresh().size == known + 1
    assert pair.follower.finding is None
    assert pair.follower.confirmed == known + 1
    assert pair.store.status.read().depths == {}


def test_a_contradiction_of_one_node_leaves_the_index(house: LocalLedger, tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'one.sqlite'}", house.chain.origin)
    with faulty_node(house.devchain.url) as node:
        chain = Chain.connect(node.url, house.chain.origin, ChainLimits(rpc_timeout=5))
        follower = Follower(chain, store, patience=0.0)
        known = follower.refresh().size
        house.chain.submit(calls.anchor(secrets.token_bytes(32), 1), house.key("relayer"))
        node.rule = wrong.head_changed(HEAD)
        for _ in range(2):
            with pytest.raises(HistoryBroken, match="does not lead to the contract's head"):
                follower.refresh()
        last = store.entries.last()
        assert last is not None
        assert last.entry.number == known - 1
        node.rule = proxy.mannerly
        assert follower.refresh().size == known + 1
    assert store.status.read().depths == {}
    store.close()


def test_a_look_that_fails_fails_for_all_who_ask(house: LocalLedger, tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'shared.sqlite'}", house.chain.origin)
    with faulty_node(house.devchain.url) as node:
        chain = Chain.connect(node.url, house.chain.origin, ChainLimits(rpc_timeout=5))
        follower = Follower(chain, store, look_seconds=1_000.0)
        follower.refresh()
        node.rule = proxy.closed()
        before, failures = len(node.asked), []

        def ask_once() -> None:
            try:
                follower.refresh()
            except Unavailable as error:
                failures.append(error)

        threads = [threading.Thread(target=ask_once) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert until(lambda: len(failures) == 20, 5)
        assert len(node.asked) - before == 2, "one look, which connected twice"
    store.close()

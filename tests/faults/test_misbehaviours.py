"""Nodes that lag, lie by omission, or differ: what shows in outbox, stream and metrics, meanwhile and afterwards.

One table, a row for each misbehaviour. Whatever the row, nothing is told as taken back, nothing final falls back, the
index stays, and when the node behaves again everything ends anchored once.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from api.services import open_services
from ledger.core.encoding.ids import DeclarationId
from ledger.core.statements.signature import Algorithm
from ledger.edges.chain import calls
from ledger.edges.store import Cursor
from ledger.journeys.watch import Event, EventReader
from ledger.settings import Settings
from ledger.testing.local_ledger import LocalLedger
from tests import houses
from tests.api.test_watching import figures
from tests.edges.faulty_node import FaultyNode, Reply, faulty_node
from tests.faults import misbehaviours as wrong
from tests.faults import proxy
from tests.faults.node import until
from tests.faults.proxy import Rule

HEAD = calls.Call("head", ()).data


@dataclass
class Bench:
    """A server whose node may misbehave, and the same chain past it."""

    house: LocalLedger
    client: TestClient
    node: FaultyNode
    declared: list[str] = field(default_factory=list)
    digest: str = ""  # of the first

    @property
    def size(self) -> int:
        return int(self.house.chain.head()[0])

    def declare(self) -> str:
        made, signature = houses.declaration(self.house)
        self.digest = self.digest or "0x" + made.digest.hex()
        body = {"declaration": made.to_json(), "signature": "0x" + signature.hex()}
        answer = self.client.post("/v1/declarations", json=body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def state(self, id_: str) -> str:
        found = self.house.store.declarations.get(DeclarationId(bytes.fromhex(id_[2:])))
        assert found is not None
        return found.state

    def others_write(self, count: int) -> None:
        """Entries of strangers, past the server."""
        for _ in range(count):
            self.house.chain.submit(calls.anchor(secrets.token_bytes(32), 1), self.house.key("stranger"))

    def figures(self) -> dict[str, float]:
        return {name: value for (name, labels), value in figures(self.client).items() if not labels}

    def reasons(self) -> list[str]:
        return [reason["code"] for reason in self.client.get("/health/ready").json()["reasons"]]

    def told(self, after: Cursor) -> list[Event]:
        """What a reader of the stream is told after a cursor."""
        events, reader = [], EventReader(self.house.store)
        while page := self.house.store.events.after(after):
            for step in page:
                events += reader.tell(step)
            after = page[-1].cursor
        return events


@dataclass(frozen=True)
class Row:
    """A misbehaviour, and what is expected of a declaration that comes while it lasts.

    ``outbox``: the states in which it may be after some looks. ``up``: whether the figure says that the chain answers;
    None: it depends on the moment. ``reason``: what readiness must name, if anything. ``others``: entries that
    strangers write meanwhile. ``asked``: requests that meet the misbehaviour, at least.
    """

    rule: Callable[[Bench], Rule]
    outbox: set[str]
    up: bool | None = True
    reason: str | None = None
    others: int = 0
    asked: int = 16


WAITS = {"pending", "batched", "sent"}
ENDS = {"final"}
LAGS = "anchoring_waits"  # the detail says that the node lags
ANY = WAITS | {"anchored", "final"}
ROWS = {
    "logs of the newest block late": Row(lambda b: wrong.late_logs(b.house.devchain.url), WAITS, reason=LAGS),
    "logs without the first of the new": Row(lambda b: wrong.without(b.size, slice(1)), WAITS, others=3, reason=LAGS),
    "logs without one in the middle": Row(lambda b: wrong.without(b.size, slice(1, 2)), WAITS, others=3, reason=LAGS),
    "logs without the last": Row(lambda b: wrong.without(b.size, slice(-1, None)), WAITS, others=3, reason=LAGS),
    "logs without all of the new": Row(lambda b: wrong.without(b.size, slice(None)), WAITS, others=3, reason=LAGS),
    "logs refused": Row(lambda b: proxy.failing(-32005, "query timeout exceeded", {"eth_getLogs"}), WAITS),
    "latest back by one": Row(lambda b: wrong.behind(b.house.devchain.url, 1), WAITS, reason=LAGS),
    "latest back by two": Row(lambda b: wrong.behind(b.house.devchain.url, 2), WAITS, reason=LAGS),
    "latest back by two, now and then": Row(lambda b: wrong.behind(b.house.devchain.url, 2, every=3), ANY),
    "the block without its state": Row(lambda b: wrong.state_missing(), WAITS, up=None),
    "pending refused": Row(lambda b: wrong.pending(Reply(error={"code": -32000, "message": "no pending state"})), ENDS),
    "pending null": Row(lambda b: wrong.pending(Reply(result=None)), ENDS),
    "pending as latest": Row(lambda b: wrong.pending(None, b.house.devchain.url), ENDS),
    "a nonce refused, Nethermind": Row(lambda b: wrong.first_send_refused("OldNonce, Current nonce: 5"), ENDS),
    "a nonce refused, Besu": Row(lambda b: wrong.first_send_refused("Nonce too low"), ENDS),
    "known already": Row(lambda b: wrong.first_send_refused("AlreadyKnown"), ANY),
    "a fee refused": Row(lambda b: wrong.first_send_refused("FeeTooLow, MaxFeePerGas too low"), ANY),
    "no money": Row(
        lambda b: proxy.failing(-32000, "Upfront cost exceeds account balance", {proxy.SEND}), WAITS,
        reason="anchoring_waits",
    ),
    "connections closed": Row(lambda b: proxy.closed(), WAITS, up=False, reason="chain_away"),
    "HTTP 503": Row(lambda b: proxy.status(503), WAITS, up=False, reason="chain_away"),
    "answers cut": Row(lambda b: proxy.cut(), WAITS, up=False, reason="chain_away"),
    "no answer": Row(lambda b: proxy.late(1.5), WAITS, up=False, reason="chain_away", asked=2),
    "another head of the contract": Row(lambda b: wrong.head_changed(HEAD), WAITS, up=None, reason="history_broken"),
    "an entry made up": Row(lambda b: wrong.log_made_up(b.size), WAITS, reason="history_broken", others=1),
}  # fmt: skip


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder: Path = tmp_path_factory.mktemp("bench")
    with houses.house(folder) as house, faulty_node(house.devchain.url) as node:
        house.key("log", Algorithm.ED25519)
        house.devchain.fund(house.key("stranger").address, 10**21)
        settings = Settings(
            rpc_url=node.url, origin=str(house.chain.origin), state_dir=folder, passphrase_file=house.passphrase_file,
            relayer_key="relayer", log_key="log", anchor_max_age_seconds=0, poll_interval_seconds=0.05,
            rpc_timeout_seconds=0.5, resend_after_seconds=1,
        )  # fmt: skip
        with TestClient(create_app(open_services(settings)), raise_server_exceptions=False) as client:
            made = Bench(house, client, node)
            first = made.declare()
            assert until(lambda: made.state(first) == "final", 20)
            made.declared.append(first)
            yield made


@pytest.mark.parametrize("name", ROWS)
def test_a_node_that_misbehaves(name: str, bench: Bench) -> None:
    row = ROWS[name]
    assert until(lambda: bench.reasons() == [], 20), bench.reasons()
    size = bench.size
    assert until(lambda: bench.figures()["ledger_history_entries"] == size, 20)
    before, start = bench.figures(), bench.house.store.events.start()
    asked = len(bench.node.asked)
    rule = row.rule(bench)
    try:
        if row.others:
            bench.node.rule = proxy.closed()  # so that all of them are new at one look
            bench.others_write(row.others)
        bench.node.rule = rule
        id_ = bench.declare()
        assert until(lambda: len(bench.node.asked) >= asked + row.asked, 20)
        if row.outbox == ENDS:
            assert until(lambda: bench.state(id_) == "final", 20), bench.client.get("/health/ready").json()
        if row.reason is not None:
            assert until(lambda: row.reason in bench.reasons(), 10), bench.client.get("/health/ready").json()
        # Who lags contradicts nobody. What is final stays so, and evidence of it is given.
        assert row.reason == "history_broken" or "history_broken" not in bench.reasons()
        assert bench.state(id_) in row.outbox
        assert [bench.state(known) for known in bench.declared] == ["final"] * len(bench.declared)
        found = bench.client.get(f"/v1/declarations/{bench.declared[0]}/evidence?digest={bench.digest}")
        assert found.status_code == 200, found.text
        nothing_is_taken_back(bench, before, start)
        if row.up is not None:
            # On a busy machine a single look may be late: what counts is what the figure settles on.
            assert until(lambda: bench.figures()["ledger_chain_up"] == row.up, 20)
        meanwhile = bench.figures()
        if row.outbox == WAITS:
            assert meanwhile["ledger_history_entries"] == size
            assert not any(event.name == "entry" for event in bench.told(start))
    finally:
        bench.node.rule = proxy.mannerly
    assert until(lambda: bench.state(id_) == "final", 30), bench.client.get("/health/ready").json()
    bench.declared.append(id_)
    nothing_is_taken_back(bench, before, start)
    events = bench.told(start)
    entries = [event.data["number"] for event in events if event.name == "entry"]
    assert entries == list(range(size, size + row.others + 1)), "each told once, in order"
    kinds = [event.data["kind"] for event in events if event.name == "change"]
    assert [kind for kind in dict.fromkeys(kinds) if kind != "batched"] == ["sent", "anchored", "final"]
    assert (kinds.count("anchored"), kinds.count("final")) == (1, 1)
    assert until(lambda: bench.reasons() == [], 20), bench.reasons()
    after = bench.figures()
    assert after["ledger_history_entries"] == after["ledger_history_confirmed_entries"] == size + row.others + 1
    assert after["ledger_chain_up"] == 1


def nothing_is_taken_back(bench: Bench, before: dict[str, float], start: Cursor) -> None:
    """Neither stream nor figures tell of a reorganisation, and no figure of the history is lower than before."""
    told: list[tuple[str, Any]] = [(event.name, event.data.get("kind")) for event in bench.told(start)]
    assert ("reorganised", None) not in told
    assert ("change", "taken back") not in told
    now = bench.figures()
    assert now["ledger_reorganisation_depth_entries_count"] == before["ledger_reorganisation_depth_entries_count"]
    for name in ("ledger_history_entries", "ledger_history_confirmed_entries", "ledger_checkpoint_entries"):
        if name in now:
            assert now[name] >= before[name], name

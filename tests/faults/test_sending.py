"""Transactions that get stuck, are forgotten, are refused, or find their nonce taken: each batch is anchored once."""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Callable
from typing import Any

from eth_account import Account

from ledger.edges.chain.calls import anchor
from tests.edges.faulty_node import FaultyNode, Reply
from tests.faults.clients import Clients
from tests.faults.node import until
from tests.faults.proxy import SEND, mannerly
from tests.faults.reckoning import Outcome, anchors, count, reckon
from tests.faults.site import Site

Told = Callable[[Outcome], None]
_GAS = 21_000


def waiting(made: Site) -> list[dict[str, Any]]:
    """The transactions in the node's pool."""
    content = made.chain.ask("txpool_content")
    return [one for kind in ("pending", "queued") for some in content[kind].values() for one in some.values()]


def test_a_stuck_transaction_is_replaced(between: tuple[Site, FaultyNode], told: Told) -> None:
    """First nobody mines it: the same nonce, with more to pay. Then the chain asks for more than is offered."""
    made, _ = between
    clients, before = Clients.of(made), len(anchors(made))
    made.chain.automine(False)
    clients.declare(1)  # not more: they could go in several batches
    assert until(lambda: waiting(made), 20), made.servers[0].words()
    (first,) = waiting(made)
    assert until(lambda: [one["hash"] for one in waiting(made)] != [first["hash"]], 20), made.servers[0].words()
    (second,) = waiting(made)
    assert second["nonce"] == first["nonce"]
    assert int(second["maxFeePerGas"], 16) >= int(first["maxFeePerGas"], 16) * 1.1
    # anvil forgets what offers less than a block's base fee.
    asked = 3 * int(second["maxFeePerGas"], 16)
    made.chain.ask("anvil_setNextBlockBaseFeePerGas", hex(asked))
    made.chain.mine()
    assert len(anchors(made)) == before
    assert until(lambda: waiting(made), 20), made.servers[0].words()
    made.chain.mine()
    assert until(lambda: len(anchors(made)) == before + 1, 20), made.servers[0].words()
    made.chain.automine(True)
    clients.declare(3)
    told(count(made, clients, "stuck transaction, fees x 3"))


def test_a_forgotten_transaction_is_sent_again(between: tuple[Site, FaultyNode], told: Told) -> None:
    made, _ = between
    clients, before = Clients.of(made), len(anchors(made))
    made.chain.automine(False)
    for _ in range(3):
        clients.declare(2)
        assert until(lambda: waiting(made), 20), made.servers[0].words()
        made.chain.ask("anvil_dropAllTransactions")
    assert len(anchors(made)) == before
    made.chain.automine(True)
    told(count(made, clients, "pool forgotten 3 times"))


def test_an_outsider_uses_the_same_account(between: tuple[Site, FaultyNode], chance: random.Random, told: Told) -> None:
    made, _ = between
    clients, account = Clients.of(made), _anchor_account(made)
    taken = 0
    with clients.working():
        for _ in range(20):
            clients.declare(1)
            made.chain.automine(chance.random() < 0.7)
            taken += _spend(made, account, ahead=chance.choice([0, 0, 1]))
    made.chain.automine(True)
    made.chain.mine()
    assert taken > 0, "the outsider never had a nonce"
    told(count(made, clients, "nonces taken by an outsider", words=f"{taken} nonces"))


def test_a_poisoned_batch_holds_up_no_other(between: tuple[Site, FaultyNode], told: Told) -> None:
    """A batch whose transaction the node always refuses stands aside, shows in readiness, and goes when it may."""
    made, node = between
    (server,) = made.servers
    selector = anchor(bytes(32), 1).data[:4].hex()
    roots: list[str] = []

    def refuse(method: str, params: list[Any]) -> Reply | None:
        if method != SEND:
            return None
        root = params[0].partition(selector)[2][:64]
        roots.append(root)
        return Reply(error={"code": -32000, "message": "exceeds block gas limit"}) if root == roots[0] else None

    node.rule = refuse
    clients = Clients.of(made)
    clients.declare(1)
    assert until(lambda: roots, 20), server.words()
    before = len(anchors(made))
    clients.declare(5)
    assert until(lambda: sum(size for _, size in anchors(made)[before:]) == 5, 20), server.words()
    assert roots[0] not in {root.hex() for root, _ in anchors(made)}
    ready = server.ready()
    node.rule = mannerly
    assert ready["status"] == "degraded", ready
    assert "block gas limit" in json.dumps(ready), ready
    told(reckon(made, clients, "poisoned batch", words=f"refused {roots.count(roots[0])} times"))


def _anchor_account(made: Site) -> Any:
    """The key that pays for anchors, as another program holds it."""
    file = json.loads((made.house.folder / "keys" / "anchor.json").read_text())
    return Account.from_key(Account.decrypt(file, made.house.passphrase_file.read_text().strip()))


def _spend(made: Site, account: Any, ahead: int) -> bool:
    """A payment to nobody with the account's next nonce, or one further on; whether the node took it."""
    nonce = int(made.chain.ask("eth_getTransactionCount", account.address, "latest"), 16) + ahead
    made_up = {
        "chainId": made.house.chain.origin.chain_id, "nonce": nonce, "gas": _GAS, "to": secrets.token_bytes(20),
        "value": 1, "maxFeePerGas": 10**12, "maxPriorityFeePerGas": 10**10,
    }  # fmt: skip
    try:
        made.chain.ask(SEND, "0x" + bytes(account.sign_transaction(made_up).raw_transaction).hex())
    except RuntimeError:
        return False
    return True

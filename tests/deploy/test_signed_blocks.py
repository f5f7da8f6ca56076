"""Where validators sign blocks, extraData is longer than Ethereum's 32 bytes: such chains can be read all the same."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest

from ledger.edges.chain.node import Node
from ledger.edges.devchain.anvil import DevChain
from scripts.clique.genesis import extra_data as clique
from scripts.qbft import extra_data as qbft
from tests.edges.faulty_node import Reply, faulty_node

VALIDATORS = [bytes([number]) * 20 for number in range(1, 5)]


@pytest.mark.parametrize("extra", [clique(VALIDATORS), qbft(VALIDATORS)], ids=["clique", "qbft"])
def test_a_block_with_long_extra_data_is_read(devchain: DevChain, extra: bytes) -> None:
    def signed(method: str, parameters: list[Any]) -> Reply | None:
        if method != "eth_getBlockByNumber":
            return None
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
        asked = urllib.request.Request(devchain.url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked) as answer:
            return Reply(result=json.load(answer)["result"] | {"extraData": "0x" + extra.hex()})

    with faulty_node(devchain.url) as faulty:
        faulty.rule = signed
        block = Node(faulty.url, 5).block(0)
    assert block == Node(devchain.url, 5).block(0)
    assert block is not None
    assert block.number == 0

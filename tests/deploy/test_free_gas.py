"""On a network where gas costs nothing, as deploy/ makes it, a relayer without a single coin does everything."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ledger.edges.devchain.anvil import CHAIN_ID
from ledger.journeys.audit.audit import Scope, audit
from ledger.testing.local_ledger import LocalLedger
from tests import houses

ANVIL = sorted((Path(__file__).parents[2] / "node_modules" / "@foundry-rs").glob("anvil-*/bin/anvil*"))


@dataclass
class FreeChain:
    """A node that asks for no base fee and no tip, and on which nobody has coins."""

    url: str

    def ask(self, method: str, *parameters: object) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url, body, {"Content-Type": "application/json"})) as it:
            return json.load(it)["result"]

    def fund(self, address: bytes, wei: int) -> None:
        """Nobody gets anything."""


@pytest.fixture
def free_chain() -> Iterator[FreeChain]:
    if not ANVIL:
        pytest.skip("anvil is not installed: `make setup` does it")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(ANVIL[0]), "--port", str(port), "--chain-id", str(CHAIN_ID), "--accounts", "0", "--quiet",
        "--block-base-fee-per-gas", "0", "--gas-price", "0", "--disable-min-priority-fee",
    ]  # fmt: skip
    process = subprocess.Popen(command)
    chain = FreeChain(f"http://127.0.0.1:{port}")
    try:
        for _ in range(200):
            try:
                chain.ask("eth_chainId")
                break
            except urllib.error.URLError:
                time.sleep(0.05)
        yield chain
    finally:
        process.terminate()
        process.wait()


def test_a_relayer_without_coins_deploys_and_anchors(free_chain: FreeChain, tmp_path: Path) -> None:
    house = LocalLedger(tmp_path)
    vars(house)["devchain"] = free_chain
    vars(house)["settings"] = house.settings.model_copy(update={"max_fee_per_gas_gwei": Decimal(0)})
    _, receipt = house.deploy()
    assert receipt is not None
    assert receipt.effective_gas_price == 0
    houses.anchored(house, 5)
    assert audit(house.chain, Scope()).report.good
    for name in ("relayer", "anchor"):  # one deployed, the other anchored
        account = f"0x{house.key(name).address.hex()}"
        assert int(free_chain.ask("eth_getTransactionCount", account, "latest"), 16) == 1
        assert int(free_chain.ask("eth_getBalance", account, "latest"), 16) == 0
    assert int(free_chain.ask("eth_getBlockByNumber", "latest", False)["baseFeePerGas"], 16) == 0

"""Our server over a Clique network: deploy, serve from one validator or another, declare, and see how it ended."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from ledger.core.encoding.reading import hex_text
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.origin import Origin
from ledger.core.statements.signature import Algorithm
from ledger.edges.chain.contract import deploy
from ledger.edges.chain.sender import ChainLimits
from ledger.edges.keys.keystore import Keystore, SigningKey
from scripts.clique import Network
from tests.signing_in import bearer, session

CONFIRMATIONS = 3
COINS = 10**24
PASSPHRASE = "for tests"
PATIENCE = 180.0
NAMES = {
    "relayer": Algorithm.SECP256K1,
    "council": Algorithm.SECP256K1,
    "trader": Algorithm.SECP256K1,
    "log": Algorithm.ED25519,
}


@dataclass
class Consortium:
    """Four validators, one contract, one state folder of ours, and all that was ever accepted."""

    network: Network
    folder: Path
    origin: Origin
    trader: SigningKey
    accepted: list[str] = field(default_factory=list)

    @classmethod
    def make(cls, folder: Path) -> Consortium:
        """A running network with the contract on it, confirmed."""
        keystore = Keystore(folder / "keys", light=True)
        for name, algorithm in NAMES.items():
            keystore.create(name, algorithm, PASSPHRASE)
        keys = {name: keystore.load(name, PASSPHRASE) for name in NAMES}
        network = Network.create(folder / "chain", {keys["relayer"].address: COINS})
        try:
            network.start()
            network.wait_for_block(2)
            origin, _ = deploy(
                network.urls[0], [keys["council"].address], 1, keys["relayer"], ChainLimits(confirmations=CONFIRMATIONS)
            )
            network.wait_for_block(_latest(network) + 1)
        except BaseException:
            network.stop()
            raise
        return cls(network, folder, origin, keys["trader"])

    def environment(self, validator: int) -> Mapping[str, str]:
        """Settings of a server that asks this validator."""
        return os.environ | {
            "LEDGER_RPC_URL": self.network.urls[validator],
            "LEDGER_ORIGIN": str(self.origin),
            "LEDGER_STATE_DIR": str(self.folder),
            "LEDGER_PASSPHRASE": PASSPHRASE,
            "LEDGER_LOG_KEY": "log",
            "LEDGER_CONFIRMATIONS": str(CONFIRMATIONS),
            "LEDGER_ANCHOR_MAX_AGE_SECONDS": "0",
            "LEDGER_POLL_INTERVAL_SECONDS": "0.2",
            "LEDGER_RPC_TIMEOUT_SECONDS": "3",
        }

    @contextmanager
    def served(self, validator: int) -> Iterator[Server]:
        """``ledger serve`` in a process of its own, until the block ends."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {**self.environment(validator), "LEDGER_API_PORT": str(port)}
        with (self.folder / "serve.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "ledger.cli", "serve"], env=environment, stdout=log, stderr=log
            )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
                server = Server(self, client)
                server.wait_until_alive(process)
                yield server
        finally:
            process.terminate()
            process.wait()

    def audit(self, *validators: int) -> dict[str, Any]:
        """``ledger audit`` over these validators and our store: its report. It must find nothing.

        As of a block that is deep enough to stay: the newest may be taken back while they are compared.
        """
        block = _latest(self.network)
        self.network.wait_for_block(block + CONFIRMATIONS)
        rpc = [word for number in validators for word in ("--rpc", self.network.urls[number])]
        command = [sys.executable, "-m", "ledger.cli", "audit", *rpc, "--to", str(block), "--json"]
        environment = self.environment(validators[0])
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        return report


@dataclass
class Server:
    """A client of the server, which notes what was accepted."""

    consortium: Consortium
    client: httpx.Client

    @cached_property
    def _signed_in(self) -> dict[str, str]:
        """Shows the trader's session; an address may sign in only so often."""
        site = str(self.client.base_url).rstrip("/")
        trader, origin = self.consortium.trader, self.consortium.origin
        return bearer(session(lambda path, said: self.client.post(path, json=said).json(), trader, origin, site))

    def wait_until_alive(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self.client.get("/health/live")
                return
            except httpx.TransportError:
                assert process.poll() is None, "the server ended; serve.log says why"
                assert time.monotonic() < deadline
                time.sleep(0.1)

    def declare(self, count: int) -> list[str]:
        """So many new declarations, each answered 202; their ids."""
        ids = []
        for _ in range(count):
            trader = self.consortium.trader
            made = Declaration(trader.address, secrets.token_bytes(32), 380)
            signature = hex_text(trader.sign(made.id(self.consortium.origin)))
            answer = self.client.post("/v1/declarations", json={"declaration": made.to_json(), "signature": signature})
            assert answer.status_code == 202, answer.text
            ids.append(answer.json()["id"])
        self.consortium.accepted += ids
        return ids

    def states(self) -> dict[str, dict[str, Any]]:
        """All declarations as the server lists them, by id."""
        found: dict[str, dict[str, Any]] = {}
        parameters: dict[str, Any] = {"limit": 1000}
        while True:
            page = self.client.get("/v1/declarations", params=parameters, headers=self._signed_in).json()
            found |= {item["id"]: item for item in page["declarations"]}
            if page["next_cursor"] is None:
                return found
            parameters["cursor"] = page["next_cursor"]

    def wait_for(self, ids: list[str], *states: str) -> dict[str, dict[str, Any]]:
        """Until these declarations are in one of these states."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = self.states()
            if all(found[id_]["state"] in states for id_ in ids):
                return found
            assert time.monotonic() < deadline, {found[id_]["state"] for id_ in ids}
            time.sleep(0.2)


def _latest(network: Network) -> int:
    return max(block[0] for validator in network.live() if (block := validator.block()) is not None)

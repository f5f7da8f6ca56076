"""A ledger to measure: an embedded chain, a contract with one agency, and ``ledger serve`` in a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import load
from bench.materials import AGENCY, KIND, Key
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.members import NO_END, ZERO
from ledger.core.statements.statement import (
    AgencyEnrolment,
    Attestation,
    AttesterAuthorisation,
    Declaration,
    MandateGrant,
    Resolution,
)
from ledger.edges.keys.keystore import Algorithm
from ledger.journeys.attest import relay_attestation, set_of
from ledger.journeys.council import draft_resolution, endorse, relay_resolution
from ledger.testing.consortium import House

_PATIENCE = 60.0
_TRADER = Key("trader")


@dataclass(frozen=True, slots=True)
class Signed:
    """A declaration as its party posts it."""

    id: bytes
    body: bytes

    @property
    def request(self) -> bytes:
        return load.request("POST", "/v1/declarations", self.body)


@dataclass
class Site:
    """A running server: its house, the port that it listens on, and its process."""

    house: House
    port: int
    process: subprocess.Popen[bytes]

    def declarations(self, count: int, digest: bytes | None = None) -> list[Signed]:
        """So many that nobody has declared before, signed; of one digest if it is given."""
        origin, made = self.house.chain.origin, []
        for _ in range(count):
            declaration = Declaration(_TRADER.signer, digest or secrets.token_bytes(32), 830)
            id_ = declaration.id(origin)
            value = {"declaration": declaration.to_json(), "signature": hex_text(_TRADER.sign(id_))}
            made.append(Signed(id_, json.dumps(value, separators=(",", ":")).encode()))
        return made

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Status and body of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def evidence(self, id_: bytes) -> bytes:
        """The evidence of a declaration, once there is any."""
        path, until = f"/v1/declarations/{hex_text(id_)}/evidence", time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            status, body = self.ask("GET", path)
            if status == 200:
                return body
            time.sleep(0.1)
        raise AssertionError(f"no evidence after {_PATIENCE:g} s: {body!r}")

    def attest(self, ids: Sequence[bytes]) -> None:
        """One attestation about each declaration, by an agency that is enrolled for it."""
        house, council, officer = self.house, self.house.key("council"), self.house.key("officer")
        origin, relay = house.chain.origin, house.relay
        resolutions: tuple[tuple[type[Resolution], tuple[Any, ...]], ...] = (
            (AgencyEnrolment, (AGENCY, "Ministry for Primary Industries", "NZ", "https://mpi.example")),
            (MandateGrant, (AGENCY, KIND, 0, NO_END)),
            (AttesterAuthorisation, (officer.address, AGENCY)),
        )
        for kind, members in resolutions:
            resolution = draft_resolution(relay, kind, *members)
            relay_resolution(relay, resolution, [endorse(resolution, council, origin)])
        now = int(time.time())
        for id_ in ids:
            root, size = set_of([id_])
            made = Attestation(AGENCY, KIND, 1, ZERO, now - 60, NO_END, root, size, secrets.token_bytes(32))
            relay_attestation(relay, made, officer.address, officer.sign(made.id(origin)))


@contextmanager
def site(folder: Path, store_url: str | None = None, block_seconds: int | None = None) -> Iterator[Site]:
    """A server over SQLite in ``folder``, or over another store. Everything as it is set by default.

    :param block_seconds: how often the chain makes a block; at every transaction unless given.
    """
    house = House(folder)
    house.devchain.start()
    try:
        house.deploy()
        house.key("log", Algorithm.ED25519)
        if block_seconds is not None:
            _ask_node(house, "evm_setIntervalMining", block_seconds)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        with (folder / "serve.log").open("wb") as log:
            command = [sys.executable, "-m", "ledger.cli", "serve"]
            environment = _environment(house, port, store_url)
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            made = Site(house, port, process)
            _await(made, folder / "serve.log")
            yield made
        finally:
            process.terminate()
            process.wait(_PATIENCE)
    finally:
        house.devchain.stop()


def _environment(house: House, port: int, store_url: str | None) -> dict[str, str]:
    origin = house.chain.origin
    return {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")} | {
        "LEDGER_RPC_URL": house.devchain.url,
        "LEDGER_CONTRACT": hex_text(origin.contract),
        "LEDGER_CHAIN_ID": str(origin.chain_id),
        "LEDGER_STATE_DIR": str(house.folder),
        "LEDGER_STORE_URL": store_url or f"sqlite:///{house.folder / 'ledger.sqlite'}",
        "LEDGER_PASSPHRASE_FILE": str(house.passphrase_file),
        "LEDGER_LOG_KEY": "log",
        "LEDGER_API_PORT": str(port),
        "LEDGER_LOG_LEVEL": "warning",
    }


def _await(made: Site, log: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and made.process.poll() is None:
        try:
            if made.ask("GET", "/health/live")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the server does not answer:\n{log.read_text()[-2000:]}")


def _ask_node(house: House, method: str, *parameters: object) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
    asked = urllib.request.Request(house.devchain.url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=_PATIENCE) as answer:
        if "error" in (said := json.loads(answer.read())):
            raise AssertionError(f"{method}: {said['error']}")

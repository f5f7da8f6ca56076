"""A server to measure: an embedded chain, a contract with one agency, and ``ledger serve`` in its own process."""

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
from bench.sample_data import AGENCY, KIND
from ledger.core.encoding.ids import DeclarationId, Digest
from ledger.core.encoding.reading import hex_text
from ledger.core.evidence.inclusion import set_of
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.resolutions import AgencyEnrolment, AttesterAuthorisation, MandateGrant, Resolution
from ledger.core.statements.signature import Algorithm
from ledger.journeys.attest import relay_attestation
from ledger.journeys.council import draft_resolution, endorse, relay_resolution
from ledger.testing.local_ledger import LocalLedger
from ledger.testing.world import Key

_PATIENCE_SECONDS = 60.0
_TRADER = Key("trader")


@dataclass(frozen=True, slots=True)
class SignedDeclaration:
    """A signed declaration: its id, the digest of its document, and the body that its party posts."""

    id: DeclarationId
    digest: Digest
    body: bytes

    @property
    def evidence_path(self) -> str:
        """Where its evidence is, for whoever knows its digest."""
        return f"/v1/declarations/{hex_text(self.id)}/evidence?digest={hex_text(self.digest)}"

    @property
    def request(self) -> bytes:
        return load.http_request("POST", "/v1/declarations", self.body)


@dataclass
class RunningServer:
    """A running server: its local_ledger, its port and its process."""

    local_ledger: LocalLedger
    port: int
    process: subprocess.Popen[bytes]

    def declarations(self, count: int, digest: Digest | None = None) -> list[SignedDeclaration]:
        """``count`` new signed declarations, all with ``digest`` if it is given."""
        origin, made = self.local_ledger.chain.origin, []
        for _ in range(count):
            declaration = Declaration(_TRADER.signer, digest or Digest(secrets.token_bytes(32)), 830)
            id_ = declaration.id(origin)
            value = {"declaration": declaration.to_json(), "signature": hex_text(_TRADER.sign(id_))}
            body = json.dumps(value, separators=(",", ":")).encode()
            made.append(SignedDeclaration(id_, declaration.digest, body))
        return made

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Send one request; return status and body of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def evidence(self, declared: SignedDeclaration) -> bytes:
        """Wait for the evidence of a declaration and return it."""
        path, until = declared.evidence_path, time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < until:
            status, body = self.ask("GET", path)
            if status == 200:
                return body
            time.sleep(0.1)
        raise AssertionError(f"no evidence after {_PATIENCE_SECONDS:g} s: {body!r}")

    def attest(self, ids: Sequence[DeclarationId]) -> None:
        """Enrol an agency, and write one attestation about each declaration."""
        council, officer = self.local_ledger.key("council"), self.local_ledger.key("officer")
        origin, relay = self.local_ledger.chain.origin, self.local_ledger.relay
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
def running_server(
    folder: Path, store_url: str | None = None, block_seconds: int | None = None
) -> Iterator[RunningServer]:
    """Run a server with default settings, on SQLite in ``folder`` or on another store.

    :param block_seconds: seconds between blocks; None makes a block for each transaction.
    """
    local_ledger = LocalLedger(folder)
    local_ledger.devchain.start()
    try:
        local_ledger.deploy()
        local_ledger.key("log", Algorithm.ED25519)
        if block_seconds is not None:
            _ask_node(local_ledger, "evm_setIntervalMining", block_seconds)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        with (folder / "serve.log").open("wb") as log:
            command = [sys.executable, "-m", "ledger.cli", "serve"]
            environment = _environment(local_ledger, port, store_url)
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            server = RunningServer(local_ledger, port, process)
            _wait_until_ready(server, folder / "serve.log")
            yield server
        finally:
            process.terminate()
            process.wait(_PATIENCE_SECONDS)
    finally:
        local_ledger.devchain.stop()


def _environment(local_ledger: LocalLedger, port: int, store_url: str | None) -> dict[str, str]:
    store = store_url or f"sqlite:///{local_ledger.folder / 'ledger.sqlite'}"
    others = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}
    return others | local_ledger.environment(store_url=store, api_port=port, log_level="warning")


def _wait_until_ready(server: RunningServer, log: Path) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until and server.process.poll() is None:
        try:
            if server.ask("GET", "/health/live")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the server does not answer:\n{log.read_text()[-2000:]}")


def _ask_node(local_ledger: LocalLedger, method: str, *parameters: object) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
    request = urllib.request.Request(local_ledger.devchain.url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS) as response:
        answer = json.loads(response.read())
    if "error" in answer:
        raise AssertionError(f"{method}: {answer['error']}")

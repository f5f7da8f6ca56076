"""A ledger to be broken: ``ledger serve`` in processes of their own, over a real chain and a real store."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.core.statements.signature import Algorithm
from ledger.testing.local_ledger import LocalLedger
from tests import houses
from tests.faults.node import Chain, until

_LIVE_SECONDS = 60.0
_SHOWN = 4000  # characters of a log
_QUICK = {
    "LEDGER_ANCHOR_MAX_AGE_SECONDS": "0",
    "LEDGER_ANCHOR_SMALL_GAS_PER_HOUR": "1000000000",  # many small batches: none is to wait for what was spent before
    "LEDGER_POLL_INTERVAL_SECONDS": "0.05",
    "LEDGER_RPC_TIMEOUT_SECONDS": "2",
    "LEDGER_LOG_KEY": "log",
    "LEDGER_RELAYER_KEY": "relayer",
}


class Server:
    """A process of the ledger, on a port that it keeps; its words go to a file."""

    def __init__(self, folder: Path, environment: Mapping[str, str], name: str, command: tuple[str, ...]) -> None:
        self.name = name
        self.port = free_port()
        self.environment = {**environment, "LEDGER_API_PORT": str(self.port)}
        self.log = folder / f"{name}.log"
        self._command = [sys.executable, "-m", "ledger.cli", *command]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of the process that was started; its own children have others."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and do not wait."""
        if not self.running:
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    self._command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    start_new_session=True,
                )  # fmt: skip

    def kill(self) -> None:
        """SIGKILL, its own children included."""
        self._end(signal.SIGKILL)

    def stop(self) -> int | None:
        """SIGTERM, as an operator would; the exit code, SIGKILL's where it took too long."""
        return self._end(signal.SIGTERM)

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Status and JSON of one request; OSError where nobody answers."""
        status, data = self.fetch(method, path, body)
        return status, json.loads(data)

    def fetch(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and bytes of one request on a connection of its own; OSError where nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, path, data, {"Content-Type": "application/json", **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except http.client.HTTPException as error:
            raise ConnectionError(type(error).__name__) from None
        finally:
            connection.close()

    def live(self) -> bool:
        """Whether it answers."""
        try:
            return self.ask("GET", "/health/live")[0] == 200
        except OSError:
            return False

    def ready(self) -> dict[str, Any]:
        """What it says of itself."""
        return dict(self.ask("GET", "/health/ready")[1])

    def await_live(self, again: bool = False) -> None:
        """Wait until it answers, and show its words where it does not.

        :param again: start it again where it has given up, as a supervisor would: it may have found no database.
        """

        def answers() -> bool:
            if again:
                self.start()
            return self.live() or not (again or self.running)

        answered = until(answers, _LIVE_SECONDS, 0.1)
        assert answered, f"{self.name} does not answer:\n{self.words()}"
        assert self.running, f"{self.name} does not run:\n{self.words()}"

    def words(self) -> str:
        """The end of its log, and what it said of an error that it did not expect."""
        if not self.log.exists():
            return ""
        text = self.log.read_text(errors="replace")
        _, unexpected, after = text.rpartition("Traceback")
        return f"{unexpected}{after[:_SHOWN]}\n…\n{text[-_SHOWN:]}" if unexpected else text[-_SHOWN:]

    def _end(self, number: signal.Signals) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            return process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return process.wait()


@dataclass
class Site:
    """One consortium: chain, contract, keys, store, and the processes that serve it."""

    folder: Path
    house: LocalLedger
    chain: Chain
    environment: dict[str, str]
    servers: list[Server] = field(default_factory=list)

    @property
    def store_url(self) -> str:
        return self.environment["LEDGER_STORE_URL"]

    def add(self, *command: str, **settings: str) -> Server:
        """One more process, not started yet; ``settings`` are its own environment."""
        name = f"{command[0] if command else 'serve'}-{len(self.servers)}"
        server = Server(self.folder, self.environment | settings, name, command or ("serve",))
        self.servers.append(server)
        return server

    def words(self) -> str:
        """What all its processes say."""
        return "\n".join(f"{server.name}:\n{server.words()}" for server in self.servers)


@contextlib.contextmanager
def site(folder: Path, servers: int = 1, store_url: str | None = None, **settings: str) -> Iterator[Site]:
    """A site with its servers up. ``settings`` in upper case and without their prefix."""
    with houses.house(folder / "house") as house:
        house.key("log", Algorithm.ED25519)
        house.devchain.stop()  # writes its state, so that a kill does not take the contract away
        house.devchain.start()
        made = Site(folder, house, Chain(house.devchain), _environment(house, store_url, settings))
        try:
            for _ in range(servers):
                made.add().start()
            for server in made.servers:
                server.await_live()
            yield made
        finally:
            for server in made.servers:
                server.kill()


def _environment(house: LocalLedger, store_url: str | None, settings: dict[str, str]) -> dict[str, str]:
    given = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}
    fixed = {
        "LEDGER_RPC_URL": house.devchain.url,
        "LEDGER_ORIGIN": str(house.chain.origin),  # so that it starts while the chain is away
        "LEDGER_STATE_DIR": str(house.folder),
        "LEDGER_STORE_URL": store_url or f"sqlite:///{house.folder / 'ledger.sqlite'}",
        "LEDGER_PASSPHRASE_FILE": str(house.passphrase_file),
    }
    return given | _QUICK | fixed | {f"LEDGER_{name}": value for name, value in settings.items()}


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""``make up`` and ``make down``: chain, contract and API on loopback, with all state under ``state/``.

Where the usual port is taken, another one is used. ``state/ledger.toml`` has the settings for the commands of
``ledger``, whatever the ports are. Only what ``up`` started is stopped, and only a server of this history is believed.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rich.console import Console

from ledger.core.statements.signature import Algorithm
from ledger.errors import ContractMissing, HistoryBroken, LedgerError, Source, Unavailable
from ledger.settings import FILE_VARIABLE, PREFIX
from ledger.testing.local_ledger import LocalLedger

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / "state"
CHAIN_PORT, API_PORT = 8545, 8080
WAIT_SECONDS = 30
console = Console(highlight=False, markup=False, soft_wrap=True)
_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # what is beside us needs none


@dataclass(frozen=True, slots=True)
class Running:
    """The API that ``up`` started: its process, when that began (by the system's count), and its port."""

    pid: int
    began: str
    port: int


@dataclass
class Services:
    """Chain, contract and API with their state in one folder; the ports are what is tried first."""

    folder: Path
    chain_port: int = CHAIN_PORT
    api_port: int = API_PORT

    @cached_property
    def local(self) -> LocalLedger:
        return LocalLedger(self.folder, self.chain_port if is_free(self.chain_port) else 0)

    @property
    def settings_file(self) -> Path:
        return self.folder / "ledger.toml"

    @property
    def log(self) -> Path:
        return self.folder / "api.log"

    @property
    def _noted(self) -> Path:
        return self.folder / "api.json"

    def up(self) -> None:
        """Start everything that is not running.

        :raises LedgerError: something does not start, or a stranger answers in its place.
        """
        self.local.devchain.start()
        origin, receipt = self.local.deploy()
        self.local.key("log", Algorithm.ED25519)
        console.print(f"chain     {self.local.devchain.url}")
        console.print(f"contract  {origin} ({'deployed' if receipt else 'found again'})")
        running = self.running() or self._start()
        self._wait(running)
        self._write_settings(running.port)
        # By name, not by number: passkeys are made for a name, and browsers make none for an address of numbers.
        console.print(f"portal    http://localhost:{running.port}")
        console.print(f"API       http://127.0.0.1:{running.port}/docs")
        if running.port != self.api_port:
            console.print(f"Another program has port {self.api_port}, so the API took {running.port}.")
        console.print(f"settings  {_shown(self.settings_file)}: for the commands of `ledger`, once you have entered")
        console.print(f"          export PATH=$PWD/.venv/bin:$PATH {FILE_VARIABLE}={_shown(self.settings_file)}")
        other = "" if self.folder == STATE else f" STATE={_shown(self.folder)}"
        console.print(f"`make down{other}` stops all three; the state stays.")

    def down(self) -> None:
        """Stop the API, which finishes its step, and then the chain, which writes its state."""
        running = self.running()
        if running is not None:
            os.kill(running.pid, signal.SIGTERM)
            ends = time.monotonic() + WAIT_SECONDS
            while self.running() is not None:
                if time.monotonic() > ends:
                    raise Unavailable(
                        f"the API (pid {running.pid}) does not stop: see {self.log}", source=Source.MACHINE
                    )
                time.sleep(0.1)
        self._noted.unlink(missing_ok=True)
        self.local.devchain.stop()
        console.print("stopped; the state stays")

    def running(self) -> Running | None:
        """The API that ``up`` started, if it still runs. A process that has got its number since is another one."""
        try:
            found = Running(**json.loads(self._noted.read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return found if _began(found.pid) == found.began else None

    def _start(self) -> Running:
        port = self.api_port if is_free(self.api_port) else _any_port()
        environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        environment |= self.local.environment(api_port=port)
        with self.log.open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "ledger.cli", "serve"], cwd=ROOT, env=environment, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        running = Running(process.pid, _began(process.pid), port)
        self._noted.write_text(json.dumps({"pid": running.pid, "began": running.began, "port": port}) + "\n")
        return running

    def _wait(self, running: Running) -> None:
        """Until the API answers, and for this history.

        :raises Unavailable: it does not, or a stranger does.
        """
        origin, ends = str(self.local.chain.origin), time.monotonic() + WAIT_SECONDS
        while time.monotonic() < ends:
            alive = _began(running.pid) == running.began
            answered = _history(running.port)
            if answered is not None and (not alive or answered != origin):
                raise Unavailable(
                    f"port {running.port} belongs to another program, which answers in the place of our API: stop it, "
                    "or run `make up` again for another port", source=Source.MACHINE,
                )  # fmt: skip
            if answered == origin:
                return
            if not alive:
                break
            time.sleep(0.2)
        raise Unavailable(f"the API does not answer; the end of {_shown(self.log)} says why", source=Source.MACHINE)

    def _write_settings(self, port: int) -> None:
        lines = ["# Written by `make up`: settings of `ledger` for what it started."]
        for variable, value in self.local.environment(api_port=port).items():
            written = value if value.isdigit() else json.dumps(value, ensure_ascii=False)
            lines.append(f"{variable.removeprefix(PREFIX).lower()} = {written}")
        self.settings_file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def is_free(port: int) -> bool:
    """Whether a server can listen on a port of loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _any_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _began(pid: int) -> str:
    """When a process began, as the system counts; empty if there is none, or only its remains."""
    if Path("/proc/self/stat").exists():
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            return "" if fields[0] == "Z" else fields[19]
        return ""
    found = subprocess.run(["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip()


def _history(port: int) -> str | None:
    """The origin that a server on loopback is about; None if none answers; empty if it is no API of ours."""
    try:
        with _NO_PROXY.open(f"http://127.0.0.1:{port}/v1/history", timeout=2) as response:
            value: Any = json.loads(response.read(1 << 16))
    except urllib.error.HTTPError as error:
        return None if error.code == 503 else ""  # ours says so until it has read the chain
    except ValueError:
        return ""
    except OSError:
        return None
    return str(value.get("origin", "")) if isinstance(value, dict) else ""


def _shown(path: Path) -> str:
    """A path as it is shorter: from here, if it lies below."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def main(action: str, folder: Path = STATE) -> int:
    """Run ``up`` or ``down`` with the state in ``folder``. Print an error as one clear line."""
    services = Services(folder.resolve())
    over = "`make clean` lets you start over"
    try:
        {"up": services.up, "down": services.down}[action]()
    except ContractMissing as error:
        console.print(f"{error}\n{_shown(services.folder)} belongs to a chain that is gone: {over}", style="red")
    except HistoryBroken as error:
        console.print(
            f"{error}\n{_shown(services.folder)} belongs to another version of the contract: {over}", style="red"
        )
    except LedgerError as error:
        console.print(str(error), style="red")
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(Path, sys.argv[2:])))

"""``make up`` and ``make down``: chain, contract and API on loopback, with all state under ``state/``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from rich.console import Console

from ledger.core.statements.signature import Algorithm
from ledger.errors import ContractMissing, HistoryBroken, LedgerError
from ledger.testing.local_ledger import LocalLedger

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / "state"
CHAIN_PORT, API_PORT = 8545, 8080
PID, LOG = STATE / "api.pid", STATE / "api.log"
WAIT_SECONDS = 30
console = Console(highlight=False)


def up() -> int:
    """Start everything that is not running."""
    local = LocalLedger(STATE, CHAIN_PORT)
    local.devchain.start()
    origin, receipt = local.deploy()
    local.key("log", Algorithm.ED25519)
    console.print(f"chain    {local.devchain.url}\ncontract {origin} ({'deployed' if receipt else 'found again'})")
    if _alive() is None:
        environment = os.environ | local.environment(api_port=API_PORT)
        with LOG.open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "ledger.cli", "serve"], cwd=ROOT, env=environment, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        PID.write_text(f"{process.pid}\n")
    if not _answers():
        console.print(f"[red]the API does not answer; see {LOG.relative_to(ROOT)}[/]")
        return 1
    console.print(f"API      http://127.0.0.1:{API_PORT}/docs\nmake down stops all three; the state stays in state/")
    return 0


def down() -> int:
    """Stop the API, which finishes its step, and then the chain, which writes its state."""
    pid = _alive()
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        for _ in range(WAIT_SECONDS * 10):
            if _alive() is None:
                break
            time.sleep(0.1)
    PID.unlink(missing_ok=True)
    LocalLedger(STATE, CHAIN_PORT).devchain.stop()
    console.print("stopped; the state stays in state/")
    return 0


def _alive() -> int | None:
    """Process id of the API that ``up`` started, if it still runs."""
    try:
        pid = int(PID.read_text())
        command = Path(f"/proc/{pid}/cmdline")
        if command.exists() and b"ledger.cli" not in command.read_bytes():
            return None
        os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    return pid


def _answers() -> bool:
    for _ in range(WAIT_SECONDS * 5):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{API_PORT}/health/live", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    return False


def main(action: str) -> int:
    """Run ``up`` or ``down``. Print an error as one clear line."""
    try:
        return {"up": up, "down": down}[action]()
    except ContractMissing as error:
        console.print(f"[red]{error}[/]\nstate/ belongs to a chain that is gone: `make clean` lets you start over")
    except HistoryBroken as error:
        console.print(
            f"[red]{error}[/]\nstate/ belongs to another version of the contract: `make clean` lets you start over"
        )
    except LedgerError as error:
        console.print(f"[red]{error}[/]")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

"""One validator: a geth process with its folder, its key and its two ports on loopback."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.errors import Source, Unavailable

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Validator:
    """One validator. It may run or not, and this process or another may have started it.

    ``folder`` holds ``geth/`` (its chain), ``keystore/``, ``nodekey``, ``pid`` and ``geth.log``. ``node_id``: public
    key of ``nodekey`` without the leading 4, 64 bytes. ``sealer``: address of the key that seals.
    """

    folder: Path
    http_port: int
    peer_port: int
    node_id: bytes
    sealer: bytes

    @property
    def url(self) -> str:
        """Address of its JSON-RPC."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def enode(self) -> str:
        """Address at which its peers find it."""
        return f"enode://{self.node_id.hex()}@127.0.0.1:{self.peer_port}"

    @property
    def pid(self) -> int | None:
        """Process id, or None while it does not run."""
        try:
            pid = int((self.folder / "pid").read_text())
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        # Another process may get the same pid, but not this folder on its command line. A process that ended has none.
        return pid if os.fsencode(self.folder) in arguments else None

    def initialise(self, binary: Path, genesis: Path) -> None:
        """Write the first block."""
        command = [str(binary), "--datadir", str(self.folder), "init", str(genesis)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unavailable(f"geth does not take the genesis file: {done.stderr.strip()[-300:]}", source=Source.CHAIN)

    def start(self, binary: Path, chain_id: int, passphrase: Path) -> None:
        """Start it if it does not run, and wait until it answers.

        :raises Unavailable: it ended or does not answer; ``geth.log`` says more.
        """
        if self.pid is not None:
            return
        command = [
            str(binary), "--datadir", str(self.folder), "--networkid", str(chain_id), "--verbosity", "3",
            # Archive mode: otherwise a kill would lose all states since the start, and geth would begin at block 0.
            "--syncmode", "full", "--gcmode", "archive", "--cache", "64",
            "--nodiscover", "--nat", "none", "--port", str(self.peer_port), "--nodekey", str(self.folder / "nodekey"),
            "--ipcdisable", "--authrpc.port", "0",
            "--http", "--http.addr", "127.0.0.1", "--http.port", str(self.http_port),
            "--http.api", "eth,net,web3,clique,admin,miner",
            # Unlocking is harmless: geth listens on loopback only, and the key guards nothing else.
            "--mine", "--miner.etherbase", f"0x{self.sealer.hex()}", "--unlock", f"0x{self.sealer.hex()}",
            "--password", str(passphrase), "--allow-insecure-unlock",
        ]  # fmt: skip
        with (self.folder / "geth.log").open("ab") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        (self.folder / "pid").write_text(f"{process.pid}\n")
        deadline = time.monotonic() + _START_SECONDS
        while True:
            with contextlib.suppress(Unavailable):
                self.ask("eth_chainId")
                return
            if process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise Unavailable(
                    f"a validator does not start; {self.folder / 'geth.log'} says why", source=Source.CHAIN
                )
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """Stop it in order, and wait until it ends."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Kill it, as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        pid = self.pid
        if pid is None:
            return
        os.kill(pid, how)
        deadline = time.monotonic() + _STOP_SECONDS
        while self.pid is not None:
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"a validator (pid {pid}) does not end; {self.folder / 'geth.log'} may say why", source=Source.CHAIN
                )
            time.sleep(_POLL_SECONDS)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)

    def ask(self, method: str, *parameters: object, timeout: float = 10.0) -> Any:
        """One JSON-RPC question; Unavailable where it does not answer or refuses."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                answer = json.load(response)
        except (urllib.error.URLError, OSError, ValueError) as error:
            raise Unavailable(f"the validator at {self.url} does not answer: {error}", source=Source.CHAIN) from None
        if "error" in answer:
            raise Unavailable(
                f"the validator at {self.url} refuses {method}: {answer['error'].get('message')}", source=Source.CHAIN
            )
        return answer["result"]

    def block(self, number: int | None = None) -> tuple[int, str] | None:
        """Number and hash of a block, the latest by default; None if it has no block of this number."""
        found = self.ask("eth_getBlockByNumber", "latest" if number is None else hex(number), False)
        return None if found is None else (int(found["number"], 16), str(found["hash"]))

    def peers(self) -> set[bytes]:
        """Node ids of its connected peers."""
        return {bytes.fromhex(_node_id(peer["enode"])) for peer in self.ask("admin_peers")}

    def stop_sealing(self) -> None:
        """Stop sealing, and follow the others."""
        self.ask("miner_stop")

    def start_sealing(self) -> None:
        """Seal again."""
        self.ask("miner_start")

    def connect(self, other: Validator) -> None:
        """Connect to another validator, now and again when the connection is lost."""
        self.ask("admin_addPeer", other.enode)

    def disconnect(self, other: Validator) -> None:
        """Close the connection, and do not connect again."""
        self.ask("admin_removePeer", other.enode)


def _node_id(enode: str) -> str:
    return enode.removeprefix("enode://").partition("@")[0]

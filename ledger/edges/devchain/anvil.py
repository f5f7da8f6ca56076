"""The embedded chain: one anvil process on loopback with its state in a folder. For trials, tests and demos.

The folder holds ``state.json`` (written by anvil), ``state.good.json`` (its latest complete copy), ``process.json``
(pid and port while it runs), ``anvil.log`` and ``lock``. Any process may start the chain, and any other may stop it.

``stop`` loses nothing. ``kill -9`` loses blocks younger than ``SAVE_SECONDS``, or than three times that if anvil was
just writing its state. The next start makes empty blocks, so that the chain is higher than before: followers see the
loss as a reorganisation, and do not wait for blocks that never come. A keeper process, ``python -m
ledger.edges.devchain.anvil FOLDER PID``, makes the copies while anvil runs.

Block times follow the machine's clock, also after a stop, and never go backwards.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ledger.edges.devchain.state import SAVE_SECONDS, StateFiles
from ledger.edges.file_lock import lock
from ledger.errors import Malformed, Source, Unavailable

__all__ = ["CHAIN_ID", "SAVE_SECONDS", "DevChain"]

CHAIN_ID = 31337
HARDFORK = "osaka"
_START_SECONDS = 30.0
_STOP_SECONDS = 60.0
_MOST_LOST = 256  # blocks
_BESIDE_US = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy does not know our loopback
_ROOT = Path(__file__).resolve().parents[3]


class DevChain:
    """The chain of one folder. ``port`` 0 takes a free port at each start; ``binary`` None finds npm's anvil."""

    def __init__(self, folder: Path, port: int = 0, binary: Path | None = None) -> None:
        self._folder = folder.resolve()
        self._files = StateFiles(self._folder)
        self._port = port
        self._binary = binary
        self._child: subprocess.Popen[bytes] | None = None
        self._keeper: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of the running chain; Unavailable if it does not run."""
        running = self._running()
        if running is None:
            raise Unavailable(
                f"the embedded chain in {self._folder} is not running: start it with `make up`", source=Source.CHAIN
            )
        return _url(running[1])

    @property
    def pid(self) -> int | None:
        """Process id; None if it does not run."""
        running = self._running()
        return running and running[0]

    def start(self) -> None:
        """Start it unless it runs, and wait until it answers.

        :raises Unavailable: anvil is not installed, the port is taken, or anvil does not answer; see ``anvil.log``.
        """
        with self._locked():
            if self._running() is None:
                was_killed = self._process_file.exists()  # who stops it removes the file
                self._files.rescue()
                self._spawn()
                self._keep_time()
                if was_killed:
                    _rpc(self.url, "anvil_mine", hex(_MOST_LOST))

    def stop(self) -> None:
        """Stop it and wait until its state is written; does nothing if it does not run."""
        with self._locked():
            running = self._running()
            if running is not None:
                self._end(running[0])
            if self._keeper is not None:
                self._keeper.terminate()
                self._keeper.wait()
            self._process_file.unlink(missing_ok=True)

    def fund(self, address: bytes, wei: int) -> None:
        """Set an account's balance. The coins of this chain are worth nothing."""
        _rpc(self.url, "anvil_setBalance", "0x" + address.hex(), hex(wei))

    @property
    def _process_file(self) -> Path:
        return self._folder / "process.json"

    @property
    def _cache(self) -> Path:
        return self._folder / "old-states"

    @property
    def _log_file(self) -> Path:
        return self._folder / "anvil.log"

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Only one process at a time starts or stops the chain; the lock ends with its holder."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / "lock").open("w") as file:
                lock(file.fileno(), wait=True)
                yield
        except OSError as error:
            raise Unavailable(
                f"the embedded chain in {self._folder} cannot be run: {error.strerror or error}", source=Source.CHAIN
            ) from None

    def _running(self) -> tuple[int, int] | None:
        """(pid, port) of the process that serves this folder; None if the noted process ended."""
        try:
            noted = json.loads(self._process_file.read_text())
            pid, port = int(noted["pid"]), int(noted["port"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if self._child is not None and self._child.pid == pid and self._child.poll() is not None:
            return None
        return (pid, port) if self._is_ours(pid) else None

    def _is_ours(self, pid: int) -> bool:
        """Whether a process is ours: pids are used again, but our state file is on its command line."""
        return str(self._files.state) in _process(pid)[1]

    def _spawn(self) -> None:
        # Checked first, because another chain on this port would answer instead of ours.
        port = _free_port(self._port)
        # One that was killed leaves its cache of old states behind, many megabytes.
        shutil.rmtree(self._cache, ignore_errors=True)
        # Started without accounts, so that only holders of keystore files can send.
        command = [
            str(self._binary or _find_anvil()),
            *("--host", "127.0.0.1", "--port", str(port), "--no-cors", "--quiet"),
            *("--chain-id", str(CHAIN_ID), "--hardfork", HARDFORK, "--accounts", "0"),
            *("--state", str(self._files.state), "--state-interval", str(self._files.interval)),
            *("--cache-path", str(self._cache)),
        ]
        with self._log_file.open("ab") as log_file:
            self._child = subprocess.Popen(  # noqa: S603 (our own binary and arguments)
                command, stdin=subprocess.DEVNULL, stdout=log_file, stderr=log_file, start_new_session=True
            )
        self._process_file.write_text(json.dumps({"pid": self._child.pid, "port": port}) + "\n")
        self._keeper = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", __name__, str(self._folder), str(self._child.pid)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(_url(port)):
            ended = self._child.poll()
            if ended is not None or time.monotonic() > deadline:
                if ended is None:
                    self._end(self._child.pid)
                self._process_file.unlink(missing_ok=True)
                raise Unavailable(
                    f"the embedded chain did not start on port {port}: see {self._log_file}", source=Source.CHAIN
                )
            time.sleep(0.02)

    def _keep_time(self) -> None:
        """After a start anvil reads the clock. If the chain is ahead of the clock, go on from the chain's time."""
        latest = int(_rpc(self.url, "eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        if latest > time.time():
            _rpc(self.url, "evm_setTime", latest)

    def _end(self, pid: int) -> None:
        """End anvil by SIGINT, which makes it write its state."""
        child = self._child if self._child is not None and self._child.pid == pid else None
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + _STOP_SECONDS
        # A child of ours must be waited for, or it stays a zombie. Another's child is gone once it is a zombie.
        while (child.poll() is None) if child else (_process(pid)[0] not in ("", "Z")):
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"the embedded chain (pid {pid}) does not stop: see {self._log_file}", source=Source.CHAIN
                )
            time.sleep(0.02)


def _find_anvil() -> Path:
    """The native anvil. npm's ``anvil`` is a wrapper that leaves the native process alive when it is killed."""
    found = sorted((_ROOT / "node_modules" / "@foundry-rs").glob("anvil-*/bin/anvil*"))
    if not found:
        raise Unavailable(
            "the embedded chain is not installed: run `make setup` in a checkout of the sources", source=Source.MACHINE
        )
    return found[0]


def _free_port(wanted: int) -> int:
    """``wanted`` if it is free, or any free port for 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            raise Unavailable(
                f"port {wanted} is taken by another program: stop it, or choose another port", source=Source.MACHINE
            ) from None
        return int(probe.getsockname()[1])


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _answers(url: str) -> bool:
    try:
        return int(_rpc(url, "eth_chainId", timeout=1.0), 16) == CHAIN_ID
    except Unavailable:
        return False


def _rpc(url: str, method: str, *parameters: object, timeout: float = _START_SECONDS) -> Any:
    """One JSON-RPC request to anvil, also of methods that other nodes do not have."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310 (loopback)
    try:
        with _BESIDE_US.open(request, timeout=timeout) as response:
            answer = json.load(response)
    except (urllib.error.URLError, OSError, ValueError):
        raise Unavailable(
            f"the embedded chain at {url} does not answer: start it with `make up`", source=Source.CHAIN
        ) from None
    if "error" in answer:
        raise Malformed(f"the embedded chain refuses {method}: {answer['error'].get('message')}")
    return answer["result"]


def _process(pid: int) -> tuple[str, str]:
    """State letter (Z: zombie) and command line of a process; both are empty if there is no such process."""
    proc = Path("/proc")
    if (proc / "self").exists():
        try:
            state = (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
            return state, (proc / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return "", ""
    shown = subprocess.run(  # noqa: S603
        ["/bin/ps", "-ww", "-o", "stat=,args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, command = shown.stdout.partition(" ")
    return state[:1], command


def _keep(folder: Path, pid: int) -> None:
    """Copy the state as long as the process lives; then end."""
    files = StateFiles(folder)
    while _process(pid)[0] not in ("", "Z"):
        with contextlib.suppress(OSError):
            files.keep()
        time.sleep(files.interval / 2)


if __name__ == "__main__":
    _keep(Path(sys.argv[1]), int(sys.argv[2]))

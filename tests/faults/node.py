"""What only the embedded chain does on request: die, take blocks back, forget transactions, jump in time."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
import urllib.request
from collections.abc import Iterator
from threading import Event, Thread
from typing import Any

from ledger.edges.devchain.anvil import DevChain

_TIMEOUT = 10.0


def ask(url: str, method: str, *parameters: object) -> Any:
    """The result of one JSON-RPC request; OSError where nobody answers, RuntimeError where the node refuses."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:
        answer = json.load(response)
    if "error" in answer:
        raise RuntimeError(f"{method}: {answer['error'].get('message')}")
    return answer["result"]


class Chain:
    """The embedded chain as something to be broken; mends itself by ``start``."""

    def __init__(self, devchain: DevChain) -> None:
        self._devchain = devchain
        self.url = devchain.url  # of one port for good, so it holds after a restart

    def ask(self, method: str, *parameters: object) -> Any:
        """One request past every proxy."""
        return ask(self.url, method, *parameters)

    def kill(self) -> None:
        """SIGKILL: what it had not saved yet is gone, which the ledger sees as a reorganisation."""
        pid = self._devchain.pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """Stopped in order: nothing is lost."""
        self._devchain.stop()

    def start(self) -> None:
        """Start it on the port it had."""
        self._devchain.start()

    def mine(self, blocks: int = 1) -> None:
        """Empty blocks, and in the first of them what waits."""
        self.ask("anvil_mine", hex(blocks))

    def automine(self, wanted: bool) -> None:
        """Whether every transaction has a block at once."""
        self.ask("evm_setAutomine", wanted)

    def height(self) -> int:
        """Number of the latest block."""
        return int(self.ask("eth_blockNumber"), 16)

    def time(self) -> int:
        """Of the latest block, in seconds since 1970."""
        return int(self.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def reorganise(self, depth: int, again: bool) -> int:
        """Replace the last ``depth`` blocks by as many others; ``again``: with the same transactions in them, one block
        later where there is room. Returns how many transactions stood in the blocks that are gone.
        """
        height = self.height()
        undone = []
        for place, number in enumerate(range(height - depth + 1, height + 1)):
            for tx_hash in self.ask("eth_getBlockByNumber", hex(number), False)["transactions"]:
                undone.append((self.ask("eth_getRawTransactionByHash", tx_hash), min(place + 1, depth - 1)))
        self.ask("anvil_reorg", depth, undone if again else [])
        return len(undone)

    @contextlib.contextmanager
    def growing(self, interval: float) -> Iterator[None]:
        """An empty block now and then, as on a chain that others use too; goes on after every restart."""
        done = Event()

        def mine() -> None:
            while not done.wait(interval):
                with contextlib.suppress(OSError, RuntimeError, ValueError):
                    self.mine()

        thread = Thread(target=mine, name="miner")
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def until(holds: Any, within: float, pause: float = 0.05) -> bool:
    """Whether ``holds()`` becomes true within so many seconds."""
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True

"""The embedded chain's state on disk, and a complete copy of it.

anvil truncates its state file and rewrites it every few seconds. If it is killed while writing, half a file is left and
the chain would be lost. The file can also be inconsistent: a block that is mined while anvil writes is in the accounts
and not in the blocks, and after a kill its logs are missing for ever. So ``keep`` is called from time to time to copy
a complete state, and each start begins with ``rescue``.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import Source, Unavailable

SAVE_SECONDS = 2
_BYTES_A_SECOND = (
    5_000_000  # anvil saves less often as its state grows, so that a large state does not keep the machine busy
)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StateFiles:
    """``state.json``, which anvil reads and writes, and ``state.good.json``, its latest complete copy."""

    folder: Path

    @property
    def state(self) -> Path:
        return self.folder / "state.json"

    @property
    def good(self) -> Path:
        return self.folder / "state.good.json"

    @property
    def interval(self) -> int:
        """Seconds between two saves: ``SAVE_SECONDS``, and more for a large state (7 KB a transaction)."""
        size = self.state.stat().st_size if self.state.exists() else 0
        return SAVE_SECONDS + size // _BYTES_A_SECOND

    def keep(self) -> None:
        """Copy the state if it is complete and has changed."""
        data = self._settled()
        if data is None or (self.good.exists() and self.good.read_bytes() == data):
            return
        if _is_whole(data):
            _write(self.good, data)

    def rescue(self) -> None:
        """Before the chain starts: put the copy back if the state is incomplete or missing.

        :raises Unavailable: the state is incomplete and there is no copy.
        """
        data = self.state.read_bytes() if self.state.exists() else None
        if data is not None and _is_whole(data):
            self.keep()
        elif self.good.exists():
            damaged = self.folder / "state.damaged.json"
            if data is not None:
                self.state.replace(damaged)
                log.warning(
                    "the chain's state was incomplete or inconsistent, and its copy was restored; see %s", damaged
                )
            _write(self.state, self.good.read_bytes())
        elif data is not None:
            raise Unavailable(
                f"{self.state} is damaged and there is no copy: move it away to start a new chain", source=Source.DISK
            )

    def _settled(self) -> bytes | None:
        """The state's bytes; None if it is missing, or was written while it was read and so may mix two states."""
        try:
            before = self.state.stat()
            data = self.state.read_bytes()
            after = self.state.stat()
        except FileNotFoundError:
            return None
        return data if (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size) else None


def _is_whole(data: bytes) -> bool:
    """Whether a state is complete JSON, and its blocks have every transaction that its accounts sent."""
    try:
        state = json.loads(data)
    except ValueError:
        return False
    # A contract's nonce counts contracts it created; that of any other account counts transactions.
    accounts = state.get("accounts", {}).values()
    sent = sum(account["nonce"] for account in accounts if account["code"] == "0x")
    return bool(sent <= sum(len(block["transactions"]) for block in state.get("blocks", ())))


def _write(path: Path, data: bytes) -> None:
    part = path.with_suffix(f".{os.getpid()}.part")  # the keeper of an earlier run may be writing as well
    part.write_bytes(data)
    part.replace(path)

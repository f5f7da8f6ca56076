"""The embedded chain's state on disk: a whole copy beside the file that anvil writes in place.

anvil empties its state file and writes it anew every few seconds. Killed in the middle, it leaves half a file, and all
of the chain would be lost. Nor is what it writes always of one moment: of a block that is mined meanwhile the accounts
know and the blocks do not, and after a kill its logs are missing for ever. So somebody calls ``keep`` now and then,
which copies a whole state and renames the copy into place, and every start begins with ``rescue``.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import Source, Unavailable

SAVE_SECONDS = 2
_BYTES_A_SECOND = 5_000_000  # of saving, so that a large state does not keep the machine busy
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StateFiles:
    """``state.json``, which anvil reads and writes, and ``state.good.json``, its latest whole copy."""

    folder: Path

    @property
    def state(self) -> Path:
        return self.folder / "state.json"

    @property
    def good(self) -> Path:
        return self.folder / "state.good.json"

    @property
    def interval(self) -> int:
        """Seconds between two savings: ``SAVE_SECONDS``, and more for a large state (7 KB a transaction)."""
        size = self.state.stat().st_size if self.state.exists() else 0
        return SAVE_SECONDS + size // _BYTES_A_SECOND

    def keep(self) -> None:
        """Copy the state if it is whole and new."""
        data = self._settled()
        if data is None or (self.good.exists() and self.good.read_bytes() == data):
            return
        if _is_whole(data):
            _write(self.good, data)

    def rescue(self) -> None:
        """Before a start: go back to the copy where the state is half a file, or gone.

        :raises Unavailable: half a file, and no copy.
        """
        data = self.state.read_bytes() if self.state.exists() else None
        if data is not None and _is_whole(data):
            self.keep()
        elif self.good.exists():
            damaged = self.folder / "state.damaged.json"
            if data is not None:
                self.state.replace(damaged)
                log.warning("the chain's state was cut off, or of two moments: gone back to its copy, see %s", damaged)
            _write(self.state, self.good.read_bytes())
        elif data is not None:
            raise Unavailable(
                f"{self.state} is damaged and there is no copy: move it away to begin a new chain", source=Source.DISK
            )

    def _settled(self) -> bytes | None:
        """The state's bytes, unless it was written to while they were read: they could be of two states."""
        try:
            before = self.state.stat()
            data = self.state.read_bytes()
            after = self.state.stat()
        except FileNotFoundError:
            return None
        return data if (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size) else None


def _is_whole(data: bytes) -> bool:
    """Whether it is all there, and its accounts have sent no transaction that its blocks do not have."""
    try:
        state = json.loads(data)
    except ValueError:
        return False
    # A contract's nonce counts what it created. All others count transactions.
    accounts = state.get("accounts", {}).values()
    sent = sum(account["nonce"] for account in accounts if account["code"] == "0x")
    return bool(sent <= sum(len(block["transactions"]) for block in state.get("blocks", ())))


def _write(path: Path, data: bytes) -> None:
    part = path.with_suffix(f".{os.getpid()}.part")  # the keeper of an earlier run may be writing, too
    part.write_bytes(data)
    part.replace(path)

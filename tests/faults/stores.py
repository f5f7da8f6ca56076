"""Stores to be broken: SQLite in a folder, PostgreSQL in a server of its own, which can be killed too."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ledger.testing import postgres

KINDS = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True)
class Home:
    """Where a store is kept: its address, and the server behind it, if there is one."""

    url: str
    server: postgres.Server | None = None

    def kill(self) -> None:
        """The server ends at once, as by a power cut, and writes nothing more."""
        assert self.server is not None
        self.server.stop(signal.SIGQUIT)

    def start(self) -> None:
        """Start it again."""
        assert self.server is not None
        self.server.start()


@contextmanager
def home(kind: str, folder: Path) -> Iterator[Home]:
    """An empty store of this kind; of PostgreSQL one whose commits are synced. Skips where that is not installed."""
    if kind == "sqlite":
        yield Home(f"sqlite:///{folder / 'ledger.sqlite'}")
        return
    with postgres.server() as server:
        yield Home(server.database(), server)

"""Databases for the tests of recovery: both kinds, each with its own means of back-up and restore."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Protocol

import pytest

from ledger.edges.store import Store
from ledger.testing import postgres


class Place(Protocol):
    """Where stores can be."""

    def new(self) -> str:
        """The address of a store that is not there yet."""
        ...

    def backed_up(self, url: str) -> str:
        """Back up a store while it is in use, as docs/recovery.md says; returns the address of a restored copy."""
        ...


class Sqlite:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def new(self) -> str:
        self._count += 1
        return f"sqlite:///{self._folder / f'{self._count}.sqlite'}"

    def backed_up(self, url: str) -> str:
        store, copy = Store.open(url, None, create=False), self.new()
        store.backup.copy_to(Path(copy.removeprefix("sqlite:///")))
        store.close()
        return copy


class Postgres:
    def __init__(self, server: postgres.Server, folder: Path) -> None:
        self._server = server
        self._folder = folder

    def new(self) -> str:
        return self._server.database()

    def backed_up(self, url: str) -> str:
        programs, file, copy = postgres.programs(), self._folder / "ledger.dump", self.new()
        assert programs is not None
        dump = [str(programs / "pg_dump"), "--format=custom", f"--file={file}", url]
        restore = [
            str(programs / "pg_restore"),
            "--exit-on-error",
            "--single-transaction",
            f"--dbname={copy}",
            str(file),
        ]
        for command in (dump, restore):
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
        return copy


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Each kind of database in turn."""
    if request.param == "sqlite":
        return Sqlite(tmp_path)
    return Postgres(request.getfixturevalue("postgres_server"), tmp_path)

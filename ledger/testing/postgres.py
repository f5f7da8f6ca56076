"""A PostgreSQL of the tests' own: Debian's package, loopback, a free port, a folder of its own; one a worker.

``fresh`` gives the address of an empty database. Without the package the tests that need it skip, and say why.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PATIENCE = 30.0
_PROGRAMS = Path("/usr/lib/postgresql")


class Server:
    """One server, with its data in ``folder``. ``durable``: commits are synced, as on a real one."""

    def __init__(self, folder: Path, programs: Path, durable: bool) -> None:
        self.folder = folder
        self._programs = programs
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._run("initdb", "-D", "data", "-U", "ledger", "-A", "trust", "-E", "UTF8", "--no-sync")

    def start(self, *settings: str) -> None:
        """Start it, with further settings (``name=value``), and wait until it answers."""
        options = [f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=80"]
        if not self._durable:
            options += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        given = [part for option in [*options, *settings] for part in ("-c", option)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._as_user(), str(self._programs / "postgres"), "-D", "data", *given], cwd=self.folder, stdout=log,
                stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + PATIENCE
        while self._try("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)):
            ended = self._process.poll() is not None or time.monotonic() > deadline
            assert not ended, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT shuts PostgreSQL down cleanly. SIGQUIT stops it at once, like a power cut."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE)
            self._process = None

    def database(self) -> str:
        """The address of a new database."""
        name = f"test_{secrets.token_hex(6)}"
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "ledger", name)
        return f"postgresql://ledger@127.0.0.1:{self.port}/{name}"

    def sql(self, url: str, words: str) -> str:
        """What psql prints for a statement, unadorned."""
        return self._run("psql", "-qAt", "-d", url, "-c", words).strip()

    def _run(self, program: str, *arguments: str) -> str:
        command = [*self._as_user(), str(self._programs / program), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, check=False, capture_output=True, text=True, timeout=PATIENCE * 4
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def _try(self, program: str, *arguments: str) -> int:
        return subprocess.run([str(self._programs / program), *arguments], check=False, capture_output=True).returncode

    def _as_user(self) -> list[str]:
        """PostgreSQL refuses to be root."""
        if os.geteuid() != 0:
            return []
        account = pwd.getpwnam("postgres")
        return ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]


def programs() -> Path | None:
    """Where the newest installed version has its programs."""
    found = sorted(_PROGRAMS.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def server(durable: bool = True) -> Iterator[Server]:
    """A running server, gone afterwards with all it had. Skips the test where PostgreSQL is not installed."""
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="ledger-postgres-", dir="/var/tmp"))
    try:
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(folder, account.pw_uid, account.pw_gid)
        made = Server(folder, found, durable)
        made.start()
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)

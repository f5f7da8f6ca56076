"""A PostgreSQL of the bench's own: Debian's package, loopback, as it is set by default, so every commit is on disk."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.bench.runner import BUILD

_BINARIES = Path("/usr/lib/postgresql")
_PATIENCE = 30.0


@contextmanager
def running() -> Iterator[str]:
    """The address of an empty database of a server that ends afterwards.

    :raises FileNotFoundError: the package is not installed.
    """
    found = sorted(_BINARIES.glob("*/bin"), key=lambda path: int(path.parent.name))
    if not found:
        raise FileNotFoundError("PostgreSQL is not installed: apt-get install postgresql")
    binaries, port = found[-1], _free_port()
    with _folder() as (folder, user):
        data, log = folder / "data", folder / "log"
        made = [*user, str(binaries / "initdb"), "-D", str(data), "-U", "bench", "-A", "trust", "-E", "UTF8"]
        done = subprocess.run(made, cwd=folder, check=False, capture_output=True, text=True)
        if done.returncode:
            raise AssertionError(f"initdb: {done.stderr[-1000:]}")
        command = [*user, str(binaries / "postgres"), "-D", str(data), "-k", str(folder), "-h", "127.0.0.1"]
        with log.open("wb") as words:
            server = subprocess.Popen([*command, "-p", str(port)], cwd=folder, stdout=words, stderr=words)
        try:
            _await(binaries, port, server)
            yield f"postgresql://bench@127.0.0.1:{port}/postgres"
        finally:
            server.terminate()
            server.wait(_PATIENCE)


@contextmanager
def _folder() -> Iterator[tuple[Path, list[str]]]:
    """A folder, and how to run programs as its user. PostgreSQL refuses to be root, and then needs a folder of its own
    user's, who may not look into ours.
    """
    BUILD.mkdir(exist_ok=True)
    root = os.geteuid() == 0
    # /tmp may be memory, where an fsync costs nothing.
    folder = Path(tempfile.mkdtemp(prefix="bench-postgres-", dir="/var/tmp" if root else BUILD))  # noqa: S108
    user: list[str] = []
    if root:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
        user = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    try:
        yield folder, user
    finally:
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(binaries: Path, port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and server.poll() is None:
        command = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        if subprocess.run(command, check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise AssertionError("PostgreSQL does not answer")

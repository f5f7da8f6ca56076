"""A store without room, and one that may not be written: a clear 503, nothing half-written, on when it is mended."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.clients import Clients
from tests.faults.reckoning import Outcome, reckon
from tests.faults.site import Server, site

_SIZE = 8 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = mount("-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(folder))
    if made.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {made.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def mount(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["mount", *words], capture_output=True, text=True, check=False)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """No room left, until the block ends."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    try:
        yield
    finally:
        ballast.unlink()


def refused(server: Server, clients: Clients) -> str:
    """Post until the store cannot keep it; the problem's words."""
    for _ in range(2000):
        posted = clients.make()
        status = clients.post(posted, server)
        if status != 202:
            assert status == 503, status
            # Asked for again, because the words were not kept: the same must be refused in the same way.
            again, problem = server.ask("POST", "/v1/declarations", posted.json())
            assert again == 503, problem
            return str(problem["detail"])
    raise AssertionError("a full disk took 2,000 declarations")


def test_disk_full(disk: Path, tmp_path: Path, told: Callable[[Outcome], None]) -> None:
    with site(tmp_path, store_url=f"sqlite:///{disk / 'ledger.sqlite'}") as made:
        clients, (server,) = Clients.of(made), made.servers
        clients.declare(20)
        with full(disk):
            words = refused(server, clients)
            assert "no room" in words, words
            server.kill()
            server.start()  # it may find no room to come up with, and must not break what is there
        server.start()
        server.await_live()
        clients.declare(20)
        told(reckon(made, clients, "disk full, and killed meanwhile", kills=1, words=words[:60]))


def test_store_read_only(disk: Path, tmp_path: Path, told: Callable[[Outcome], None]) -> None:
    with site(tmp_path, store_url=f"sqlite:///{disk / 'ledger.sqlite'}") as made:
        clients, (server,) = Clients.of(made), made.servers
        clients.declare(20)
        server.stop()
        assert mount("-o", "remount,ro", str(disk)).returncode == 0
        server.start()
        server.await_live()
        words = refused(server, clients)
        assert "written" in words, words
        assert mount("-o", "remount,rw", str(disk)).returncode == 0
        clients.declare(20)
        told(reckon(made, clients, "store read-only", words=words[:60]))

"""A store without room, and one that may not be written: a clear 503, nothing half-written, on when it is mended."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.clients import Clients
from tests.faults.reckoning import Outcome, reckon
from tests.faults.site import Server, site
from tests.faults.stores import home

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


class Image:
    """An ext4 file system in a file, which can be made to believe that its disk has errors."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "ext4"
        self._file = folder / "ext4.img"
        self.folder.mkdir()
        with self._file.open("wb") as file:
            file.truncate(2 * _SIZE)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(self._file)], check=True)

    def mount(self) -> str:
        """Empty, or why it cannot be mounted."""
        return mount("-o", "loop,errors=remount-ro", str(self._file), str(self.folder)).stderr.strip()

    def fail(self) -> None:
        """An error of the file system: the kernel lets nobody write from now on, whatever is open."""
        source = subprocess.run(
            ["findmnt", "-no", "SOURCE", str(self.folder)], capture_output=True, text=True, check=True
        )
        Path("/sys/fs/ext4", Path(source.stdout.strip()).name, "trigger_fs_error").write_text("1")

    def mend(self) -> None:
        """As an operator would: unmount, check, mount again."""
        self.unmount()
        subprocess.run(["fsck.ext4", "-p", "-f", str(self._file)], capture_output=True, check=False)
        assert not self.mount()

    def unmount(self) -> None:
        """Needs that nobody has a file open there."""
        subprocess.run(["umount", str(self.folder)], check=True)


@pytest.fixture
def image(tmp_path: Path) -> Iterator[Image]:
    """An ext4 file system of its own."""
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("mkfs.ext4 is not installed")
    made = Image(tmp_path)
    problem = made.mount()
    if problem:
        pytest.skip(f"a file system cannot be mounted here: {problem}")
    yield made
    subprocess.run(["umount", "--lazy", str(made.folder)], check=True)


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


def test_disk_turned_read_only(image: Image, tmp_path: Path, told: Callable[[Outcome], None]) -> None:
    """The kernel turns a file system read-only under the open store, as it does when the disk has errors."""
    with site(tmp_path, store_url=f"sqlite:///{image.folder / 'ledger.sqlite'}") as made:
        clients, (server,) = Clients.of(made), made.servers
        clients.declare(20)
        image.fail()
        words = refused(server, clients)
        assert "disk" in words or "written" in words, words
        server.kill()
        image.mend()
        server.start()
        server.await_live()
        clients.declare(20)
        told(reckon(made, clients, "store turned read-only", kills=1, words=words[:60]))


def test_postgresql_turned_read_only(tmp_path: Path, told: Callable[[Outcome], None]) -> None:
    """As when it fails over to a standby."""
    with home("postgresql", tmp_path) as store, site(tmp_path, store_url=store.url) as made:
        assert store.server is not None
        clients, (server,) = Clients.of(made), made.servers
        clients.declare(20)
        writing = f"{store.url}?options=-cdefault_transaction_read_only%3Doff"
        store.server.sql(writing, "ALTER SYSTEM SET default_transaction_read_only = on")
        store.server.sql(writing, "SELECT pg_reload_conf()")
        words = refused(server, clients)
        assert "writ" in words or "read-only" in words, words
        store.server.sql(writing, "ALTER SYSTEM RESET default_transaction_read_only")
        store.server.sql(writing, "SELECT pg_reload_conf()")
        clients.declare(20)
        told(reckon(made, clients, "PostgreSQL turned read-only", words=words[:60]))

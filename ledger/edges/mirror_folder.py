"""A folder of files that is served while it grows. New files are staged, and moved in once all are verified."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import Source, Unavailable

_STAGING = ".incoming"


class MirrorFolder:
    """Paths are relative, with slashes. Every method may raise Unavailable, if the disk cannot be used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._staging = folder / _STAGING
        self._new: list[str] = []
        self._folders: list[str] = []

    def read(self, path: str) -> bytes | None:
        """A file of the folder, or one that an interrupted run staged; None if there is neither."""
        with self._disk():
            if (self._folder / path).is_file():
                return (self._folder / path).read_bytes()
            if (self._staging / path).is_file():
                if path not in self._new:
                    self._new.append(path)
                return (self._staging / path).read_bytes()
        return None

    def put(self, path: str, data: bytes) -> None:
        """Stage a file, unless the folder has the same."""
        with self._disk():
            if (self._folder / path).is_file() and (self._folder / path).read_bytes() == data:
                return
            _write(self._staging / path, data)
            self._new.append(path)

    def holds(self, folder: str, files: Iterable[tuple[str, bytes]]) -> bool:
        """Whether a folder in here has these files, by their paths, and no others."""
        with self._disk():
            if not (self._folder / folder).is_dir():
                return False
            count = 0
            for path, data in files:
                file = self._folder / path
                if not file.is_file() or file.read_bytes() != data:
                    return False
                count += 1
            return count == sum(1 for _ in (self._folder / folder).iterdir())

    def put_folder(self, folder: str, files: Iterable[tuple[str, bytes]]) -> None:
        """Stage a folder with these files, by their paths, which takes the place of what the folder has there.

        They may be many: they are brought to the disk together.
        """
        with self._disk():
            shutil.rmtree(self._staging / folder, ignore_errors=True)
            (self._staging / folder).mkdir(parents=True)
            for path, data in files:
                (self._staging / path).write_bytes(data)
            os.sync()
        self._folders.append(folder)

    def keep_only(self, folder: str, name: str | None) -> None:
        """Delete all in a folder in here but what has this name; all of it if None."""
        with self._disk():
            if (self._folder / folder).is_dir():
                for path in list((self._folder / folder).iterdir()):
                    if path.name != name:
                        shutil.rmtree(path)
                if name is None:
                    (self._folder / folder).rmdir()

    def settle(self) -> None:
        """Move all that this run read or staged into the folder, and delete the rest of the staging area.

        A full tile replaces its partial tiles.
        """
        with self._disk():
            for path in self._new:
                if (self._staging / path).is_file():
                    (self._folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (self._staging / path).replace(self._folder / path)
                shutil.rmtree(self._folder / f"{path}.p", ignore_errors=True)
            for folder in self._folders:
                shutil.rmtree(self._folder / folder, ignore_errors=True)
                (self._folder / folder).parent.mkdir(parents=True, exist_ok=True)
                (self._staging / folder).replace(self._folder / folder)
        self.discard()

    def discard(self) -> None:
        """Delete all staged files."""
        self._new.clear()
        self._folders.clear()
        shutil.rmtree(self._staging, ignore_errors=True)

    def finish(self, path: str, data: bytes) -> None:
        """Replace one file of the folder atomically, and delete the staging area."""
        with self._disk():
            _write(self._staging / path, data)
            (self._staging / path).replace(self._folder / path)
        self.discard()

    @contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Unavailable(
                f"{self._folder} cannot be used: {error.strerror or type(error).__name__}", source=Source.DISK
            ) from None


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())

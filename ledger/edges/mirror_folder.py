"""A folder of files that is served while it grows. New files are staged, and moved in once all are verified."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
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

    def settle(self) -> None:
        """Move all files that this run read or staged into the folder, and delete the rest of the staging area.

        A full tile replaces its partial tiles.
        """
        with self._disk():
            for path in self._new:
                if (self._staging / path).is_file():
                    (self._folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (self._staging / path).replace(self._folder / path)
                shutil.rmtree(self._folder / f"{path}.p", ignore_errors=True)
        self.discard()

    def discard(self) -> None:
        """Delete all staged files."""
        self._new.clear()
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

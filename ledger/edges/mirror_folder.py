"""A folder of files that is served while it grows: what is new is put aside, and moved in when all of it is right."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import Source, Unavailable

_ASIDE = ".incoming"


class MirrorFolder:
    """Paths are relative, with slashes. Every method may raise Unavailable: the disk says no."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._aside = folder / _ASIDE
        self._new: list[str] = []

    def read(self, path: str) -> bytes | None:
        """A file in its place, or put aside by a run that was interrupted; None where there is none."""
        with self._disk():
            for place in (self._folder, self._aside):
                if (place / path).is_file():
                    if place is self._aside and path not in self._new:
                        self._new.append(path)
                    return (place / path).read_bytes()
        return None

    def put(self, path: str, data: bytes) -> None:
        """Put a file aside, unless the same stands in its place."""
        with self._disk():
            if (self._folder / path).is_file() and (self._folder / path).read_bytes() == data:
                return
            _write(self._aside / path, data)
            self._new.append(path)

    def settle(self) -> None:
        """Move all that this run read or put aside into its place, and forget what else lies there.

        A partial tile whose full one is there is not needed any more.
        """
        with self._disk():
            for path in self._new:
                if (self._aside / path).is_file():
                    (self._folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (self._aside / path).replace(self._folder / path)
                shutil.rmtree(self._folder / f"{path}.p", ignore_errors=True)
        self.discard()

    def discard(self) -> None:
        """Forget what was put aside."""
        self._new.clear()
        shutil.rmtree(self._aside, ignore_errors=True)

    def finish(self, path: str, data: bytes) -> None:
        """Replace a file in its place, at once and whole."""
        with self._disk():
            _write(self._aside / path, data)
            (self._aside / path).replace(self._folder / path)
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

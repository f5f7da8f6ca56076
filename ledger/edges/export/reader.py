"""Reading an export. Every file is compared with the list before any is used; the folder must hold no other file."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from ledger.edges.export.listing import Listing, digest_of, walk
from ledger.edges.export.manifest import LIST, MANIFEST, ExportManifest, read_manifest, read_sum_line
from ledger.edges.export.records import MAX_LINE_BYTES
from ledger.edges.export.writer import UNFINISHED
from ledger.errors import Malformed, VerificationFailed


class ExportReader:
    """An export in a folder. Nothing in it is believed; what is wrong is named by the file that it is in."""

    def __init__(self, folder: Path) -> None:
        """:raises Malformed: there is no finished export."""
        self._folder = folder
        if (folder / UNFINISHED).exists():
            raise Malformed("holds an export that was interrupted: run `ledger export` again first", str(folder))
        try:
            self.manifest: ExportManifest = read_manifest((folder / MANIFEST).read_bytes())
        except OSError:
            raise Malformed(f"not an export: {MANIFEST} is missing", str(folder)) from None
        self._listing = Listing()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._listing.close()

    def check_files(self, progress: Callable[[int, int], None]) -> None:
        """Hold every file against the list, and the list against the manifest.

        :raises VerificationFailed: naming the first that was changed, is missing, or is there and not listed.
        """
        files = self.manifest.files
        _, digest = self._digest(LIST)
        if digest != files.sha256:
            raise VerificationFailed(f"{LIST} was changed: its SHA-256 is {digest.hex()}, not {files.sha256.hex()}")
        for number, (listed, path) in enumerate(self._listed(), start=1):
            length, digest = self._digest(path)
            if digest != listed:
                raise VerificationFailed(f"{path} was changed: its SHA-256 is {digest.hex()}, not {listed.hex()}")
            self._listing.add(path, length, digest)
            progress(number, files.number)
        totals = self._listing.totals()
        if totals != (files.number, files.length):
            raise VerificationFailed(
                f"{MANIFEST} says {files.number} files of {files.length} bytes; {totals[0]} of {totals[1]} are here"
            )
        for path in walk(self._folder):
            if path not in {MANIFEST, LIST} and self._listing.digest(path) is None:
                raise VerificationFailed(f"{path} was added: it is not in {LIST}")

    def has(self, path: str) -> bool:
        """Whether the export has this file."""
        return self._listing.digest(path) is not None

    def paths(self, prefix: str) -> Iterator[str]:
        """Paths of all files below ``prefix``, ascending."""
        return (path for path, _, _ in self._listing.each(prefix))

    def read(self, path: str) -> bytes:
        """A file's bytes; it is accounted for. VerificationFailed when the export has no such file."""
        self.see(path)
        try:
            return (self._folder / path).read_bytes()
        except OSError as error:
            raise VerificationFailed(f"{path} cannot be read: {error.strerror}") from None

    def lines(self, path: str) -> Iterator[tuple[str, bytes]]:
        """The lines of a file, each with its place for messages; the file is accounted for."""
        self.see(path)
        return self._lines(path)

    def expect(self, path: str, data: bytes) -> None:
        """Account for a file whose bytes follow from others; VerificationFailed when it has others."""
        self.see(path)
        if self._listing.digest(path) != sha256(data).digest():
            raise VerificationFailed(f"{path} is not what follows from the entries")

    def see(self, path: str) -> None:
        """Account for a file; VerificationFailed when the export has none of this name."""
        if not self.has(path):
            raise VerificationFailed(f"{path} is missing")
        self._listing.see(path)

    def check_all_seen(self) -> None:
        """:raises VerificationFailed: a file is listed that has no place in an export."""
        left = self._listing.unseen()
        if left is not None:
            raise VerificationFailed(f"{left} has no place in an export of this history")

    def _listed(self) -> Iterator[tuple[bytes, str]]:
        before = ""
        for where, line in self._lines(LIST):
            digest, path = read_sum_line(line, where)
            if path <= before or path in {MANIFEST, LIST, UNFINISHED}:
                raise Malformed("is out of order, or no file of an export", where)
            before = path
            yield digest, path

    def _lines(self, path: str) -> Iterator[tuple[str, bytes]]:
        number = 0
        try:
            with (self._folder / path).open("rb") as file:
                while line := file.readline(MAX_LINE_BYTES):
                    number += 1
                    if not line.endswith(b"\n"):
                        raise Malformed("is too long, or has no end", f"{path} line {number}")
                    yield f"{path} line {number}", line
        except OSError as error:
            raise VerificationFailed(f"{path} cannot be read: {error.strerror}") from None

    def _digest(self, path: str) -> tuple[int, bytes]:
        target = self._folder / path
        try:
            if not stat.S_ISREG(target.lstat().st_mode):
                raise VerificationFailed(f"{path} is no plain file")
            return digest_of(target)
        except FileNotFoundError:
            raise VerificationFailed(f"{path} is missing") from None
        except OSError as error:
            raise VerificationFailed(f"{path} cannot be read: {error.strerror}") from None

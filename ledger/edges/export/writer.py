"""Writing an export: each file whole or not at all, only where it differs, and the manifest last."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from ledger.core.encoding.ids import Root
from ledger.core.statements.origin import Origin
from ledger.edges.export.listing import Listing, digest_of, walk
from ledger.edges.export.manifest import LIST, MANIFEST, Counts, ExportManifest, Files, read_manifest, sum_line
from ledger.errors import HistoryBroken, Malformed, Source, Unavailable

UNFINISHED = "UNFINISHED"
DOCUMENTS = "documents"
FOLDERS = ("batches", "chain", "contract", "declarations", DOCUMENTS, "evidence", "formats", "keys", "log", "sets")
README = "README.txt"
_PART = ".part"


class ExportWriter:
    """One run of writing an export into a folder that is empty, or holds an export of the same origin, finished or not.

    Every method raises Unavailable where the disk says no. What was written stays; the next run goes on with it.
    """

    def __init__(self, folder: Path, origin: Origin) -> None:
        """:raises Malformed: the folder holds something else. :raises HistoryBroken: an export of another origin."""
        self._folder = folder
        self._listing = Listing()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._claim(origin)
            self._replace(folder / UNFINISHED, (f"{origin}\nAn export is written here; run it again.\n".encode(),))
        except OSError as error:
            raise self._disk(error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._listing.close()

    def write(self, path: str, data: bytes) -> None:
        """Write a file, unless it is there with these bytes."""
        target = self._folder / path
        try:
            if not (target.is_file() and target.stat().st_size == len(data) and target.read_bytes() == data):
                self._replace(target, (data,))
        except OSError as error:
            raise self._disk(error) from None
        self._listing.add(path, len(data), sha256(data).digest())

    def stream(self, path: str, lines: Iterable[bytes]) -> None:
        """Write a file that is too long for memory."""
        target = self._folder / path
        try:
            self._replace(target, lines)
            self._listing.add(path, *digest_of(target))
        except OSError as error:
            raise self._disk(error) from None

    def documents(self) -> list[Path]:
        """Documents that an earlier run put here."""
        return sorted((self._folder / DOCUMENTS).glob("*"))

    def seal(
        self, origin: Origin, size: int, head: bytes, root: Root, checkpoint: int, counts: Counts
    ) -> ExportManifest:
        """Remove what this run did not write, then write the list of files and the manifest: the export is finished."""
        try:
            for path in list(walk(self._folder)):
                if path not in {UNFINISHED, MANIFEST, LIST} and self._listing.digest(path) is None:
                    (self._folder / path).unlink()
            self._replace(self._folder / LIST, (sum_line(digest, path) for path, _, digest in self._listing.each()))
            _, digest = digest_of(self._folder / LIST)
            files = Files(*self._listing.totals(), digest)
            manifest = ExportManifest(origin, size, head, root, checkpoint, counts, files)
            self._replace(self._folder / MANIFEST, (manifest.to_bytes(),))
            (self._folder / UNFINISHED).unlink()
        except OSError as error:
            raise self._disk(error) from None
        return manifest

    def _claim(self, origin: Origin) -> None:
        known = {UNFINISHED, MANIFEST, LIST, README, _PART, *FOLDERS}
        for item in self._folder.iterdir():
            if item.name not in known:
                raise Malformed(
                    f"holds {item.name}, which is no part of an export: name another one", str(self._folder)
                )
        found = self._origin()
        if found is None and any(item.name != _PART for item in self._folder.iterdir()):
            raise Malformed("is neither empty nor an export: name another one", str(self._folder))
        if found not in {None, origin}:
            raise HistoryBroken(f"{self._folder} holds an export of another history", expected=origin, found=found)

    def _origin(self) -> Origin | None:
        """Whose export is here, finished or not; None where there is none."""
        with suppress(FileNotFoundError):
            return Origin.parse((self._folder / UNFINISHED).read_text("utf-8", "replace").split("\n")[0])
        with suppress(FileNotFoundError):
            return read_manifest((self._folder / MANIFEST).read_bytes()).origin
        return None

    def _replace(self, target: Path, parts: Iterable[bytes]) -> None:
        """Written beside and renamed into place, so that an interruption leaves no file half-written."""
        part = self._folder / _PART
        with part.open("wb") as file:
            file.writelines(parts)
        # What is confidential is not for other accounts of the machine, nor for a web server's.
        target.parent.mkdir(0o700 if target.parent.name == DOCUMENTS else 0o777, parents=True, exist_ok=True)
        part.replace(target)

    def _disk(self, error: OSError) -> Unavailable:
        return Unavailable(f"{error.filename or self._folder} cannot be used: {error.strerror}", source=Source.DISK)

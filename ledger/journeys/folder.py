"""The files of a folder: which are documents, which are left out and why, and which are refused."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from ledger.core.document.file_names import why_left_out
from ledger.errors import Malformed


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that may be a document; its name is relative to the folder, with ``/`` on every system."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file or folder that is not taken, and why. ``is_refused``: somebody must do something about it."""

    name: str
    why: str
    is_refused: bool = False


def files_in(folder: Path, aside: Collection[Path] = ()) -> Iterator[FoundFile | LeftOut]:
    """The files of a folder and of those in it, by name; what is left out is told too.

    :param aside: files and folders that are no part of it wherever they lie, such as the output folder and the state.
    :raises Malformed: the folder cannot be read.
    """
    root = folder.resolve()
    other = {path.resolve() for path in aside}
    found = list(_walk(root, "", other))
    links: dict[tuple[int, int], int] = {}
    for item in found:
        if isinstance(item, _Seen):
            links[item.inode] = links.get(item.inode, 0) + 1
    for item in found:
        if isinstance(item, LeftOut):
            yield item
        elif item.links > links[item.inode]:
            why = "is a hard link to a file outside the folder, which can change it: put a copy here instead"
            yield LeftOut(item.file.name, why, is_refused=True)
        else:
            yield item.file


def is_state(names: Collection[str]) -> bool:
    """Whether a folder with these names in it is a state of the ledger, wherever it was moved."""
    return "ledger.sqlite" in names or ("keys" in names and not {"origin", "servers", "passphrase"}.isdisjoint(names))


@dataclass(frozen=True, slots=True)
class _Seen:
    """A file, its inode, and how many names the inode has on the whole disk."""

    file: FoundFile
    inode: tuple[int, int]
    links: int


def _walk(root: Path, inside: str, aside: Collection[Path]) -> Iterator[_Seen | LeftOut]:
    folder = root / inside
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        if not inside:
            raise Malformed(f"cannot be read: {error.strerror}", str(folder)) from None
        yield LeftOut(inside, f"cannot be read: {error.strerror}", is_refused=True)
        return
    if inside and is_state({entry.name for entry in listed}):
        yield LeftOut(inside, "a state of the ledger, with its keys")
        return
    for entry in listed:
        path = folder / entry.name
        name = f"{inside}/{entry.name}" if inside else entry.name
        if path in aside:
            yield LeftOut(name, "the output or the state of the ledger")
        elif why := why_left_out(entry.name):
            yield LeftOut(name, why)
        elif entry.is_symlink():
            yield _link(root, path, name)
        elif entry.is_dir():
            yield from _walk(root, name, aside)
        elif not entry.is_file():
            yield LeftOut(name, "no regular file")
        else:
            yield _file(entry, path, name)


def _file(entry: os.DirEntry[str], path: Path, name: str) -> _Seen | LeftOut:
    try:
        known = entry.stat() if os.name == "posix" else path.stat()  # Windows' listing has no inode
        if not known.st_size:
            return LeftOut(name, "empty")
    except OSError as error:
        return LeftOut(name, f"cannot be read: {error.strerror}", is_refused=True)
    return _Seen(FoundFile(path, name), (known.st_dev, known.st_ino), known.st_nlink)


def _link(root: Path, path: Path, name: str) -> LeftOut:
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return LeftOut(name, "is a link that leads nowhere", is_refused=True)
    if target.is_relative_to(root):
        return LeftOut(name, f"a link to {target.relative_to(root).as_posix()}, which is in the folder")
    return LeftOut(name, "is a link that leads out of the folder: put a copy here instead", is_refused=True)

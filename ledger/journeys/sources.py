"""What to declare: files named one by one, all in a folder, or those of an index; and as what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ledger.core.document import Format
from ledger.core.document.file_names import copy_names, leaves_folder
from ledger.core.encoding.ids import DeclarationId
from ledger.core.encoding.json_text import parse_json
from ledger.core.encoding.reading import read_hash
from ledger.core.statements.code_names import type_named
from ledger.core.statements.member_types import NO_DECLARATION
from ledger.core.statements.type_table import TypeRow, TypeTable
from ledger.errors import Malformed
from ledger.journeys.declare import DocumentFile
from ledger.journeys.folder import LeftOut, files_in

_ADVICE = (
    'an index is a JSON list of {"file": name, "type": code or name}; an item may have a "format" (json, xml or '
    'opaque) and a "replaces" (a file of the index, or an id)'
)


class TypeOf(NamedTuple):
    """How the type of a file is found: by a row of the table, else by ``document_type``, else by its content."""

    table: TypeTable | None = None
    document_type: int | None = None

    def row_of(self, name: str) -> TypeRow | None:
        """What the table says of a file."""
        return None if self.table is None else self.table.row_of(name)


@dataclass(frozen=True, slots=True)
class Sources:
    """Files to declare, and those that are not taken. One that replaces another comes after it."""

    files: tuple[DocumentFile, ...]
    left_out: tuple[LeftOut, ...]


def sources_of(
    paths: Sequence[Path],
    types: TypeOf,
    *,
    index: Path | None = None,
    format_: Format | None = None,
    aside: Collection[Path] = (),
    copies: Mapping[str, str] | None = None,
) -> Sources:
    """The files that somebody names: those of ``index`` (of these, those below ``paths``, if any are given), else each
    file and all files below each folder of ``paths``.

    :param aside: what is no document wherever it lies: output, state, index and table.
    :param copies: what the copies of files in the output folder are called already, by name.
    :raises Malformed: there is no such file, or none at all; the index is malformed, or names a file outside its
        folder.
    """
    found: dict[Path, DocumentFile] = {}
    left_out: list[LeftOut] = []
    if index is not None:
        found = _of_index(index, paths, format_)
    for path in paths:
        if not path.exists():
            if str(path) == "-":
                words = (
                    "has no name, under which the wrapped file could be kept: save it as a file first, and declare that"
                )
                raise Malformed(words, "standard input")
            raise Malformed("does not exist", str(path))
        if not path.is_dir():
            file = _file(path, path.name, types, types.row_of(path.name), format_)
            found.setdefault(path.resolve(), file)
        elif index is None:
            for item in files_in(path, aside):
                row = types.row_of(item.name)
                if isinstance(item, LeftOut):
                    left_out.append(item)
                elif row is not None and row.is_left_out:
                    left_out.append(LeftOut(item.name, f"--type-from, {row.pattern}"))
                else:
                    found.setdefault(item.path, _file(item.path, item.name, types, row, format_, is_found=True))
    if not found and not left_out:
        where = f" in {', '.join(map(str, paths))}" if paths else ""
        raise Malformed(f"nothing to declare{where}: name files, folders or an --index")
    files = _distinct(found.values())
    named = copy_names((file.name for file in files), copies)
    copied = (file if named[file.name] == file.name else replace(file, copy=named[file.name]) for file in files)
    return Sources(_ordered(copied), tuple(left_out))


def _distinct(files: Iterable[DocumentFile]) -> list[DocumentFile]:
    """With a name of its own for each: the second ``a.xml`` is called as its folder is, ``other/a.xml``."""
    taken: dict[str, DocumentFile] = {}
    for file in files:
        own = _renamed(file, taken) if file.name in taken else file
        taken[own.name] = own
    return list(taken.values())


def _renamed(file: DocumentFile, taken: Collection[str]) -> DocumentFile:
    name, around = file.name, file.path.resolve().parents[file.name.count("/")]
    while name in taken:
        if not around.name:
            raise Malformed("is named twice", name)
        name, around = f"{around.name}/{name}", around.parent
    return replace(file, name=name)


def _file(
    path: Path, name: str, types: TypeOf, row: TypeRow | None, format_: Format | None, *, is_found: bool = False
) -> DocumentFile:
    kind, why = types.document_type, "--type" if types.document_type is not None else ""
    if row is not None:
        kind, why, format_ = row.document_type, f"--type-from, {row.pattern}", row.format or format_
    return DocumentFile(path, name, kind, format=format_, why=why, is_found=is_found)


def _of_index(index: Path, paths: Sequence[Path], format_: Format | None) -> dict[Path, DocumentFile]:
    wanted = [path.resolve() for path in paths]
    found: dict[Path, DocumentFile] = {}
    for file in _read_index(index, format_):
        place = file.path.resolve()
        if not wanted or any(place.is_relative_to(one) for one in wanted):
            if place in found:
                raise Malformed(f'names "{file.name}" twice', str(index))
            found[place] = file
    return found


def _read_index(index: Path, format_: Format | None) -> list[DocumentFile]:
    try:
        items = parse_json(index.read_bytes())
    except OSError as error:
        raise Malformed(f"cannot be read: {error.strerror}", str(index)) from None
    except Malformed as error:
        raise Malformed(f"is no JSON: {error}; {_ADVICE}", str(index)) from None
    if not isinstance(items, list) or not items:
        raise Malformed(_ADVICE, str(index))
    folder = index.resolve().parent
    files = [_index_item(item, folder, format_, f"{index} item {number}") for number, item in enumerate(items)]
    names = {file.name for file in files}
    for number, file in enumerate(files):
        if file.replaces_file is not None and file.replaces_file not in names:
            raise Malformed(f'replaces "{file.replaces_file}", which the index does not name', f"{index} item {number}")
    return files


def _index_item(item: object, folder: Path, format_: Format | None, where: str) -> DocumentFile:
    if not isinstance(item, dict) or not isinstance(item.get("file"), str) or "type" not in item:
        raise Malformed(_ADVICE, where)
    name, kind = item["file"], item["type"]
    if leaves_folder(name) or not (folder / name).resolve().is_relative_to(folder):
        raise Malformed(f'names "{name}", which leads out of the folder of the index: put a copy there', where)
    if isinstance(kind, bool) or not isinstance(kind, str | int):
        raise Malformed(_ADVICE, where)
    try:
        stated = format_ if item.get("format") is None else Format(item["format"])
    except ValueError:
        raise Malformed(f'has the format "{item["format"]}": json, xml or opaque', where) from None
    name = PurePosixPath(name).as_posix()
    file = DocumentFile(folder / name, name, type_named(str(kind), f"{where} type"), format=stated, why="--index")
    replaced = item.get("replaces")
    if replaced is None:
        return file
    if isinstance(replaced, str) and not replaced.startswith("0x"):
        return replace(file, replaces_file=PurePosixPath(replaced).as_posix())
    return replace(file, replaces=DeclarationId(read_hash(replaced, f"{where} replaces")))


def _ordered(files: Iterable[DocumentFile]) -> tuple[DocumentFile, ...]:
    """Each after the one that it replaces."""
    by_name = {file.name: file for file in files}
    done: dict[str, DocumentFile] = {}
    for file in by_name.values():
        chain: list[DocumentFile] = []
        now: DocumentFile | None = file
        while now is not None and now.name not in done:
            if now in chain:
                raise Malformed("replaces itself, directly or through others", now.name)
            chain.append(now)
            now = by_name.get(now.replaces_file) if now.replaces_file is not None else None
        done |= {item.name: item for item in reversed(chain)}
    return tuple(done.values())


def replaced_ids(files: Iterable[DocumentFile]) -> set[DeclarationId]:
    """The declarations that files replace by id; each must be known where they are declared."""
    return {file.replaces for file in files if file.replaces != NO_DECLARATION}

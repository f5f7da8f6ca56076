"""The map of a folder's files: which file is which declaration, and where its wrapped document lies.

``files.json`` lies in the output folder. ``ledger evidence --all``, ``ledger status FILE`` and ``ledger withdraw FILE``
read it. Losing it loses nothing: the next ``ledger declare`` makes the same declarations from the wrapped documents,
and writes it anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ledger.core.document.file_names import WRAPPED, key_of, leaves_folder
from ledger.core.encoding.ids import DeclarationId, Digest, Signer
from ledger.core.encoding.reading import hex_bytes, hex_text, read_count, read_hash, read_list, read_object, read_string
from ledger.core.statements.member_types import NO_DECLARATION
from ledger.core.statements.origin import Origin
from ledger.edges.whole_file import replace_file
from ledger.errors import Malformed

FILE_MAP = "files.json"
FORMAT = "trade-ledger/files/1"

_MEMBERS = ["digest", "file", "id", "party", "replaces", "type", "wrapped"]


@dataclass(frozen=True, slots=True)
class MappedFile:
    """A file that was declared. ``name`` is relative to the folder that was given, ``wrapped`` to the output folder."""

    name: str
    wrapped: str
    document_type: int
    id: DeclarationId
    digest: Digest
    party: Signer
    replaces: DeclarationId = NO_DECLARATION

    def to_json(self) -> dict[str, object]:
        return {
            "file": self.name,
            "wrapped": self.wrapped,
            "type": self.document_type,
            "id": hex_text(self.id),
            "digest": hex_text(self.digest),
            "party": hex_text(self.party),
            "replaces": None if self.replaces == NO_DECLARATION else hex_text(self.replaces),
        }


class FileMap:
    """The map in an output folder.

    >>> files = FileMap.read(folder, origin)        # doctest: +SKIP
    >>> files.add(mapped)                           # doctest: +SKIP
    >>> files.write()                               # doctest: +SKIP
    """

    def __init__(self, folder: Path, origin: Origin, files: Iterable[MappedFile] = ()) -> None:
        self.folder = folder
        self.origin = origin
        self._files = {item.name: item for item in files}

    @classmethod
    def read(cls, folder: Path, origin: Origin) -> FileMap:
        """The map in ``folder`` of this history; an empty one if there is none.

        :raises Malformed: the file is no such map, or it is of another history.
        """
        found = read_file_map(folder)
        if found is None:
            return cls(folder, origin)
        if found.origin != origin:
            raise Malformed(
                f"is of another history, {found.origin}: choose another output folder for {origin}",
                str(folder / FILE_MAP),
            )
        return found

    def __len__(self) -> int:
        return len(self._files)

    def __iter__(self) -> Iterator[MappedFile]:
        return iter(self._files.values())

    def get(self, name: str) -> MappedFile | None:
        """What the map has of the file of this name."""
        return self._files.get(name)

    def add(self, item: MappedFile) -> None:
        """Note a file, in the place of what was noted of the same name."""
        self._files[item.name] = item

    def copies(self) -> dict[str, str]:
        """By the name of each file, that of its copy without the ending ``.wrapped``."""
        return {item.name: item.wrapped.removesuffix(WRAPPED) for item in self}

    def write(self) -> None:
        """Write the map in the place of the one that is there; Unavailable if it cannot be written."""
        files = ",\n".join(json.dumps(self._files[name].to_json()) for name in sorted(self._files))
        text = f'{{"ledger": "{FORMAT}", "origin": {json.dumps(str(self.origin))}, "files": [\n{files}\n]}}\n'
        replace_file(self.folder / FILE_MAP, text.encode())

    def named(self, name: str) -> MappedFile:
        """The one file that somebody means: by its name, its last part, or its wrapped document.

        :raises Malformed: the map has no such file, or several.
        """
        asked = name.replace("\\", "/").removeprefix("./").removesuffix(WRAPPED)
        fitting = self._called(asked, str) or self._called(key_of(asked), key_of)
        if len(fitting) == 1:
            return fitting[0]
        where = str(self.folder / FILE_MAP)
        if not fitting:
            raise Malformed(f'knows no file "{name}": give the id, or declare the file first', where)
        raise Malformed(f'has several files "{name}": {", ".join(item.name for item in fitting)}', where)

    def _called(self, asked: str, key: Callable[[str], str]) -> list[MappedFile]:
        """Those with this name; else those in folders with this name; else those that this path leads to."""
        names = [(item, key(item.name), key(item.wrapped.removesuffix(WRAPPED))) for item in self]
        whole = [item for item, *called in names if asked in called]
        last = [item for item, *called in names if any(one.endswith(f"/{asked}") for one in called)]
        path = [item for item, *called in names if any(asked.endswith(f"/{one}") for one in called)]
        longest = max((len(item.name) for item in path), default=0)
        return whole or last or [item for item in path if len(item.name) == longest]


def read_file_map(folder: Path) -> FileMap | None:
    """The map in a folder; None if it has none.

    :raises Malformed: the file is no such map.
    """
    path = folder / FILE_MAP
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Malformed(f"cannot be read: {error.strerror}", str(path)) from None
    try:
        ledger, origin, files = read_object(_json(data), ["ledger", "origin", "files"], "map")
        if ledger != FORMAT:
            raise Malformed(f'not of the format "{FORMAT}"')
        items = [_read_item(item, f"files[{number}]") for number, item in enumerate(read_list(files, "files"))]
        return FileMap(folder, Origin.parse(read_string(origin, "origin")), items)
    except Malformed as error:
        raise Malformed(
            f"cannot be read as a map of files: {error}; move it away, and declare the same files again: "
            "they keep their declarations", str(path),
        ) from None  # fmt: skip


def _json(data: bytes) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise Malformed("is no JSON") from None


def _read_item(value: object, where: str) -> MappedFile:
    digest, file, id_, party, replaces, kind, wrapped = read_object(value, _MEMBERS, where)
    name, copy = read_string(file, f"{where}.file"), read_string(wrapped, f"{where}.wrapped")
    if leaves_folder(copy):
        raise Malformed("leads out of the folder", f"{where}.wrapped")
    return MappedFile(
        name,
        copy,
        read_count(kind, f"{where}.type", 0xFFFF),
        DeclarationId(read_hash(id_, f"{where}.id")),
        Digest(read_hash(digest, f"{where}.digest")),
        Signer(hex_bytes(party, f"{where}.party")),
        NO_DECLARATION if replaces is None else DeclarationId(read_hash(replaces, f"{where}.replaces")),
    )

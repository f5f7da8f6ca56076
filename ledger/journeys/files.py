"""Files that a person names: found under the name as it looks, written without harm to others."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from ledger.core.document.wrapped import begins_as_wrapped
from ledger.edges.whole_file import replace_file
from ledger.errors import Malformed

_BEGINNING = 64


def find_file(path: Path) -> Path:
    """The path of a file or folder that is there; the path itself if none is.

    A letter with its mark is one character or two (NFC, NFD), and looks the same. Where nothing has the name as it is
    spelled, the one thing that looks the same is found.
    """
    if path.name in {"", "..", "."} or path.exists():
        return path
    parent = find_file(path.parent)
    wanted = unicodedata.normalize("NFC", path.name)
    try:
        alike = [item for item in parent.iterdir() if unicodedata.normalize("NFC", item.name) == wanted]
    except OSError:
        return path
    return alike[0] if len(alike) == 1 else path


def write_output(path: Path, data: bytes, *, is_private: bool = False) -> None:
    """Write what a person asked for: whole, or not at all.

    :param is_private: only its owner can read it.
    :raises Malformed: there is a wrapped document of this name, which holds a seed that is nowhere else; or the file
        has another name too.
    :raises Unavailable: it cannot be written.
    """
    if path.is_file() and _is_wrapped(path) and path.read_bytes() != data:
        raise Malformed(
            "is a wrapped document, whose seed is nowhere else: choose another name, or move it away", str(path)
        )
    replace_file(path, data, is_private=is_private)


def _is_wrapped(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return begins_as_wrapped(file.read(_BEGINNING))
    except OSError:
        return False

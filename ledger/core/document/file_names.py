"""Names of an owner's files: which are no documents, what their copies are called, and patterns that name several.

A name is relative to the folder that was given, with ``/`` between its parts, on every system.

    >>> why_left_out("scans/~$contract.docx")
    'a lock file'
    >>> copy_names(["a.xml", "A.xml", "con.txt"])
    {'a.xml': 'a.xml', 'A.xml': 'A~c39ac3e9.xml', 'con.txt': '_con~d3bde286.txt'}
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase, translate
from hashlib import sha256

WRAPPED = ".wrapped"
"""How the name of a wrapped file ends."""

_LEFT_OUT: Mapping[str, tuple[str, ...]] = {
    "a wrapped document, which holds a seed": (f"*{WRAPPED}",),
    "hidden": (".*",),
    "a lock file": ("~$*", "*.lock", "*.lck"),
    "a file that is being written": ("*.part", "*.tmp", "*.crdownload", "*.swp"),
    "an editor's backup": ("*~", "*.bak"),
    "a file of the operating system": (
        "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "$recycle.bin",
        "system volume information", "lost+found",
    ),
}  # fmt: skip

_REASONS = tuple(_LEFT_OUT)
_LEFT_OUT_NAMES = re.compile("|".join(f"({'|'.join(map(translate, patterns))})" for patterns in _LEFT_OUT.values()))

# What Windows refuses in a name, and what no terminal shows.
_UNSAFE = re.compile(r'[<>:"\\|?*\x00-\x1f\x7f-\x9f\ud800-\udfff]|[ .]$')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)")
_LONGEST_PART = 200  # bytes; file systems take 255, and endings are added


def why_left_out(name: str) -> str | None:
    """Why a file of a folder is no document, by its name or that of a folder around it; None if it may be one."""
    for part in name.split("/"):
        if found := _LEFT_OUT_NAMES.match(part.casefold()):
            return _REASONS[(found.lastindex or 1) - 1]
    return None


def key_of(name: str) -> str:
    """Equal for names that a file system may take for one: those that differ in case or in Unicode's form."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", name).casefold())


def copy_names(names: Iterable[str], known: Mapping[str, str] | None = None) -> dict[str, str]:
    """The name of each file's copy: its own, if every file system takes it, and as long as no other has it.

    Else a part of its SHA-256 stands in it, so that no two files have one copy.

    :param known: what the copies of files are called already; they keep their names.
    """
    given = dict(known or {})
    taken = {key_of(copy) for copy in given.values()}
    made: dict[str, str] = {}
    for name in names:
        copy = given.get(name)
        if copy is None:
            copy = _safe(name)
            if key_of(copy) in taken:
                copy = _marked(copy, name)
            taken.add(key_of(copy))
        made[name] = copy
    return made


def matches(name: str, pattern: str) -> bool:
    """Whether a pattern with ``*``, ``?`` or ``[…]`` names this file; without ``/`` it is compared with the last part.

    Case and the form of Unicode do not count.
    """
    name, pattern = key_of(name), key_of(pattern.removeprefix("./"))
    return fnmatchcase(name, pattern) or ("/" not in pattern and fnmatchcase(name.rpartition("/")[2], pattern))


def leaves_folder(name: str) -> bool:
    """Whether a name leads, on some system, out of the folder that it is relative to."""
    parts = re.split(r"[/\\]", name)
    return not name.strip() or "\0" in name or ".." in parts or parts[0] == "" or bool(re.match(r"[A-Za-z]:", name))


def _safe(name: str) -> str:
    safe = "/".join(map(_safe_part, name.split("/")))
    return safe if safe == name else _marked(safe, name)


def _safe_part(part: str) -> str:
    safe = _UNSAFE.sub("_", part)
    if _RESERVED.match(safe.casefold()):
        safe = f"_{safe}"
    while len(safe.encode()) > _LONGEST_PART:
        stem, dot, ending = safe.rpartition(".")
        safe = f"{stem[:-1]}{dot}{ending}" if len(stem) > 1 else safe[:-1]
    return safe


def _marked(copy: str, name: str) -> str:
    """The name of a copy with a mark that is this file's own, before its ending."""
    mark = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    folder, slash, last = copy.rpartition("/")
    stem, dot, ending = last.rpartition(".")
    return f"{folder}{slash}{stem}~{mark}.{ending}" if dot and stem else f"{folder}{slash}{last}~{mark}"

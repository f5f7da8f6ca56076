"""The files that a command reads and writes. An error names the file, and says which file to give instead.

``-`` is standard input where a file is read, and standard output where one is written.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, TypeVar

import click

from ledger.core.checkpoints.trust import TrustRoot, read_trust_root
from ledger.core.checkpoints.trust_folder import TrustRoots, trust_files
from ledger.core.document import DEFAULT_LIMITS, Redacted, Wrapped, open_document
from ledger.errors import Malformed, Source, Unavailable
from ledger.journeys.files import find_file, write_output

_Read = TypeVar("_Read")

STANDARD = Path("-")
"""Standard input, or standard output. A file of this name is ``./-``."""
_STANDARD_OUTPUT = frozenset({STANDARD, Path("/dev/stdout"), Path("/dev/fd/1"), Path("/proc/self/fd/1")})
_MOST_BYTES = DEFAULT_LIMITS.redacted  # no file is larger that a command reads into memory
_WAS_READ = "ledger.cli.files.standard_input"


class FileKind(NamedTuple):
    """What a file must be, and which file to give if it is not. ``part``: of a question to a verifier, for programs."""

    name: str
    advice: str
    part: str = ""


EVIDENCE = FileKind("evidence", "give the file that `ledger evidence` wrote, or a PDF that carries it", "evidence")
DOCUMENT = FileKind(
    "a wrapped or redacted document",
    "give a file that `ledger declare`, `ledger wrap` or `ledger redact` wrote: the document itself has no seed",
)
BESIDE = FileKind(
    "a document beside this evidence",
    "give the document that was declared, or a file that `ledger declare`, `ledger wrap` or `ledger redact` wrote",
    "document",
)
SHOWABLE = FileKind(
    "evidence or a document",
    "give evidence, a PDF that carries it, or a file that `ledger declare`, `ledger wrap` or `ledger redact` wrote",
)
TRUST_ROOT = FileKind("a trust root", "give the file that `ledger trust` wrote", "trust")
POLICY = FileKind("a policy", 'write it as docs/evidence-format.md says in "The policy"', "policy")
PDF = FileKind("a PDF that can carry evidence", "give the PDF as it was, or print it anew")
TLOG_PROOF = FileKind("a tlog-proof", "give the file that `ledger proof make -f tlog-proof` wrote")
ENTRY = FileKind("an entry", "give the file with the ending .entry that was written beside the tlog-proof")
STATEMENT = FileKind("a Transparent Statement", "give the file that `ledger proof make -f scitt` wrote")
CHECKPOINT = FileKind("a checkpoint", "give a checkpoint that the log published")
PUBLIC_KEYS = FileKind("a list of public keys", "give the folder keys/ of an earlier export, unchanged")
TYPE_TABLE = FileKind("a table of files and types", "`ledger declare --help` has an example")
RESOLUTION = FileKind("a resolution", "give a file that a `ledger council` command wrote with --output")


def is_standard_output(path: Path) -> bool:
    """Whether a command writes its file to standard output, so that its words must go elsewhere."""
    return path in _STANDARD_OUTPUT


def name_of(path: Path) -> str:
    """What messages call a file that is read."""
    return "standard input" if path == STANDARD else str(path)


def read_file(path: Path) -> bytes:
    """The bytes of a file, or of standard input for ``-``; at most 128 MiB.

    :raises Malformed: it cannot be read, as it is the caller's input; or it is larger; or standard input is empty, or
        was read before.
    """
    if path == STANDARD:
        data = _read_standard_input()
    else:
        try:
            with find_file(path).open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
        except OSError as error:
            raise Malformed(f"cannot be read: {error.strerror}", str(path)) from None
    if len(data) > _MOST_BYTES:
        raise Malformed(f"is over the limit of {_MOST_BYTES} bytes for any file", name_of(path))
    return data


def _read_standard_input() -> bytes:
    command = click.get_current_context(silent=True)
    if command is not None and command.meta.setdefault(_WAS_READ, False):
        raise Malformed("can be given once: give a file for the other one", name_of(STANDARD))
    if command is not None:
        command.meta[_WAS_READ] = True
    try:
        data = sys.stdin.buffer.read(_MOST_BYTES + 1)
    except (AttributeError, OSError) as error:  # there is none, or it is a folder
        raise Malformed(f"cannot be read: {getattr(error, 'strerror', 'there is none')}", name_of(STANDARD)) from None
    if not data:
        raise Malformed("is empty: the program before this one wrote nothing", name_of(STANDARD))
    return data


def read_as(kind: FileKind, path: Path, read: Callable[[bytes], _Read]) -> _Read:
    """What ``read`` makes of a file; Malformed names the file, what is wrong in it, and which file to give instead."""
    data = read_file(path)
    try:
        return read(data)
    except Malformed as error:
        raise Malformed(f"cannot be read as {kind.name}: {error}; {kind.advice}", name_of(path), kind.part) from None


def read_document(path: Path) -> Wrapped | Redacted:
    return read_as(DOCUMENT, path, open_document)


def read_trust(path: Path) -> TrustRoot:
    return read_as(TRUST_ROOT, path, read_trust_root)


def read_trusts(path: Path) -> TrustRoot | TrustRoots:
    """A trust root, or those in a folder: every file there that ends in .json."""
    if not path.is_dir():
        return read_trust(path)
    try:
        names = trust_files(item.name for item in path.iterdir() if item.is_file())
    except OSError as error:
        raise Malformed(f"cannot be read: {error.strerror}", str(path)) from None
    try:
        return TrustRoots.of_files({name: read_trust(path / name) for name in names})
    except Malformed as error:
        raise Malformed(error.what, error.where or str(path)) from None


def write_file(path: Path, data: bytes, *, is_private: bool = False) -> None:
    """Write a file, making its folder (see ``write_output``), or to standard output for ``-``.

    :param is_private: only its owner can read it.
    :raises Unavailable: it cannot be written.
    """
    if not is_standard_output(path):
        write_output(path, data, is_private=is_private)
        return
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        raise Unavailable(f"standard output cannot be written: {error.strerror}", source=Source.DISK) from None


def write_new(path: Path, data: bytes, why: str) -> None:
    """Write a file where there is none yet; a file with these bytes is left as it is.

    :param why: what would be lost if it were overwritten, in words.
    :raises Malformed: there is another one.
    """
    if path.is_file() and not is_standard_output(path) and read_file(path) != data:
        raise Malformed(f"exists, and {why}: choose another name with --output, or remove the file", str(path))
    write_file(path, data)


def output_beside(source: Path, output: Path | None, name: str) -> Path:
    """Where to write what is made of ``source``: as asked, else ``name`` in its folder; a stream goes on as one."""
    return output or (STANDARD if source == STANDARD else source.with_name(name))


_FILTERS = frozenset({"wrap", "unwrap", "redact"})


def carries_a_file(words: Sequence[str]) -> bool:
    """Whether the standard output of a command line carries the bytes of a file, so that errors must stay out of it."""
    outputs = [after for word, after in pairwise(words) if word in ("-o", "--output")]
    outputs += [word.partition("=")[2] for word in words if word.startswith("--output=")]
    if outputs:
        return any(is_standard_output(Path(output)) for output in outputs)
    return str(STANDARD) in words and bool(_FILTERS.intersection(words[:1]))

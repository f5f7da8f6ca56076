"""The files that a command reads and writes. An error names the file, and says which file to give instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from ledger.core.checkpoints.trust import TrustRoot, read_trust_root
from ledger.core.checkpoints.trust_folder import TrustRoots, trust_files
from ledger.core.document import Redacted, Wrapped, open_document
from ledger.errors import Malformed, Source, Unavailable

_Read = TypeVar("_Read")


class FileKind(NamedTuple):
    """What a file must be, and which file to give if it is not."""

    name: str
    advice: str


EVIDENCE = FileKind("evidence", "give the file that `ledger evidence` wrote, or a PDF that carries it")
DOCUMENT = FileKind(
    "a wrapped or redacted document", "give a file that `ledger declare`, `ledger wrap` or `ledger redact` wrote"
)
SHOWABLE = FileKind(
    "evidence or a document",
    "give evidence, a PDF that carries it, or a file that `ledger declare`, `ledger wrap` or `ledger redact` wrote",
)
TRUST_ROOT = FileKind("a trust root", "give the file that `ledger trust` wrote")
POLICY = FileKind("a policy", 'write it as docs/evidence-format.md says in "The policy"')
PDF = FileKind("a PDF that can carry evidence", "give the PDF as it was, or print it anew")
TLOG_PROOF = FileKind("a tlog-proof", "give the file that `ledger proof make -f tlog-proof` wrote")
ENTRY = FileKind("an entry", "give the file with the ending .entry that was written beside the tlog-proof")
STATEMENT = FileKind("a Transparent Statement", "give the file that `ledger proof make -f scitt` wrote")
CHECKPOINT = FileKind("a checkpoint", "give a checkpoint that the log published")
PUBLIC_KEYS = FileKind("a list of public keys", "give the folder keys/ of an earlier export, unchanged")
TYPE_TABLE = FileKind("a table of files and types", "a line is FILE,TYPE, such as *.pdf,certificate of origin")
RESOLUTION = FileKind("a resolution", "give a file that a `ledger council` command wrote with --output")


def read_file(path: Path) -> bytes:
    """A file's bytes; Malformed when it cannot be read, as it is the caller's input."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Malformed(f"cannot be read: {error.strerror}", str(path)) from None


def read_as(kind: FileKind, path: Path, read: Callable[[bytes], _Read]) -> _Read:
    """What ``read`` makes of a file; Malformed names the file, what is wrong in it, and which file to give instead."""
    data = read_file(path)
    try:
        return read(data)
    except Malformed as error:
        raise Malformed(f"cannot be read as {kind.name}: {error}; {kind.advice}", str(path)) from None


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


def write_file(path: Path, data: bytes) -> None:
    """Write a file, making its folder; Unavailable if it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}", source=Source.DISK) from None

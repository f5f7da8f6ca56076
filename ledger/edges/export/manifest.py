"""The manifest of an export: what is in it, and a digest of the list of all its files. docs/exit.md."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass

from ledger.core.encoding.canonical_json import read_file
from ledger.core.encoding.ids import Root
from ledger.core.encoding.reading import hex_text, read_count, read_hash, read_object, read_string
from ledger.core.statements.origin import Origin
from ledger.errors import Malformed

FORMAT = "trade-ledger/export/1"
MANIFEST = "manifest.json"
LIST = "SHA256SUMS"
_WORD = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_LINE = re.compile(rf"([0-9a-f]{{64}})  ({_WORD}(?:/{_WORD})*)\n")


@dataclass(frozen=True, slots=True)
class Counts:
    """The number of each kind of thing in an export."""

    batches: int
    checkpoints: int
    declarations: int
    documents: int
    evidence: int
    sets: int


@dataclass(frozen=True, slots=True)
class Files:
    """All files except the manifest and the list itself: their number and total length, and the list's SHA-256.

    ``sha256sum`` reads and prints the same list: one line a file, ascending by path.
    """

    number: int
    length: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class ExportManifest:
    """The exported history: its first ``size`` entries, with their head and RFC 9162 root (32 bytes each).

    ``checkpoint`` is the size of the newest checkpoint of this history. Later entries are not covered by a signature.
    """

    origin: Origin
    size: int
    head: bytes
    root: Root
    checkpoint: int
    counts: Counts
    files: Files

    def to_bytes(self) -> bytes:
        """JSON with one canonical form, indented for people."""
        value = {
            "ledger": FORMAT,
            "origin": str(self.origin),
            "size": self.size,
            "head": hex_text(self.head),
            "root": hex_text(self.root),
            "checkpoint": self.checkpoint,
            "counts": asdict(self.counts),
            "files": {
                "list": LIST,
                "number": self.files.number,
                "bytes": self.files.length,
                "sha256": hex_text(self.files.sha256),
            },
        }
        return json.dumps(value, indent=2).encode() + b"\n"


def read_manifest(data: bytes) -> ExportManifest:
    """Read what ``ExportManifest.to_bytes`` prints; Malformed names the member."""
    try:
        manifest = _read(data)
    except Malformed as error:
        raise Malformed(error.what, f"{MANIFEST} {error.where}".rstrip()) from None
    if manifest.to_bytes() != data:
        raise Malformed("not in the form that an export prints", MANIFEST)
    return manifest


def sum_line(digest: bytes, path: str) -> bytes:
    """One line of the list: SHA-256 (32 bytes) of a file, two spaces, its path."""
    return f"{digest.hex()}  {path}\n".encode()


def read_sum_line(line: bytes, where: str) -> tuple[bytes, str]:
    """Read a line of the list: SHA-256 and path. Malformed also for a path that could lead out of the export."""
    match = _LINE.fullmatch(line.decode("ascii", "replace"))
    if match is None:
        raise Malformed("must be SHA-256 in hex, two spaces and a plain relative path", where)
    return bytes.fromhex(match[1]), match[2]


def _read(data: bytes) -> ExportManifest:
    names = ["origin", "size", "head", "root", "checkpoint", "counts", "files", "ledger"]
    origin, size, head, root, checkpoint, counts, files, _ = read_object(read_file(data, FORMAT), names, "")
    _, number, length, digest = read_object(files, ["list", "number", "bytes", "sha256"], "files")
    kinds = list(Counts.__slots__)
    counted = read_object(counts, kinds, "counts")
    return ExportManifest(
        Origin.parse(read_string(origin, "origin")),
        read_count(size, "size"),
        read_hash(head, "head"),
        Root(read_hash(root, "root")),
        read_count(checkpoint, "checkpoint"),
        Counts(*(read_count(item, f"counts.{kind}") for kind, item in zip(kinds, counted, strict=True))),
        Files(read_count(number, "files.number"), read_count(length, "files.bytes"), read_hash(digest, "files.sha256")),
    )

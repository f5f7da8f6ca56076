"""A log of made-up entries as files, served by a file server that knows nothing of logs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import NoteKey, SignedNote, cosigned, cosigned_text, signed
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.tree.merkle import leaf_hash
from ledger.core.tree.tile_files import TileName, TileStream, bundle
from ledger.core.tree.tiles import TILE_WIDTH
from ledger.testing.world import ORIGIN, START, Witness
from tests.witnesses import key_of, serving

LOG = key_of("made-up log")
LOG_KEY = NoteKey(str(ORIGIN), LOG.public_key)
WITNESS = Witness("witness.example/made-up")
TRUST = TrustRoot.of(ORIGIN, LOG_KEY, (WITNESS.key,), 1)


def entries(count: int, seed: str = "") -> list[bytes]:
    """Entries of 32 to 287 bytes, the same for every run."""
    return [
        digest + bytes(digest[0]) for digest in (sha256(f"{seed}{number}".encode()).digest() for number in range(count))
    ]


def note_of(size: int, root: bytes) -> SignedNote:
    """Signed by the log, cosigned by the witness."""
    checkpoint = Checkpoint(ORIGIN, size, root, bytes(32))
    made = signed(checkpoint, LOG_KEY, LOG.sign_note(checkpoint.text.encode()))
    signature = WITNESS.secret.sign(cosigned_text(checkpoint, START))
    return made.with_signatures(cosigned(checkpoint, WITNESS.key, START, signature))


def write_log(folder: Path, data: Sequence[bytes]) -> SignedNote:
    """Write a log's files as C2SP tlog-tiles has them, in place of what was there; its checkpoint."""
    shutil.rmtree(folder, ignore_errors=True)
    stream = TileStream()
    files: dict[str, bytes] = {}
    for entry in data:
        stream.append(leaf_hash(entry))
    for name, tile in [*stream.full(), *stream.partial()]:
        files[str(name)] = tile
    for index, begin in enumerate(range(0, len(data), TILE_WIDTH)):
        part = data[begin : begin + TILE_WIDTH]
        files[str(TileName(None, index, len(part)))] = bundle(part)
    note = note_of(len(data), stream.root())
    files["checkpoint"] = str(note).encode()
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return note


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder on a plain file server; its address."""
    with serving(Starlette(routes=[Mount("/", StaticFiles(directory=folder, check_dir=False))])) as url:
        yield url


def files_of(folder: Path) -> dict[str, bytes]:
    """All files of a folder by path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

"""A log of made-up entries as files, served by a file server that knows nothing of logs."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import NoteKey, SignedNote, cosigned, cosigned_text, signed
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.encoding.ids import Root
from ledger.core.history.entry import Anchored, Attested, Content, Entry, encode_payload, kind_of
from ledger.core.history.subjects import lists_of
from ledger.core.statements.attestation import Attestation
from ledger.core.tree.index_files import PageName
from ledger.core.tree.index_page import PARTS, Branch
from ledger.core.tree.index_pages import Indexed, MemoryPages, SubjectIndex
from ledger.core.tree.merkle import leaf_hash
from ledger.core.tree.tile_files import TileName, TileStream, bundle
from ledger.core.tree.tiles import TILE_WIDTH
from ledger.testing.world import ORIGIN, START, Witness, first_entry
from tests.witnesses import key_of, serving

LOG = key_of("made-up log")
LOG_KEY = NoteKey(str(ORIGIN), LOG.public_key)
WITNESS = Witness("witness.example/made-up")
TRUST = TrustRoot.of(ORIGIN, LOG_KEY, (WITNESS.key,), 1)


def entries(count: int, seed: str = "") -> list[bytes]:
    """Entries of several lengths, the same for every run. Nobody signed them, and a mirror does not ask."""
    made = [first_entry().data]
    for number in range(1, count):
        digest = sha256(f"{seed}{number}".encode()).digest()
        content: Content = Anchored(digest, 1 + digest[0])
        if digest[1] % 2:
            said = Attestation("NZ-MPI", 851, 1, bytes(32), 0, 1, digest, 1 + digest[0], bytes(32))
            content = Attested(said, digest[:20], bytes(digest[2]))
        made.append(Entry(number, kind_of(content), START + number, encode_payload(content)).data)
    return made[:count]


def index_root(data: Sequence[bytes]) -> bytes:
    """The root of the index of these entries."""
    return indexed(data)[0]


def indexed(data: Sequence[bytes], hidden: Collection[int] = ()) -> tuple[bytes, dict[str, bytes]]:
    """The root and the files of the index of these entries, without those of the numbers in ``hidden``."""
    pages, size = MemoryPages(), len(data)
    shown = [Entry.from_data(entry) for number, entry in enumerate(data) if number not in hidden]
    root = SubjectIndex(pages).advance(lists_of(shown, ORIGIN), Indexed(size, Root(bytes(32))))
    files, open_ = {}, [""]
    while open_:
        prefix = open_.pop()
        page = pages.read([prefix], size)[prefix]
        files[str(PageName(size, prefix))] = page.to_bytes()
        if isinstance(page, Branch):
            open_ += [f"{prefix}{digit:x}" for digit in range(PARTS) if page.fills[PARTS + digit]]
    return root, files


def note_of(size: int, root: bytes, index: bytes = bytes(32)) -> SignedNote:
    """Signed by the log, cosigned by the witness."""
    checkpoint = Checkpoint(ORIGIN, size, root, index)
    made = signed(checkpoint, LOG_KEY, LOG.sign_note(checkpoint.text.encode()))
    signature = WITNESS.secret.sign(cosigned_text(checkpoint, START))
    return made.with_signatures(cosigned(checkpoint, WITNESS.key, START, signature))


def write_log(
    folder: Path, data: Sequence[bytes], index: bytes | None = None, hidden: Collection[int] = ()
) -> SignedNote:
    """Write a log's files as C2SP tlog-tiles has them, and its index, in place of what was there; its checkpoint.

    :param index: what the log signs as the root of the index, without pages that lead there.
    :param hidden: the entries that the index leaves out.
    """
    shutil.rmtree(folder, ignore_errors=True)
    stream = TileStream()
    files: dict[str, bytes] = {}
    for entry in data:
        stream.append(leaf_hash(entry))
    for name, tile in [*stream.full(), *stream.partial()]:
        files[str(name)] = tile
    for number, begin in enumerate(range(0, len(data), TILE_WIDTH)):
        part = data[begin : begin + TILE_WIDTH]
        files[str(TileName(None, number, len(part)))] = bundle(part)
    if index is None:
        index, pages = indexed(data, hidden)
        files |= pages
    note = note_of(len(data), stream.root(), index)
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

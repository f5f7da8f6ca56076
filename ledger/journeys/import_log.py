"""The log of an export, for ``import_``: checkpoints read and verified, entries replayed and compared with both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import TypeVar

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import SignedNote
from ledger.core.checkpoints.trust import TooFewCosignatures, TrustRoot
from ledger.core.encoding.ids import IndexRoot, Root, Signer
from ledger.core.history.entry import Entry
from ledger.core.history.replay import Replay
from ledger.core.statements.origin import Origin
from ledger.core.statements.signature import WalletUndecided, verify_party_signature, verify_signature
from ledger.core.tree.tile_files import TileName, TileStream, bundle, read_bundle
from ledger.core.tree.tiles import TILE_WIDTH
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.export import records
from ledger.edges.export.layout import part_path
from ledger.edges.export.manifest import MANIFEST, Counts
from ledger.edges.export.reader import ExportReader
from ledger.edges.replay_index import ReplayIndex
from ledger.edges.replay_memory import DiskMemory
from ledger.edges.store import Restoration
from ledger.errors import DefiniteNo, HistoryBroken, Malformed, Source, Unavailable, VerificationFailed
from ledger.journeys.progress import StageProgress

CHUNK = 500  # rows that are stored at once
Content = TypeVar("Content")


class Signatures:
    """Checks signatures by keys, and counts those of wallet contracts, which only the contract could judge."""

    def __init__(self, origin: Origin, accept_wallets: bool) -> None:
        self._origin = origin
        self._accept_wallets = accept_wallets
        self.wallets = 0

    def check(self, number: int, signer: Signer, digest: bytes, signature: bytes, *, is_party: bool = False) -> None:
        """Check a signature of entry ``number``.

        :raises DefiniteNo: it does not fit.
        :raises Unavailable: only the contract could say, and that is not to be accepted.
        """
        if is_party:
            verify_party_signature(self._origin, signer, digest, signature)
            return
        try:
            verify_signature(self._origin, signer, digest, signature)
        except WalletUndecided as error:
            if not self._accept_wallets:
                raise Unavailable(
                    f"entry {number}: {error}. An import asks no chain: --accept-wallets takes such signatures, and "
                    "`ledger audit` compares the entries with the contract's head",
                    source=Source.CHAIN,
                ) from None
            self.wallets += 1


@dataclass(frozen=True, slots=True)
class ImportRun:
    """What every part of one import needs; ``counts`` is how much was read."""

    reader: ExportReader
    restoration: Restoration
    memory: DiskMemory
    index: ReplayIndex
    signatures: Signatures
    progress: StageProgress
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Counts.__slots__, 0))

    def declarations(self) -> Iterator[tuple[str, records.DeclarationRecord]]:
        """All declarations, each with its place for messages."""
        for where, line in self.lines("declarations"):
            yield where, records.read_declaration(line, self.reader.manifest.origin, where)

    def lines(self, folder: str) -> Iterator[tuple[str, bytes]]:
        """The lines of all parts of a list, one after the other, each with its place for messages."""
        for number in count():
            if not self.reader.has(part_path(folder, number)):
                return
            yield from self.reader.lines(part_path(folder, number))


class ImportedCheckpoints:
    """Every published checkpoint, stored as it is read; then each is compared with the entries of its size.

    Each must be signed by the log. Enough cosignatures are not demanded of each, as a checkpoint is published before
    its witnesses have cosigned it; one checkpoint of these entries must have them.

    ``covered``: the greatest size of a checkpoint that the trust root accepts, with the root and index of the entries.
    ``contradicting``: sizes of checkpoints of another history.
    """

    def __init__(self, run: ImportRun, trust: TrustRoot, at: int) -> None:
        """:raises VerificationFailed: a checkpoint is not the log's, or the one that the manifest names is missing."""
        self._trust = trust
        self._size = run.reader.manifest.checkpoint
        self._published: dict[int, Checkpoint] = {}
        self._accepted: set[int] = set()
        self.covered = 0
        self.contradicting: list[int] = []
        newest = run.reader.read("log/checkpoint")
        for path in run.reader.paths("log/checkpoints/"):
            data = run.reader.read(path)
            note = self._verified(data, path)
            self._published[note.checkpoint.size] = note.checkpoint
            run.restoration.add_checkpoint(note, at)
            run.counts["checkpoints"] += 1
            if note.checkpoint.size == self._size and data != newest:
                raise VerificationFailed(f"log/checkpoint is not {path}, which the manifest names")
        if not 0 < self._size <= run.reader.manifest.size or self._size not in self._published:
            raise VerificationFailed(f"log/checkpoints/{self._size} is missing: the manifest names it")

    def _verified(self, data: bytes, path: str) -> SignedNote:
        try:
            note = SignedNote.parse(data.decode())
            self._trust.verify(note)
            self._accepted.add(note.checkpoint.size)
        except TooFewCosignatures:
            pass
        except (UnicodeDecodeError, DefiniteNo) as error:
            raise VerificationFailed(f"{path}: {error}") from None
        if path != f"log/checkpoints/{note.checkpoint.size}":
            raise VerificationFailed(f"{path} is of {note.checkpoint.size} entries")
        return note

    def has(self, size: int) -> bool:
        """Whether a checkpoint of this size was published."""
        return size in self._published

    def compare(self, size: int, root: Root, index: IndexRoot) -> None:
        """Compare the checkpoint of ``size`` with the root and the index of so many entries."""
        published = self._published[size]
        if (published.root, published.index) == (root, index):
            self.covered = size if size in self._accepted else self.covered
        elif published.root == root:
            raise HistoryBroken(
                f"the checkpoint of {size} entries has another index than they have",
                expected=published.index.hex(), found=index.hex(),
            )  # fmt: skip
        elif size == self._size:
            raise HistoryBroken(
                f"the checkpoint of {size} entries is of another history", expected=published.root.hex(),
                found=root.hex(),
            )  # fmt: skip
        else:
            self.contradicting.append(size)

    def finish(self, size: int) -> None:
        """To be called after the last entry. VerificationFailed if the trust root accepts no checkpoint of these."""
        if not self.covered:
            raise VerificationFailed(
                f"no checkpoint of these entries has the {self._trust.threshold} cosignatures that the trust root "
                "demands: ask the witnesses, or give a trust root that demands fewer with --trust"
            )
        self.contradicting += [one for one in sorted(self._published) if one > size]


def import_entries(run: ImportRun, checkpoints: ImportedCheckpoints) -> None:
    """Replay the entries, and on the way recompute every tile and compare every checkpoint."""
    manifest, stream = run.reader.manifest, TileStream()
    replay = Replay(manifest.origin, run.memory, stream, run.signatures.check)
    in_bundle: list[bytes] = []
    logged: list[LoggedEntry] = []
    for item in _entries(run):
        replay.apply(item.entry)
        run.index.take(item.entry)
        in_bundle.append(item.entry.data)
        logged.append(item)
        _check_tiles(run.reader, stream, in_bundle)
        if len(in_bundle) == TILE_WIDTH:
            in_bundle.clear()
        if checkpoints.has(stream.size):
            root = stream.root()
            checkpoints.compare(stream.size, root, run.index.root(root))
        if len(logged) == CHUNK or stream.size == manifest.size:
            run.restoration.add_entries(logged)
            logged.clear()
        run.progress("entries", stream.size, manifest.size)
    found = (stream.size, replay.head, stream.root())
    if found != (manifest.size, manifest.head, manifest.root):
        raise HistoryBroken(
            f"the entries do not lead to the size, head and root of {MANIFEST}",
            expected=f"{manifest.size}, {manifest.head.hex()}, {manifest.root.hex()}",
            found=f"{found[0]}, {found[1].hex()}, {found[2].hex()}",
        )
    checkpoints.finish(manifest.size)


def _entries(run: ImportRun) -> Iterator[LoggedEntry]:
    """Entries from their bundles, each with its position on the chain."""
    size, positions = run.reader.manifest.size, run.lines("chain")
    for first in range(0, size, TILE_WIDTH):
        width = min(TILE_WIDTH, size - first)
        path = f"log/{TileName(None, first // TILE_WIDTH, width)}"
        entries = read_content(read_bundle, run.reader, path)
        if len(entries) != width:
            raise VerificationFailed(f"{path} holds {len(entries)} entries")
        for data in entries:
            where, line = next(positions, ("chain/", b""))
            try:
                entry = Entry.from_data(data)
            except Malformed as error:
                raise Malformed(error.what, path) from None
            yield records.read_position(line, entry, where)
    if (more := next(positions, None)) is not None:
        raise VerificationFailed(f"{more[0]} is about an entry that the export does not have")


def _check_tiles(reader: ExportReader, stream: TileStream, in_bundle: list[bytes]) -> None:
    """The tiles that follow from the entries so far; ``in_bundle``: the entries of the last bundle."""
    for name, data in stream.full():
        reader.expect(f"log/{name}", data)
    if stream.size in {reader.manifest.checkpoint, reader.manifest.size}:
        for name, data in stream.partial():
            reader.expect(f"log/{name}", data)
        name = TileName(None, (stream.size - 1) // TILE_WIDTH, len(in_bundle))
        reader.expect(f"log/{name}", bundle(in_bundle))


def read_content(read: Callable[[bytes], Content], reader: ExportReader, path: str) -> Content:
    """A file by the function that reads its kind; Malformed names the file."""
    try:
        return read(reader.read(path))
    except Malformed as error:
        raise Malformed(error.what, f"{path} {error.where}".rstrip()) from None

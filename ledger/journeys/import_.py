"""Arrive: fill a store from an export, believing nothing in it.

Every file is held against the list, every entry replayed under all rules, head and root against the checkpoints,
checkpoints against the log key of the trust root, batches against what was anchored, declarations against the party's
signature. All of it is one transaction: the store has it all, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import TypeVar

from ledger.core.checkpoints.note import SignedNote
from ledger.core.checkpoints.trust import TooFewCosignatures, TrustRoot, read_trust_root
from ledger.core.document import read_wrapped
from ledger.core.history.entry import Entry
from ledger.core.history.replay import Replay
from ledger.core.statements.signature import WalletUndecided, verify_signature
from ledger.core.tree.merkle import leaf_hash
from ledger.core.tree.tile_files import TileName, TileStream, bundle, read_bundle
from ledger.core.tree.tiles import TILE_WIDTH, Frontier
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.export import records
from ledger.edges.export.layout import document_path, evidence_path, members_path, part_path
from ledger.edges.export.manifest import MANIFEST, Counts, ExportManifest
from ledger.edges.export.reader import ExportReader
from ledger.edges.export.writer import README
from ledger.edges.replay_memory import DiskMemory
from ledger.edges.store import Restoration, Store
from ledger.errors import DefiniteNo, HistoryBroken, Malformed, VerificationFailed
from ledger.journeys.progress import StageProgress, no_stages

_CHUNK = 500
Content = TypeVar("Content")


@dataclass(frozen=True, slots=True)
class Imported:
    """What was rebuilt, and what could not be judged or does not fit.

    ``uncovered``: entries after the newest checkpoint that the trust root accepts. ``wallets``: signatures that only
    the chain can judge (ERC-1271). ``contradicting``: sizes of published checkpoints, signed by the log key, that are
    of another history: before a reorganisation, or because the log showed two histories.
    """

    manifest: ExportManifest
    uncovered: int
    wallets: int = 0
    contradicting: tuple[int, ...] = ()


def import_ledger(
    folder: Path,
    store_url: str,
    at: int,
    trust: TrustRoot | None = None,
    accept_wallets: bool = False,
    progress: StageProgress = no_stages,
) -> Imported:
    """Fill the store at ``store_url`` from the export in ``folder``; ``at`` is the time now in seconds.

    A store that holds part of it already takes the rest. Where anything is wrong, no store is left that was not there.

    :param trust: what is believed beforehand; without it, the export is believed about whose log this is.
    :param accept_wallets: take signatures that only a contract on the chain could judge (ERC-1271), and count them.
    :raises Malformed: no finished export, or a file of another shape; the message names file and place.
    :raises VerificationFailed: a file was changed, added or removed, or a signature or a proof does not fit.
    :raises HistoryBroken: an entry breaks a rule, two parts contradict each other, or the store is of another origin.
    """
    with ExportReader(folder) as inbox:
        inbox.check_files(lambda done, of: progress("files", done, of))
        held = _read(read_trust_root, inbox, "keys/trust.json")
        believed = trust or held
        origin = inbox.manifest.origin
        if believed.origin != origin:
            raise HistoryBroken("the export is of another history", expected=believed.origin, found=origin)
        with Store.founding(store_url, origin) as store, store.restoring() as restoring, DiskMemory() as memory:
            return _Importing(inbox, restoring, memory, believed, accept_wallets, progress).run(held, at)


class _Importing:
    """One run; each method reads one part of the export and accounts for its files."""

    def __init__(
        self,
        inbox: ExportReader,
        restoring: Restoration,
        memory: DiskMemory,
        trust: TrustRoot,
        accept_wallets: bool,
        progress: StageProgress,
    ) -> None:
        self._inbox = inbox
        self._restoring = restoring
        self._memory = memory
        self._trust = trust
        self._accept_wallets = accept_wallets
        self._progress = progress
        self._manifest = inbox.manifest
        self._counts = dict.fromkeys(Counts.__slots__, 0)
        self._accepted: set[int] = set()  # sizes of the checkpoints that the trust root accepts
        self._covered = 0  # the greatest of them whose root the entries have
        self._contradicting: list[int] = []
        self._wallets = 0

    def run(self, held: TrustRoot, at: int) -> Imported:
        self._entries(self._checkpoints(at))
        self._declarations()
        self._batches()
        self._sets()
        self._places()
        self._others(held)
        self._inbox.check_all_seen()
        found = Counts(**self._counts)
        if found != self._manifest.counts:
            raise HistoryBroken(f"{MANIFEST} counts otherwise", expected=self._manifest.counts, found=found)
        uncovered = self._manifest.size - self._covered
        return Imported(self._manifest, uncovered, self._wallets, tuple(self._contradicting))

    def _checkpoints(self, at: int) -> dict[int, bytes]:
        """Every published checkpoint; root by size.

        Each must be signed by the log. Enough cosignatures are not demanded of each, as a checkpoint is published
        before its witnesses have cosigned it; ``_entries`` demands one checkpoint that has them.
        """
        newest, roots = self._inbox.read("log/checkpoint"), {}
        for path in self._inbox.paths("log/checkpoints/"):
            data = self._inbox.read(path)
            note = self._note(data, path)
            checkpoint = note.checkpoint
            roots[checkpoint.size] = checkpoint.root
            self._restoring.add_checkpoint(note, at)
            self._counts["checkpoints"] += 1
            if checkpoint.size == self._manifest.checkpoint and data != newest:
                raise VerificationFailed(f"log/checkpoint is not {path}, which the manifest names")
        if not 0 < self._manifest.checkpoint <= self._manifest.size or self._manifest.checkpoint not in roots:
            raise VerificationFailed(f"log/checkpoints/{self._manifest.checkpoint} is missing: the manifest names it")
        return roots

    def _note(self, data: bytes, path: str) -> SignedNote:
        """A checkpoint of this history, signed by the log; a known witness's line must fit too."""
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

    def _entries(self, roots: dict[int, bytes]) -> None:
        """Replay, and on the way recompute every tile and compare every checkpoint."""
        manifest, stream = self._manifest, TileStream()
        replay = Replay(manifest.origin, self._memory, stream, self._signature)
        held: list[bytes] = []
        logged: list[LoggedEntry] = []
        for item in self._logged():
            replay.apply(item.entry)
            held.append(item.entry.data)
            logged.append(item)
            self._tiles(stream, held)
            if stream.size in roots:
                self._compare(stream.size, roots[stream.size], stream.root())
            if len(logged) == _CHUNK or stream.size == manifest.size:
                self._restoring.add_entries(logged)
                logged.clear()
            self._progress("entries", stream.size, manifest.size)
        found = (stream.size, replay.head, stream.root())
        if found != (manifest.size, manifest.head, manifest.root):
            raise HistoryBroken(
                f"the entries do not lead to the size, head and root of {MANIFEST}",
                expected=f"{manifest.size}, {manifest.head.hex()}, {manifest.root.hex()}",
                found=f"{found[0]}, {found[1].hex()}, {found[2].hex()}",
            )
        if not self._covered:
            raise VerificationFailed(
                f"no checkpoint of these entries has the {self._trust.threshold} cosignatures that the trust root "
                "demands: ask the witnesses, or give a trust root that demands fewer with --trust"
            )
        self._contradicting += [size for size in sorted(roots) if size > manifest.size]

    def _logged(self) -> Iterator[LoggedEntry]:
        """Entries from their bundles, each with its place on the chain."""
        positions = self._lines("chain")
        for first in range(0, self._manifest.size, TILE_WIDTH):
            width = min(TILE_WIDTH, self._manifest.size - first)
            path = f"log/{TileName(None, first // TILE_WIDTH, width)}"
            entries = _read(read_bundle, self._inbox, path)
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
            raise VerificationFailed(f"{more[0]} is about an entry that is not there")

    def _tiles(self, stream: TileStream, held: list[bytes]) -> None:
        """The tiles that follow from the entries so far; ``held``: those of the last bundle, emptied when full."""
        for name, data in stream.full():
            self._inbox.expect(f"log/{name}", data)
        if stream.size in {self._manifest.checkpoint, self._manifest.size}:
            for name, data in stream.partial():
                self._inbox.expect(f"log/{name}", data)
            name = TileName(None, (stream.size - 1) // TILE_WIDTH, len(held))
            self._inbox.expect(f"log/{name}", bundle(held))
        if len(held) == TILE_WIDTH:
            held.clear()

    def _compare(self, size: int, published: bytes, found: bytes) -> None:
        if published == found:
            self._covered = size if size in self._accepted else self._covered
            return
        if size == self._manifest.checkpoint:
            raise HistoryBroken(
                f"the checkpoint of {size} entries is of another history", expected=published.hex(), found=found.hex()
            )
        self._contradicting.append(size)

    def _signature(self, number: int, signer: bytes, digest: bytes, signature: bytes) -> None:
        try:
            verify_signature(self._manifest.origin, signer, digest, signature)
        except WalletUndecided as error:
            if not self._accept_wallets:
                raise VerificationFailed(
                    f"{error}; where that is a wallet contract, only its chain can tell: --accept-wallets takes it"
                ) from None
            self._wallets += 1

    def _declarations(self) -> None:
        """Each signed by its party; pending, until its batch comes."""
        received, before = [], (-1, b"")
        for where, item in self._declared():
            if (item.received_at, item.id) <= before:
                raise Malformed("is out of order", where)
            before = item.received_at, item.id
            try:
                self._signature(0, item.declaration.party, item.id, item.signature)
            except DefiniteNo as error:
                raise VerificationFailed(f"{where}: {error}") from None
            received.append((item.id, item.declaration, item.signature, item.received_at))
            self._counts["declarations"] += 1
            if len(received) == _CHUNK:
                self._restoring.add_declarations(received)
                received.clear()
            self._progress("declarations", self._counts["declarations"], self._manifest.counts.declarations)
        self._restoring.add_declarations(received)

    def _batches(self) -> None:
        for where, line in self._inbox.lines("batches/index.jsonl"):
            batch = records.read_batch(line, where)
            ids = self._members("batches", batch.root, batch.size)
            anchor = self._memory.anchored(batch.root, batch.size)
            if batch.entry_number is not None and batch.entry_number != anchor:
                raise HistoryBroken(
                    f"{where}: the batch is not where it says", expected=f"entry {batch.entry_number}",
                    found="no entry" if anchor is None else f"entry {anchor}",
                )  # fmt: skip
            self._restoring.add_batch(batch, ids)
            self._counts["batches"] += 1
            self._progress("batches", self._counts["batches"], self._manifest.counts.batches)

    def _sets(self) -> None:
        for where, line in self._inbox.lines("sets/index.jsonl"):
            root, size = records.read_set(line, where)
            self._restoring.add_set(root, size, self._members("sets", root, size))
            self._counts["sets"] += 1

    def _members(self, folder: str, root: bytes, size: int) -> list[bytes]:
        path, tree, ids = members_path(folder, root, size), Frontier(), []
        for where, line in self._inbox.lines(path):
            ids.append(records.read_id(line, where))
            tree.append(leaf_hash(ids[-1]))
        if (tree.root(), tree.size) != (root, size):
            raise VerificationFailed(f"{path} leads to {tree.size} under the root 0x{tree.root().hex()}")
        return ids

    def _places(self) -> None:
        """What the declarations' own lines say of their batches, against the batches."""
        declared = self._declared()
        while some := list(islice(declared, _CHUNK)):
            rows = self._restoring.declarations([item.id for _, item in some])
            for where, item in some:
                row, batch = rows[item.id]
                found = None if batch is None else records.BatchPosition(batch.root, batch.size, row.batch_index or 0)
                self._place(where, item, found)
                files = [document_path(item.declaration.digest)]
                files += [evidence_path(item.id)] if item.state == "anchored" else []
                for path in filter(self._inbox.has, files):
                    self._inbox.see(path)

    def _place(self, where: str, item: records.DeclarationRecord, found: records.BatchPosition | None) -> None:
        # A store that was there before may know of a batch that was formed after the export.
        later = found is not None and not self._inbox.has(members_path("batches", found.root, found.size))
        if found != item.batch and not (item.batch is None and later):
            raise HistoryBroken(f"{where}: it is in another batch", expected=item.batch, found=found)
        place = item.batch
        if item.state == "anchored" and place and self._memory.anchored(place.root, place.size) is None:
            raise HistoryBroken(f"{where}: nothing anchors it", expected="anchored", found="no entry")

    def _others(self, held: TrustRoot) -> None:
        """What is not stored. Evidence is not opened: each proves itself to whoever verifies it."""
        self._counts["evidence"] = sum(1 for _ in self._inbox.paths("evidence/"))
        for path in self._inbox.paths("documents/"):
            digest = _read(read_wrapped, self._inbox, path).digest
            if path != document_path(digest):
                raise VerificationFailed(f"{path} is the document with the digest 0x{digest.hex()}")
            self._counts["documents"] += 1
        self._inbox.expect("keys/log.vkey", f"{held.log_key}\n".encode())
        self._inbox.expect("keys/witnesses.vkey", "".join(f"{key}\n" for key in held.witnesses).encode())
        for path in (README, "keys/keystore.json", *self._inbox.paths("contract/"), *self._inbox.paths("formats/")):
            self._inbox.see(path)

    def _declared(self) -> Iterator[tuple[str, records.DeclarationRecord]]:
        for where, line in self._lines("declarations"):
            yield where, records.read_declaration(line, self._manifest.origin, where)

    def _lines(self, folder: str) -> Iterator[tuple[str, bytes]]:
        """The lines of all parts of a list, one after the other."""
        for number in count():
            if not self._inbox.has(part_path(folder, number)):
                return
            yield from self._inbox.lines(part_path(folder, number))


def _read(read: Callable[[bytes], Content], inbox: ExportReader, path: str) -> Content:
    """A file by its reader; Malformed names the file."""
    try:
        return read(inbox.read(path))
    except Malformed as error:
        raise Malformed(error.what, f"{path} {error.where}".rstrip()) from None

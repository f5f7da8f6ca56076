"""Leave: write everything that a successor needs as plain files, in an order in which each part can be checked.

An export of the same history that is there already is brought up to date: every file is made anew and written only
where it differs. docs/exit.md says what lies where, and which secrets are not there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count, islice
from pathlib import Path

from ledger import artifact, manual
from ledger.core.checkpoints.note import SignedNote
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.document import read_wrapped
from ledger.core.encoding.json_text import parse_json
from ledger.core.encoding.reading import read_object
from ledger.core.history.history import History
from ledger.core.statements.signature import Algorithm
from ledger.core.tree.merkle import leaf_hash, node_hash
from ledger.core.tree.tile_files import TileName, TileStream, bundle
from ledger.core.tree.tiles import TILE_WIDTH, Frontier
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.export import records
from ledger.edges.export.layout import document_path, evidence_path, members_path, part_path
from ledger.edges.export.manifest import Counts, ExportManifest
from ledger.edges.export.writer import README, ExportWriter
from ledger.edges.keys.keystore import KeyInfo
from ledger.edges.store import MAX_PAGE, Batch, DeclarationRow, Store
from ledger.errors import HistoryBroken, Malformed, Source, Unavailable
from ledger.journeys.checkpoint import newest_checkpoint
from ledger.journeys.evidence import Gatherer
from ledger.journeys.progress import StageProgress, no_stages

LINES = 10_000  # in one file of declarations or positions
_BATCHES = 1024
_WRAPPED = b"ledger/"


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """What an export tells of keys: the trust root, and the public halves of the operator's keystore."""

    trust: TrustRoot
    keystore: tuple[KeyInfo, ...] = ()

    def keystore_file(self) -> bytes:
        """The public halves as the JSON that ``read_public_keys`` reads."""
        listed = [{"algorithm": key.algorithm.value, "name": key.name, "public": key.public} for key in self.keystore]
        return json.dumps(listed, indent=2).encode() + b"\n"


def read_public_keys(keystore_file: bytes, trust: TrustRoot) -> PublicKeys:
    """The keys that an earlier export tells of, with a trust root. Malformed: that is no list of public keys."""
    where = "keys/keystore.json"
    listed = parse_json(keystore_file)
    if not isinstance(listed, list):
        raise Malformed("must be a list of public keys", where)
    keys = []
    for item in listed:
        algorithm, name, public = read_object(item, ["algorithm", "name", "public"], where)
        if algorithm not in list(Algorithm) or not isinstance(name, str) or not isinstance(public, str):
            raise Malformed("must have the algorithm, name and public half of each key", where)
        keys.append(KeyInfo(name, Algorithm(algorithm), public))
    return PublicKeys(trust, tuple(keys))


@dataclass(frozen=True, slots=True)
class Exported:
    """An export that is finished. ``strangers``: documents that nobody declared here, which it therefore lacks.

    ``unproven``: anchored declarations without evidence, as no checkpoint covers their batch.
    """

    manifest: ExportManifest
    strangers: tuple[Path, ...]
    unproven: int


def export_ledger(
    folder: Path,
    store: Store,
    history: History,
    keys: PublicKeys,
    documents: Sequence[Path] = (),
    evidence: bool = True,
    progress: StageProgress = no_stages,
) -> Exported:
    """Write the export of ``store`` into ``folder``, as far as ``history``, held still meanwhile, goes.

    :param documents: folders, or files, of wrapped documents; those that are declared here are copied.
    :param evidence: whether to make the evidence of every anchored declaration.
    :raises Malformed: the folder holds something else, or the trust root is of another origin.
    :raises Unavailable: no checkpoint was ever signed; or the disk says no. The next run goes on.
    :raises HistoryBroken: the folder holds another history's export, or the store contradicts itself or the history.
    """
    note = newest_checkpoint(history, store)
    if note is None:
        raise Unavailable(
            "no checkpoint of this history was signed: set log_key and run `ledger export` again", source=Source.LOG
        )
    if keys.trust.origin != history.origin:
        raise Malformed(f"is of {keys.trust.origin}, not of {history.origin}", "trust root")
    with ExportWriter(folder, history.origin) as outbox:
        return _Exporting(outbox, store, history, note, progress).run(keys, documents, evidence)


class _Exporting:
    """One run; each method writes one part."""

    def __init__(
        self, outbox: ExportWriter, store: Store, history: History, note: SignedNote, progress: StageProgress
    ) -> None:
        self._outbox = outbox
        self._store = store
        self._history = history
        self._note = note
        self._progress = progress
        self._batch = lru_cache(_BATCHES)(self._read_batch)
        self._last_batch = 0
        self._counts = dict.fromkeys(Counts.__slots__, 0)
        self._unproven = 0

    def run(self, keys: PublicKeys, documents: Sequence[Path], evidence: bool) -> Exported:
        own = self._outbox.documents()
        held = self._documents([*own, *documents])
        self._log()
        self._checkpoints()
        self._batches()
        self._sets()
        self._declarations(held, Gatherer(self._history, self._note, self._store) if evidence else None)
        for path in own:
            if path in held.values():
                raise Malformed("is no document of a declaration here: take it out of the export", str(path))
        self._keys(keys)
        self._guides()
        history, covered = self._history, self._note.checkpoint.size
        counts = Counts(**self._counts)
        self._progress("sealing", 0, 0)
        manifest = self._outbox.seal(history.origin, history.size, history.head, history.log.root(), covered, counts)
        return Exported(manifest, tuple(held.values()), self._unproven)

    def _log(self) -> None:
        """Bundles, tiles, and where the chain keeps each entry, in one pass; the head is folded beside."""
        stream, head = TileStream(), self._history.origin.separator
        last, edges = self._history.size, {self._history.size, self._note.checkpoint.size}
        entries: list[bytes] = []
        logged: list[LoggedEntry] = []
        for indexed in islice(self._store.entries.each(), last):
            item = indexed.logged
            entries.append(item.entry.data)
            logged.append(item)
            stream.append(item.entry.hash)
            head = node_hash(head, item.entry.hash)
            for name, data in stream.full():
                self._outbox.write(f"log/{name}", data)
            if len(entries) == TILE_WIDTH or stream.size in edges:
                name = TileName(None, (stream.size - 1) // TILE_WIDTH, len(entries))
                self._outbox.write(f"log/{name}", bundle(entries))
            if stream.size in edges:
                for name, data in stream.partial():
                    self._outbox.write(f"log/{name}", data)
            if len(entries) == TILE_WIDTH:
                entries.clear()
            if len(logged) == LINES or stream.size == last:
                lines = b"".join(map(records.position_line, logged))
                self._outbox.write(part_path("chain", (stream.size - 1) // LINES), lines)
                logged.clear()
            self._progress("entries", stream.size, last)
        if head != self._history.head:
            raise HistoryBroken(
                "the store's index is not the history: run `ledger audit`", expected=self._history.head.hex(),
                found=head.hex(),
            )  # fmt: skip

    def _checkpoints(self) -> None:
        last = self._store.entries.last()
        grown = last is not None and last.entry.number >= self._history.size
        for note in self._store.checkpoints.each():
            if grown and note.checkpoint.size > self._history.size:
                break  # signed while the export was written
            self._outbox.write(f"log/checkpoints/{note.checkpoint.size}", str(note).encode())
            self._counts["checkpoints"] += 1
        self._outbox.write("log/checkpoint", str(self._note).encode())

    def _batches(self) -> None:
        for batch in self._store.batches.each():
            # The ids are read at once: no batch is larger than what one anchoring holds in memory.
            self._members("batches", batch.root, batch.size, self._store.batches.declaration_ids(batch.id))
            self._last_batch = batch.id
            self._counts["batches"] += 1
            self._progress("batches", self._counts["batches"], 0)
        written = islice(self._store.batches.each(), self._counts["batches"])
        self._outbox.stream("batches/index.jsonl", (records.batch_line(self._as_of(batch)) for batch in written))

    def _sets(self) -> None:
        for root, size in self._store.sets.each():
            self._members("sets", root, size, self._store.sets.members(root, size) or [])
            self._counts["sets"] += 1
        written = islice(self._store.sets.each(), self._counts["sets"])
        self._outbox.stream("sets/index.jsonl", (records.set_line(root, size) for root, size in written))

    def _members(self, folder: str, root: bytes, size: int, ids: Sequence[bytes]) -> None:
        tree = Frontier()
        for id_ in ids:
            tree.append(leaf_hash(id_))
        if (tree.root(), tree.size) != (root, size):
            raise HistoryBroken(
                f"the store's {folder} are damaged, run `ledger audit`: one leads elsewhere",
                expected=f"{size} under {root.hex()}", found=f"{tree.size} under {tree.root().hex()}",
            )  # fmt: skip
        self._outbox.write(members_path(folder, root, size), b"".join(map(records.id_line, ids)))

    def _declarations(self, documents: dict[bytes, Path], gatherer: Gatherer | None) -> None:
        def line(row: DeclarationRow) -> bytes:
            batch = None if row.batch_id is None else self._batch(row.batch_id)
            if gatherer is not None and batch is not None and not batch.is_open:
                self._evidence(gatherer, row)
            if row.declaration.digest in documents:
                data = documents.pop(row.declaration.digest).read_bytes()
                self._outbox.write(document_path(row.declaration.digest), data)
                self._counts["documents"] += 1
            self._counts["declarations"] += 1
            self._progress("declarations", self._counts["declarations"], 0)
            return records.declaration_line(row, batch)

        rows = _all_declarations(self._store)
        for number in count():
            lines = [line(row) for row in islice(rows, LINES)]
            if lines:
                self._outbox.write(part_path("declarations", number), b"".join(lines))
            if len(lines) < LINES:
                return

    def _evidence(self, gatherer: Gatherer, row: DeclarationRow) -> None:
        try:
            data = gatherer.evidence(row, self._store.sets.names_of(row.id)).to_bytes()
        except Unavailable:  # anchored after the last checkpoint that anybody signed
            self._unproven += 1
            return
        self._outbox.write(evidence_path(row.id), data)
        self._counts["evidence"] += 1

    def _read_batch(self, batch_id: int) -> Batch | None:
        """A batch as of this export; None for one that was formed while it was written."""
        batch = self._store.batches.get(batch_id) if batch_id <= self._last_batch else None
        return None if batch is None else self._as_of(batch)

    def _as_of(self, batch: Batch) -> Batch:
        """A batch that was anchored while the export was written is on its way as far as the export goes."""
        if batch.entry_number is None or batch.entry_number < self._history.size:
            return batch
        return replace(batch, state="sent", entry_number=None, entry_time=None)

    def _documents(self, places: Sequence[Path]) -> dict[bytes, Path]:
        """Wrapped documents by digest, of files and folders; what else lies there is passed over."""
        found: dict[bytes, Path] = {}
        for place in places:
            for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
                if path.is_file() and (digest := _digest(path)) is not None:
                    found.setdefault(digest, path)
                    self._progress("documents", len(found), 0)
        return found

    def _keys(self, keys: PublicKeys) -> None:
        trust = keys.trust
        self._outbox.write("keys/trust.json", trust.to_bytes())
        self._outbox.write("keys/log.vkey", f"{trust.log_key}\n".encode())
        self._outbox.write("keys/witnesses.vkey", "".join(f"{key}\n" for key in trust.witnesses).encode())
        self._outbox.write("keys/keystore.json", keys.keystore_file())

    def _guides(self) -> None:
        """The contract, the documents that describe all this, and a page for whoever finds it."""
        self._outbox.write("contract/TradeLedger.json", artifact.text().encode())
        self._outbox.write("contract/code.hex", artifact.load().code_at(self._history.origin).hex().encode() + b"\n")
        for name, data in manual.pages():
            self._outbox.write(f"formats/{name}", data)
        self._outbox.write(README, manual.readme(str(self._history.origin)))


def _all_declarations(store: Store) -> Iterator[DeclarationRow]:
    """In the order of arrival, so that what is exported again later grows at its end."""
    cursor: str | None = None
    while True:
        rows, cursor = store.declarations.page(cursor=cursor, limit=MAX_PAGE)
        yield from rows
        if cursor is None:
            return


def _digest(path: Path) -> bytes | None:
    """The digest of a wrapped document; None for any other file."""
    try:
        with path.open("rb") as file:
            if file.read(len(_WRAPPED)) != _WRAPPED:
                return None
        return read_wrapped(path.read_bytes()).digest
    except OSError as error:
        raise Malformed(f"cannot be read: {error.strerror}", str(path)) from None
    except Malformed as error:
        raise Malformed(error.what, f"{path} {error.where}".rstrip()) from None

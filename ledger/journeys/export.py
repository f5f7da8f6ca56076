"""Export: write everything that a successor needs as plain files, in an order in which each part can be checked.

An older export of the same history is brought up to date: every file is made again, and written if it differs.
docs/exit.md says what lies where, and which secrets are not in an export.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import count, islice
from pathlib import Path

from ledger import artifact, manual
from ledger.core.checkpoints.note import SignedNote
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.document import read_wrapped
from ledger.core.encoding.ids import DeclarationId, Digest, Root
from ledger.core.encoding.json_text import parse_json
from ledger.core.encoding.reading import read_object
from ledger.core.history.history import History
from ledger.core.statements.origin import Origin
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
from ledger.journeys.index import HistoryIndex
from ledger.journeys.progress import StageProgress, no_stages

LINES = 10_000  # in one file of declarations or positions
_BATCHES = 1024
_WRAPPED = b"ledger/"


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """The keys in an export: the trust root, and the public halves of the operator's keystore."""

    trust: TrustRoot
    keystore: tuple[KeyInfo, ...] = ()

    def keystore_file(self) -> bytes:
        """The public halves as the JSON that ``read_public_keys`` reads."""
        listed = [{"algorithm": key.algorithm.value, "name": key.name, "public": key.public} for key in self.keystore]
        return json.dumps(listed, indent=2).encode() + b"\n"


def read_public_keys(keystore_file: bytes, trust: TrustRoot) -> PublicKeys:
    """The keys that an earlier export lists, with a trust root; Malformed if it is not a list of public keys."""
    where = "keys"
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
    """An export that is finished.

    ``undeclared``: documents that nobody declared here, which the export therefore lacks. ``without_evidence``: how
    many anchored declarations have no evidence in it, because no checkpoint covers their batch. ``evidence_bytes``: how
    many of its bytes are evidence, which follows from the rest.
    """

    manifest: ExportManifest
    undeclared: tuple[Path, ...]
    without_evidence: int
    evidence_bytes: int


def export_ledger(
    folder: Path,
    store: Store,
    history: History,
    keys: PublicKeys,
    documents: Sequence[Path] = (),
    evidence: bool = True,
    progress: StageProgress = no_stages,
) -> Exported:
    """Write the export of ``store`` into ``folder``, as far as ``history`` goes, which must be held still meanwhile.

    :param documents: folders, or files, of wrapped documents; those that are declared here are copied.
    :param evidence: whether to make the evidence of every anchored declaration.
    :raises Malformed: the folder holds something else, or the trust root is of another origin.
    :raises Unavailable: no checkpoint was ever signed, or a file cannot be written. The next run goes on.
    :raises HistoryBroken: the folder holds another history's export, or the store contradicts itself or the history.
    """
    note = newest_checkpoint(history, store)
    if note is None:
        raise Unavailable(
            "no checkpoint of this history was signed: set log_key and run `ledger export` again", source=Source.LOG
        )
    if keys.trust.origin != history.origin:
        raise Malformed(
            f"is of the history {keys.trust.origin}, and the export of {history.origin}: give this ledger's trust root",
            "trust root",
        )
    with ExportWriter(folder, history.origin) as writer:
        run = _Run(writer, store, history, note, progress)
        there = writer.documents()
        wrapped = _find_documents([*there, *documents], progress)
        _write_log(run)
        _write_checkpoints(run)
        last_batch = _write_batches(run)
        _write_sets(run)
        gatherer = Gatherer(history, note, store, HistoryIndex(store)) if evidence else None
        declarations = _Declarations(run, wrapped, gatherer, last_batch)
        declarations.write()
        for path in there:
            if path in wrapped.values():
                raise Malformed("belongs to no declaration of this ledger: take it out of the export", str(path))
        _write_keys(writer, keys)
        _write_guides(writer, history.origin)
        progress("sealing", 0, 0)
        manifest = writer.seal(
            history.origin, history.size, history.head, history.log.root(), note.checkpoint.size, Counts(**run.counts)
        )
    return Exported(manifest, tuple(wrapped.values()), declarations.without_evidence, declarations.evidence_bytes)


@dataclass(frozen=True, slots=True)
class _Run:
    """What every part of one export needs; ``counts`` is how much was written."""

    writer: ExportWriter
    store: Store
    history: History
    note: SignedNote
    progress: StageProgress
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Counts.__slots__, 0))

    def as_of(self, batch: Batch) -> Batch:
        """The batch as of the export: if it was anchored while the export was written, it counts as sent."""
        if batch.entry_number is None or batch.entry_number < self.history.size:
            return batch
        return replace(batch, state="sent", entry_number=None, entry_time=None)


def _write_log(run: _Run) -> None:
    """Write bundles, tiles and each entry's position on the chain in one pass, and check the head."""
    stream, head = TileStream(), run.history.origin.separator
    last, edges = run.history.size, {run.history.size, run.note.checkpoint.size}
    entries: list[bytes] = []
    logged: list[LoggedEntry] = []
    for indexed in islice(run.store.entries.each(), last):
        item = indexed.logged
        entries.append(item.entry.data)
        logged.append(item)
        stream.append(item.entry.hash)
        head = node_hash(head, item.entry.hash)
        for name, data in stream.full():
            run.writer.write(f"log/{name}", data)
        if len(entries) == TILE_WIDTH or stream.size in edges:
            name = TileName(None, (stream.size - 1) // TILE_WIDTH, len(entries))
            run.writer.write(f"log/{name}", bundle(entries))
        if stream.size in edges:
            for name, data in stream.partial():
                run.writer.write(f"log/{name}", data)
        if len(entries) == TILE_WIDTH:
            entries.clear()
        if len(logged) == LINES or stream.size == last:
            lines = b"".join(map(records.position_line, logged))
            run.writer.write(part_path("chain", (stream.size - 1) // LINES), lines)
            logged.clear()
        run.progress("entries", stream.size, last)
    if head != run.history.head:
        raise HistoryBroken(
            "the store's index is not the history: run `ledger audit`", expected=run.history.head.hex(),
            found=head.hex(),
        )  # fmt: skip


def _write_checkpoints(run: _Run) -> None:
    last = run.store.entries.last()
    has_grown = last is not None and last.entry.number >= run.history.size
    for note in run.store.checkpoints.each():
        if has_grown and note.checkpoint.size > run.history.size:
            break  # signed while the export was written
        run.writer.write(f"log/checkpoints/{note.checkpoint.size}", str(note).encode())
        run.counts["checkpoints"] += 1
    run.writer.write("log/checkpoint", str(run.note).encode())


def _write_batches(run: _Run) -> int:
    """All batches; returns the id of the last."""
    last = 0
    for batch in run.store.batches.each():
        # The ids are read at once: no batch is larger than what one anchoring holds in memory.
        _write_members(run, "batches", batch.root, batch.size, run.store.batches.declaration_ids(batch.id))
        last = batch.id
        run.counts["batches"] += 1
        run.progress("batches", run.counts["batches"], 0)
    written = islice(run.store.batches.each(), run.counts["batches"])
    run.writer.stream("batches/index.jsonl", (records.batch_line(run.as_of(batch)) for batch in written))
    return last


def _write_sets(run: _Run) -> None:
    for root, size in run.store.sets.each():
        _write_members(run, "sets", root, size, run.store.sets.members(root, size) or [])
        run.counts["sets"] += 1
    written = islice(run.store.sets.each(), run.counts["sets"])
    run.writer.stream("sets/index.jsonl", (records.set_line(root, size) for root, size in written))


def _write_members(run: _Run, folder: str, root: Root, size: int, ids: Sequence[DeclarationId]) -> None:
    tree = Frontier()
    for id_ in ids:
        tree.append(leaf_hash(id_))
    if (tree.root(), tree.size) != (root, size):
        raise HistoryBroken(
            f"the store's {folder} are damaged: one does not lead to its root; run `ledger audit`",
            expected=f"{size} under {root.hex()}", found=f"{tree.size} under {tree.root().hex()}",
        )  # fmt: skip
    run.writer.write(members_path(folder, root, size), b"".join(map(records.id_line, ids)))


class _Declarations:
    """Writes the declarations, each with its document and its evidence if there are any."""

    def __init__(self, run: _Run, documents: dict[bytes, Path], gatherer: Gatherer | None, last_batch: int) -> None:
        """
        :param documents: wrapped documents by digest; those that are written are taken out.
        :param gatherer: makes evidence; None: no evidence is written.
        :param last_batch: id of the last batch of the export.
        """
        self._run = run
        self._documents = documents
        self._gatherer = gatherer
        self._last_batch = last_batch
        self._batch = lru_cache(_BATCHES)(self._read_batch)
        self.without_evidence = 0
        self.evidence_bytes = 0

    def write(self) -> None:
        """Write all declarations in the order of arrival, some thousands in a file."""
        rows = _all_declarations(self._run.store)
        for number in count():
            lines = [self._write(row) for row in islice(rows, LINES)]
            if lines:
                self._run.writer.write(part_path("declarations", number), b"".join(lines))
            if len(lines) < LINES:
                return

    def _write(self, row: DeclarationRow) -> bytes:
        """Write what belongs to a declaration; returns its line."""
        run, digest = self._run, row.declaration.digest
        batch = None if row.batch_id is None else self._batch(row.batch_id)
        if self._gatherer is not None and batch is not None and not batch.is_open:
            self._write_evidence(self._gatherer, row)
        if digest in self._documents:
            run.writer.write(document_path(digest), self._documents.pop(digest).read_bytes())
            run.counts["documents"] += 1
        run.counts["declarations"] += 1
        run.progress("declarations", run.counts["declarations"], 0)
        return records.declaration_line(row, batch)

    def _write_evidence(self, gatherer: Gatherer, row: DeclarationRow) -> None:
        try:
            data = gatherer.evidence(row, self._run.store.sets.names_of(row.id)).to_bytes()
        except Unavailable:  # anchored after the newest checkpoint
            self.without_evidence += 1
            return
        self._run.writer.write(evidence_path(row.id), data)
        self._run.counts["evidence"] += 1
        self.evidence_bytes += len(data)

    def _read_batch(self, batch_id: int) -> Batch | None:
        """A batch as of the export; None if it was formed while the export was written."""
        batch = self._run.store.batches.get(batch_id) if batch_id <= self._last_batch else None
        return None if batch is None else self._run.as_of(batch)


def _write_keys(writer: ExportWriter, keys: PublicKeys) -> None:
    trust = keys.trust
    writer.write("keys/trust.json", trust.to_bytes())
    writer.write("keys/log.vkey", "".join(f"{key}\n" for key, _ in trust.log_keys).encode())
    writer.write("keys/witnesses.vkey", "".join(f"{key}\n" for key in trust.witnesses).encode())
    writer.write("keys/keystore.json", keys.keystore_file())


def _write_guides(writer: ExportWriter, origin: Origin) -> None:
    """The contract, the pages that describe all this, and a page to begin with."""
    writer.write("contract/TradeLedger.json", artifact.text().encode())
    writer.write("contract/code.hex", artifact.load().code_at(origin).hex().encode() + b"\n")
    for name, data in manual.pages():
        writer.write(f"formats/{name}", data)
    writer.write(README, manual.readme(str(origin)))


def _find_documents(places: Sequence[Path], progress: StageProgress) -> dict[bytes, Path]:
    """Wrapped documents by digest, of files and folders; other files are passed over."""
    found: dict[bytes, Path] = {}
    for place in places:
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file() and (digest := _digest(path)) is not None:
                found.setdefault(digest, path)
                progress("documents", len(found), 0)
    return found


def _all_declarations(store: Store) -> Iterator[DeclarationRow]:
    """All declarations in the order of arrival, so that a later export only adds at the end."""
    cursor: str | None = None
    while True:
        rows, cursor = store.declarations.page(cursor=cursor, limit=MAX_PAGE)
        yield from rows
        if cursor is None:
            return


def _digest(path: Path) -> Digest | None:
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

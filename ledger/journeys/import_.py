"""Import: fill a store from an export, believing nothing in it.

Every file is compared with the list, and every entry is replayed under all rules. Head and root must agree with the
checkpoints, checkpoints with the trust root, batches with what was anchored, and declarations with their parties'
signatures. All of it is one transaction: the store gets everything or nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ledger.core.checkpoints.trust import TrustRoot, read_trust_root
from ledger.core.checkpoints.trust_folder import TrustRoots, trust_root_of
from ledger.core.document import read_wrapped
from ledger.core.encoding.ids import DeclarationId, Root
from ledger.core.statements.signature import verify_party_signature
from ledger.core.tree.merkle import leaf_hash
from ledger.core.tree.tiles import Frontier
from ledger.edges.export import records
from ledger.edges.export.layout import document_path, evidence_path, members_path
from ledger.edges.export.manifest import MANIFEST, Counts, ExportManifest
from ledger.edges.export.reader import ExportReader
from ledger.edges.export.writer import README
from ledger.edges.replay_index import ReplayIndex
from ledger.edges.replay_memory import DiskMemory
from ledger.edges.store import Store
from ledger.errors import DefiniteNo, HistoryBroken, Malformed, VerificationFailed
from ledger.journeys.import_log import CHUNK, ImportedCheckpoints, ImportRun, Signatures, import_entries, read_content
from ledger.journeys.progress import StageProgress, no_stages


@dataclass(frozen=True, slots=True)
class Imported:
    """What was imported, and what could not be judged or does not fit.

    ``uncovered``: how many entries come after the newest checkpoint that the trust root accepts. ``wallets``: how many
    signatures only the contract could judge (ERC-1271). ``contradicting``: sizes of published checkpoints that the log
    key signed for another history: before a reorganisation, or because the log showed two histories.
    """

    manifest: ExportManifest
    uncovered: int
    wallets: int = 0
    contradicting: tuple[int, ...] = ()


def import_ledger(
    folder: Path,
    store_address: str | Path,
    at: int,
    trust: TrustRoot | TrustRoots | None = None,
    accept_wallets: bool = False,
    progress: StageProgress = no_stages,
) -> Imported:
    """Fill the store at ``store_address`` from the export in ``folder``; ``at`` is the time now in seconds.

    A store that has part of it gets the rest. If anything is wrong, a store that is there stays as it was, and no new
    one is left.

    :param trust: what is believed beforehand; without it, the trust root in the export is believed.
    :param accept_wallets: take signatures of entries that only the contract could judge (ERC-1271), and count them.
    :raises Malformed: the export is not finished, or a file has another shape; the message names file and place.
    :raises VerificationFailed: a file was changed, added or removed, or a signature or a proof does not fit.
    :raises Unavailable: a wallet contract may have signed an entry, and that is not to be accepted.
    :raises HistoryBroken: an entry breaks a rule, two parts contradict each other, or the store is of another origin.
    """
    with ExportReader(folder) as reader:
        reader.check_files(lambda done, of: progress("files", done, of))
        carried = read_content(read_trust_root, reader, "keys/trust.json")
        origin = reader.manifest.origin
        believed = carried if trust is None else trust_root_of(trust, origin)
        if believed.origin != origin:
            raise HistoryBroken("the export is of another history", expected=believed.origin, found=origin)
        with (
            Store.founding(store_address, origin) as store,
            store.restoring() as restoration,
            DiskMemory() as memory,
            ReplayIndex(origin) as index,
        ):
            run = ImportRun(reader, restoration, memory, index, Signatures(origin, accept_wallets), progress)
            checkpoints = ImportedCheckpoints(run, believed, at)
            import_entries(run, checkpoints)
            _import_declarations(run)
            _import_batches(run)
            _import_sets(run)
            _check_positions(run)
            _check_others(run, carried)
            reader.check_all_seen()
            found = Counts(**run.counts)
            if found != reader.manifest.counts:
                raise HistoryBroken(f"{MANIFEST} counts otherwise", expected=reader.manifest.counts, found=found)
    uncovered = reader.manifest.size - checkpoints.covered
    return Imported(reader.manifest, uncovered, run.signatures.wallets, tuple(checkpoints.contradicting))


def _import_declarations(run: ImportRun) -> None:
    """Store each declaration as pending, once its party's signature is checked."""
    received, before = [], (-1, b"")
    for where, item in run.declarations():
        if (item.received_at, item.id) <= before:
            raise Malformed("is out of order", where)
        before = item.received_at, item.id
        try:
            verify_party_signature(run.reader.manifest.origin, item.declaration.party, item.id, item.signature)
        except DefiniteNo as error:
            raise VerificationFailed(f"{where}: {error}") from None
        received.append((item.id, item.declaration, item.signature, item.received_at))
        run.counts["declarations"] += 1
        if len(received) == CHUNK:
            run.restoration.add_declarations(received)
            received.clear()
        run.progress("declarations", run.counts["declarations"], run.reader.manifest.counts.declarations)
    run.restoration.add_declarations(received)


def _import_batches(run: ImportRun) -> None:
    for where, line in run.reader.lines("batches/index.jsonl"):
        batch = records.read_batch(line, where)
        ids = _members(run, "batches", batch.root, batch.size)
        anchor = run.memory.anchored(batch.root, batch.size)
        if batch.entry_number is not None and batch.entry_number != anchor:
            raise HistoryBroken(
                f"{where}: another entry anchors the batch", expected=f"entry {batch.entry_number}",
                found="no entry" if anchor is None else f"entry {anchor}",
            )  # fmt: skip
        run.restoration.add_batch(batch, ids)
        run.counts["batches"] += 1
        run.progress("batches", run.counts["batches"], run.reader.manifest.counts.batches)


def _import_sets(run: ImportRun) -> None:
    for where, line in run.reader.lines("sets/index.jsonl"):
        root, size = records.read_set(line, where)
        run.restoration.add_set(root, size, _members(run, "sets", root, size))
        run.counts["sets"] += 1


def _members(run: ImportRun, folder: str, root: Root, size: int) -> list[DeclarationId]:
    path, tree, ids = members_path(folder, root, size), Frontier(), []
    for where, line in run.reader.lines(path):
        ids.append(records.read_id(line, where))
        tree.append(leaf_hash(ids[-1]))
    if (tree.root(), tree.size) != (root, size):
        raise VerificationFailed(f"{path} leads to {tree.size} under the root 0x{tree.root().hex()}")
    return ids


def _check_positions(run: ImportRun) -> None:
    """Compare what the lines of declarations say about their batches with the batches."""
    declarations = run.declarations()
    while some := list(islice(declarations, CHUNK)):
        rows = run.restoration.declarations([item.id for _, item in some])
        for where, item in some:
            row, batch = rows[item.id]
            found = None if batch is None else records.BatchPosition(batch.root, batch.size, row.batch_index or 0)
            _check_position(run, where, item, found)
            files = [document_path(item.declaration.digest)]
            files += [evidence_path(item.id)] if item.state == "anchored" else []
            for path in filter(run.reader.has, files):
                run.reader.see(path)


def _check_position(
    run: ImportRun, where: str, item: records.DeclarationRecord, found: records.BatchPosition | None
) -> None:
    # A store that was there before may know of a batch that was formed after the export.
    is_later = found is not None and not run.reader.has(members_path("batches", found.root, found.size))
    if found != item.batch and not (item.batch is None and is_later):
        raise HistoryBroken(f"{where}: it is in another batch", expected=item.batch, found=found)
    batch = item.batch
    if item.state == "anchored" and batch and run.memory.anchored(batch.root, batch.size) is None:
        raise HistoryBroken(f"{where}: no entry anchors it", expected="anchored", found="no entry")


def _check_others(run: ImportRun, carried: TrustRoot) -> None:
    """Check what is not stored. Evidence is not opened: each piece proves itself when it is verified."""
    reader = run.reader
    run.counts["evidence"] = sum(1 for _ in reader.paths("evidence/"))
    for path in reader.paths("documents/"):
        digest = read_content(read_wrapped, reader, path).digest
        if path != document_path(digest):
            raise VerificationFailed(f"{path} is the document with the digest 0x{digest.hex()}")
        run.counts["documents"] += 1
    reader.expect("keys/log.vkey", "".join(f"{key}\n" for key, _ in carried.log_keys).encode())
    reader.expect("keys/witnesses.vkey", "".join(f"{key}\n" for key in carried.witnesses).encode())
    for path in (README, "keys/keystore.json", *reader.paths("contract/"), *reader.paths("formats/")):
        reader.see(path)

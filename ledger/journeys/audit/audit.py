"""Audit: read the whole history from the chain, replay every rule, and compare it with everything else there is.

One pass goes over the log, from the first entry to a block that is fixed at the start. Each entry is compared with
every other node's and with the store's, then replayed; each checkpoint is compared with the root at its size. Memory
does not grow with the history. Nothing is believed: the contract's own size and head, the store and other nodes are
compared with the replay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ledger.core.checkpoints.note import SignedNote
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.encoding.reading import hex_text
from ledger.core.history.entry import Entry
from ledger.core.verification.verdict import Status
from ledger.edges.chain.contract import Chain
from ledger.edges.published_log import PublishedLog
from ledger.edges.replay_memory import DiskMemory
from ledger.edges.store import Store
from ledger.errors import DefiniteNo, HistoryBroken, Source, Unavailable
from ledger.journeys.audit.checkpoints import GivenCheckpoints, NamedCheckpoint, StoredCheckpoints
from ledger.journeys.audit.findings import AuditReport, Finding
from ledger.journeys.audit.index import AuditedIndex
from ledger.journeys.audit.lockstep import OtherNodeLog, StoredEntries
from ledger.journeys.audit.log import Checkpoints, LogPass, OtherSource
from ledger.journeys.audit.store import compare_batches, compare_declarations, compare_inclusions, compare_sets
from ledger.journeys.audit.wallets import WalletSignatures
from ledger.journeys.progress import Progress, no_progress


@dataclass(frozen=True, slots=True)
class OtherNode:
    """Another node to be compared with the first. ``connect`` raises Unavailable while it is away."""

    place: str
    connect: Callable[[], Chain]


@dataclass(frozen=True, slots=True)
class Scope:
    """What is audited and what it is compared with.

    ``first_block``: at or before the block of entry 0. ``last_block``: the audit is as of this block and ignores later
    ones; None is the latest. Only archive nodes know the head at an old block. ``trust``: None if no key of the log is
    known; then only the roots of checkpoints are compared. ``log``: the log where it is served; its newest checkpoint
    is compared like those given.
    """

    first_block: int = 0
    last_block: int | None = None
    other_nodes: Sequence[OtherNode] = ()
    store: Store | None = None
    checkpoints: Sequence[NamedCheckpoint] = ()
    trust: TrustRoot | None = None
    log: PublishedLog | None = None


@dataclass(frozen=True, slots=True)
class Audited:
    """The report, and the newest checkpoint that agrees with the history; None if there is none."""

    report: AuditReport
    newest: SignedNote | None


def audit(chain: Chain, scope: Scope, progress: Progress = no_progress) -> Audited:
    """Replay the log that ``chain`` gives and compare it with all that ``scope`` names.

    ``progress`` is told entries replayed and entries in all, as the contract states them.

    :raises Unavailable: the first node does not answer, or does not know the block. If it falls silent later, the
        report says so.
    :raises Malformed: ``first_block`` is after the first entry.
    """

    def entry_of(number: int) -> Entry | None:
        logged = chain.entries(scope.first_block, scope.last_block)
        return next((item.entry for item in logged if item.entry.number == number), None)

    with DiskMemory() as memory, AuditedIndex(chain.origin, scope.store, scope.log, entry_of) as index:
        return _Audit(chain, scope, memory, index, progress).run()


class _Audit:
    """One run: what is compared with what, in order."""

    def __init__(self, chain: Chain, scope: Scope, memory: DiskMemory, index: AuditedIndex, progress: Progress) -> None:
        self._chain, self._scope, self._memory, self._progress = chain, scope, memory, progress
        # Before the block is fixed, so that the log's newest checkpoint is not of later entries than are read.
        published, self._log_away = _published(scope.log)
        self._size, self._head, self._block = chain.head(scope.last_block)
        self._report = AuditReport(
            str(chain.origin), [chain.node_address], self._block, chain.block_hash(self._block) or ""
        )
        self._wallets = WalletSignatures()
        self._log = LogPass(chain, scope.first_block, self._block, memory, index, self._wallets)
        self._checkpoints = [*scope.checkpoints, *published]
        self._given = GivenCheckpoints(self._checkpoints, scope.trust, scope.last_block is None)
        self._stored: StoredCheckpoints | None = None
        self._index: StoredEntries | None = None
        if scope.store is not None:
            self._stored = StoredCheckpoints(scope.store.checkpoints.each(), scope.trust)
            self._index = StoredEntries("store entries", scope.store.entries.each(), chain.origin, self._block)

    def run(self) -> Audited:
        report, scope = self._report, self._scope
        self._log.check_beginning()
        trusted = report.find("code", self._compare_code)
        sources: list[OtherSource] = [*self._other_nodes()]
        if self._index is not None:
            sources.append(self._index)
        report.findings.extend(self._log_away)
        if self._checkpoints:
            report.find("checkpoints agree", self._compare_given)
        checkpoints: list[Checkpoints] = [self._given]
        if self._stored is not None:
            checkpoints.append(self._stored)
        complete = report.find("replay", lambda: self._log.read(sources, checkpoints, self._size, self._progress))
        trusted = complete and report.find("head", self._compare_head) and trusted
        report.findings.extend(source.finish(complete) for source in sources)
        report.findings.append(self._wallets.finish(trusted))
        self._compare_checkpoints(complete)
        if complete and scope.store is not None:
            self._compare_store(scope.store)
        report.find("block", self._compare_block)
        self._fill_in(report)
        newest = [each.newest for each in checkpoints if each.newest is not None]
        return Audited(report, max(newest, key=lambda note: note.checkpoint.size, default=None))

    def _fill_in(self, report: AuditReport) -> None:
        """Put what was read into the report."""
        replay = self._log.replay
        report.size, report.last_time, report.signatures = replay.size, replay.last_time, self._log.signatures.count
        report.head, report.root, report.kinds = hex_text(replay.head), hex_text(replay.root()), self._log.kinds
        report.index = hex_text(self._log.index.root(replay.root()))

    def _other_nodes(self) -> Iterator[OtherNodeLog]:
        """The other nodes on the same chain up to the block; a finding for each that cannot be read."""
        for other in self._scope.other_nodes:
            name = f"node {other.place}"
            self._report.nodes.append(other.place)
            try:
                node = other.connect()
                self._compare_node(node)
            except (DefiniteNo, Unavailable) as error:
                self._report.findings.append(Finding.of(name, error))
                continue
            yield OtherNodeLog(name, node.entries(self._scope.first_block, self._block))

    def _compare_code(self) -> str:
        self._chain.check_code()
        return "the deployed code is the shipped artifact's"

    def _compare_given(self) -> str:
        store = self._scope.store
        return self._given.disagreement(lambda size: None if store is None else store.checkpoints.get(size))

    def _compare_node(self, node: Chain) -> None:
        """Raise if another node is on another chain, is behind, or has another block or head."""
        if node.origin != self._chain.origin:
            raise HistoryBroken("it is on another chain", expected=self._chain.origin, found=node.origin)
        block_hash = node.block_hash(self._block)
        if block_hash is None:
            raise Unavailable(
                f"the node at {node.node_address} has no block {self._block} yet: try again when it has",
                source=Source.CHAIN,
            )
        if block_hash != self._report.block_hash:
            raise HistoryBroken(
                f"it has another block {self._block}", expected=self._report.block_hash, found=block_hash
            )
        size, head, _ = node.head(self._block)
        if (size, head) != (self._size, self._head):
            raise HistoryBroken(
                "it says that the contract has another head", expected=f"{self._size}, {hex_text(self._head)}",
                found=f"{size}, {hex_text(head)}",
            )  # fmt: skip

    def _compare_head(self) -> str:
        replay = self._log.replay
        if (replay.size, replay.head) != (self._size, self._head):
            raise self._log.heads.first_difference(replay.size, replay.head, self._size, self._head, self._block)
        return f"the contract states the same size and head {hex_text(replay.head)}"

    def _compare_checkpoints(self, complete: bool) -> None:
        replay, as_of_now = self._log.replay, self._scope.last_block is None
        findings = self._report.findings
        findings.extend(self._given.finish(replay.origin, replay.size, complete))
        if self._stored is not None:
            findings.append(self._stored.finish(replay.size, complete, as_of_now))

    def _compare_store(self, store: Store) -> None:
        find, size = self._report.find, self._log.replay.size
        find("store index", self._compare_length)
        find("store declarations", lambda: compare_declarations(store))
        find("store batches", lambda: compare_batches(store, self._memory, size))
        find("store sets", lambda: compare_sets(store))
        find("store inclusions", lambda: compare_inclusions(store))

    def _compare_length(self) -> str:
        """The index may be behind the chain, but not behind the checkpoints that the store has published."""
        held = 0 if self._index is None else self._index.count
        published = 0 if self._stored is None else self._stored.last_size
        broken = self._index is not None and self._index.finish(True).status is not Status.VALID
        if held < published and not broken:
            raise HistoryBroken(
                "the store lacks entries of which it has published a checkpoint",
                expected=f"{published} entries", found=f"{held} entries", number=held,
            )  # fmt: skip
        return f"the index holds the first {held} of {self._log.replay.size} entries"

    def _compare_block(self) -> str:
        now = self._chain.block_hash(self._block)
        if now != self._report.block_hash:
            raise Unavailable(
                f"the chain was reorganised during the audit: block {self._block} was {self._report.block_hash} and is "
                f"{now or 'gone'}: run again",
                source=Source.CHAIN,
            )
        return f"block {self._block} is the same as when the audit began"


def _published(log: PublishedLog | None) -> tuple[list[NamedCheckpoint], list[Finding]]:
    """The newest checkpoint of the log that is served, or the finding that it gave none."""
    if log is None:
        return [], []
    try:
        return [NamedCheckpoint(f"of {log.place}", log.checkpoint())], []
    except (DefiniteNo, Unavailable) as error:
        return [], [Finding.of(f"log {log.place}", error)]

"""Audit: read the whole history from the chain, replay every rule, and compare it with everything else there is.

One pass over the logs, from the first entry to a block that is fixed at the start: each entry is held against every
other node's and against the store's, then replayed; checkpoints are held against the root as their size comes by.
Memory does not grow with the history. Nothing is believed: the contract's own size and head, the store and the second
node are compared with the replay, never the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ledger.core.checkpoints.note import KeyType, NoteKey, SignedNote, cosigned, cosigned_text
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.encoding.reading import hex_text
from ledger.core.history.replay import Replay
from ledger.core.tree.tiles import Frontier
from ledger.core.verification.verdict import Status
from ledger.edges.chain.contract import Chain
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.replay_memory import DiskMemory
from ledger.edges.signature_pool import SignatureChecks, Signed
from ledger.edges.store import Store
from ledger.errors import DefiniteNo, HistoryBroken, Malformed, Source, Unavailable, VerificationFailed
from ledger.journeys.audit.blocks import Heads
from ledger.journeys.audit.checkpoints import Given, HeldNotes, StoredNotes
from ledger.journeys.audit.findings import AuditReport, Finding
from ledger.journeys.audit.lockstep import OtherNode, StoredEntries, out_of_place
from ledger.journeys.audit.store import compare_batches, compare_declarations, compare_places, compare_sets
from ledger.journeys.audit.wallets import Wallets
from ledger.journeys.progress import Progress, no_progress

_Step = OtherNode | StoredEntries
_TELL = 500  # entries between two words of progress


@dataclass(frozen=True, slots=True)
class Other:
    """Another node to be compared with the first. ``connect`` raises Unavailable where it is away."""

    place: str
    connect: Callable[[], Chain]


@dataclass(frozen=True, slots=True)
class Scope:
    """What is audited and what it is compared with.

    ``first_block`` is at or before the block of entry 0. ``last_block`` None is the latest: else the audit is as of
    that block, and what is of later blocks is passed over. Only archive nodes know the head at an old block.
    ``trust`` is None where no key of the log is known: then checkpoints are compared by their roots only.
    """

    first_block: int = 0
    last_block: int | None = None
    others: Sequence[Other] = ()
    store: Store | None = None
    notes: Sequence[Given] = ()
    trust: TrustRoot | None = None


@dataclass(frozen=True, slots=True)
class Audited:
    """The report, and the newest checkpoint that was held against the history and is of it; None where none was."""

    report: AuditReport
    newest: SignedNote | None


def audit(chain: Chain, scope: Scope, progress: Progress = no_progress) -> Audited:
    """Replay the log that ``chain`` gives and compare it with all that ``scope`` names.

    ``progress`` is told entries replayed and entries in all, by the contract's word.

    :raises Unavailable: the first node does not answer, or does not know the block. Where it falls silent later, the
        report says so.
    :raises Malformed: ``first_block`` is after the first entry.
    """
    with DiskMemory() as memory:
        return _Audit(chain, scope, memory, progress).run()


@dataclass(frozen=True, slots=True)
class Cosigner:
    """Who ends a good audit as a witness: the verifier key that names it, and the Ed25519 key that signs."""

    verifier: NoteKey
    key: SigningKey

    @classmethod
    def of(cls, name: str, key: SigningKey, trust: TrustRoot | None) -> Cosigner:
        """Before the audit begins, for what is missing should be known then.

        :raises Malformed: no name of a note key, a key of another algorithm, or the log's key is not known.
        """
        if trust is None:
            raise Malformed("the log's key is not known: give a trust root with --trust", "cosign")
        key.sign_note(b"")
        return cls(NoteKey(name, key.public_key, KeyType.WITNESS), key)

    def cosign(self, audited: Audited, at: int) -> SignedNote:
        """The newest checkpoint that was audited, with a cosignature at ``at`` (seconds) added.

        :raises VerificationFailed: the audit found a difference, or something could not be compared.
        :raises Malformed: no checkpoint was audited.
        """
        if not audited.report.good:
            raise VerificationFailed("the audit did not come out good: nothing is cosigned")
        if audited.newest is None:
            raise Malformed("no checkpoint was audited: give one with --checkpoint", "cosign")
        checkpoint = audited.newest.checkpoint
        signature = self.key.sign_note(cosigned_text(checkpoint, at))
        return audited.newest.with_signatures(cosigned(checkpoint, self.verifier, at, signature))


class _Audit:
    """One run."""

    def __init__(self, chain: Chain, scope: Scope, memory: DiskMemory, progress: Progress) -> None:
        self._chain, self._scope, self._memory, self._progress = chain, scope, memory, progress
        self._size, self._head, self._block = chain.head(scope.last_block)
        self._report = AuditReport(str(chain.origin), [chain.place], self._block, chain.block_hash(self._block) or "")
        self._wallets = Wallets(chain)
        self._heads = Heads(chain, scope.first_block)
        self._held = HeldNotes(scope.notes, scope.trust, scope.last_block is None)
        self._stored = None if scope.store is None else StoredNotes(scope.store.checkpoints.each(), scope.trust)
        self._index: StoredEntries | None = None
        self._signatures = SignatureChecks(chain.origin, self._wallets.judge)
        self._at_block = 0
        self._replay = Replay(chain.origin, memory, Frontier(), self._sign)

    def run(self) -> Audited:
        report, replay = self._report, self._replay
        self._check_beginning()
        report.find("code", self._compare_code)
        steps: list[_Step] = [*self._other_nodes()]
        if self._scope.store is not None:
            self._index = StoredEntries("store entries", self._scope.store.entries.each(), replay.origin, self._block)
            steps.append(self._index)
        if self._scope.notes:
            report.find("checkpoints agree", self._compare_given)
        with self._signatures:
            complete = report.find("replay", lambda: self._read(steps))
        if complete:
            report.find("head", self._compare_head)
        report.findings.extend(step.finish(complete) for step in steps)
        report.findings.append(self._wallets.finish())
        self._compare_notes(complete)
        if complete and self._scope.store is not None:
            self._compare_store(self._scope.store)
        report.find("block", self._compare_block)
        report.size, report.last_time, report.signatures = replay.size, replay.last_time, self._signatures.count
        report.head, report.root = hex_text(replay.head), hex_text(replay.root())
        candidates = [self._held.newest, None if self._stored is None else self._stored.newest]
        notes = [note for note in candidates if note is not None]
        return Audited(report, max(notes, key=lambda note: note.checkpoint.size, default=None))

    # -------------------------------------------------------------------------------------------------------- reading

    def _read(self, steps: Sequence[_Step]) -> str:
        """The one pass. The first entry that breaks a rule ends it, or a signature before it that does not fit."""
        try:
            self._replay_all(self._chain.entries(self._scope.first_block, self._block), steps)
        except HistoryBroken:
            self._signatures.finish()
            raise
        self._signatures.finish()
        return f"{self._replay.size} entries keep every rule, and {self._signatures.count} signatures were checked"

    def _replay_all(self, logs: Iterator[LoggedEntry], steps: Sequence[_Step]) -> None:
        replay, heads, kinds = self._replay, self._heads, self._report.kinds
        due = self._compare_at_size()
        for logged in logs:
            for step in steps:
                step.compare(logged)
            entry = logged.entry
            if entry.number != replay.size:
                raise out_of_place("the node", replay.size, logged, next(logs, None))
            heads.pass_block(logged.block_number, replay.size, replay.head)
            self._at_block = logged.block_number
            replay.apply(entry)
            kinds[entry.kind] = kinds.get(entry.kind, 0) + 1
            if replay.size == due:
                due = self._compare_at_size()
            if replay.size % _TELL == 0:
                self._progress(replay.size, self._size)
        self._progress(replay.size, self._size)

    def _check_beginning(self) -> None:
        """Malformed where there are entries before the block to begin at."""
        first = self._scope.first_block
        before = next(self._chain.entries(0, first - 1), None) if first > 0 else None
        if before is not None:
            raise Malformed(
                f"is after the block of an entry, {before.block_number}: begin with the block of entry 0 or before",
                "from",
            )

    def _sign(self, number: int, signer: bytes, digest: bytes, signature: bytes) -> None:
        self._signatures.add(Signed(number, self._at_block, signer, digest, signature))

    def _compare_at_size(self) -> int:
        """Compare the checkpoints of the present size, if there are any; the next size at which there are, or -1."""
        notes = [notes for notes in (self._held, self._stored) if notes is not None]
        for each in notes:
            if each.next_size == self._replay.size:
                each.compare(self._replay)
        return min((each.next_size for each in notes if each.next_size >= 0), default=-1)

    def _other_nodes(self) -> Iterator[OtherNode]:
        """The other nodes whose chain is the first one's up to the block; a finding for each that cannot be read."""
        for other in self._scope.others:
            name = f"node {other.place}"
            self._report.nodes.append(other.place)
            try:
                node = other.connect()
                self._compare_node(node)
            except (DefiniteNo, Unavailable) as error:
                self._report.findings.append(Finding.of(name, error))
                continue
            yield OtherNode(name, node.entries(self._scope.first_block, self._block))

    # ------------------------------------------------------------------------------------------------------ comparing

    def _compare_code(self) -> str:
        self._chain.check_code()
        return "the deployed code is the shipped artifact's"

    def _compare_given(self) -> str:
        store = self._scope.store
        return self._held.disagreement(lambda size: None if store is None else store.checkpoints.get(size))

    def _compare_node(self, node: Chain) -> None:
        """Raise where another node is of another chain, is behind, or has another word on block and head."""
        if node.origin != self._chain.origin:
            raise HistoryBroken("it is on another chain", expected=self._chain.origin, found=node.origin)
        block_hash = node.block_hash(self._block)
        if block_hash is None:
            raise Unavailable(
                f"the node at {node.place} has no block {self._block} yet: try again when it has", source=Source.CHAIN
            )
        if block_hash != self._report.block_hash:
            raise HistoryBroken(
                f"it has another block {self._block}", expected=self._report.block_hash, found=block_hash
            )
        size, head, _ = node.head(self._block)
        if (size, head) != (self._size, self._head):
            raise HistoryBroken(
                "by its word the contract has another head", expected=f"{self._size}, {hex_text(self._head)}",
                found=f"{size}, {hex_text(head)}",
            )  # fmt: skip

    def _compare_head(self) -> str:
        replay = self._replay
        if (replay.size, replay.head) != (self._size, self._head):
            raise self._heads.first_difference(replay.size, replay.head, self._size, self._head, self._block)
        return f"the contract states the same size and head {hex_text(replay.head)}"

    def _compare_notes(self, complete: bool) -> None:
        replay, as_of_now = self._replay, self._scope.last_block is None
        findings = self._report.findings
        findings.extend(self._held.finish(replay.origin, replay.size, complete))
        if self._stored is not None:
            findings.append(self._stored.finish(replay.size, complete, as_of_now))

    def _compare_store(self, store: Store) -> None:
        find, size = self._report.find, self._replay.size
        find("store index", self._compare_length)
        find("store declarations", lambda: compare_declarations(store, self._wallets.is_contract))
        find("store batches", lambda: compare_batches(store, self._memory, size))
        find("store sets", lambda: compare_sets(store))
        find("store places", lambda: compare_places(store))

    def _compare_length(self) -> str:
        """The index may be behind the chain, not behind what the store has published."""
        held = 0 if self._index is None else self._index.count
        published = 0 if self._stored is None else self._stored.last_size
        broken = self._index is not None and self._index.finish(True).status is not Status.VALID
        if held < published and not broken:
            raise HistoryBroken(
                "the store lacks entries of which it has published a checkpoint",
                expected=f"{published} entries", found=f"{held} entries", number=held,
            )  # fmt: skip
        return f"the index holds the first {held} of {self._replay.size} entries"

    def _compare_block(self) -> str:
        now = self._chain.block_hash(self._block)
        if now != self._report.block_hash:
            raise Unavailable(
                f"the chain was reorganised during the audit: block {self._block} was {self._report.block_hash} and is "
                f"{now or 'gone'}: run again",
                source=Source.CHAIN,
            )
        return f"block {self._block} is the same as when the audit began"

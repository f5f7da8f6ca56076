"""Rebuild: fill a store again, from the chain and from the evidence that holders kept. docs/recovery.md.

The chain has every entry, and the root and size of each batch. A piece of evidence has one declaration with its
party's signature and its inclusion in its batch. Before anything of it is stored, it is verified as by any verifier,
and against the replayed chain. The result names what is still missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ledger.core.anchoring.batches import Batch
from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import SignedNote
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.encoding.ids import Root, SetName
from ledger.core.encoding.reading import hex_text
from ledger.core.evidence.evidence import Evidence
from ledger.core.history.history import History
from ledger.core.history.replay import EntryRef
from ledger.core.tree.merkle import leaf_hash
from ledger.core.tree.tiles import Frontier
from ledger.core.verification.verdict import Question, Status
from ledger.core.verification.verify import verify
from ledger.edges.replay_index import ReplayIndex
from ledger.edges.store import Restoration, Store
from ledger.errors import DefiniteNo, HistoryBroken, VerificationFailed
from ledger.journeys.follow import Follower
from ledger.journeys.progress import StageProgress, no_stages
from ledger.journeys.verify import VerificationRequest


@dataclass(frozen=True, slots=True)
class Gap:
    """A batch or attested set of which members are missing: ``known`` of ``size`` are here.

    ``number``: the entry that anchors the batch, or the first that attests the set.
    """

    root: Root
    size: int
    number: int
    known: int


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What the store has now, and what is still missing.

    ``batches``: how many are anchored in the history, by anybody. ``missing``: those that lack declarations.
    ``sets``: how many are attested in the history. ``missing_members``: those that lack members.

    Declarations, counted: ``restored`` from evidence; ``placed``: pending ones that evidence shows anchored;
    ``recognised``: pending ones that their order shows anchored; ``known``: evidence added nothing; ``elsewhere``:
    anchored twice, and kept here in the other batch; ``pending``: still waiting.

    ``checkpoints``: how many published notes came back. ``refused``: pieces of evidence by name, and why.
    """

    size: int
    head: bytes
    batches: int
    missing: tuple[Gap, ...]
    sets: int
    missing_members: tuple[Gap, ...]
    restored: int
    placed: int
    recognised: int
    known: int
    elsewhere: int
    pending: int
    checkpoints: int
    refused: tuple[tuple[str, str], ...]


def rebuild(
    store: Store,
    follower: Follower,
    evidence: Iterable[tuple[str, bytes]] = (),
    trust: TrustRoot | None = None,
    at: int = 0,
    progress: StageProgress = no_stages,
) -> Rebuilt:
    """Bring a store that is empty, or older than the chain, up to what chain and evidence show.

    Each piece of evidence is one transaction, so a run that was interrupted, run again, goes on. A piece that is
    refused changes nothing and does not stop the others. New checkpoints are stored in the end, when their indexes of
    subjects have been computed. Run it before anything anchors: in a
    store that is older than the chain, pending declarations may be in the history already.

    :param evidence: name and bytes of each file: evidence, or a PDF that carries it.
    :param trust: the log's key and the witnesses' at the time of the evidence. Without it, checkpoints are compared
        with the chain only, and are not stored.
    :param at: now, in seconds: when restored checkpoints were stored.
    :raises Unavailable: the chain or the store is away. :raises HistoryBroken: see ``Follower.refresh``.
    """
    follower.refresh(lambda done, of: progress("entries", done, of))
    with follower.known_history() as history:
        run = _Rebuilding(store, history, trust, at)
        recognised = run.recognise()
        for count, (name, data) in enumerate(evidence, start=1):
            run.take(name, data)
            progress("evidence", count, 0)
        run.keep_checkpoints()
        with store.restoring() as restoring:
            restoring.complete_sets()
        store.batches.mark_final(follower.confirmed)
        return Rebuilt(
            size=history.size,
            head=history.head,
            batches=len(history.anchors),
            missing=run.missing(),
            sets=len(_attested(history)),
            missing_members=run.missing_members(),
            recognised=recognised,
            pending=store.declarations.pending().total,
            refused=tuple(run.refused),
            **run.counts,
        )


@dataclass(slots=True)
class _Rebuilding:
    """One run over a history that is held still."""

    store: Store
    history: History
    trust: TrustRoot | None
    at: int
    checkpoints: dict[int, tuple[str, SignedNote]] = field(default_factory=dict)  # by size, with a piece that has it
    refused: list[tuple[str, str]] = field(default_factory=list)
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("restored", "placed", "known", "elsewhere", "checkpoints"), 0)
    )

    def recognise(self) -> int:
        """Find pending declarations that are anchored in a batch that the store does not have; returns how many.

        A store that was restored from a backup lacks the batches formed since. They were formed from the pending
        declarations in the order in which these wait now. So each such batch is a run of them that leads to an anchored
        root, up to the first batch that also took in declarations that came after the backup.
        """
        held = {(batch.root, batch.size) for batch in self.store.batches.each()}
        unknown = {name: entry for name, entry in self.history.anchors.items() if name not in held}
        sizes = {size for _, size in unknown}
        waiting = self.store.declarations.pending_ids(self.store.declarations.pending().total)
        found, tree = 0, Frontier()
        for end, id_ in enumerate(waiting, start=1):
            tree.append(leaf_hash(id_))
            if tree.size not in sizes or (entry := unknown.get(SetName(tree.root(), tree.size))) is None:
                continue
            with self.store.restoring() as restoring:
                restoring.add_batch(_anchored(SetName(tree.root(), tree.size), entry), waiting[found:end])
            found, tree = end, Frontier()
        return found

    def take(self, name: str, data: bytes) -> None:
        """Verify a piece of evidence and store what it shows, or note why it is refused."""
        try:
            evidence = VerificationRequest.read(data).evidence
            note = self._verified(evidence)
            is_known = note is not None and self._knows(note.checkpoint)
            with self.store.restoring() as restoring:
                kind = self._store(restoring, evidence)
                if note is not None and is_known:
                    restoring.add_checkpoint(note, self.at)
        except DefiniteNo as error:
            self.refused.append((name, str(error)))
            return
        self.counts[kind] += 1
        if note is not None and not is_known:
            before = self.checkpoints.get(note.checkpoint.size)
            self.checkpoints[note.checkpoint.size] = (
                (name, note) if before is None else (before[0], before[1].with_signatures(note))
            )

    def keep_checkpoints(self) -> None:
        """Store the new checkpoints whose index of subjects is that of their entries; refuse the evidence of others.

        One pass over the entries, however many checkpoints there are.
        """
        with ReplayIndex(self.history.origin) as index:
            first = 0
            for size, (name, note) in sorted(self.checkpoints.items()):
                for logged in self.store.entries.read(first, size):
                    index.take(logged.entry)
                first, checkpoint = size, note.checkpoint
                root = index.root(checkpoint.root)
                if root != checkpoint.index:
                    words = (
                        f"its checkpoint has the index {hex_text(checkpoint.index)}, and these entries {hex_text(root)}"
                    )
                    self.refused.append((name, words))
                    continue
                with self.store.restoring() as restoring:
                    restoring.add_checkpoint(note, self.at)
                self.counts["checkpoints"] += 1

    def _knows(self, checkpoint: Checkpoint) -> bool:
        """Whether this checkpoint was published; HistoryBroken if another one of its size was, here or in evidence."""
        stored, taken = self.store.checkpoints.get(checkpoint.size), self.checkpoints.get(checkpoint.size)
        known = stored or (taken and taken[1])
        if known and known.checkpoint != checkpoint:
            raise HistoryBroken(
                f"another checkpoint of size {checkpoint.size} was published", expected=known.checkpoint.text,
                found=checkpoint.text,
            )  # fmt: skip
        return stored is not None

    def missing(self) -> tuple[Gap, ...]:
        """Anchored batches that lack declarations here."""
        whole = {(batch.root, batch.size) for batch in self.store.batches.each()}
        partly = {(batch.root, batch.size): known for batch, known in self.store.batches.partly_known()}
        gaps = [
            Gap(*name, entry.number, partly.get(name, 0))
            for name, entry in self.history.anchors.items()
            if name in partly or name not in whole
        ]
        return tuple(sorted(gaps, key=lambda gap: gap.number))

    def missing_members(self) -> tuple[Gap, ...]:
        """Attested sets, other than batches, that lack members here."""
        attested = _attested(self.history)
        for name in self.history.anchors:
            attested.pop(name, None)
        alone = {root for root, size in attested if size == 1}
        if alone:
            alone -= {leaf_hash(row.id) for row in self.store.declarations.each()}
        inclusions: dict[SetName, int] = {}
        for _, inclusion in self.store.inclusions.each():
            name = SetName(inclusion.root, inclusion.size)
            inclusions[name] = inclusions.get(name, 0) + 1
        gaps = [
            Gap(*name, number, inclusions.get(name, 0))
            for name, number in attested.items()
            if (name[0] in alone if name[1] == 1 else self.store.sets.members(*name) is None)
        ]
        return tuple(sorted(gaps, key=lambda gap: gap.number))

    def _verified(self, evidence: Evidence) -> SignedNote | None:
        """Check that evidence is intact, of this history, and signed by its party.

        Returns its checkpoint with the signatures of known keys; None without a trust root. The threshold is not
        demanded, as the chain itself is asked, but lines of known witnesses must fit.

        :raises VerificationFailed: naming the first check that did not hold.
        """
        if evidence.origin != self.history.origin:
            raise VerificationFailed(f"is of another history, {evidence.origin}")
        trust = self.trust and replace(self.trust, threshold=0)
        at = self.history.last_time  # the chain's clock; what is in it has happened
        verdict = verify(evidence, clock=at, trust=trust, history=self.history)
        asked = [one for one in verdict.checks if one.question is Question.INTACT or one.name == "declaration"]
        for check in asked:
            if check.status is Status.INVALID:
                raise VerificationFailed(f"{check.name}: {check.detail}")
        if trust is None:
            return None
        note = evidence.checkpoint
        known = {
            (key.name, key.id)
            for key in (*trust.log_keys_at(note.checkpoint.size), *(item.witness for item in trust.cosignatures(note)))
        }
        return replace(note, signatures=tuple(line for line in note.signatures if line[:2] in known))

    def _store(self, restoring: Restoration, evidence: Evidence) -> str:
        """Put one verified piece into the store; returns the name of its count."""
        origin, (batch, *sets) = self.history.origin, evidence.inclusions
        id_, name = evidence.declaration.id(origin), SetName(batch.root, batch.size)
        entry = self.history.anchors[name]
        row, stands = restoring.declarations([id_]).get(id_, (None, None))
        if row is None:
            # The time of receipt is lost; the time of anchoring stands in for it.
            restoring.add_declarations([(id_, evidence.declaration, evidence.signature, entry.time)])
        restoring.add_batch(_anchored(name, entry), ())
        attested = [inclusion for inclusion in sets if self.history.attestations_of([inclusion.name])]
        for inclusion in (batch, *attested):
            restoring.add_inclusion(id_, inclusion)
        if row is None:
            return "restored"
        if stands is None:
            return "placed"
        return "known" if SetName(stands.root, stands.size) == name else "elsewhere"


def _anchored(name: SetName, entry: EntryRef) -> Batch:
    """A batch as far as the chain knows it: not when it was formed, nor who sent it."""
    return Batch(0, *name, "anchored", entry.time, None, entry.number, entry.time)


def _attested(history: History) -> dict[SetName, int]:
    """Attested sets, and the number of the first entry about each."""
    found: dict[SetName, int] = {}
    for recorded in history.attestations.values():
        attestation = recorded.attested.attestation
        name = SetName(attestation.root, attestation.size)
        found[name] = min(recorded.entry.number, found.get(name, recorded.entry.number))
    return found

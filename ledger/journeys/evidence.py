"""Evidence: make the evidence of stored declarations under one checkpoint, without reading any batch twice."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from threading import Lock

from ledger.core.checkpoints.note import SignedNote
from ledger.core.document import Redacted
from ledger.core.encoding.ids import DeclarationId, Root, SetName, SubjectKey
from ledger.core.evidence.assembly import assemble
from ledger.core.evidence.evidence import Evidence, ProvenEntry
from ledger.core.evidence.inclusion import BatchTree, Inclusion, set_of_one
from ledger.core.evidence.renewal import Renewal
from ledger.core.history.history import History
from ledger.core.history.rights import MayRead, anybody
from ledger.core.statements.declaration import Declaration
from ledger.core.tree.merkle import leaf_hash, verify_inclusion
from ledger.core.tree.subject_index import IndexProof
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.store import DeclarationRow, Store
from ledger.errors import (
    HistoryBroken,
    Malformed,
    NotAnchoredYet,
    Source,
    Unavailable,
    UnknownDeclaration,
    VerificationFailed,
)
from ledger.journeys.checkpoint import newest_checkpoint, publish_checkpoint
from ledger.journeys.cosign import Witnesses
from ledger.journeys.follow import Follower
from ledger.journeys.index import HistoryIndex
from ledger.journeys.members import learn_members
from ledger.journeys.receive import check_party

log = logging.getLogger(__name__)

_TREES = 4  # a batch of a million has a tree of 64 MiB
_ENTRIES = 4096
_BATCHES = 1024


def trees(store: Store) -> Callable[[Root, int], BatchTree | None]:
    """A function that gives the tree of a batch or set by root and size; a few are kept in memory.

    It gives None if not all members are known, and raises HistoryBroken if they lead to another root.
    """

    @lru_cache(_TREES)
    def read(root: Root, size: int) -> BatchTree:
        ids = store.sets.members(root, size)
        if ids is None:
            raise LookupError  # an exception is not cached, and the members may become known
        members = BatchTree(ids)
        if members.name != (root, size):
            raise HistoryBroken(
                f"the members of a set of {size} in the store do not lead to its root", expected=root.hex(),
                found=members.name[0].hex(),
            )  # fmt: skip
        return members

    def known(root: Root, size: int) -> BatchTree | None:
        try:
            return read(root, size)
        except LookupError:
            return None

    return known


class Gatherer:
    """Makes evidence from a store and a history, which must be held still, as of the checkpoint ``note``.

    :param index: of the history; it keeps that of the checkpoint's size.
    :param members: made by ``trees``; give it where several gatherers follow each other over one store.
    """

    def __init__(
        self,
        history: History,
        note: SignedNote,
        store: Store,
        index: HistoryIndex,
        members: Callable[[Root, int], BatchTree | None] | None = None,
    ) -> None:
        self._history = history
        self._note = note
        self._store = store
        self._index = index
        # Declarations of one batch share the batch, the sets that agencies attested, and nearly all entries.
        self._members = members or trees(store)
        self._prove = lru_cache(_ENTRIES)(self._read_entry)
        self._batch = lru_cache(_BATCHES)(store.batches.get)

    def is_of(self, history: History, note: SignedNote) -> bool:
        """Whether a new gatherer would make the same evidence; entries may have been added since."""
        return history is self._history and note == self._note

    def evidence(self, row: DeclarationRow, sets: Iterable[SetName], document: Redacted | None = None) -> Evidence:
        """The evidence of one declaration, with what ``document`` discloses of it.

        :param sets: root and size of each set that it is a member of, in order.
        :raises NotAnchoredYet: it waits for its batch.
        :raises Unavailable: its batch was anchored after the checkpoint.
        :raises HistoryBroken: the store's batch, or a set, does not lead to its root.
        """
        inclusions = self._inclusions(row, sets)
        return self._assembled(row.declaration, row.signature, inclusions, document)

    def renewed(self, held: Renewal, known: tuple[DeclarationRow, Sequence[SetName]] | None) -> Evidence:
        """Fresh evidence of what a holder has evidence of; raises as ``evidence`` does.

        :param held: its inclusions have been checked; those that this history has are kept.
        :param known: what the store has of the declaration; None if it does not have it.
        """
        has = known is not None and known[0].state in ("anchored", "final")
        found = self._inclusions(*known) if known is not None and has else []
        anchors = self._history.anchors
        ours = [item for item in held.inclusions if item.name in anchors or self._history.attestations_of([item.name])]
        # Without a batch in the store, the first that was anchored is the holder's.
        ours.sort(key=lambda item: item.name not in anchors)
        if not found and not (ours and ours[0].name in anchors):
            raise NotAnchoredYet(held.id)
        if not found:
            self._check_covered(anchors[ours[0].name].number)
        alone = set_of_one(held.id)
        if self._history.attestations_of([alone]):
            ours.append(BatchTree([held.id]).inclusion(held.id))
        inclusions = {item.name: item for item in (*reversed(ours), *reversed(found))}
        ordered = [inclusions[name] for name in dict.fromkeys(item.name for item in (*found, *ours))]
        return self._assembled(held.declaration, held.signature, ordered)

    def _assembled(
        self,
        declaration: Declaration,
        signature: bytes,
        inclusions: Sequence[Inclusion],
        document: Redacted | None = None,
    ) -> Evidence:
        return assemble(
            self._history, self._note, declaration, signature, inclusions, self._prove, self._prove_index, document
        )

    def _prove_index(self, keys: Sequence[SubjectKey]) -> IndexProof:
        return self._index.prove(self._history, keys, self._note.checkpoint.size)

    def _inclusions(self, row: DeclarationRow, sets: Iterable[SetName]) -> list[Inclusion]:
        """In its batch first, and then in each attested set."""
        batch = self._batch(row.batch_id) if row.batch_id is not None and row.state in ("anchored", "final") else None
        entry = None if batch is None else self._history.anchors.get(SetName(batch.root, batch.size))
        if batch is None or entry is None:
            raise NotAnchoredYet(row.id)
        self._check_covered(entry.number)
        inclusions = [self._inclusion(batch.root, batch.size, row.id)]
        alone = BatchTree([row.id])
        for name in dict.fromkeys([alone.name, *sets]):
            if name != (batch.root, batch.size) and self._history.attestations_of([name]):
                inclusions.append(alone.inclusion(row.id) if name == alone.name else self._inclusion(*name, row.id))
        return inclusions

    def _check_covered(self, number: int) -> None:
        if number >= self._note.checkpoint.size:
            raise Unavailable(
                f"its batch is entry {number}, and the newest checkpoint covers {self._note.checkpoint.size} "
                "entries: try again when a later one is signed",
                source=Source.LOG,
            )

    def _inclusion(self, root: Root, size: int, id_: DeclarationId) -> Inclusion:
        """By the members of a batch or set; if not all are known, by what earlier evidence said."""
        members = self._members(root, size)
        if members is not None:
            return members.inclusion(id_)
        kept = self._store.inclusions.get(id_, root, size)
        try:
            if kept is None:
                raise VerificationFailed("some members are missing")
            verify_inclusion(leaf_hash(id_), kept.index, size, kept.proof, root)
        except VerificationFailed as error:
            raise HistoryBroken(
                f"the members of a set of {size} in the store do not lead to its root", expected=root.hex(), found=error
            ) from None
        return kept

    def _read_entry(self, number: int) -> ProvenEntry:
        path = self._history.log.inclusion(number, self._note.checkpoint.size)
        return ProvenEntry(self._store.entries.by_number(number).entry, tuple(path))


class Prover:
    """Makes evidence for many who ask: one look at the chain and one reading of a batch serve all of them.

    :param log_key: signs a checkpoint if there is none yet; None: only checkpoints that others signed are used.
    :param witnesses: are asked to cosign what is signed.
    :param max_age: how old a look at the chain may be, in seconds.
    """

    def __init__(
        self,
        store: Store,
        follower: Follower,
        log_key: SigningKey | None,
        witnesses: Witnesses | None = None,
        max_age: float = 0.0,
    ) -> None:
        self._store = store
        self._follower = follower
        self._log_key = log_key
        self._witnesses = witnesses
        self._max_age = max_age
        self._members = trees(store)
        self._gatherer: Gatherer | None = None
        self._lock = Lock()
        self._looked_at = -math.inf

    def evidence(
        self, id_: DeclarationId, at: int, document: Redacted | None = None, may_read: MayRead = anybody
    ) -> Evidence:
        """The evidence of a declaration as the history stands now, with what ``document`` discloses of it.

        If the chain is away, or no key here may sign, it is as of the newest checkpoint that was signed before.

        :param may_read: whether who asks may have it; the answer to others is that of an unknown one.
        :raises Malformed: the document is another one, or too large to be disclosed.
        :raises UnknownDeclaration: the store does not have it, or not for who asks.
        :raises NotAnchoredYet: it is accepted and waits for its batch.
        :raises Unavailable: no checkpoint covers it, and none can be signed.
        """
        found = self._store.declarations.get_with_sets(id_)
        if found is None or not may_read(found[0].declaration):
            raise UnknownDeclaration(id_)
        row, sets = found
        if document is not None and document.digest != row.declaration.digest:
            raise Malformed(
                f"has the digest 0x{document.digest.hex()}: not the document of this declaration", "document"
            )
        return self._recent(at, lambda gatherer: gatherer.evidence(row, sets, document))

    def renewed(self, held: Renewal, at: int) -> Evidence:
        """Fresh evidence for a holder of evidence, whether or not the store has the declaration; without the document.

        What the evidence shows of attested sets that are not known here is kept (``learn_members``).

        :raises Malformed: it is of another history, or an inclusion does not lead to its root.
        :raises Refused: its party did not sign it.
        :raises NotAnchoredYet: this history has none of its batches.
        :raises Unavailable: no checkpoint covers it, and none can be signed.
        """
        origin = self._store.origin
        if held.origin != origin:
            raise Malformed(f"is another history's: this server has {origin}", "origin")
        check_party(origin, held.declaration.party, held.id, held.signature)
        for number, item in enumerate(held.inclusions):
            try:
                verify_inclusion(leaf_hash(held.id), item.index, item.size, item.proof, item.root)
            except VerificationFailed as error:
                raise Malformed(str(error), f"inclusions[{number}]") from None
        known = self._store.declarations.get_with_sets(held.id)
        made = self._recent(at, lambda gatherer: gatherer.renewed(held, known))
        try:
            with self._follower.known_history() as history:
                learn_members(held, self._store, history)
        except (Unavailable, HistoryBroken) as error:
            log.warning("what evidence shows of attested sets is not kept: %s", error)
        return made

    def _recent(self, at: int, gather: Callable[[Gatherer], Evidence]) -> Evidence:
        self._look(at, self._max_age)
        try:
            return self._gather(gather)
        except Unavailable:
            if not self._look(at, 0.0):
                raise
        return self._gather(gather)

    def _gather(self, gather: Callable[[Gatherer], Evidence]) -> Evidence:
        with self._follower.known_history():  # held still, so that nothing moves meanwhile
            if self._gatherer is None:
                raise Unavailable(
                    "no key here may sign a checkpoint: set log_key, or ask the log's operator for evidence",
                    source=Source.KEY,
                )
            return gather(self._gatherer)

    def _look(self, at: int, max_age: float) -> bool:
        """See what is new on the chain and sign it; returns whether the last look was older than ``max_age`` seconds.

        While another thread signs, the previous checkpoint is used if there is one.
        """
        signs = self._log_key
        try:
            if self._gatherer is None or self._max_age == 0:
                self._follower.refresh(max_age=self._max_age)
            else:
                self._follower.refresh_unless_busy(self._max_age)
        except (Unavailable, HistoryBroken) as error:
            if self._gatherer is None and isinstance(error, HistoryBroken):
                raise
            log.warning("evidence without the chain: %s", error)
            signs = None  # nothing is signed that the chain does not confirm now
        if signs is not None and self._follower.refreshed_at - self._looked_at <= max_age:
            return False
        if self._lock.acquire(blocking=self._gatherer is None or max_age == 0):
            try:
                self._publish(signs, at)
            finally:
                self._lock.release()
        return True

    def _publish(self, signs: SigningKey | None, at: int) -> None:
        """Sign what is new, have it cosigned, and make evidence under it from then on."""
        looked_at = self._follower.refreshed_at
        try:
            published = publish_checkpoint(self._follower, self._store, signs, at)
        except Unavailable as error:
            log.warning("evidence as of an earlier checkpoint: %s", error)
            published = None
        at_most = None if published is None else self._cosigned(published, at)
        with self._follower.known_history() as history:
            note = newest_checkpoint(history, self._store, at_most)
            if note is None:
                self._gatherer = None
            elif self._gatherer is None or not self._gatherer.is_of(history, note):
                self._gatherer = Gatherer(history, note, self._store, self._follower.index, self._members)
        self._looked_at = looked_at if signs is not None else -math.inf

    def _cosigned(self, published: SignedNote, at: int) -> int | None:
        """Ask the witnesses; return the size of the checkpoint to make evidence under, None for the newest.

        Another thread may have signed a newer one meanwhile: the witnesses are asked about that one, too, once.
        """
        if self._witnesses is None:
            return None
        best = self._witnesses.cosign(published, self._follower, at)
        with self._follower.known_history() as history:
            newest = newest_checkpoint(history, self._store)
        if newest is not None and newest.checkpoint.size > published.checkpoint.size:
            newest = self._witnesses.cosign(newest, self._follower, at)
            if self._witnesses.lines_on(newest) >= self._witnesses.lines_on(best):
                best = newest
        return best.checkpoint.size


def evidence_of(
    id_: DeclarationId,
    store: Store,
    follower: Follower,
    log_key: SigningKey | None,
    at: int,
    document: Redacted | None = None,
    witnesses: Witnesses | None = None,
) -> Evidence:
    """The evidence of one declaration; see ``Prover.evidence``."""
    return Prover(store, follower, log_key, witnesses).evidence(id_, at, document)

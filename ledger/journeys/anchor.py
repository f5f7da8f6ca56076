"""Anchor: pending declarations become a batch, one transaction, an entry, a checkpoint; resumed wherever it stopped."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.core.checkpoint import Checkpoint, NoteKey, SignedNote, signed
from ledger.core.history import History
from ledger.core.merkle import leaf_hash, root_of_hashes
from ledger.core.typed_data import Origin
from ledger.edges import chain as ch
from ledger.edges.keys import SigningKey
from ledger.edges.store import Batch, Store
from ledger.errors import Unavailable
from ledger.journeys.follow import Follower, Progress, quiet


@dataclass(frozen=True, slots=True)
class AnchorReport:
    """What one round of anchoring did; ``receipt`` is None where the batch turned out to be anchored already."""

    batch: Batch
    receipt: ch.Receipt | None


class Anchorer:
    """Forms and sends batches. One at a time uses a store; each step is durable before the next begins."""

    def __init__(
        self, chain: ch.Chain, store: Store, follower: Follower, relayer: SigningKey, log_key: SigningKey | None
    ) -> None:
        self._chain = chain
        self._store = store
        self._follower = follower
        self._relayer = relayer
        self._log_key = log_key

    def run(self, max_size: int, at: int, progress: Progress = quiet) -> list[AnchorReport]:
        """Finish batches left over, then anchor all that is pending in batches of ``max_size``; publish a checkpoint.

        ``at`` is the time now in seconds. Interrupted anywhere, the next run goes on: a batch is stored before it is
        sent, and whether it arrived is read from the history, so it is anchored once.
        """
        reports = [self._finish(batch) for batch in self._store.unfinished()]
        while (batch := self._form(max_size, at)) is not None:
            reports.append(self._finish(batch))
            progress(len(reports), len(reports))
        if reports:
            self.publish(at)
        return reports

    def publish(self, at: int) -> SignedNote | None:
        """Sign and store a checkpoint of the history as it stands; None without a log key or without news."""
        history = self._follower.refresh()
        return publish_checkpoint(history, self._store, self._log_key, at)

    def _form(self, max_size: int, at: int) -> Batch | None:
        ids = self._store.pending_ids(max_size)
        if not ids:
            return None
        root = root_of_hashes([leaf_hash(id_) for id_ in ids])
        return self._store.form_batch(root, ids, at)

    def _finish(self, batch: Batch) -> AnchorReport:
        history = self._follower.refresh()
        receipt = None
        if (batch.root, batch.size) not in history.anchors:
            receipt = self._chain.submit(ch.anchor(batch.root, batch.size), self._relayer)
            self._store.mark_sent(batch.id, receipt.tx_hash)
            history = self._follower.refresh()
        mark = history.anchors[batch.root, batch.size]
        self._store.mark_anchored(batch.id, mark.number, mark.time)
        return AnchorReport(batch, receipt)


def publish_checkpoint(history: History, store: Store, log_key: SigningKey | None, at: int) -> SignedNote | None:
    """Sign a checkpoint of ``history`` with the log's Ed25519 key and store it forever, unless this size has one.

    :raises Unavailable: this size was signed with another root, before a reorganisation. Two notes of one size would
        look like two histories, so nothing is signed until the next entry.
    """
    if log_key is None or history.size == 0:
        return None
    known = store.checkpoint(history.size)
    checkpoint = Checkpoint(history.origin, history.size, history.log.root())
    if known is not None:
        note = SignedNote.parse(known)
        if note.checkpoint != checkpoint:
            raise Unavailable(f"{history.size} entries were signed before a reorganisation: try after the next entry")
        return note
    note = signed(checkpoint, note_key(history.origin, log_key), log_key.sign_note(checkpoint.text.encode()))
    store.save_checkpoint(history.size, checkpoint.root, str(note), at)
    return note


def note_key(origin: Origin, log_key: SigningKey) -> NoteKey:
    """The verifier key of this log: named after the origin."""
    return NoteKey(str(origin), log_key.public_key)

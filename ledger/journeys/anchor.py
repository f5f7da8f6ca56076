"""Anchor: pending declarations become a batch, one transaction, an entry, a checkpoint; resumed wherever it stopped."""

from __future__ import annotations

import logging
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

log = logging.getLogger(__name__)


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
        self._follower.refresh()
        return publish_checkpoint(self._follower, self._store, self._log_key, at)

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


def publish_checkpoint(follower: Follower, store: Store, log_key: SigningKey | None, at: int) -> SignedNote | None:
    """Sign a checkpoint of the entries that are confirmed, as of the latest refresh, and store it forever.

    Returns the note that is there already where this size has one; None without a log key or without entries.

    :raises Unavailable: this size was signed with another root, before a reorganisation. Two notes of one size would
        look like two histories, so nothing is signed until the next entry.
    """
    with follower.facts(fresh=False) as history:
        size = follower.confirmed
        if log_key is None or size == 0:
            return None
        checkpoint = Checkpoint(history.origin, size, history.log.root(size))
        known = store.checkpoint(size)
        if known is not None:
            note = SignedNote.parse(known)
            if note.checkpoint != checkpoint:
                raise Unavailable(f"{size} entries were signed before a reorganisation: try after the next entry")
            return note
        _look_back(history, store, size)
    note = signed(checkpoint, note_key(checkpoint.origin, log_key), log_key.sign_note(checkpoint.text.encode()))
    store.save_checkpoint(size, checkpoint.root, str(note), at)
    return note


def _look_back(history: History, store: Store, size: int) -> None:
    """Say it where the chain took back what was signed: witnesses will not go along, and auditors will name it."""
    text = store.latest_checkpoint(size)
    before = None if text is None else SignedNote.parse(text).checkpoint
    if before is not None and history.log.root(before.size) != before.root:
        log.error(
            "a reorganisation took back entries of the checkpoint of %d entries that was signed: witnesses will refuse "
            "what is signed from now on; raise `confirmations`", before.size,
        )  # fmt: skip


def note_key(origin: Origin, log_key: SigningKey) -> NoteKey:
    """The verifier key of this log: named after the origin."""
    return NoteKey(str(origin), log_key.public_key)

"""Witness: cosign a log's checkpoint if it extends the last one, and if our own node has the same history.

This is the witness of C2SP tlog-witness (https://c2sp.org/tlog-witness), with one check more. The consistency proof
shows that the log rewrote nothing; our own replay shows that the chain has these entries.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import Enum, auto
from threading import Lock

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import KeyType, NoteKey, SignedNote, cosigned, cosigned_text
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.checkpoints.witness_requests import AddCheckpoint
from ledger.core.encoding.ids import IndexRoot
from ledger.core.encoding.reading import hex_text
from ledger.core.history.entry import Entry
from ledger.core.tree.index_difference import IndexAt
from ledger.core.tree.merkle import verify_consistency
from ledger.core.tree.subject_index import EMPTY_INDEX
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.published_log import PublishedLog
from ledger.edges.store import Store
from ledger.errors import Malformed, Source, Unavailable, VerificationFailed
from ledger.journeys.follow import Follower
from ledger.journeys.index_difference import other_index

log = logging.getLogger(__name__)

GRACE_SECONDS = 600  # twice the longest time for which a log leaves a witness alone (cosign.LONGEST_PAUSE_SECONDS)


class WitnessRefusal(Enum):
    """Why a checkpoint is not cosigned."""

    UNKNOWN_LOG = auto()
    NOT_SIGNED = auto()
    SEEN_ANOTHER = auto()
    TWO_ROOTS = auto()
    NOT_CONSISTENT = auto()
    OTHER_HISTORY = auto()
    OTHER_INDEX = auto()
    WITHHELD = auto()


class NotCosigned(VerificationFailed):
    """A checkpoint was refused. ``size``: if the reason is SEEN_ANOTHER, the size that was cosigned last."""

    def __init__(self, reason: WitnessRefusal, words: str, size: int = 0) -> None:
        super().__init__(words)
        self.reason = reason
        self.size = size


class Witness:
    """The witness of one log. Its store remembers what it signed; no other witness may use the same store."""

    def __init__(
        self,
        trust: TrustRoot,
        name: str,
        key: SigningKey,
        store: Store,
        follower: Callable[[], Follower],
        grace: int = GRACE_SECONDS,
        published: PublishedLog | None = None,
    ) -> None:
        """
        :param follower: gives the follower of our own node with each checkpoint; raises Unavailable while it is away.
        :param grace: for so many seconds our node may have a confirmed entry that a checkpoint lacks, and its newest
            block may be so old.
        :param published: the log where it is served, to say in which subject an index differs that it signed.
        :raises Malformed: the name is not that of a note key, or the key is not Ed25519 or is the log's own.
        """
        key.sign_note(b"")
        if any(key.public_key == log_key.public_key for log_key, _ in trust.log_keys):
            raise Malformed("is the log's own key: a witness has one of its own", "witness_key")
        self.key = NoteKey(name, key.public_key, KeyType.WITNESS)
        self._trust = trust
        self._signing = key
        self._store = store
        self._follower = follower
        self._grace = grace
        self._published = published
        self._comparing = Lock()
        self._compared: tuple[Checkpoint, str] | None = None

    def add_checkpoint(self, body: bytes, at: int) -> SignedNote:
        """Decide on the body of an ``add-checkpoint`` request at ``at`` (seconds); returns a note with our line alone.

        A checkpoint is noted on disk before it is signed. If the process is killed in between, nobody has the
        signature, and the log gets it when it asks again.

        :raises Malformed: the request does not have the shape that the protocol prescribes.
        :raises NotCosigned: the request has that shape and is refused.
        :raises Unavailable: our node is away, has not confirmed as many entries yet, or has no recent block. Ask again
            later.
        """
        request = AddCheckpoint.parse(body)
        if request.origin != str(self._trust.origin):
            raise NotCosigned(WitnessRefusal.UNKNOWN_LOG, "this witness does not cosign that log")
        note = SignedNote.parse(request.note)
        try:
            self._trust.verify_log(note)
        except VerificationFailed as error:
            raise NotCosigned(WitnessRefusal.NOT_SIGNED, str(error)) from None
        checkpoint = note.checkpoint
        if request.old_size > checkpoint.size:
            raise Malformed("the old size is greater than the checkpoint's", "request")
        newest = self._store.cosigned.newest()
        if request.old_size != newest.size:
            raise NotCosigned(WitnessRefusal.SEEN_ANOTHER, f"{newest.size} entries were cosigned last", newest.size)
        try:
            self._follows(checkpoint, newest, request.proof)
            self._is_on_the_chain(checkpoint, at)
        except NotCosigned as refused:
            # The log signed this, so it may prove that the log shows two histories: keep all of it.
            log.error("not cosigned, %s: %r", refused, str(note))
            raise
        found = self._store.cosigned.record(newest.size, checkpoint, at)
        if found != checkpoint:
            raise NotCosigned(WitnessRefusal.SEEN_ANOTHER, f"{found.size} entries were cosigned meanwhile", found.size)
        log.info("cosigned %d entries", checkpoint.size)
        return cosigned(checkpoint, self.key, at, self._signing.sign_note(cosigned_text(checkpoint, at)))

    def _follows(self, checkpoint: Checkpoint, newest: Checkpoint, proof: tuple[bytes, ...]) -> None:
        size, root = newest.size, newest.root
        if checkpoint.size == size and checkpoint.root != root:
            words = f"two roots for {size} entries, {hex_text(root)} was cosigned before"
            raise NotCosigned(WitnessRefusal.TWO_ROOTS, words)
        if checkpoint.size == size and checkpoint.index != newest.index:
            words = f"two indexes for {size} entries, {hex_text(newest.index)} was cosigned before"
            raise NotCosigned(WitnessRefusal.TWO_ROOTS, f"{words}: {self._difference(checkpoint, newest.index)}")
        try:
            verify_consistency(size, checkpoint.size, proof, root, checkpoint.root)
        except VerificationFailed as error:
            raise NotCosigned(WitnessRefusal.NOT_CONSISTENT, str(error)) from None

    def _is_on_the_chain(self, checkpoint: Checkpoint, at: int) -> None:
        follower = self._follower()
        with follower.fresh_history() as history:
            confirmed = follower.confirmed
            if checkpoint.size > confirmed:
                # Not a refusal: the log's node may be ahead of ours by a block.
                raise Unavailable(
                    f"our node has confirmed {confirmed} entries, and the checkpoint has {checkpoint.size}",
                    source=Source.CHAIN,
                )
            root = history.log.root(checkpoint.size)
            index = follower.index.root(history, checkpoint.size) if root == checkpoint.root else EMPTY_INDEX
        if root != checkpoint.root:
            words = f"our node's first {checkpoint.size} entries have the root {hex_text(root)}"
            raise NotCosigned(WitnessRefusal.OTHER_HISTORY, words)
        if index != checkpoint.index:
            raise NotCosigned(WitnessRefusal.OTHER_INDEX, self._difference(checkpoint, index))
        self._is_recent(checkpoint, follower, confirmed, at)

    def _difference(self, checkpoint: Checkpoint, index: IndexRoot) -> str:
        """The finding that the log signed another index than its entries have, in words.

        The log, which may be slow, is asked once about a checkpoint, and by one thread at a time.
        """
        known = self._compared
        if known is not None and known[0] == checkpoint:
            return known[1]
        ours = IndexAt(self._store.index_pages, checkpoint.size, index)
        if not self._comparing.acquire(blocking=False):
            return str(other_index(ours, checkpoint.index, [], checkpoint.origin, self._entry))
        try:
            shown = [] if self._published is None else [self._published.pages()]
            words = str(other_index(ours, checkpoint.index, shown, checkpoint.origin, self._entry))
            self._compared = checkpoint, words
        finally:
            self._comparing.release()
        return words

    def _entry(self, number: int) -> Entry | None:
        try:
            return self._store.entries.by_number(number).entry
        except KeyError:
            return None

    def _is_recent(self, checkpoint: Checkpoint, follower: Follower, confirmed: int, at: int) -> None:
        """Check that the log does not keep from us what our node has, and that our node would have it.

        Our cosignature says that the history had no other end at its time. A verifier counts on that.
        """
        if checkpoint.size < confirmed:
            age = at - follower.confirmed_at(checkpoint.size)
            if age > self._grace:
                words = f"our node has had entry {checkpoint.size} for {age} seconds, and the checkpoint lacks it"
                raise NotCosigned(WitnessRefusal.WITHHELD, words)
        age = at - follower.block_time
        if age > self._grace:
            raise Unavailable(f"our node's newest block is {age} seconds old: is it cut off?", source=Source.CHAIN)

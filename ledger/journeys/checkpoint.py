"""Checkpoints of the log: sign one of what is confirmed, and find the newest of a history."""

from __future__ import annotations

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import NoteKey, SignedNote, signed
from ledger.core.encoding.ids import IndexRoot
from ledger.core.encoding.reading import hex_text
from ledger.core.history.history import History
from ledger.core.statements.origin import Origin
from ledger.core.tree.index_pages import Indexed
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.store import Store
from ledger.errors import Source, Unavailable
from ledger.journeys.follow import Follower
from ledger.journeys.index import kept_root


def publish_checkpoint(follower: Follower, store: Store, log_key: SigningKey | None, at: int) -> SignedNote | None:
    """Sign a checkpoint of the entries that are confirmed, as of the latest refresh, and store it forever.

    If this size has a note already, that note is returned, signed with this key too; without a log key or without
    entries, None. If another process saw more and signed a greater size, the newest note up to this size is returned,
    or None.

    :raises Unavailable: the chain took back, or this node hides, what was signed. Another signature would make two
        histories under one key, so nothing is signed until the history leads there again (docs/operations.md).
    """
    with follower.known_history() as history:
        size = follower.confirmed
        if log_key is None or size == 0:
            return None
        key = note_key(history.origin, log_key)
        before = store.checkpoints.newest(size)
        if before is not None:
            checkpoint = before.checkpoint
            if history.log.root(checkpoint.size) != checkpoint.root and before.names(key):
                raise Unavailable(
                    f"the chain took back what was signed: {checkpoint.size} entries have another root now. Nothing is "
                    "signed; see docs/operations.md",
                    source=Source.CHAIN,
                )
            if checkpoint.size == size:
                if checkpoint.root == history.log.root(size):
                    _check_index(checkpoint, follower.index.root(history, size))
                    return before if before.names(key) else store.checkpoints.add_signatures(_sign(checkpoint, log_key))
                raise Unavailable(
                    f"an earlier key of this log signed another root for {size} entries, and that signature stays: the "
                    "checkpoint of the next entry will be signed",
                    source=Source.CHAIN,
                )
        newest = store.checkpoints.newest()
        if newest is not None and newest.checkpoint.size > size and newest.names(key):
            return before
        index = follower.index.root(history, size)
        checkpoint = Checkpoint(history.origin, size, history.log.root(size), index)
    note = _sign(checkpoint, log_key)
    store.checkpoints.save(note, at)
    return note


def _check_index(checkpoint: Checkpoint, index: IndexRoot) -> None:
    """Unavailable if a checkpoint of these very entries was signed with another index than they have."""
    if checkpoint.index != index:
        raise Unavailable(
            f"a checkpoint of these {checkpoint.size} entries was signed with the index {hex_text(checkpoint.index)}, "
            f"and they have {hex_text(index)}. That signature stays: the checkpoint of the next entry will be signed",
            source=Source.LOG,
        )


def _sign(checkpoint: Checkpoint, log_key: SigningKey) -> SignedNote:
    return signed(checkpoint, note_key(checkpoint.origin, log_key), log_key.sign_note(checkpoint.text.encode()))


def note_key(origin: Origin, log_key: SigningKey) -> NoteKey:
    """The verifier key of this log: named after the origin."""
    return NoteKey(str(origin), log_key.public_key)


def newest_checkpoint(history: History, store: Store, at_most: int | None = None) -> SignedNote | None:
    """The greatest stored checkpoint of this history, of ``at_most`` entries if that is given; None if there is none.

    A checkpoint that was signed before a reorganisation stays in the store and is ignored here. So is one of these
    entries with another index than the store keeps of them: no evidence could be proven under it. The index of an
    older size is not kept, and not compared.
    """
    size = history.size if at_most is None else min(at_most, history.size)
    while size > 0 and (note := store.checkpoints.newest(size)) is not None:
        checkpoint = note.checkpoint
        if checkpoint.root == history.log.root(checkpoint.size):
            index = kept_root(store, Indexed(checkpoint.size, checkpoint.root))
            if index is None or index == checkpoint.index:
                return note
        size = checkpoint.size - 1
    return None

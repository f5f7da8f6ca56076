"""Gather: the evidence of stored declarations under one checkpoint, many of them without reading a batch twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from ledger.core.checkpoints.note import SignedNote
from ledger.core.document import Redacted
from ledger.core.evidence.assembly import assemble
from ledger.core.evidence.evidence import Evidence, ProvenEntry
from ledger.core.evidence.inclusion import Members, Place
from ledger.core.history.history import History
from ledger.core.tree.merkle import leaf_hash, verify_inclusion
from ledger.edges.store import DeclarationRow, Store
from ledger.errors import HistoryBroken, NotAnchoredYet, Unavailable, VerificationFailed

_TREES = 4  # a batch of a million has a tree of 64 MiB
_ENTRIES = 4096
_BATCHES = 1024


def trees(store: Store) -> Callable[[bytes, int], Members | None]:
    """The members of batches and sets by root and size, with their tree; a few are kept in memory.

    None where not all are known; HistoryBroken where they lead to another root.
    """

    @lru_cache(_TREES)
    def read(root: bytes, size: int) -> Members:
        ids = store.sets.members(root, size)
        if ids is None:
            raise LookupError  # which is not kept: they may become known
        members = Members(ids)
        if members.name != (root, size):
            raise HistoryBroken(
                f"the members of a set of {size} in the store lead elsewhere", expected=root.hex(),
                found=members.name[0].hex(),
            )  # fmt: skip
        return members

    def known(root: bytes, size: int) -> Members | None:
        try:
            return read(root, size)
        except LookupError:
            return None

    return known


class Gatherer:
    """Makes evidence from a store and a history that is held still meanwhile, as of the checkpoint ``note``.

    :param members: those of ``Trees``, for who makes one gatherer after the other.
    """

    def __init__(
        self,
        history: History,
        note: SignedNote,
        store: Store,
        members: Callable[[bytes, int], Members | None] | None = None,
    ) -> None:
        self._history = history
        self._note = note
        self._store = store
        # Declarations of one batch share it, the sets that agencies attested, and all entries but a few.
        self._members = members or trees(store)
        self._prove = lru_cache(_ENTRIES)(self._read_entry)
        self._batch = lru_cache(_BATCHES)(store.batches.get)

    def is_of(self, history: History, note: SignedNote) -> bool:
        """Whether it would say the same as a new one; entries may have been added since."""
        return history is self._history and note == self._note

    def evidence(
        self, row: DeclarationRow, sets: Iterable[tuple[bytes, int]], document: Redacted | None = None
    ) -> Evidence:
        """The evidence of one declaration, with what ``document`` discloses of it.

        :param sets: root and size of each that it is a member of, in order.

        :raises NotAnchoredYet: it waits for its batch.
        :raises Unavailable: its batch was anchored after the checkpoint.
        :raises HistoryBroken: the store's batch, or a set, does not lead to its root.
        """
        batch = self._batch(row.batch_id) if row.batch_id is not None and row.state in ("anchored", "final") else None
        mark = None if batch is None else self._history.anchors.get((batch.root, batch.size))
        if batch is None or mark is None:
            raise NotAnchoredYet(row.id)
        if mark.number >= self._note.checkpoint.size:
            raise Unavailable(
                f"its batch is entry {mark.number}, and the newest checkpoint covers {self._note.checkpoint.size} "
                "entries: try again when a later one is signed"
            )
        places = [self._place(batch.root, batch.size, row.id)]
        alone = Members([row.id])
        for root, size in dict.fromkeys([alone.name, *sets]):
            if (root, size) != (batch.root, batch.size) and self._history.attestations_of([(root, size)]):
                places.append(alone.place(row.id) if (root, size) == alone.name else self._place(root, size, row.id))
        return assemble(self._history, self._note, row.declaration, row.signature, places, self._prove, document)

    def _place(self, root: bytes, size: int, id_: bytes) -> Place:
        """By the members of a batch or set; where not all are known, by what earlier evidence said."""
        members = self._members(root, size)
        if members is not None:
            return members.place(id_)
        kept = self._store.inclusions.get(id_, root, size)
        try:
            if kept is None:
                raise VerificationFailed("some are missing")
            verify_inclusion(leaf_hash(id_), kept.index, size, kept.proof, root)
        except VerificationFailed as error:
            raise HistoryBroken(
                f"the members of a set of {size} in the store lead elsewhere", expected=root.hex(), found=error
            ) from None
        return kept

    def _read_entry(self, number: int) -> ProvenEntry:
        path = self._history.log.inclusion(number, self._note.checkpoint.size)
        return ProvenEntry(self._store.entries.by_number(number).entry, tuple(path))


def newest_checkpoint(history: History, store: Store) -> SignedNote | None:
    """The greatest stored checkpoint that is of this history; None where there is none.

    One that was signed before a reorganisation stays in the store, and is passed over here.
    """
    size = history.size
    while size > 0 and (note := store.checkpoints.newest(size)) is not None:
        if note.checkpoint.root == history.log.root(note.checkpoint.size):
            return note
        size = note.checkpoint.size - 1
    return None

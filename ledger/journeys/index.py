"""Index: keep the index of subjects of a followed history in the store, for the sizes of its checkpoints.

It follows from the entries. It is brought from one checkpoint to the next by what was added, goes back with a
reorganisation, and is made anew where the store has none, or another one than these entries give.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import TypeVar

from ledger.core.encoding.ids import IndexRoot, SubjectKey
from ledger.core.history.entry import Entry
from ledger.core.history.history import History
from ledger.core.history.subjects import subject_key, subjects_of
from ledger.core.tree.index_files import PageName, page_file
from ledger.core.tree.index_pages import Indexed, Kept, SubjectIndex
from ledger.core.tree.subject_index import EMPTY_INDEX, IndexProof
from ledger.edges.replay_index import ReplayIndex
from ledger.edges.store import Store
from ledger.edges.store.index_pages import IndexMoved
from ledger.edges.subject_lists import SubjectLists
from ledger.errors import HistoryBroken, Source, Unavailable, VerificationFailed

log = logging.getLogger(__name__)
_KEPT = 16  # of the newest sizes, at least
_TRIES = 3  # while other processes write the index too
Answer = TypeVar("Answer")


class HistoryIndex:
    """The index of the history that a store follows. Safe to use from threads and from several processes.

    The history that is given must be held still, and its entries must be in the store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._index = SubjectIndex(store.index_pages)
        self._lock = Lock()
        self._aside: tuple[Indexed, ReplayIndex] | None = None
        self._proven: Kept | None = None

    def root(self, history: History, size: int) -> IndexRoot:
        """The root of the index of the first ``size`` entries, which is kept then.

        :raises Unavailable: the store is away, or another process writes the index at the same time.
        """
        if size == 0:
            return EMPTY_INDEX
        return self._ask(
            history, size, lambda: self._index.root(size), lambda aside: aside.root(history.log.root(size))
        )

    def prove(self, history: History, keys: Sequence[SubjectKey], size: int) -> IndexProof:
        """The lists of these keys, distinct and ascending, among the first ``size`` entries, with their proof.

        It is quick for the sizes of the newest checkpoints. For another, the whole index is made in a temporary file.

        :raises Unavailable: as for ``root``.
        """
        with self._lock:
            if (proof := self._prove_again(keys, _named(history, size))) is not None:
                return proof
        return self._ask(history, size, lambda: self._prove(keys, size), lambda aside: aside.prove(keys))

    def _prove_again(self, keys: Sequence[SubjectKey], named: Indexed) -> IndexProof | None:
        """A proof of the same checkpoint as the one before, as most are: what is kept is not asked again.

        None if it is of another, or if another process has forgotten or replaced a page meanwhile.
        """
        kept = self._proven
        if kept is None or kept.of != named:
            return None
        try:
            proof = self._index.prove_kept(keys, kept)
            if proof.root(keys) == kept.root:
                return proof
        except (HistoryBroken, VerificationFailed) as error:
            log.info("the pages of the index have changed: %s", error)
        self._proven = None
        return None

    def _prove(self, keys: Sequence[SubjectKey], size: int) -> IndexProof:
        kept = self._index.kept_at(size)
        proof = self._index.prove_kept(keys, kept)
        self._proven = kept
        return proof

    def _ask(
        self,
        history: History,
        size: int,
        kept: Callable[[], Answer],
        aside: Callable[[ReplayIndex], Answer],
    ) -> Answer:
        def ask() -> Answer:
            return kept() if self._bring_to(history, size) else aside(self._made_aside(history, size))

        with self._lock:
            for _ in range(_TRIES):
                try:
                    return ask()
                except (IndexMoved, KeyError) as error:
                    log.info("another process writes the index of subjects: %s", error)
                except HistoryBroken as error:
                    # The pages are a copy: they are made again from the entries.
                    log.warning("the store's index of subjects will be made anew: %s", error)
                    self._index.back_to(0)
            return ask()

    def _bring_to(self, history: History, size: int) -> bool:
        """Keep the index of this size, if it is not older than all that are kept; returns whether it is kept."""
        named = _named(history, size)
        ours = [
            kept for kept in self._index.kept if kept.size <= history.size and _named(history, kept.size) == kept.of
        ]
        if any(kept.of == named for kept in ours):
            return True
        if ours and ours[-1].size > size:
            return False
        before = self._index.back_to(ours[-1].size if ours else 0)
        lists = SubjectLists()
        try:
            for entry in self._entries(history, before, size):
                for subject in subjects_of(entry, history.origin):
                    lists.add(subject_key(subject), entry.number)
            self._index.advance(lists.take(), named, before)
        finally:
            lists.close()
        if len(self._index.kept) > 2 * _KEPT:
            self._index.keep(_KEPT)
        return True

    def _made_aside(self, history: History, size: int) -> ReplayIndex:
        """The index of an older size, in a temporary file; the last one is kept."""
        named = _named(history, size)
        if self._aside is None or self._aside[0] != named:
            if self._aside is not None:
                self._aside[1].close()
                self._aside = None
            made = ReplayIndex(history.origin)
            for entry in self._entries(history, 0, size):
                made.take(entry)
            made.root(named.root)
            self._aside = named, made
        return self._aside[1]

    def _entries(self, history: History, first: int, size: int) -> Iterator[Entry]:
        """The entries of the history, from the store."""
        number = first
        for logged in self._store.entries.read(first, size):
            if logged.entry.number != number or logged.entry.hash != history.log.leaf(number):
                break
            yield logged.entry
            number += 1
        if number < size:
            raise Unavailable(
                f"the store does not have entry {number} of the history that was read: try again", source=Source.STORE
            )


def kept_root(store: Store, of: Indexed) -> IndexRoot | None:
    """The root of the index of these entries if the store keeps it; None otherwise, and nothing is made.

    So whoever asks about a size that he chose costs one look into the store.
    """
    return next((kept.root for kept in store.index_pages.kept() if kept.of == of), None)


def published_page(store: Store, name: PageName) -> bytes | None:
    """A page of the index as the log serves it; None if it has none.

    Only of a size at which a checkpoint says this index, and while the store keeps it: so it never changes.

    :raises HistoryBroken: the stored page was changed.
    """
    note = store.checkpoints.get(name.size)
    if note is None:
        return None
    checkpoint, pages = note.checkpoint, store.index_pages
    said = Kept(Indexed(checkpoint.size, checkpoint.root), checkpoint.index)
    page = pages.read([name.prefix], name.size).get(name.prefix) if said in pages.kept() else None
    return None if page is None else page_file(page)


def _named(history: History, size: int) -> Indexed:
    return Indexed(size, history.log.root(size))

"""The index of subjects, computed while the log is replayed, and compared with what checkpoints say of it."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.encoding.ids import IndexRoot, Root
from ledger.core.history.entry import Entry
from ledger.core.statements.origin import Origin
from ledger.core.tree.index_difference import IndexAt, PageSource
from ledger.edges.published_log import PublishedLog
from ledger.edges.replay_index import ReplayIndex
from ledger.edges.store import Store
from ledger.journeys.index_difference import EntryOf, other_index


class AuditedIndex:
    """The index of the entries that were replayed so far. Close it, or use it as a context.

    ``store``, ``log``: the store that is audited and the log as it is served, if there are. They have the pages of the
    newest indexes that the log signed, so that a difference can be named. ``entry_of`` gives an entry that was
    replayed.
    """

    def __init__(self, origin: Origin, store: Store | None, log: PublishedLog | None, entry_of: EntryOf) -> None:
        self._origin = origin
        self._store = store
        self._log = log
        self._entry_of = entry_of
        self._index = ReplayIndex(origin)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._index.close()

    def take(self, entry: Entry) -> None:
        """The next entry that was replayed."""
        self._index.take(entry)

    def root(self, root: Root) -> IndexRoot:
        """The root of the index of all entries so far, whose RFC 9162 root is ``root``."""
        return self._index.root(root)

    def check(self, checkpoint: Checkpoint) -> None:
        """Compare the index of a checkpoint of all entries so far, whose root is right.

        :raises HistoryBroken: it is another one: with both roots, and the first subject that differs if that is known.
        """
        root = self.root(checkpoint.root)
        if checkpoint.index != root:
            ours = IndexAt(self._index.pages, checkpoint.size, root)
            raise other_index(ours, checkpoint.index, self._sources(checkpoint), self._origin, self._entry_of)

    def _sources(self, checkpoint: Checkpoint) -> list[PageSource]:
        """Whoever may have the pages of the index that a checkpoint names."""
        sources: list[PageSource] = []
        if self._store is not None:
            pages = self._store.index_pages
            if any((kept.size, kept.root) == (checkpoint.size, checkpoint.index) for kept in pages.kept()):
                sources.append(pages)
        if self._log is not None:
            sources.append(self._log.pages())
        return sources

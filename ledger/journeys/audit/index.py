"""The index of subjects, computed while the log is replayed, and compared with what checkpoints say of it."""

from __future__ import annotations

from contextlib import suppress
from types import TracebackType
from typing import Self

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.encoding.ids import IndexRoot, Root, SubjectKey
from ledger.core.encoding.reading import hex_text
from ledger.core.history.entry import Entry
from ledger.core.history.subjects import describe, subject_key, subjects_of
from ledger.core.statements.origin import Origin
from ledger.core.tree.index_difference import Difference, first_difference
from ledger.edges.replay_index import ReplayIndex
from ledger.edges.store import Store
from ledger.errors import DefiniteNo, HistoryBroken


class AuditedIndex:
    """The index of the entries that were replayed so far. Close it, or use it as a context.

    ``store``: the store that is audited, if there is one. It has the pages of the newest indexes that the log signed,
    so that a difference can be named.
    """

    def __init__(self, origin: Origin, store: Store | None) -> None:
        self._origin = origin
        self._store = store
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
        ours = self.root(checkpoint.root)
        if checkpoint.index == ours:
            return
        words = f"a checkpoint of {checkpoint.size} entries has another index than these entries"
        expected, found, number = hex_text(ours), hex_text(checkpoint.index), None
        difference = self._difference(checkpoint)
        if difference is not None:
            key, whole, shown = difference
            number = min(set(whole) ^ set(shown), default=None)
            words += f"; the first subject that differs is {self._named(key, whole or shown)}"
            expected, found = f"{expected} with {_entries(whole)}", f"{found} with {_entries(shown)}"
        raise HistoryBroken(words, expected=expected, found=found, number=number)

    def _difference(self, checkpoint: Checkpoint) -> Difference | None:
        """The first difference from the index that the store has for the checkpoint; None if it has none."""
        if self._store is None:
            return None
        pages = self._store.index_pages
        if not any((kept.size, kept.root) == (checkpoint.size, checkpoint.index) for kept in pages.kept()):
            return None
        with suppress(HistoryBroken):  # a page of the store was changed or lost
            return first_difference(self._index.pages, pages, checkpoint.size)
        return None

    def _named(self, key: SubjectKey, numbers: tuple[int, ...]) -> str:
        """The subject in words, from an entry about it; else its key."""
        for number in numbers[:1]:
            with suppress(KeyError, DefiniteNo):
                assert self._store is not None
                entry = self._store.entries.by_number(number).entry
                for subject in subjects_of(entry, self._origin):
                    if subject_key(subject) == key:
                        return describe(subject)
        return f"the one with the key {hex_text(key)}"


def _entries(numbers: tuple[int, ...]) -> str:
    """A list in words; of a long one the last few, where a checkpoint may lag."""
    if not numbers:
        return "no entry"
    return f"entries {'... ' if len(numbers) > 8 else ''}{', '.join(map(str, numbers[-8:]))}"

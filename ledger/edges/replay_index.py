"""The index of subjects of a long replay, in a temporary file without a path: what an audit or a mirror computes.

Only the newest size is kept, so each page has one version. As in ``replay_memory``, there is no journal and no sync.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from types import TracebackType
from typing import Self

from ledger.core.encoding.ids import IndexRoot, Root, SubjectKey
from ledger.core.history.entry import Entry
from ledger.core.history.subjects import subject_key, subjects_of
from ledger.core.statements.origin import Origin
from ledger.core.tree.index_pages import Bucket, Indexed, Kept, Page, Pages, SubjectIndex, page_from_bytes, root_of_page
from ledger.core.tree.subject_index import EMPTY_INDEX, IndexProof
from ledger.edges.subject_lists import SubjectLists
from ledger.errors import Source, Unavailable

_CACHE_KIB = 16 * 1024
_AT_ONCE = 1_024


class ReplayIndex:
    """The index of the entries that were taken so far. Close it, or use it as a context.

    Every method may raise Unavailable if a temporary file cannot be written.
    """

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._lists = SubjectLists()
        self._disk = _OneSize()
        self._index = SubjectIndex(self._disk)

    @property
    def pages(self) -> Pages:
        """The pages of the size of which the root was asked for last."""
        return self._disk

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Remove the temporary files."""
        self._lists.close()
        self._disk.close()

    def take(self, entry: Entry) -> None:
        """The next entry; Malformed if its payload is no encoding of its kind."""
        for subject in subjects_of(entry, self._origin):
            self._lists.add(subject_key(subject), entry.number)

    def root(self, size: int, root: Root) -> IndexRoot:
        """The root of the index of all entries so far: ``size`` of them, with this RFC 9162 root."""
        if size == 0:
            return EMPTY_INDEX
        if size > self._index.size:
            self._index.advance(self._lists.take(), Indexed(size, root))
        return self._index.root(size)

    def prove(self, keys: Sequence[SubjectKey]) -> IndexProof:
        """The lists of these keys, ascending, at the size of which the root was asked for last; KeyError before."""
        return self._index.prove(keys, self._index.size)


class _OneSize:
    """The pages of the newest size only."""

    def __init__(self) -> None:
        self._kept: list[Kept] = []
        self._disk = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KIB}"):
            self._disk.execute(f"PRAGMA {setting}")
        self._disk.execute("CREATE TABLE pages (prefix TEXT PRIMARY KEY, page BLOB NOT NULL) WITHOUT ROWID")

    def close(self) -> None:
        self._disk.close()

    def kept(self) -> Sequence[Kept]:
        return self._kept

    def read(self, prefix: str, size: int) -> Page | None:
        found = self._disk.execute("SELECT page FROM pages WHERE prefix = ?", (prefix,)).fetchone()
        return None if found is None else page_from_bytes(found[0])

    def write(self, before: int, indexed: Indexed, pages: Iterable[tuple[str, Page]]) -> None:
        rest = iter(pages)
        last: tuple[str, Page] = ("", Bucket(()))
        with _written():
            self._disk.execute("BEGIN")
            while some := list(islice(rest, _AT_ONCE)):
                rows = [(prefix, page.to_bytes()) for prefix, page in some]
                self._disk.executemany("INSERT OR REPLACE INTO pages VALUES (?, ?)", rows)
                last = some[-1]
            self._disk.execute("COMMIT")
        self._kept = [Kept(indexed, root_of_page(last[1]))]

    def cut(self, size: int) -> None:
        raise TypeError("a replay does not go back")

    def prune(self, size: int) -> None:
        """Nothing older is kept."""


@contextmanager
def _written() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise Unavailable(
            f"a temporary file cannot be written ({error}): free some space", source=Source.DISK
        ) from None

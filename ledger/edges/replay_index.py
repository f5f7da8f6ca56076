"""The index of subjects of a long replay, in a temporary file without a path: what an audit or a mirror computes.

Only the newest size is kept, so each page has one version. As in ``replay_memory``, there is no journal and no sync.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from types import TracebackType
from typing import Self

from ledger.core.encoding.ids import IndexRoot, Root, SubjectKey
from ledger.core.history.entry import Entry
from ledger.core.history.subjects import subject_key, subjects_of
from ledger.core.statements.origin import Origin
from ledger.core.tree.index_page import Bucket, Page, page_from_bytes, root_of_page
from ledger.core.tree.index_pages import Indexed, Kept, Pages, SubjectIndex
from ledger.core.tree.merkle import EMPTY_ROOT
from ledger.core.tree.subject_index import EMPTY_INDEX, IndexProof, root_of
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
        self._taken = 0
        self._asked: tuple[Indexed, IndexRoot] = Indexed(0, EMPTY_ROOT), EMPTY_INDEX

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
        self._taken += 1

    def root(self, root: Root) -> IndexRoot:
        """The root of the index of all entries so far, whose RFC 9162 root is ``root``.

        The first time it is computed without pages, which is quicker: many ask once, at the end.
        """
        named = Indexed(self._taken, root)
        if named != self._asked[0]:
            if self._asked[0].size:
                self._asked = named, self._index.advance(self._lists.take(), named)
            else:
                self._asked = named, IndexRoot(root_of(self._lists.leaves()))
        return self._asked[1]

    def prove(self, keys: Sequence[SubjectKey]) -> IndexProof:
        """The lists of these keys, ascending, among the entries for which ``root`` was called last."""
        self._make_pages()
        return self._index.prove(keys, self._index.size)

    @property
    def pages(self) -> Pages:
        """The pages of the entries for which ``root`` was called last."""
        self._make_pages()
        return self._disk

    def each_page(self) -> Iterator[tuple[str, Page]]:
        """Prefix and page of each page of ``pages``, ascending by prefix."""
        self._make_pages()
        return self._disk.each()

    def _make_pages(self) -> None:
        named = self._asked[0]
        if self._index.size < named.size:
            if self._taken > named.size:
                raise ValueError(f"{self._taken} entries were taken, and the root of {named.size} was asked for")
            self._index.advance(self._lists.take(), named)


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

    def read(self, prefixes: Collection[str], size: int) -> dict[str, Page]:
        found = {}
        for prefix in prefixes:
            row = self._disk.execute("SELECT page FROM pages WHERE prefix = ?", (prefix,)).fetchone()
            if row is not None:
                found[prefix] = page_from_bytes(row[0])
        return found

    def each(self) -> Iterator[tuple[str, Page]]:
        for prefix, page in self._disk.execute("SELECT prefix, page FROM pages ORDER BY prefix"):
            yield prefix, page_from_bytes(page)

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

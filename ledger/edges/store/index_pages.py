"""The pages of the index of subjects, for the sizes of the newest checkpoints.

They follow from the entries, and whoever finds them missing makes them again. A page is never changed: the next size
ends it and has its own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import islice
from threading import Lock

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from ledger.core.encoding.ids import IndexRoot, Root
from ledger.core.tree.index_page import Branch, Bucket, Page, page_from_bytes, root_of_page
from ledger.core.tree.index_pages import Indexed, Kept
from ledger.edges.store.database import Database
from ledger.edges.store.limits import CHUNK, MAX_NUMBER, checked_number
from ledger.edges.store.tables import INDEX_PAGES, INDEX_SIZES
from ledger.errors import HistoryBroken, Source, Unavailable

_MOST_BRANCHES = 16_384  # a KiB each: all of an index of two million keys
_MOST_BUCKETS = 4_096
_NOTHING = Kept(Indexed(0, Root(b"")), IndexRoot(b""))
_NEW_PAGE = insert(INDEX_PAGES)
_ENDED = (
    update(INDEX_PAGES)
    # Not ``until == MAX_NUMBER``: SQLite would look through the index of all such pages, which are most.
    .where(INDEX_PAGES.c.prefix == bindparam("ended"), INDEX_PAGES.c.until > bindparam("at"))
    .values(until=bindparam("at"))
)
_FOUND = select(INDEX_PAGES.c.prefix, INDEX_PAGES.c.page).where(
    INDEX_PAGES.c.prefix.in_(bindparam("prefixes", expanding=True)),
    INDEX_PAGES.c.since <= bindparam("size"),
    INDEX_PAGES.c.until > bindparam("size"),
)


class IndexMoved(Unavailable):
    """Another process wrote the index meanwhile."""


class IndexPages:
    """The ``Pages`` of an index in the store. Pages of the newest size that are read again stay in memory.

    Safe to use from threads and from several processes: who comes second with a new size is told.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._newest = _Newest()

    def kept(self) -> Sequence[Kept]:
        with self._database.reading() as connection:
            kept = _kept(connection)
            self._newest.move_to(kept, lambda size: _changed_since(connection, size))
            return kept

    def read(self, prefixes: Collection[str], size: int) -> dict[str, Page]:
        """See ``Pages``. :raises HistoryBroken: a row was changed, and holds no page."""
        found = self._newest.get(prefixes, size)
        missing = [prefix for prefix in prefixes if prefix not in found]
        checked_number(size, "size")
        for at in range(0, len(missing), CHUNK):
            with self._database.reading() as connection:
                rows = connection.execute(_FOUND, {"prefixes": missing[at : at + CHUNK], "size": size}).all()
            for prefix, data in rows:
                try:
                    found[prefix] = page_from_bytes(data)
                except ValueError as error:
                    raise HistoryBroken(
                        "the stored index of subjects was changed", expected=f"the page {prefix or 'of the root'}",
                        found=error,
                    ) from None  # fmt: skip
                self._newest.put(prefix, size, found[prefix])
        return found

    def write(self, before: int, indexed: Indexed, pages: Iterable[tuple[str, Page]]) -> None:
        with self._database.writing() as connection:
            kept = _kept(connection)
            newest = kept[-1].size if kept else 0
            if newest != before:
                raise IndexMoved(
                    f"another process has brought the index of subjects to {newest} entries: try again",
                    source=Source.STORE,
                )
            rest = iter(pages)
            last: tuple[str, Page] = ("", Bucket(()))
            while some := list(islice(rest, CHUNK)):
                if before:
                    connection.execute(_ENDED, [{"ended": prefix, "at": indexed.size} for prefix, _ in some])
                connection.execute(_NEW_PAGE, [
                    {"prefix": prefix, "since": indexed.size, "until": MAX_NUMBER, "page": page.to_bytes()}
                    for prefix, page in some
                ])  # fmt: skip
                last = some[-1]
            size, root = checked_number(indexed.size, "size"), root_of_page(last[1])
            connection.execute(insert(INDEX_SIZES).values(size=size, root=indexed.root, index_root=root))

    def cut(self, size: int) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(INDEX_SIZES).where(INDEX_SIZES.c.size > size))
            connection.execute(delete(INDEX_PAGES).where(INDEX_PAGES.c.since > size))
            ended = update(INDEX_PAGES).where(INDEX_PAGES.c.until > size, INDEX_PAGES.c.until < MAX_NUMBER)
            connection.execute(ended.values(until=MAX_NUMBER))
        self._newest.forget()

    def prune(self, size: int) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(INDEX_SIZES).where(INDEX_SIZES.c.size < size))
            connection.execute(delete(INDEX_PAGES).where(INDEX_PAGES.c.until <= size))


class _Newest:
    """Pages of the newest size in memory, of which the branches above all others are read for every proof."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._at = _NOTHING
        self._branches: OrderedDict[str, Page] = OrderedDict()
        self._buckets: OrderedDict[str, Page] = OrderedDict()

    def get(self, prefixes: Iterable[str], size: int) -> dict[str, Page]:
        found: dict[str, Page] = {}
        with self._lock:
            if size == self._at.size:
                for prefix in prefixes:
                    for pages in (self._branches, self._buckets):
                        if prefix in pages:
                            pages.move_to_end(prefix)
                            found[prefix] = pages[prefix]
        return found

    def put(self, prefix: str, size: int, page: Page) -> None:
        with self._lock:
            if size != self._at.size:
                return
            pages, most = (
                (self._branches, _MOST_BRANCHES) if isinstance(page, Branch) else (self._buckets, _MOST_BUCKETS)
            )
            pages[prefix] = page
            if len(pages) > most:
                pages.popitem(last=False)

    def move_to(self, kept: Sequence[Kept], changed_since: Callable[[int], Iterable[str]]) -> None:
        """Go on to the newest of the kept sizes; what did not change since the present one is the same there."""
        newest = kept[-1] if kept else _NOTHING
        with self._lock:
            if newest == self._at:
                return
            if self._at in kept:
                for prefix in changed_since(self._at.size):
                    self._branches.pop(prefix, None)
                    self._buckets.pop(prefix, None)
            else:
                self._branches.clear()
                self._buckets.clear()
            self._at = newest

    def forget(self) -> None:
        with self._lock:
            self._at = _NOTHING
            self._branches.clear()
            self._buckets.clear()


def _kept(connection: Connection) -> list[Kept]:
    rows = connection.execute(select(INDEX_SIZES).order_by(INDEX_SIZES.c.size))
    return [Kept(Indexed(row.size, row.root), row.index_root) for row in rows]


def _changed_since(connection: Connection, size: int) -> Iterable[str]:
    return connection.execute(select(INDEX_PAGES.c.prefix).where(INDEX_PAGES.c.since > size)).scalars()

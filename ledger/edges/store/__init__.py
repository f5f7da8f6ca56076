"""The store: declarations, batches, attested sets, checkpoints, and an index of the history. SQLAlchemy.

It is memory, not authority: whatever it says is signed by somebody, or replayed from the chain and compared with it.
What is lost with it: declarations that are not anchored yet, and which declarations are in which set.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from ledger.core.anchoring.batches import Batch, BatchState, DeclarationState
from ledger.core.statements.origin import Origin
from ledger.edges.store.backup import Backups
from ledger.edges.store.batches import Batches
from ledger.edges.store.checkpoints import Checkpoints
from ledger.edges.store.database import Database
from ledger.edges.store.declarations import DeclarationRow, Declarations
from ledger.edges.store.entries import Entries
from ledger.edges.store.events import Change, Cursor, Outlook, Reorganised, Step, Watching
from ledger.edges.store.idempotency import Idempotency
from ledger.edges.store.inclusions import Places
from ledger.edges.store.leadership import Leadership, Leading
from ledger.edges.store.restore import Restores, Restoring
from ledger.edges.store.schema import prepare
from ledger.edges.store.sets import Sets
from ledger.edges.store.streams import Indexed, Streams

__all__ = [
    "Batch", "BatchState", "Change", "Cursor", "DeclarationRow", "DeclarationState", "Indexed", "Leadership", "Outlook",
    "Reorganised", "Restoring", "Step", "Store",
]  # fmt: skip


class Store(
    Declarations,
    Batches,
    Sets,
    Entries,
    Checkpoints,
    Streams,
    Places,
    Restores,
    Backups,
    Leading,
    Watching,
    Idempotency,
):
    """The store of one origin, made by ``Store.open``; safe to use from threads and from several processes.

    Every method is one transaction: on disk when it returns, undone when it raises. Any of them may raise Unavailable:
    the disk is full, the file is read-only, the database is locked or away; nothing is half-written then.
    """

    @classmethod
    def open(cls, url: str, origin: Origin | None, create: bool = True) -> Store:
        """Open the store of ``origin`` and bring its schema up to date; create it where there is none.

        :param url: ``sqlite:///file``, or ``postgresql://user@host/name``.
        :param origin: None for a store that is there, whatever its origin: where no chain can be asked.
        :param create: False: there must be one.
        :raises Malformed: the address cannot be used, or the schema is of a newer version or another program.
        :raises HistoryBroken: the store is of another origin.
        :raises Unavailable: the database does not work, or is not there and not to be created.
        """
        database = Database(url)
        try:
            return cls(database, prepare(database, origin, create))
        except BaseException:
            database.close()
            raise

    @classmethod
    @contextmanager
    def founding(cls, url: str, origin: Origin) -> Iterator[Store]:
        """As ``open``, to fill it: if the block raises, a SQLite file that was not there before is removed again."""
        database = Database(url)
        is_new = database.is_missing()
        store = cls.open(url, origin)
        try:
            yield store
        except BaseException:
            store.close()
            if is_new:
                database.remove()
            raise
        store.close()

    @property
    def engine(self) -> Engine:
        """SQLAlchemy's engine, for whoever inspects or damages a store on purpose."""
        return self._database.engine

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

"""The store of one history: opens the database, checks whose it is, and hands out what works on its tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, insert, select

from ledger.core.statements.origin import Origin
from ledger.edges.store.backup import Backup
from ledger.edges.store.batches import Batches
from ledger.edges.store.checkpoints import Checkpoints
from ledger.edges.store.cosigned import Cosigned
from ledger.edges.store.database import Database, StoreAddress
from ledger.edges.store.declarations import Declarations
from ledger.edges.store.entries import Entries
from ledger.edges.store.events import Events
from ledger.edges.store.idempotency import Idempotency
from ledger.edges.store.inbox import Inbox
from ledger.edges.store.inclusions import Inclusions
from ledger.edges.store.index_pages import IndexPages
from ledger.edges.store.leadership import Leadership
from ledger.edges.store.references import References
from ledger.edges.store.relaying import Relaying
from ledger.edges.store.restore import Restoration
from ledger.edges.store.schema import Schema
from ledger.edges.store.sessions import Sessions
from ledger.edges.store.sets import Sets
from ledger.edges.store.shares import Shares
from ledger.edges.store.status import StoreStatusReader
from ledger.edges.store.tables import META, metadata
from ledger.errors import HistoryBroken

SCHEMA = Schema(Path(__file__).parent / "migrations" / "versions", "alembic_version", metadata)


class Store:
    """The store of one origin, made by ``Store.open``; safe to use from threads and from several processes.

    Every method of what it hands out is one transaction: on disk when it returns, undone when it raises. Each may raise
    Unavailable: the disk is full, the file is read-only, the database is locked or away; nothing is half-written then.
    """

    def __init__(self, database: Database, origin: Origin) -> None:
        """``database`` has the tables of ``SCHEMA``, for ``origin``."""
        self.database = database
        self.origin = origin
        self.declarations = Declarations(database, origin)
        self.batches = Batches(database)
        self.references = References(database)
        self.shares = Shares(database)
        self.sets = Sets(database)
        self.inclusions = Inclusions(database)
        self.inbox = Inbox(database)
        self.entries = Entries(database, origin)
        self.index_pages = IndexPages(database)
        self.checkpoints = Checkpoints(database)
        self.cosigned = Cosigned(database, origin)
        self.events = Events(database)
        self.status = StoreStatusReader(database)
        self.idempotency = Idempotency(database)
        self.sessions = Sessions(database)
        self.relaying = Relaying(database)
        self.leadership = Leadership(database)
        self.backup = Backup(database)

    @classmethod
    def open(cls, url: StoreAddress, origin: Origin | None, create: bool = True) -> Store:
        """Open the store of ``origin`` and bring its tables up to date; create it if there is none.

        :param url: ``sqlite:///file``, or ``postgresql://user@host/name``; or the path of an SQLite file.
        :param origin: None to open a store of any origin, without asking a chain; the store must exist then.
        :param create: False: the store must exist.
        :raises Malformed: the address cannot be used, or the tables are of a newer version or another program.
        :raises HistoryBroken: the store is of another origin.
        :raises Unavailable: the database does not work, or does not exist and is not to be created.
        """
        database = Database(url)
        try:
            with SCHEMA.prepared(database, create and origin is not None) as (connection, is_new):
                if is_new:
                    connection.execute(insert(META).values(key="origin", value=str(origin)))
                return cls(database, _check_origin(connection, origin, database.address))
        except BaseException:
            database.close()
            raise

    @classmethod
    @contextmanager
    def founding(cls, url: StoreAddress, origin: Origin) -> Iterator[Store]:
        """Like ``open``, to fill the store: if the block raises, a SQLite file that did not exist is removed again."""
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

    @contextmanager
    def restoring(self) -> Iterator[Restoration]:
        """One transaction that writes to all tables: on disk when the block ends, undone when it raises."""
        with self.database.writing() as connection:
            yield Restoration(connection, self.origin)

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()


def _check_origin(connection: Connection, origin: Origin | None, address: str) -> Origin:
    found = connection.execute(select(META.c.value).where(META.c.key == "origin")).scalar()
    if found is None or origin not in {None, Origin.parse(found)}:
        raise HistoryBroken(f"the store {address} is of another history", expected=origin, found=found)
    return Origin.parse(found)

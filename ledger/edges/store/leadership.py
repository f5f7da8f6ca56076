"""Who leads, and who sends: locks among all processes that share a store. A process that dies lets go of its locks.

SQLite: ``flock`` on a file beside the database. PostgreSQL: advisory locks, the lead's on a connection of its own. The
locks save work and keep nonces apart. They do not keep a batch from being anchored twice: the contract does, even if
two processes believe that they lead.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from threading import Lock

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import DBAPIError

from ledger.edges.file_lock import lock
from ledger.edges.store.database import WAIT_SECONDS, Database
from ledger.errors import Source, Unavailable

_POLL_SECONDS = 0.02


class Candidate:
    """One candidate for the lead under a name. Safe to use from threads."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name
        self._lock = Lock()
        self._file: int | None = None
        self._connection: Connection | None = None

    def leads(self) -> bool:
        """Whether this candidate leads. It takes the lead if it is free, and notices if it was lost.

        Costs a round trip to the database at most.

        :raises Unavailable: the database cannot be asked.
        """
        with self._lock:
            return self._leads_by_file() if self._database.is_sqlite else self._leads_by_connection()

    def release(self) -> None:
        """Let another candidate lead."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None
            self._drop()

    def _leads_by_file(self) -> bool:
        if self._file is None:
            self._file = _try_file(self._database, self._name)
        return self._file is not None

    def _leads_by_connection(self) -> bool:
        if self._connection is not None:
            try:
                self._connection.execute(text("SELECT 1"))
            except DBAPIError:  # the server let go of the lock with the connection
                self._drop()
            else:
                return True
        with self._database.explained():
            connection = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            if connection.execute(select(func.pg_try_advisory_lock(_number(self._name)))).scalar_one():
                self._connection = connection
            else:
                connection.close()
        return self._connection is not None

    def _drop(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(DBAPIError):
                self._connection.invalidate()  # the lock is the connection's, so it does not go back into the pool
                self._connection.close()
            self._connection = None


class Leadership:
    """Locks among the processes that share the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def candidate(self, name: str) -> Candidate:
        """A candidate for the lead under a name; it takes no lock yet."""
        return Candidate(self._database, name)

    @contextmanager
    def sending(self, account: bytes) -> Iterator[None]:
        """Be the only one who sends transactions of an account (20 bytes), among threads and processes.

        :raises Unavailable: another one has been sending for too long.
        """
        name = f"sending-{account.hex()}"
        if self._database.is_sqlite:
            with self._alone_by_file(name):
                yield
        else:
            with self._database.explained(), self._database.engine.begin() as connection:
                connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'"))
                connection.execute(select(func.pg_advisory_xact_lock(_number(name))))
                yield

    @contextmanager
    def _alone_by_file(self, name: str) -> Iterator[None]:
        deadline = time.monotonic() + WAIT_SECONDS
        while (file := _try_file(self._database, name)) is None:
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"another process has been sending transactions for {WAIT_SECONDS} seconds: try again",
                    source=Source.STORE,
                )
            time.sleep(_POLL_SECONDS)
        try:
            yield
        finally:
            os.close(file)


def _try_file(database: Database, name: str) -> int | None:
    """Open and lock a file; None if another process or thread has locked it."""
    path = f"{database.address}.{name}"
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)  # children do not inherit it
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}", source=Source.STORE) from None
    if not lock(file, wait=False):
        os.close(file)
        return None
    return file


def _number(name: str) -> int:
    """PostgreSQL names locks by numbers of 64 bits."""
    return int.from_bytes(sha256(f"trade-ledger {name}".encode()).digest()[:8], signed=True)

"""One database: its connections, its two kinds of transaction, and what its failures mean.

All that differs between SQLite and PostgreSQL is in this file and in ``bulk``. On both, whoever writes is alone while
writing: SQLite by ``BEGIN IMMEDIATE``, PostgreSQL by an advisory lock. So what a transaction reads before it writes
still holds when it writes, and no statement elsewhere has to be clever about races. Taking in declarations alone is one
statement that has to, on PostgreSQL, and waits for no other writer.
"""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from sqlalchemy import (
    URL,
    Connection,
    create_engine,
    event,
    func,
    make_url,
    select,
    text,
)
from sqlalchemy.dialects import registry
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ledger.errors import HistoryBroken, Malformed, Unavailable

WAIT_SECONDS = 30
_POOL, _OVERFLOW = 8, 56  # more than the threads of a server, so that readers never queue for a connection
_WRITES = "ledger_writes"
_POSTGRES_DRIVER = "postgresql+pg8000"  # permissively licensed, and needs no library
_POSTGRES_LOCK = 0x7472_6164_6C65_6467  # any number, the same for all writers

registry.register("postgresql.pg8000", "ledger.edges.store.postgres_dialect", "Dialect")

# First part of SQLite's error name -> what is wrong and what to do.
_SQLITE_ADVICE = {
    "SQLITE_FULL": "has no room left: free some disk space and try again",
    "SQLITE_READONLY": "may not be written: let this program write to the file and its folder",
    "SQLITE_BUSY": "is held by another process: stop it, or try again",
    "SQLITE_LOCKED": "is held by another process: stop it, or try again",
    "SQLITE_CANTOPEN": "cannot be opened: its folder must exist, and this program must be allowed to write there",
    "SQLITE_IOERR": "cannot be read or written: look after the disk, and try again",
    "SQLITE_CORRUPT": "is damaged: restore it from a backup, then run `ledger audit`",
    "SQLITE_NOTADB": "is no SQLite database: name another file, or restore it from a backup",
}

# SQLSTATE (PostgreSQL, appendix A) -> the same.
_POSTGRES_ADVICE = {
    "53100": "has no room left: free some disk space and try again",
    "53300": "has too many connections: allow more, or run fewer processes",
    "25006": "may not be written: it is a standby, or set to read only",
    "28000": "does not let this user in: correct the address, or the server's pg_hba.conf",
    "28P01": "does not take this password: correct the address",
    "3D000": "does not exist: create the database first",
    "42501": "may not be written: grant this user the rights to create and write tables",
    "55P03": "is held by another process: stop it, or try again",
    "57P01": "is being stopped: try again when it runs",
    "57P03": "is starting or stopping: try again shortly",
}

_CONSTRAINT = "23"  # class of SQLSTATEs; pg8000 has no exception of its own for it
_DANGLING = "PRAGMA foreign_key_check"


class Database:
    """A pool of connections; safe to use from threads and from several processes."""

    def __init__(self, url: str) -> None:
        """Connects to nothing yet.

        :param url: ``sqlite:///relative.sqlite``, ``sqlite:////absolute.sqlite``, ``postgresql://user@host/name``.
        :raises Malformed: the address is of another kind, or of a database in memory, which would not be durable.
        """
        parsed = parse_url(url)
        self.place = _place(parsed)
        self._write_lock = Lock()  # SQLite's own waiting is unfair: with many threads some would wait for ever
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        # PostgreSQL: nobody waits for an answer much longer than the server waits for a lock.
        arguments = {"timeout": WAIT_SECONDS if self.is_sqlite else 2 * WAIT_SECONDS}
        try:
            self.engine = create_engine(
                parsed,
                connect_args=arguments,
                pool_size=_POOL,
                max_overflow=_OVERFLOW,
                pool_timeout=WAIT_SECONDS,
                pool_pre_ping=not self.is_sqlite,
                hide_parameters=True,  # an error never carries what was to be stored
            )
        except ModuleNotFoundError as error:
            raise Malformed(f"needs the Python package {error.name}: install it first", "store_url") from None
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            event.listen(self.engine, "connect", _without_delay)

    def is_missing(self) -> bool:
        """Whether connecting would make a file that is not there yet. A server's databases are its operator's."""
        return self.is_sqlite and not self.place.startswith("file:") and not Path(self.place).exists()

    def remove(self) -> None:
        """Remove the file of a SQLite database, which nobody may have open; a server's databases stay."""
        if self.is_sqlite:
            for suffix in ("", "-wal", "-shm"):
                Path(self.place + suffix).unlink(missing_ok=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and changes nothing.

        :raises Unavailable: the database cannot be read.
        """
        with self.explained(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, restructures: bool = False, alone: bool = True) -> Iterator[Connection]:
        """A transaction alone among writers; committed and on disk when the block ends, undone when it raises.

        :param alone: False for a block that is one statement, true whatever others write meanwhile. SQLite keeps it
            alone all the same.
        :param restructures: tables are made anew. SQLite then looks at references between them at the end only.
        :raises Unavailable: the database cannot be written, or others kept it too long. Nothing was changed, unless a
            server broke off while it committed: whoever tries again finds what is there.
        :raises HistoryBroken: a constraint forbids it: the store and its caller contradict each other.
        """
        with self._turn(alone or self.is_sqlite), self.explained(), self.engine.connect() as connection:
            connection.execution_options(**{_WRITES: True})
            with self._references_at_the_end(connection, restructures), connection.begin():
                if alone and not self.is_sqlite:
                    connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'"))
                    connection.execute(select(func.pg_advisory_xact_lock(_POSTGRES_LOCK)))
                yield connection
                if restructures and self.is_sqlite and connection.exec_driver_sql(_DANGLING).first() is not None:
                    raise HistoryBroken("references between tables are broken", expected="none", found="some")

    @contextmanager
    def _turn(self, alone: bool) -> Iterator[None]:
        """One's turn among this process's writers."""
        if alone and not self._write_lock.acquire(timeout=WAIT_SECONDS):
            raise Unavailable(f"the store {self.place} was busy for {WAIT_SECONDS} seconds: try again")
        try:
            yield
        finally:
            if alone:
                self._write_lock.release()

    @contextmanager
    def _references_at_the_end(self, connection: Connection, restructures: bool) -> Iterator[None]:
        """To make a table anew SQLite drops the old one, which would take along what refers to it, or fail."""
        if not restructures or not self.is_sqlite:
            yield
            return
        link = connection.connection.driver_connection
        assert link is not None
        link.execute("PRAGMA foreign_keys = OFF")  # within a transaction it would do nothing
        try:
            yield
        finally:
            link.execute("PRAGMA foreign_keys = ON")

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn what SQLAlchemy raises into our errors."""
        try:
            yield
        except IntegrityError as error:
            raise HistoryBroken(
                f"the store {self.place} contradicts what was to be stored", expected="no conflict", found=error.orig
            ) from None
        except PoolTimeout:
            raise Unavailable(f"the store {self.place} is asked too much at once: try again") from None
        except DBAPIError as error:
            if (code := _sqlstate(error.orig)).startswith(_CONSTRAINT):
                raise HistoryBroken(
                    f"the store {self.place} contradicts what was to be stored",
                    expected="no conflict",
                    found=f"SQLSTATE {code}",
                ) from None
            raise Unavailable(f"the store {self.place} {_advice(error.orig)}") from None
        except OSError as error:  # of its socket, while it connects: see ``postgres_dialect``
            raise Unavailable(f"the store {self.place} {_advice(error)}") from None


def parse_url(url: str) -> URL:
    """Read a store's address; Malformed says what is permitted, and never repeats the address."""
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise Malformed("must look like sqlite:///folder/file or postgresql://user@host/name", "store_url") from None
    if backend not in {"sqlite", "postgresql"}:
        raise Malformed("must be of SQLite or PostgreSQL", "store_url")
    if backend == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise Malformed("must name a file: what is in memory only is lost", "store_url")
    return parsed if backend == "sqlite" else parsed.set(drivername=_POSTGRES_DRIVER)


def _place(url: URL) -> str:
    """What messages call the store: its file or its address, without a password."""
    return str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


class _Sqlite(Protocol):
    isolation_level: str | None

    def execute(self, sql: str, /) -> object: ...


def _prepare_sqlite(connection: _Sqlite, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not guessed by the driver
    # A commit in the write-ahead log is synced before it is acknowledged: FULL, where NORMAL would lose the last ones
    # at a power cut.
    for setting in (f"busy_timeout = {int(WAIT_SECONDS * 1000)}", "journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {setting}")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that read first and then wants to write would fail at once if another wrote meanwhile.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(_WRITES) else "BEGIN")


def _without_delay(connection: Any, _record: object) -> None:
    """Turn off Nagle's algorithm, which pg8000 leaves on and gives no way to reach: a request of several packets would
    wait 40 ms for the server to acknowledge the first.
    """
    link: socket.socket = connection._usock
    if link.family != socket.AF_UNIX:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _sqlstate(found: BaseException | None) -> str:
    """PostgreSQL's code for an error. Its words could hold what was to be stored; the code cannot."""
    told = found.args[0] if found is not None and found.args and isinstance(found.args[0], dict) else {}
    return str(told.get("C", ""))


def _advice(found: BaseException | None) -> str:
    if isinstance(found, sqlite3.Error):
        name = getattr(found, "sqlite_errorname", "")
        advice = _SQLITE_ADVICE.get("_".join(name.split("_")[:2]), "does not answer as it should")
        return f"{advice} ({found}); nothing was changed"
    code = _sqlstate(found)
    if not code:
        return (
            "cannot be reached: see that the server runs and may be connected to, and try again. If it broke off just "
            "now, what was handed over may have been stored, and will be found"
        )
    advice = _POSTGRES_ADVICE.get(code, "does not answer as it should: see the server's log, and try again")
    return f"{advice} (SQLSTATE {code}); nothing was changed"

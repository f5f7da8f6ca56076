"""One database: its connections, its two kinds of transaction, and what its failures mean.

It knows no tables: each package brings its own as a ``Schema`` (see ``schema``). What differs between SQLite and
PostgreSQL is in this file, in ``bulk`` and in ``leadership``.

On both, a writer is alone while it writes: by ``BEGIN IMMEDIATE`` on SQLite, by an advisory lock on PostgreSQL. So what
a transaction reads before it writes still holds when it writes, and statements need not care about races. The only
exception is the statement that takes in declarations: on PostgreSQL it waits for no other writer.
"""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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

from ledger.errors import HistoryBroken, Malformed, Source, Unavailable

WAIT_SECONDS = 30
_POOL, _OVERFLOW = 8, 56  # more than the threads of a server, so that readers never queue for a connection
_WRITES = "ledger_writes"
_POSTGRES_DRIVER = "postgresql+pg8000"  # its licence is permissive, and it needs no C library
_POSTGRES_LOCK = 0x7472_6164_6C65_6467  # any number, the same for all writers

registry.register("postgresql.pg8000", "ledger.edges.store.postgres_dialect", "Dialect")

# First two words of SQLite's error name -> what is wrong and what to do.
_SQLITE_ADVICE = {
    "SQLITE_FULL": "has no room left: free some disk space and try again",
    "SQLITE_READONLY": "may not be written: let this program write to the file and its folder",
    "SQLITE_BUSY": "is held by another process: stop it, or try again",
    "SQLITE_LOCKED": "is held by another process: stop it, or try again",
    "SQLITE_CANTOPEN": "cannot be opened: its folder must exist, and this program must be allowed to write there",
    "SQLITE_IOERR": "cannot be read or written: look after the disk, and try again",
    "SQLITE_CORRUPT": "is damaged: restore it from a backup, then run `ledger audit`",
    "SQLITE_NOTADB": "is not a SQLite database: name another file, or restore it from a backup",
}

# SQLSTATE (PostgreSQL, appendix A) -> what is wrong and what to do.
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

_CONSTRAINT = "23"  # the class of SQLSTATEs for broken constraints; pg8000 has no exception of its own for it
_REFERENCES = "PRAGMA foreign_key_check"


StoreAddress = str | Path
"""A URL, or the path of an SQLite file."""


class Database:
    """A pool of connections; safe to use from threads and from several processes."""

    def __init__(self, url: StoreAddress) -> None:
        """Connects to nothing yet.

        :param url: ``sqlite:///relative.sqlite``, ``sqlite:////absolute.sqlite``, ``postgresql://user@host/name``; or
            the path of an SQLite file, in which no character has a meaning.
        :raises Malformed: the address is of another kind, or of a database in memory, which would not be durable.
        """
        parsed = parse_url(url)
        self.address = _address(parsed)
        self._write_lock = Lock()  # SQLite's own waiting is unfair: of many threads some would wait for ever
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        # PostgreSQL: a client waits for an answer somewhat longer than the server waits for a lock.
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
        """Whether connecting would create a SQLite file. Databases of a server are made by its operator."""
        return self.is_sqlite and not self.address.startswith("file:") and not Path(self.address).exists()

    def create_file(self) -> None:
        """Make the file of a SQLite database that is missing, for its owner only. SQLite's files beside it follow it.

        Where it cannot be made, connecting says why.
        """
        if self.is_missing():
            with suppress(OSError):
                os.close(os.open(self.address, os.O_CREAT | os.O_RDWR, 0o600))

    def remove(self) -> None:
        """Remove the files of a SQLite database, which must not be open anywhere. Databases of a server stay."""
        if self.is_sqlite:
            for suffix in ("", "-wal", "-shm"):
                Path(self.address + suffix).unlink(missing_ok=True)

    @contextmanager
    def reading(self, one_moment: bool = False) -> Iterator[Connection]:
        """A transaction that changes nothing.

        :param one_moment: all its statements see the same state of the database. SQLite always does it; PostgreSQL
            otherwise shows each statement what was committed before it.
        :raises Unavailable: the database cannot be read.
        """
        with self.explained(), self.engine.connect() as connection:
            if one_moment and not self.is_sqlite:
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            yield connection

    @contextmanager
    def writing(self, restructures: bool = False, alone: bool = True) -> Iterator[Connection]:
        """A transaction alone among writers; committed and on disk when the block ends, undone when it raises.

        :param restructures: the block makes tables again. SQLite then checks references between tables at its end only.
        :param alone: False for a block of one statement that is correct whatever others write meanwhile. On SQLite it
            is alone anyway.
        :raises Unavailable: the database cannot be written, or others held it for too long. Nothing was changed, unless
            a server stopped while it committed: then the next attempt finds what was stored.
        :raises HistoryBroken: a constraint forbids it, because the store and its caller contradict each other.
        """
        with self._turn(alone or self.is_sqlite), self.explained(), self.engine.connect() as connection:
            connection.execution_options(**{_WRITES: True})
            with self._references_at_the_end(connection, restructures), connection.begin():
                if alone and not self.is_sqlite:
                    connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'"))
                    connection.execute(select(func.pg_advisory_xact_lock(_POSTGRES_LOCK)))
                yield connection
                if restructures and self.is_sqlite and connection.exec_driver_sql(_REFERENCES).first() is not None:
                    raise HistoryBroken("references between tables are broken", expected="none", found="some")

    @contextmanager
    def _turn(self, alone: bool) -> Iterator[None]:
        """Wait until no other thread of this process writes."""
        if alone and not self._write_lock.acquire(timeout=WAIT_SECONDS):
            raise Unavailable(
                f"the store {self.address} was busy for {WAIT_SECONDS} seconds: try again", source=Source.STORE
            )
        try:
            yield
        finally:
            if alone:
                self._write_lock.release()

    @contextmanager
    def _references_at_the_end(self, connection: Connection, restructures: bool) -> Iterator[None]:
        """Let SQLite drop a table and make it again: with foreign keys on, it would drop what refers to it, or fail."""
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
        """Turn what SQLAlchemy raises into this program's errors."""
        try:
            yield
        except IntegrityError as error:
            raise HistoryBroken(
                f"the store {self.address} contradicts what was to be stored", expected="no conflict", found=error.orig
            ) from None
        except PoolTimeout:
            raise Unavailable(
                f"the store {self.address} has too many readers and writers at once: try again", source=Source.STORE
            ) from None
        except DBAPIError as error:
            if (code := _sqlstate(error.orig)).startswith(_CONSTRAINT):
                raise HistoryBroken(
                    f"the store {self.address} contradicts what was to be stored",
                    expected="no conflict",
                    found=f"SQLSTATE {code}",
                ) from None
            raise Unavailable(f"the store {self.address} {_advice(error.orig)}", source=Source.STORE) from None
        except OSError as error:  # the socket failed while it connected: see ``postgres_dialect``
            raise Unavailable(f"the store {self.address} {_advice(error)}", source=Source.STORE) from None


def parse_url(url: StoreAddress) -> URL:
    """Read a store's address. Malformed says what is permitted, and does not repeat the address with its password."""
    if isinstance(url, Path):
        return URL.create("sqlite", database=str(url))
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise Malformed("must look like sqlite:///folder/file or postgresql://user@host/name", "store_url") from None
    if backend not in {"sqlite", "postgresql"}:
        raise Malformed("must be the address of a SQLite or PostgreSQL database", "store_url")
    if backend == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise Malformed("must name a file: a database in memory is lost with the process", "store_url")
    return parsed if backend == "sqlite" else parsed.set(drivername=_POSTGRES_DRIVER)


def _address(url: URL) -> str:
    """What messages call the store: the path of its file, or its address without a password."""
    return str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


class _Sqlite(Protocol):
    isolation_level: str | None

    def execute(self, sql: str, /) -> object: ...


def _prepare_sqlite(connection: _Sqlite, _record: object) -> None:
    connection.isolation_level = None  # ``_begin_sqlite`` begins transactions, the driver does not guess
    # FULL syncs a commit in the write-ahead log before it is acknowledged; NORMAL would lose the last commits at a
    # power cut.
    for setting in (f"busy_timeout = {int(WAIT_SECONDS * 1000)}", "journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {setting}")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    # With a plain BEGIN, a transaction that reads and then writes would fail at once if another wrote meanwhile.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(_WRITES) else "BEGIN")


def _without_delay(connection: Any, _record: object) -> None:
    """Turn off Nagle's algorithm, for which pg8000 has no option: a request of several packets would wait 40 ms until
    the server acknowledges the first.
    """
    link: socket.socket = connection._usock
    if link.family != socket.AF_UNIX:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _sqlstate(found: BaseException | None) -> str:
    """PostgreSQL's code for an error. Its message could contain what was to be stored; the code cannot."""
    fields = found.args[0] if found is not None and found.args and isinstance(found.args[0], dict) else {}
    return str(fields.get("C", ""))


def _advice(found: BaseException | None) -> str:
    if isinstance(found, sqlite3.Error):
        name = getattr(found, "sqlite_errorname", "")
        advice = _SQLITE_ADVICE.get("_".join(name.split("_")[:2]), "does not work as it should")
        return f"{advice} ({found}); nothing was changed"
    code = _sqlstate(found)
    if not code:
        return (
            "cannot be reached: check that the server runs and accepts connections, and try again. If the connection "
            "broke just now, what was sent may have been stored, and will be found"
        )
    advice = _POSTGRES_ADVICE.get(code, "does not work as it should: see the server's log, and try again")
    return f"{advice} (SQLSTATE {code}); nothing was changed"

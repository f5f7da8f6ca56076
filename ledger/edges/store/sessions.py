"""Sessions: who is signed in, the nonces that were given for it, and who tried how often.

All processes of a server share these tables. Each has a bound that no client can pass; what is over is removed when
something is added. Rules about times are the caller's: he says how many seconds count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, delete, func, insert, select, update

from ledger.core.encoding.ids import Signer
from ledger.edges.store.database import Database
from ledger.edges.store.limits import checked_number
from ledger.edges.store.tables import NONCES, SESSIONS, SIGN_IN_TRIES

MOST_NONCES = 10_000
MOST_TRIES = 20_000
MOST_SESSIONS = 100_000
MOST_OF_A_SIGNER = 20


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in (``signer``), since when, and when the session was last used, in seconds.

    ``used_at`` is exact to the pause that ``Sessions.use`` is given.
    """

    signer: Signer
    begun_at: int
    used_at: int


class Sessions:
    """The tables of sign-ins. ``at`` is the time now in seconds, everywhere."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def give_nonce(self, nonce: bytes, client: str, at: int, kept: int, most: int, span: int) -> bool:
        """Note a nonce (32 bytes) that a client is given; False, and nothing noted, if it had ``most`` in ``span``.

        :param client: the address, at most 64 characters.
        :param kept: for how many seconds a nonce counts. Older ones go, and of too many the oldest.
        :param span: seconds.
        """
        column = NONCES.c
        with self._database.writing() as connection:
            connection.execute(delete(NONCES).where(column.created_at <= checked_number(at, "time") - kept))
            mine = and_(column.client == client, column.created_at > at - span)
            if _count(connection, NONCES, mine) >= most:
                return False
            connection.execute(insert(NONCES).values(nonce=nonce, client=client, created_at=at))
            _keep_newest(connection, column.nonce, column.created_at, MOST_NONCES)
        return True

    def use_nonce(self, nonce: bytes, at: int, kept: int) -> bool:
        """Use a nonce up: True once, if it was given at most ``kept`` seconds ago; else False."""
        column = NONCES.c
        this = and_(column.nonce == nonce, column.used_at.is_(None), column.created_at > at - kept)
        with self._database.writing() as connection:
            return connection.execute(update(NONCES).where(this).values(used_at=at)).rowcount == 1

    def note_try(self, client: str, at: int, most: int, span: int) -> bool:
        """Note that a client tries to sign in; False, and nothing noted, if it tried ``most`` times in ``span``."""
        column = SIGN_IN_TRIES.c
        with self._database.writing() as connection:
            connection.execute(delete(SIGN_IN_TRIES).where(column.tried_at <= checked_number(at, "time") - span))
            if _count(connection, SIGN_IN_TRIES, column.client == client) >= most:
                return False
            connection.execute(insert(SIGN_IN_TRIES).values(client=client, tried_at=at))
            _keep_newest(connection, column.id, column.tried_at, MOST_TRIES)
        return True

    def begin(self, name: bytes, signer: Signer, at: int, longest: int, idle: int) -> None:
        """Begin a session under a name (32 bytes).

        A signer has at most ``MOST_OF_A_SIGNER``, and all together ``MOST_SESSIONS``: those go that were idle longest.

        :param longest: seconds after which a session is over, and ``idle`` seconds of its not being used.
        """
        column = SESSIONS.c
        with self._database.writing() as connection:
            over = (column.begun_at <= checked_number(at, "time") - longest) | (column.used_at <= at - idle)
            connection.execute(delete(SESSIONS).where(over))
            of_signer = select(column.name).where(column.signer == signer).order_by(column.used_at.desc(), column.name)
            connection.execute(delete(SESSIONS).where(column.name.in_(of_signer.offset(MOST_OF_A_SIGNER - 1))))
            connection.execute(insert(SESSIONS).values(name=name, signer=signer, begun_at=at, used_at=at))
            _keep_newest(connection, column.name, column.used_at, MOST_SESSIONS)

    def use(self, name: bytes, at: int, longest: int, idle: int, pause: int) -> Session | None:
        """The session of a name, which is used now; None if there is none, or it is over.

        :param pause: its use is noted at most once in so many seconds, because a note is a write to the disk.
        """
        column = SESSIONS.c
        with self._database.reading() as connection:
            row = connection.execute(select(SESSIONS).where(column.name == name)).first()
        if row is None or row.begun_at <= at - longest or row.used_at <= at - idle:
            return None
        if row.used_at <= at - pause:
            with self._database.writing() as connection:
                connection.execute(update(SESSIONS).where(column.name == name).values(used_at=at))
        return Session(Signer(row.signer), row.begun_at, row.used_at)

    def end(self, name: bytes) -> None:
        """End a session, if there is one of this name."""
        with self._database.writing() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.name == name))


def _count(connection: Connection, table: Table, which: ColumnElement[bool]) -> int:
    return int(connection.execute(select(func.count()).select_from(table).where(which)).scalar_one())


def _keep_newest(connection: Connection, key: Column[Any], time: Column[Any], most: int) -> None:
    """Remove the rows with the lowest times, if there are more than ``most``."""
    surplus = select(key).order_by(time.desc(), key.desc()).offset(most)
    connection.execute(delete(key.table).where(key.in_(surplus)))

"""Idempotency keys: the first response to a request that its client may repeat, kept for a day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from ledger.edges.store.database import Database
from ledger.edges.store.limits import checked_number
from ledger.edges.store.tables import IDEMPOTENCY

KEPT_SECONDS = 24 * 3600
MOST_KEPT = 10_000  # of all clients together; whoever has most loses its oldest first
MOST_OF_CLIENT = 500  # its oldest go first
MOST_BYTES = 4 << 10  # of a response; a larger one is not kept


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """What was answered: an HTTP status and the body's bytes."""

    status: int
    body: bytes


class Idempotency:
    """The table of responses, by client (at most 64 characters) and the client's own key (at most 255).

    It is bounded in all and for each client, in rows and bytes. A client that takes many keys loses its own responses.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(
        self, client: str, key: str, request: bytes, at: int, patience: int
    ) -> StoredResponse | Literal["go on", "under way", "another request"]:
        """What to do with a request under a key: give the first response again, go on, or refuse.

        Of many at once one goes on. It ends with ``keep`` or ``forget``. If it dies, another one goes on after
        ``patience`` seconds, so what is done under a key must do no harm if it is done twice.

        :param request: 32 bytes that tell requests apart.
        :param at: the time now in seconds.
        """
        column = IDEMPOTENCY.c
        with self._database.writing() as connection:
            connection.execute(
                delete(IDEMPOTENCY).where(column.created_at <= checked_number(at, "time") - KEPT_SECONDS)
            )
            this = _row(client, key)
            row = connection.execute(select(IDEMPOTENCY).where(this)).first()
            if row is None:
                values = {"client": client, "key": key, "request": request, "created_at": at}
                connection.execute(insert(IDEMPOTENCY).values(values))
                self._drop_oldest(connection, client, key, MOST_OF_CLIENT)
                if connection.execute(select(func.count()).select_from(IDEMPOTENCY)).scalar_one() > MOST_KEPT:
                    most = (
                        select(column.client)
                        .group_by(column.client)
                        .order_by(func.count().desc(), func.min(column.created_at))
                    )
                    richest, count = connection.execute(most.add_columns(func.count()).limit(1)).one()
                    self._drop_oldest(connection, richest, key if richest == client else None, count - 1)
                return "go on"
            if row.request != request:
                return "another request"
            if row.status is not None:
                return StoredResponse(row.status, row.body)
            if at - row.created_at < patience:
                return "under way"
            connection.execute(update(IDEMPOTENCY).where(this).values(created_at=at))
            return "go on"

    def keep(self, client: str, key: str, response: StoredResponse) -> None:
        """Give this response, of at most ``MOST_BYTES`` bytes, to every repetition of the request."""
        with self._database.writing() as connection:
            wanted = update(IDEMPOTENCY).where(_row(client, key))
            connection.execute(wanted.values(status=response.status, body=response.body))

    def forget(self, client: str, key: str) -> None:
        """Let the request be tried again, because its response is not worth repeating."""
        with self._database.writing() as connection:
            connection.execute(delete(IDEMPOTENCY).where(_row(client, key)))

    def _drop_oldest(self, connection: Connection, client: str, key: str | None, most: int) -> None:
        """Keep the newest ``most`` rows of a client, and the one of ``key``."""
        column = IDEMPOTENCY.c
        ordered = select(column.created_at, column.key).where(column.client == client)
        ordered = ordered.order_by(column.created_at.desc(), column.key.desc())
        for created_at, name in connection.execute(ordered.offset(most)).all():
            if name != key:
                gone = and_(_row(client, name), column.created_at == created_at)
                connection.execute(delete(IDEMPOTENCY).where(gone))


def _row(client: str, key: str) -> ColumnElement[bool]:
    return and_(IDEMPOTENCY.c.client == client, IDEMPOTENCY.c.key == key)

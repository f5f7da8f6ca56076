"""Idempotency keys: the first answer to a request that its client may repeat, kept for a day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import and_, delete, insert, select, update

from ledger.edges.store.limits import Part, whole
from ledger.edges.store.tables import IDEMPOTENCY

KEPT_SECONDS = 24 * 3600
MOST_KEPT = 10_000  # of all clients together; the oldest go first


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: an HTTP status and the body's bytes."""

    status: int
    body: bytes


class Idempotency(Part):
    """The table of answers, by client (at most 64 characters) and the client's own key (at most 255)."""

    def begin_once(
        self, client: str, key: str, request: bytes, at: int, patience: int
    ) -> Answer | Literal["go on", "under way", "another request"]:
        """What to do with a request under a key: answer as before, go on, or refuse. Of many at once one goes on.

        Whoever goes on ends with ``keep_answer`` or ``forget_answer``. Where it died, another goes on after
        ``patience`` seconds, so what is done under a key must bear being done twice.

        :param request: 32 bytes that tell requests apart.
        :param at: the time now in seconds.
        """
        column = IDEMPOTENCY.c
        with self._database.writing() as connection:
            connection.execute(delete(IDEMPOTENCY).where(column.created_at <= whole(at, "time") - KEPT_SECONDS))
            mine = and_(column.client == client, column.key == key)
            row = connection.execute(select(IDEMPOTENCY).where(mine)).first()
            if row is None:
                values = {"client": client, "key": key, "request": request, "created_at": at}
                connection.execute(insert(IDEMPOTENCY).values(values))
                ordered = select(column.created_at).order_by(column.created_at.desc())
                beyond = ordered.offset(MOST_KEPT).limit(1).scalar_subquery()
                connection.execute(delete(IDEMPOTENCY).where(column.created_at <= beyond, ~mine))
                return "go on"
            if row.request != request:
                return "another request"
            if row.status is not None:
                return Answer(row.status, row.body)
            if at - row.created_at < patience:
                return "under way"
            connection.execute(update(IDEMPOTENCY).where(mine).values(created_at=at))
            return "go on"

    def keep_answer(self, client: str, key: str, answer: Answer) -> None:
        """Give this answer to whoever repeats the request."""
        column = IDEMPOTENCY.c
        mine = and_(column.client == client, column.key == key)
        with self._database.writing() as connection:
            connection.execute(update(IDEMPOTENCY).where(mine).values(status=answer.status, body=answer.body))

    def forget_answer(self, client: str, key: str) -> None:
        """Nothing came of it that a repetition should get again: let it be tried anew."""
        column = IDEMPOTENCY.c
        with self._database.writing() as connection:
            connection.execute(delete(IDEMPOTENCY).where(column.client == client, column.key == key))

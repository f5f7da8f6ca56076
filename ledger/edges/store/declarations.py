"""Declarations: taken in once, durably, and found again by party, type, time of receipt and state."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select, tuple_

from ledger.core.anchoring.batches import DeclarationState
from ledger.core.encoding.ids import DeclarationId, Digest, SetName, Signer
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.origin import Origin
from ledger.edges.store.bulk import insert_new, read_in_chunks
from ledger.edges.store.database import Database
from ledger.edges.store.limits import checked_number, chunks
from ledger.edges.store.rows import DeclarationRow, declaration_of, pending_values
from ledger.edges.store.sets import read_names, read_names_of
from ledger.edges.store.tables import BATCHES, DECLARATIONS, REFERENCES
from ledger.errors import HistoryBroken, Malformed

MAX_PAGE = 1000
_TIME_SIZE, _ID_SIZE = 8, 32
# A declaration and the state of its batch.
_WITH_STATE = select(DECLARATIONS, BATCHES.c.state).join(BATCHES, BATCHES.c.id == DECLARATIONS.c.batch_id, isouter=True)
_ONE = _WITH_STATE.where(DECLARATIONS.c.id == bindparam("wanted"))


class Pending(NamedTuple):
    """How many declarations wait for a batch, and since when (seconds) the oldest does; None without any."""

    total: int
    since: int | None


class Declarations:
    """The table of declarations."""

    def __init__(self, database: Database, origin: Origin) -> None:
        self._database = database
        self._origin = origin

    def add(
        self, signed: Sequence[tuple[Declaration, bytes]], origin: Origin, at: int
    ) -> list[tuple[DeclarationId, bool]]:
        """Store declarations with their signatures, all or none; durable on return. No signature is checked.

        :param origin: the history that they were signed for.
        :param at: time of receipt, seconds since 1970.
        :returns: for each its id, and whether it is new. A known one keeps its first signature and time of receipt.
        :raises HistoryBroken: they were signed for another history than this store's.
        :raises Unavailable: they could not be stored, and no declaration was.
        """
        if origin != self._origin:
            raise HistoryBroken("the declarations are for another history", expected=self._origin, found=origin)
        received = [(declaration.id(origin), declaration, signature) for declaration, signature in signed]
        new = self.add_with_ids(received, at)
        return [(id_, is_new) for (id_, _, _), is_new in zip(received, new, strict=True)]

    def add_with_ids(self, received: Sequence[tuple[DeclarationId, Declaration, bytes]], at: int) -> list[bool]:
        """Like ``add``, for a caller that knows the ids for this history: (id, declaration, signature).

        :returns: for each whether it is new.
        """
        checked_number(at, "time of receipt")
        rows: dict[DeclarationId, dict[str, Any]] = {}
        for id_, declaration, signature in received:
            if id_ not in rows:
                rows[id_] = pending_values(id_, declaration, signature, at)
        with self._database.writing(alone=False) as connection:
            new = insert_new(connection, DECLARATIONS, "id", list(rows.values()))
        is_new = []
        for id_, _, _ in received:
            is_new.append(id_ in new)
            new.discard(id_)
        return is_new

    def get(self, id_: DeclarationId) -> DeclarationRow | None:
        """One declaration; None if it is not in the store."""
        with self._database.reading() as connection:
            row = connection.execute(_ONE, {"wanted": id_}).first()
        return None if row is None else declaration_of(row)

    def get_with_sets(self, id_: DeclarationId) -> tuple[DeclarationRow, list[SetName]] | None:
        """One declaration and the sets that it is a member of (``Sets.names_of``); None if it is not in the store."""
        with self._database.reading() as connection:
            row = connection.execute(_ONE, {"wanted": id_}).first()
            return None if row is None else (declaration_of(row), read_names(connection, id_))

    def get_many(self, ids: Sequence[DeclarationId]) -> dict[DeclarationId, tuple[DeclarationRow, list[SetName]]]:
        """Like ``get_with_sets`` for each of these that is in the store, by id."""
        found = {}
        with self._database.reading() as connection:
            for some in chunks(list(dict.fromkeys(ids))):
                rows = [
                    declaration_of(row) for row in connection.execute(_WITH_STATE.where(DECLARATIONS.c.id.in_(some)))
                ]
                names = read_names_of(connection, [row.id for row in rows])
                found.update({row.id: (row, names[row.id]) for row in rows})
        return found

    def page(
        self,
        *,
        party: Signer | None = None,
        document_type: int | None = None,
        received_from: int | None = None,
        received_until: int | None = None,
        state: DeclarationState | None = None,
        digest: Digest | None = None,
        reference: str | None = None,
        newest_first: bool = False,
        cursor: str | None = None,
        limit: int = 100,
    ) -> tuple[list[DeclarationRow], str | None]:
        """A page of declarations by (time of receipt, id), and the cursor of the next page; None on the last.

        A reader that follows the cursors gets every declaration that was in the store at the start exactly once, even
        if others are added or anchored meanwhile.

        :param received_from: from this second, inclusive; ``received_until``: exclusive.
        :param digest: of the declared document.
        :param reference: that the party disclosed, in its normal form.
        :param newest_first: the other way round; a cursor belongs to the order that it came from.
        :param limit: 1 to 1000.
        :raises Malformed: a number is out of range, or the cursor did not come from here.
        """
        if not 1 <= limit <= MAX_PAGE:
            raise Malformed(f"must be a whole number from 1 to {MAX_PAGE}", "limit")
        column = DECLARATIONS.c
        position = tuple_(column.received_at, column.id)
        order = (column.received_at.desc(), column.id.desc()) if newest_first else (column.received_at, column.id)
        wanted = _WITH_STATE.order_by(*order).limit(limit + 1)
        if party is not None:
            wanted = wanted.where(column.party == party)
        if document_type is not None:
            wanted = wanted.where(column.document_type == checked_number(document_type, "document_type"))
        if received_from is not None:
            wanted = wanted.where(column.received_at >= checked_number(received_from, "received_from"))
        if received_until is not None:
            wanted = wanted.where(column.received_at < checked_number(received_until, "received_until"))
        if digest is not None:
            wanted = wanted.where(column.digest == digest)
        if reference is not None:
            named = select(REFERENCES.c.declaration).where(REFERENCES.c.number == reference)
            wanted = wanted.where(column.id.in_(named))
        if state is not None:
            wanted = wanted.where(column.batch_id.is_(None) if state == "pending" else BATCHES.c.state == state)
        if cursor is not None:
            last = tuple_(*_read_cursor(cursor))
            wanted = wanted.where(position < last if newest_first else position > last)
        with self._database.reading() as connection:
            rows = [declaration_of(row) for row in connection.execute(wanted)]
        return rows[:limit], _cursor(rows[limit - 1]) if len(rows) > limit else None

    def pending(self) -> Pending:
        """How many declarations wait for a batch, and since when."""
        column = DECLARATIONS.c
        wanted = select(func.count(), func.min(column.received_at)).where(column.batch_id.is_(None))
        with self._database.reading() as connection:
            return Pending(*connection.execute(wanted).one())

    def pending_ids(self, limit: int) -> list[DeclarationId]:
        """The ids of the oldest pending declarations, at most ``limit``, by (time of receipt, id)."""
        column = DECLARATIONS.c
        wanted = select(column.id).where(column.batch_id.is_(None)).order_by(column.received_at, column.id)
        with self._database.reading() as connection:
            return list(connection.scalars(wanted.limit(checked_number(limit, "batch size"))))

    def has_all(self, ids: Sequence[DeclarationId]) -> bool:
        """Whether all of these declarations are in the store."""
        column = DECLARATIONS.c
        with self._database.reading() as connection:
            for some in chunks(ids):
                found = connection.execute(select(func.count()).where(column.id.in_(some))).scalar_one()
                if found != len(set(some)):
                    return False
        return True

    def each(self) -> Iterator[DeclarationRow]:
        """All declarations by id, read in chunks."""
        return map(declaration_of, read_in_chunks(self._database, _WITH_STATE, DECLARATIONS.c.id))


def _cursor(row: DeclarationRow) -> str:
    return base64.urlsafe_b64encode(row.received_at.to_bytes(_TIME_SIZE) + row.id).rstrip(b"=").decode()


def _read_cursor(cursor: str) -> tuple[int, bytes]:
    try:
        data = base64.b64decode(cursor.encode("ascii") + b"==", altchars=b"-_", validate=True)
        at, id_ = checked_number(int.from_bytes(data[:_TIME_SIZE]), "cursor"), data[_TIME_SIZE:]
    except (binascii.Error, UnicodeEncodeError, Malformed):
        at, id_ = 0, b""
    if len(id_) != _ID_SIZE:
        raise Malformed("did not come from a page of this list: begin without one", "cursor")
    return at, id_

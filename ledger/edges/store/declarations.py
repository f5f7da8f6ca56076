"""Declarations: taken in once, durably, and found again by party, type, time and state."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, func, select, tuple_

from ledger.core.anchoring.batches import DeclarationState
from ledger.core.statements.origin import Origin
from ledger.core.statements.statement import Declaration
from ledger.edges.store.bulk import insert_new
from ledger.edges.store.limits import Part, whole
from ledger.edges.store.sets import names_of
from ledger.edges.store.tables import BATCHES, DECLARATIONS
from ledger.errors import HistoryBroken, Malformed

MAX_PAGE = 1000
_TIME_SIZE, _ID_SIZE = 8, 32
# A declaration and the state of its batch.
SELECTED = select(DECLARATIONS, BATCHES.c.state).join(BATCHES, BATCHES.c.id == DECLARATIONS.c.batch_id, isouter=True)
_ONE = SELECTED.where(DECLARATIONS.c.id == bindparam("wanted"))


@dataclass(frozen=True, slots=True)
class DeclarationRow:
    """A stored declaration: its id (32 bytes), the party's signature, when it was received (seconds), where it stands.

    ``batch_id`` and ``batch_index``, its place in the batch from 0, are None while it is pending.
    """

    id: bytes
    declaration: Declaration
    signature: bytes
    received_at: int
    state: DeclarationState
    batch_id: int | None
    batch_index: int | None


class Declarations(Part):
    """The table of declarations."""

    def add_declarations(
        self, signed: Sequence[tuple[Declaration, bytes]], origin: Origin, at: int
    ) -> list[tuple[bytes, bool]]:
        """Store declarations with their signatures, all or none; durable on return.

        :param origin: the history that they were signed for.
        :param at: time of receipt, seconds since 1970.
        :returns: for each its id, and whether it is new. One that is known stays as it is, first signature included.
        :raises HistoryBroken: they were signed for another history than this store's.
        :raises Unavailable: they could not be stored; none was.
        """
        if origin != self.origin:
            raise HistoryBroken("the declarations are for another history", expected=self.origin, found=origin)
        received = [(declaration.id(origin), declaration, signature) for declaration, signature in signed]
        new = self.receive(received, at)
        return [(id_, is_new) for (id_, _, _), is_new in zip(received, new, strict=True)]

    def receive(self, received: Sequence[tuple[bytes, Declaration, bytes]], at: int) -> list[bool]:
        """As ``add_declarations``, where the ids for this history are known; returns for each whether it is new."""
        whole(at, "time of receipt")
        rows: dict[bytes, dict[str, Any]] = {}
        for id_, declaration, signature in received:
            if id_ not in rows:
                rows[id_] = pending_values(id_, declaration, signature, at)
        with self._database.writing(alone=False) as connection:
            new = insert_new(connection, DECLARATIONS, "id", list(rows.values()))
        told = []
        for id_, _, _ in received:
            told.append(id_ in new)
            new.discard(id_)
        return told

    def declaration(self, id_: bytes) -> DeclarationRow | None:
        """One declaration; None when it is not here."""
        with self._database.reading() as connection:
            row = connection.execute(_ONE, {"wanted": id_}).first()
        return None if row is None else declaration_row(row)

    def declaration_in_sets(self, id_: bytes) -> tuple[DeclarationRow, list[tuple[bytes, int]]] | None:
        """One declaration, with what ``set_names_of`` says of it; None when it is not here."""
        with self._database.reading() as connection:
            row = connection.execute(_ONE, {"wanted": id_}).first()
            return None if row is None else (declaration_row(row), names_of(connection, id_))

    def list_declarations(
        self,
        *,
        party: bytes | None = None,
        document_type: int | None = None,
        received_from: int | None = None,
        received_until: int | None = None,
        state: DeclarationState | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> tuple[list[DeclarationRow], str | None]:
        """A page of declarations by (time of receipt, id), and the cursor of the next page; None on the last.

        Following the cursors gives every declaration that was there at the start exactly once, whatever is added or
        anchored meanwhile.

        :param received_from: from this second, inclusive; ``received_until``: exclusive.
        :param limit: 1 to 1000.
        :raises Malformed: a number out of range, or a cursor that did not come from here.
        """
        if not 1 <= limit <= MAX_PAGE:
            raise Malformed(f"must be a whole number from 1 to {MAX_PAGE}", "limit")
        column = DECLARATIONS.c
        place = tuple_(column.received_at, column.id)
        wanted = SELECTED.order_by(column.received_at, column.id).limit(limit + 1)
        if party is not None:
            wanted = wanted.where(column.party == party)
        if document_type is not None:
            wanted = wanted.where(column.document_type == whole(document_type, "document_type"))
        if received_from is not None:
            wanted = wanted.where(column.received_at >= whole(received_from, "received_from"))
        if received_until is not None:
            wanted = wanted.where(column.received_at < whole(received_until, "received_until"))
        if state is not None:
            wanted = wanted.where(column.batch_id.is_(None) if state == "pending" else BATCHES.c.state == state)
        if cursor is not None:
            wanted = wanted.where(place > tuple_(*_read_cursor(cursor)))
        with self._database.reading() as connection:
            rows = [declaration_row(row) for row in connection.execute(wanted)]
        return rows[:limit], _cursor(rows[limit - 1]) if len(rows) > limit else None

    def pending(self) -> tuple[int, int | None]:
        """How many declarations wait for a batch, and since when (seconds) the oldest does."""
        column = DECLARATIONS.c
        wanted = select(func.count(), func.min(column.received_at)).where(column.batch_id.is_(None))
        with self._database.reading() as connection:
            count, oldest = connection.execute(wanted).one()
        return count, oldest

    def pending_ids(self, most: int) -> list[bytes]:
        """The ids of the oldest pending declarations, at most so many, by (time of receipt, id)."""
        column = DECLARATIONS.c
        wanted = select(column.id).where(column.batch_id.is_(None)).order_by(column.received_at, column.id)
        with self._database.reading() as connection:
            return list(connection.scalars(wanted.limit(whole(most, "batch size"))))


def pending_values(id_: bytes, declaration: Declaration, signature: bytes, at: int) -> dict[str, Any]:
    """The row of a declaration that is received at ``at`` (seconds) and waits for its batch."""
    return {
        "id": id_,
        "party": declaration.party,
        "digest": declaration.digest,
        "document_type": declaration.document_type,
        "replaces": declaration.replaces,
        "signature": signature,
        "received_at": at,
    }


def declaration_row(row: Row[Any]) -> DeclarationRow:
    """A row as it stands; Malformed where a column is out of a declaration's range."""
    column, found = DECLARATIONS.c, row._mapping
    declaration = Declaration(row.party, row.digest, row.document_type, row.replaces)
    return DeclarationRow(
        found[column.id], declaration, row.signature, row.received_at, row.state or "pending", row.batch_id,
        row.batch_index,
    )  # fmt: skip


def _cursor(row: DeclarationRow) -> str:
    return base64.urlsafe_b64encode(row.received_at.to_bytes(_TIME_SIZE) + row.id).rstrip(b"=").decode()


def _read_cursor(cursor: str) -> tuple[int, bytes]:
    try:
        data = base64.b64decode(cursor.encode("ascii") + b"==", altchars=b"-_", validate=True)
        at, id_ = whole(int.from_bytes(data[:_TIME_SIZE]), "cursor"), data[_TIME_SIZE:]
    except (binascii.Error, UnicodeEncodeError, Malformed):
        at, id_ = 0, b""
    if len(id_) != _ID_SIZE:
        raise Malformed("did not come from a page of this list: begin without one", "cursor")
    return at, id_

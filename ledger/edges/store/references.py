"""References by which declarations are found: what parties disclosed in copies that verified, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, insert, select

from ledger.core.document.references import KeptReference, Reference, ReferenceKind
from ledger.core.encoding.ids import DeclarationId
from ledger.edges.store.database import Database
from ledger.edges.store.limits import checked_number
from ledger.edges.store.tables import REFERENCES
from ledger.errors import TooManyReferences

MOST_REFERENCES = 200
"""Of one declaration."""


class References:
    """The table of references."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, declaration: DeclarationId, references: Sequence[Reference], at: int) -> list[Reference]:
        """Keep references of a declaration that is in the store: those that are new, which may be none.

        :param at: the time, in seconds.
        :raises TooManyReferences: it would have more than 200; none is kept then.
        """
        checked_number(at, "time")
        with self._database.writing() as connection:
            column = REFERENCES.c
            rows = connection.execute(select(column.kind, column.number).where(column.declaration == declaration))
            known = {(kind, number) for kind, number in rows}
            new = [item for item in dict.fromkeys(references) if (item.kind.value, item.number) not in known]
            if len(known) + len(new) > MOST_REFERENCES:
                raise TooManyReferences(declaration, MOST_REFERENCES)
            values = [
                {"declaration": declaration, "kind": kind.value, "number": number, "added_at": at}
                for kind, number in new
            ]
            if values:
                connection.execute(insert(REFERENCES), values)
        return new

    def of(self, declaration: DeclarationId) -> list[KeptReference]:
        """The references of a declaration, by kind and number."""
        column = REFERENCES.c
        wanted = select(REFERENCES).where(column.declaration == declaration).order_by(column.kind, column.number)
        with self._database.reading() as connection:
            return [
                KeptReference(Reference(ReferenceKind(row.kind), row.number), row.added_at)
                for row in connection.execute(wanted)
            ]

    def remove(self, declaration: DeclarationId, number: str | None = None) -> int:
        """Forget references of a declaration: one of this number, or all. How many there were."""
        column = REFERENCES.c
        which = column.declaration == declaration
        if number is not None:
            which &= column.number == number
        with self._database.writing() as connection:
            count = connection.execute(select(func.count()).where(which)).scalar_one()
            connection.execute(delete(REFERENCES).where(which))
        return count

"""Inclusions that holders' evidence proves, in batches and attested sets of which not all members are known.

If all members are known, inclusions say nothing more, and none is kept. The table is called ``places``. Its writer has
checked each path.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import exists, select

from ledger.core.anchoring.batches import Batch
from ledger.core.encoding.ids import DeclarationId, Root
from ledger.core.evidence.inclusion import Inclusion
from ledger.edges.store.bulk import read_in_chunks
from ledger.edges.store.database import Database
from ledger.edges.store.limits import checked_number
from ledger.edges.store.rows import inclusion_of
from ledger.edges.store.tables import DECLARATIONS, INCLUSIONS


class Inclusions:
    """The table of inclusions. ``Restoration`` writes it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, id_: DeclarationId, root: Root, size: int) -> Inclusion | None:
        """The inclusion of a declaration in a batch or set that is known in part; None if it is not known."""
        column = INCLUSIONS.c
        wanted = select(INCLUSIONS).where(
            column.declaration == id_, column.root == root, column.size == checked_number(size, "size")
        )
        with self._database.reading() as connection:
            row = connection.execute(wanted).first()
        return None if row is None else inclusion_of(row)

    def each(self) -> Iterator[tuple[DeclarationId, Inclusion]]:
        """Declaration id and inclusion, by root, size and index; read in chunks."""
        column = INCLUSIONS.c
        for row in read_in_chunks(self._database, select(INCLUSIONS), column.root, column.size, column.position):
            yield row.declaration, inclusion_of(row)

    def cover(self, batch: Batch) -> bool:
        """Whether an inclusion is kept for every declaration that is known of a batch, and at least one is known.

        The inclusions then prove what the members that are missing could not.
        """
        column, kept = DECLARATIONS.c, INCLUSIONS.c
        inclusion = exists().where(
            kept.root == batch.root, kept.size == batch.size,
            kept.position == column.batch_index, kept.declaration == column.id,
        )  # fmt: skip
        inside = column.batch_id == batch.id
        with self._database.reading() as connection:
            some = connection.execute(select(column.id).where(inside).limit(1)).first()
            return some is not None and connection.execute(select(column.id).where(inside, ~inclusion)).first() is None

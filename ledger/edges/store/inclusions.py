"""Places that holders' evidence proves, in batches and attested sets of which not all members are known.

Where all are, the members say everything, and no place is kept. Whoever hands one in has checked its path.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, func, insert, select, tuple_

from ledger.core.anchoring.batches import Batch
from ledger.core.evidence.inclusion import Place
from ledger.core.tree.merkle import HASH_SIZE
from ledger.edges.store.batches import batch_row
from ledger.edges.store.limits import CHUNK, Part, whole
from ledger.edges.store.sets import members_of, save
from ledger.edges.store.tables import ATTESTED_SETS, BATCHES, DECLARATIONS, PLACES


class Places(Part):
    """The table of places."""

    def place(self, id_: bytes, root: bytes, size: int) -> Place | None:
        """Where a declaration stands in a batch or set that is known in part; None where that is not known."""
        column = PLACES.c
        wanted = select(PLACES).where(
            column.declaration == id_, column.root == root, column.size == whole(size, "size")
        )
        with self._database.reading() as connection:
            row = connection.execute(wanted).first()
        return None if row is None else _place(row)

    def each_place(self) -> Iterator[tuple[bytes, Place]]:
        """Declaration id and place, by root, size and index; a chunk in each transaction."""
        key = tuple_(PLACES.c.root, PLACES.c.size, PLACES.c.position)
        wanted = select(PLACES).order_by(PLACES.c.root, PLACES.c.size, PLACES.c.position).limit(CHUNK)
        chunk = wanted
        while True:
            with self._database.reading() as connection:
                rows = list(connection.execute(chunk))
            yield from ((row.declaration, _place(row)) for row in rows)
            if len(rows) < CHUNK:
                return
            last = rows[-1]
            chunk = wanted.where(key > tuple_(last.root, last.size, last.position))

    def partly_known(self) -> list[tuple[Batch, int]]:
        """Batches of which not all declarations are known, each with how many are."""
        column = BATCHES.c
        known = func.count(DECLARATIONS.c.id)
        wanted = (
            select(BATCHES, known.label("known"))
            .join(DECLARATIONS, DECLARATIONS.c.batch_id == column.id, isouter=True)
            .where(~exists().where(ATTESTED_SETS.c.root == column.root, ATTESTED_SETS.c.size == column.size))
            .group_by(column.id)
            .having(known < column.size)
            .order_by(column.id)
        )
        with self._database.reading() as connection:
            return [(batch_row(row), row.known) for row in connection.execute(wanted)]

    def is_proven(self, batch: Batch) -> bool:
        """Whether every declaration that is known of a batch has its place kept: what makes up for those missing."""
        column, kept = DECLARATIONS.c, PLACES.c
        place = exists().where(
            kept.root == batch.root, kept.size == batch.size,
            kept.position == column.batch_index, kept.declaration == column.id,
        )  # fmt: skip
        mine = column.batch_id == batch.id
        with self._database.reading() as connection:
            some = connection.execute(select(column.id).where(mine).limit(1)).first()
            return some is not None and connection.execute(select(column.id).where(mine, ~place)).first() is None


def keep(connection: Connection, id_: bytes, place: Place) -> None:
    """Keep a place, inside a transaction that is already writing. One that is known stays as it is."""
    column, size, index = PLACES.c, whole(place.size, "size"), whole(place.index, "index")
    same = select(column.declaration).where(column.root == place.root, column.size == size, column.position == index)
    if connection.execute(same).first() is None:
        values = {
            "root": place.root,
            "size": size,
            "position": index,
            "declaration": id_,
            "path": b"".join(place.proof),
        }
        connection.execute(insert(PLACES).values(values))


def settle(connection: Connection) -> None:
    """Make a set of places that name all its members, and drop the places where all members are known."""
    column = PLACES.c
    names = select(column.root, column.size, func.count().label("known")).group_by(column.root, column.size)
    for root, size, known in connection.execute(names).all():
        mine = column.root == root, column.size == size
        if members_of(connection, root, size) is None:
            if known < size:
                continue
            members = connection.scalars(select(column.declaration).where(*mine).order_by(column.position))
            save(connection, root, size, list(members))
        connection.execute(delete(PLACES).where(*mine))


def _place(row: Row[Any]) -> Place:
    path = row.path
    proof = tuple(path[start : start + HASH_SIZE] for start in range(0, len(path), HASH_SIZE))
    return Place(row.root, row.size, row.position, proof)

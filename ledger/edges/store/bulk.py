"""Many rows at once: inserted, put into a batch, or read in chunks.

SQLite and PostgreSQL do the writing best by different statements. SQLite takes one row after the other, and its driver
takes many rows for one statement. PostgreSQL takes whole columns as arrays, because each statement is a round trip.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, Connection, Row, Select, Table, select, text, tuple_

from ledger.core.encoding.ids import DeclarationId
from ledger.edges.store.database import Database
from ledger.edges.store.limits import CHUNK, chunks


def insert_new(connection: Connection, table: Table, key: str, rows: Sequence[Mapping[str, Any]]) -> set[bytes]:
    """Insert rows that all have the same columns. A row whose key is in the table already is left out.

    The driver gets the values as they are, and takes bytes, numbers and text. On PostgreSQL other writers may insert at
    the same time: a statement waits for another that inserts the same key.

    :param key: name of the column that is the table's primary key.
    :returns: the keys that are new.
    """
    if not rows:
        return set()
    names = list(rows[0])
    # Only names of our own columns and their types are written into statements.
    into = f"INSERT INTO {table.name} ({', '.join(names)})"
    if connection.dialect.name == "sqlite":
        keys = [row[key] for row in rows]
        known = _known(connection, table.c[key], keys)
        if new := [tuple(row.values()) for row in rows if row[key] not in known]:
            connection.exec_driver_sql(f"{into} VALUES ({', '.join('?' * len(names))})", new)
        return set(keys) - known
    listed = ", ".join(f"CAST(:{name} AS {_type(table.c[name], connection)}[])" for name in names)
    words = f"{into} SELECT * FROM unnest({listed}) ON CONFLICT DO NOTHING RETURNING {key}"  # noqa: S608
    rows = sorted(rows, key=itemgetter(key))  # in one order, or two writers could wait for each other's rows
    return set(connection.execute(text(words), {name: [row[name] for row in rows] for name in names}).scalars())


def put_into_batch(connection: Connection, batch_id: int, ids: Sequence[DeclarationId]) -> None:
    """Put declarations into a batch, in this order. A declaration that is in a batch already stays where it is."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "UPDATE declarations SET batch_id = ?, batch_index = ? WHERE id = ? AND batch_id IS NULL",
            [(batch_id, index, id_) for index, id_ in enumerate(ids)],
        )
        return
    connection.execute(
        text(
            "UPDATE declarations SET batch_id = :batch, batch_index = given.number - 1 "
            "FROM unnest(CAST(:ids AS bytea[])) WITH ORDINALITY AS given(id, number) "
            "WHERE declarations.id = given.id AND declarations.batch_id IS NULL"
        ),
        {"batch": batch_id, "ids": list(ids)},
    )


def read_in_chunks(database: Database, wanted: Select[Any], *keys: Column[Any]) -> Iterator[Row[Any]]:
    """All rows of a query by the columns ``keys``, which together name one row; each chunk in a transaction of its own.

    A row that is added meanwhile may be seen or not.
    """
    ordered = wanted.order_by(*keys).limit(CHUNK)
    chunk = ordered
    while True:
        with database.reading() as connection:
            rows = connection.execute(chunk).all()
        yield from rows
        if len(rows) < CHUNK:
            return
        chunk = ordered.where(tuple_(*keys) > tuple_(*(rows[-1]._mapping[key] for key in keys)))


def _type(column: Column[Any], connection: Connection) -> str:
    return column.type.compile(connection.dialect)


def _known(connection: Connection, column: Column[Any], keys: Sequence[bytes]) -> set[bytes]:
    known: set[bytes] = set()
    for some in chunks(keys):
        known.update(connection.scalars(select(column).where(column.in_(some))))
    return known

"""Many rows at once: what SQLite and PostgreSQL do best by different statements.

SQLite takes a row at a time, and its driver many rows for one statement. PostgreSQL takes columns for a whole
statement: each statement is a round trip.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, Connection, Table, select, text

from ledger.edges.store.limits import chunks


def insert_new(connection: Connection, table: Table, key: str, rows: Sequence[Mapping[str, Any]]) -> set[bytes]:
    """Insert rows that all have the same columns, leaving as they are those whose key is there already.

    Values go to the driver as they are, which takes bytes, numbers and text. On PostgreSQL nobody has to be alone for
    it: who inserts the same key at the same moment is waited for.

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
    rows = sorted(rows, key=itemgetter(key))  # or two who insert the same keys could wait for each other
    return set(connection.execute(text(words), {name: [row[name] for row in rows] for name in names}).scalars())


def place_all(connection: Connection, batch_id: int, ids: Sequence[bytes]) -> None:
    """Put declarations that are in no batch into one, in this order; those that are in one stay where they are."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "UPDATE declarations SET batch_id = ?, batch_index = ? WHERE id = ? AND batch_id IS NULL",
            [(batch_id, place, one) for place, one in enumerate(ids)],
        )
        return
    connection.execute(
        text(
            "UPDATE declarations SET batch_id = :batch, batch_index = given.place - 1 "
            "FROM unnest(CAST(:ids AS bytea[])) WITH ORDINALITY AS given(id, place) "
            "WHERE declarations.id = given.id AND declarations.batch_id IS NULL"
        ),
        {"batch": batch_id, "ids": list(ids)},
    )


def _type(column: Column[Any], connection: Connection) -> str:
    return column.type.compile(connection.dialect)


def _known(connection: Connection, column: Column[Any], keys: Sequence[bytes]) -> set[bytes]:
    known: set[bytes] = set()
    for some in chunks(keys):
        known.update(connection.scalars(select(column).where(column.in_(some))))
    return known

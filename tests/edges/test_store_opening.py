"""Opening a store: whose it is, which version it has, and what else may be at the address."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Integer, MetaData, Table, insert, inspect, select, text

from ledger.edges.store import Database, Schema, Store
from ledger.edges.store.store import SCHEMA
from ledger.edges.store.tables import metadata
from ledger.errors import HistoryBroken, Malformed, Unavailable
from tests.edges.stored import ORIGIN, add, digest, signed

NEWEST = max(path.name.split("_")[0] for path in SCHEMA.migrations.glob("r*.py"))  # the last migration


def test_a_store_is_of_one_origin(url: str) -> None:
    Store.open(url, ORIGIN).close()
    for other in (replace(ORIGIN, chain_id=1), replace(ORIGIN, contract=bytes(20)), replace(ORIGIN, salt=bytes(32))):
        with pytest.raises(HistoryBroken, match="is of another history") as caught:
            Store.open(url, other)
        assert (caught.value.expected, caught.value.found) == (other, str(ORIGIN))


def test_a_store_that_must_exist(url: str, tmp_path: Path) -> None:
    for origin in (ORIGIN, None):
        with pytest.raises(Unavailable, match="there is no store at"):
            Store.open(url, origin, create=origin is None)
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_exists_is_opened_without_an_origin(url: str) -> None:
    Store.open(url, ORIGIN).close()
    store = Store.open(url, None)
    assert store.origin == ORIGIN
    store.close()


def test_a_store_of_a_newer_version(url: str) -> None:
    store = Store.open(url, ORIGIN)
    with store.database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'r9999'"))
    store.close()
    with pytest.raises(Malformed, match=f"its schema is r9999, and this version knows none after {NEWEST}"):
        Store.open(url, ORIGIN)


def test_the_migrations_make_the_tables(store: Store) -> None:
    with store.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        if connection.dialect.name == "sqlite":
            made = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = 'declarations'")).scalar_one()
            assert made.count("CHECK") == 1


def test_a_store_of_an_earlier_version_is_upgraded_with_all_it_has(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store is as at r0002, with a batch in each state of that version, an empty one, and a pending declaration."""
    with monkeypatch.context() as patched:
        patched.setattr(ScriptDirectory, "get_current_head", lambda self: "r0002")
        upgrade = command.upgrade
        patched.setattr(command, "upgrade", lambda config, _: upgrade(config, "r0002"))
        old = Store.open(url, ORIGIN)
    values = [signed(number) for number in range(4)]
    with old.database.engine.begin() as connection:
        for number, (state, entry) in enumerate([("anchored", 0), ("sent", None), ("formed", None)], start=1):
            connection.execute(
                text("INSERT INTO batches VALUES (:id, :root, 1, :state, 5, :hash, :entry, :entry)"),
                {"id": number, "root": digest(number), "state": state, "hash": f"0x{number:064x}", "entry": entry},
            )
        empty = "INSERT INTO batches VALUES (4, :root, 0, 'formed', 5, NULL, NULL, NULL)"
        connection.execute(text(empty), {"root": digest(4)})
        for (made, signature), batch in zip(values, (1, 2, 3, None), strict=True):
            connection.execute(
                text(
                    "INSERT INTO declarations VALUES (:id, :party, :digest, 380, :none, :signature, 5, :state, :batch, "
                    ":index)"
                ),
                {
                    "id": made.id(ORIGIN), "party": made.party, "digest": made.digest, "none": bytes(32),
                    "signature": signature, "state": {1: "anchored", None: "pending"}.get(batch, "batched"),
                    "batch": batch, "index": None if batch is None else 0,
                },
            )  # fmt: skip
    old.close()
    store = Store.open(url, ORIGIN)
    rows = [store.declarations.get(made.id(ORIGIN)) for made, _ in values]
    assert [row and row.state for row in rows] == ["anchored", "batched", "batched", "pending"]
    assert [row and (row.declaration, row.signature) for row in rows] == values
    assert [batch.tx_hash is None for batch in store.batches.each()] == [False, True, True]
    for refused in ("DELETE FROM batches", "UPDATE batches SET size = 0"):  # references and sizes are checked again
        with pytest.raises(HistoryBroken), store.database.writing() as connection:
            connection.execute(text(refused))
    store.close()


def test_databases_that_are_no_store(tmp_path: Path) -> None:
    foreign, noise, folder = tmp_path / "foreign", tmp_path / "noise", tmp_path / "none" / "store"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE entries (anything)")
    connection.close()
    noise.write_bytes(b"no database " * 1_000)
    with pytest.raises(Malformed, match="is a database of another program"):
        Store.open(f"sqlite:///{foreign}", ORIGIN)
    with pytest.raises(Unavailable, match="is not a SQLite database: name another file"):
        Store.open(f"sqlite:///{noise}", ORIGIN)
    with pytest.raises(Unavailable, match="cannot be opened: its folder must exist"):
        Store.open(f"sqlite:///{folder}", ORIGIN)


def test_an_upgrade_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    connection = sqlite3.connect(file)
    connection.execute("CREATE VIEW checkpoints AS SELECT 1")  # the last table to be created finds its name taken
    with pytest.raises(Unavailable, match="checkpoints already exists"):
        Store.open(f"sqlite:///{file}", ORIGIN)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("checkpoints",)]
    connection.execute("DROP VIEW checkpoints")
    connection.close()
    Store.open(f"sqlite:///{file}", ORIGIN).close()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("sqlite://", "a database in memory is lost"),
        ("sqlite:///:memory:", "a database in memory is lost"),
        ("mysql+pymysql://root:hunter2@host/x", "must"),
        ("oracle9://root:hunter2@host/x", "must look like"),
        ("hunter2", "must look like"),
        ("postgresql://root:hunter2@host:port/x", "must look like"),
        ("", "must look like"),
    ],
)
def test_addresses_that_cannot_be_used(address: str, words: str) -> None:
    with pytest.raises(Malformed, match=words) as caught:
        Store.open(address, ORIGIN)
    assert "hunter2" not in str(caught.value)


# ------------------------------------------------------------------ tables of another package on the same database

CASES = Table("cases", MetaData(), Column("id", Integer, primary_key=True), Column("version", Integer))
FIRST = """
from alembic import op
from sqlalchemy import Column, Integer

revision, down_revision = "r0001", None


def upgrade():
    op.create_table("cases", Column("id", Integer, primary_key=True))
"""
SECOND = """
from alembic import op
from sqlalchemy import Column, Integer

revision, down_revision = "r0002", "r0001"


def upgrade():
    with op.batch_alter_table("cases") as cases:
        cases.add_column(Column("version", Integer))
"""


@pytest.fixture
def schema(tmp_path: Path) -> Schema:
    """The tables of another package: one table, one migration, whose name the store's first migration has too."""
    folder = tmp_path / "100% other: migrations"
    folder.mkdir()
    (folder / "r0001_cases.py").write_text(FIRST)
    return Schema(folder, "cases_version", CASES.metadata)


@pytest.mark.parametrize("first", ["store", "schema"])
def test_another_package_keeps_its_own_tables_on_the_same_database(url: str, schema: Schema, first: str) -> None:
    if first == "store":
        Store.open(url, ORIGIN).close()
    database = Database(url)
    with schema.prepared(database) as (_, is_new):
        assert is_new
    store = Store.open(url, ORIGIN)
    ids = add(store, [1])
    with database.writing() as connection:
        connection.execute(text("INSERT INTO cases VALUES (7)"))
    (schema.migrations / "r0002_version.py").write_text(SECOND)
    with schema.prepared(database, create=False) as (connection, is_new):
        assert not is_new
        connection.execute(insert(CASES).values(id=8, version=2))
    with schema.prepared(database) as (connection, is_new):
        assert (is_new, connection.execute(select(CASES)).all()) == (False, [(7, None), (8, 2)])
        found = {name: connection.execute(text(f"SELECT version_num FROM {name}")).scalar_one()
                 for name in ("alembic_version", "cases_version")}  # fmt: skip
    assert found == {"alembic_version": NEWEST, "cases_version": "r0002"}
    store.close()
    again = Store.open(url, ORIGIN, create=False)
    assert again.declarations.pending_ids(2) == ids
    again.close()
    database.close()


def test_tables_that_must_exist_are_not_made(url: str, schema: Schema) -> None:
    Store.open(url, ORIGIN).close()
    database = Database(url)
    with pytest.raises(Unavailable, match="there is no store at"), schema.prepared(database, create=False):
        pass
    assert "cases" not in inspect(database.engine).get_table_names()
    database.close()


def test_a_block_that_fails_undoes_the_upgrade(url: str, schema: Schema) -> None:
    Store.open(url, ORIGIN).close()
    database = Database(url)
    with pytest.raises(HistoryBroken), schema.prepared(database):
        raise HistoryBroken("another owner", expected="a", found="b")
    assert not {"cases", "cases_version"} & set(inspect(database.engine).get_table_names())
    database.close()

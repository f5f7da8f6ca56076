"""Schemas: tables of a package on a database, made and brought up to date by migrations of its own.

Several packages may keep their tables in one database. Each has a ``Schema``: a folder of migrations, and a version
table that says which of them ran. The names of the tables must differ; the names of the migrations may be the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, inspect

from ledger.edges.store.database import Database
from ledger.errors import Malformed, Source, Unavailable

_ENVIRONMENT = Path(__file__).parent / "migrations"  # of all schemas: how alembic runs a migration
_upgrading = Lock()  # alembic keeps the migration that it runs in a global


class Prepared(NamedTuple):
    """A transaction in which the tables of a schema are up to date, and whether they were made in it."""

    connection: Connection
    is_new: bool


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of one package.

    :param migrations: folder of alembic revisions, one file each, in one line of descent.
    :param version_table: name of the table that holds the latest revision that ran.
    :param tables: the tables, as the latest revision leaves them, with their naming convention.
    """

    migrations: Path
    version_table: str
    tables: MetaData

    @contextmanager
    def prepared(self, database: Database, create: bool = True) -> Iterator[Prepared]:
        """Make the tables or bring them up to date, in one transaction with the block: if it raises, nothing changes.

        A database that needs no change is only read, and the block must not write then.

        :param create: False: the tables must be there.
        :raises Unavailable: there are no tables and none are to be made; or the database does not work.
        :raises Malformed: the tables are of a newer version, or of another program.
        """
        if not create and database.is_missing():
            raise _missing(database)
        if create:
            database.create_file()
        config = self._config()
        script = ScriptDirectory.from_config(config)
        with database.reading() as connection:
            revision = self._revision(connection, script, database)
            if revision == script.get_current_head():
                yield Prepared(connection, False)
                return
        if revision is None and not create:
            raise _missing(database)
        with _upgrading, database.writing(restructures=True) as connection:
            # Read again: if another process was faster, the upgrade has nothing to do.
            revision = self._revision(connection, script, database)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            yield Prepared(connection, revision is None)

    def _config(self) -> Config:
        config = Config(attributes={"version_table": self.version_table, "tables": self.tables})
        config.set_main_option("script_location", str(_ENVIRONMENT).replace("%", "%%"))
        config.set_main_option("path_separator", "newline")  # a folder's name may contain any of the others
        config.set_main_option("version_locations", str(self.migrations).replace("%", "%%"))
        return config

    def _revision(self, connection: Connection, script: ScriptDirectory, database: Database) -> str | None:
        """The revision that the tables have; None if there are none."""
        # Tables before the revision: another process may make all of it between the two readings, the revision last.
        names = set(inspect(connection).get_table_names())
        options = {"version_table": self.version_table}
        found = MigrationContext.configure(connection, opts=options).get_current_heads()
        known = {revision.revision for revision in script.walk_revisions()}
        if not known.issuperset(found) or len(found) > 1:
            raise Malformed(
                f"was written by another version of this program: its schema is {', '.join(found)}, and this version "
                f"knows none after {script.get_current_head()}. Install the newer version; the store was not changed",
                f"store {database.address}",
            )
        if not found and names & set(self.tables.tables):
            raise Malformed("is a database of another program: name another one", f"store {database.address}")
        return found[0] if found else None


def _missing(database: Database) -> Unavailable:
    return Unavailable(
        f"there is no store at {database.address}: correct the address, or let it be created", source=Source.STORE
    )

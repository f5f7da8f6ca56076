"""Opening: is the store there, is its schema ours, and is it of this origin?"""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, inspect, select

from ledger.core.statements.origin import Origin
from ledger.edges.store.database import Database
from ledger.edges.store.tables import META, metadata
from ledger.errors import HistoryBroken, Malformed, Unavailable

_MIGRATIONS = Path(__file__).parent / "migrations"
_upgrading = Lock()  # alembic keeps what it is working on in a global


def prepare(database: Database, origin: Origin | None, create: bool) -> Origin:
    """Bring the schema up to date, creating the store where ``create`` and there is none, and check its origin.

    Returns the store's origin; without ``origin`` it is whatever the store says, and there must be one.

    A store that needs no change is only read.

    :raises Unavailable: there is none and it is not to be created; or the database does not work.
    :raises Malformed: the schema is not ours: of a newer version, or of another program.
    :raises HistoryBroken: the store is of another origin.
    """
    create = create and origin is not None
    if not create and database.is_missing():
        raise _missing(database)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    with database.reading() as connection:
        revision = _revision(connection, script, database.place)
        if revision == script.get_current_head():
            return _check_origin(connection, origin, database.place)
    if revision is None and not create:
        raise _missing(database)
    with _upgrading, database.writing(restructures=True) as connection:
        # Read again: another process may have been faster, and then this is nothing.
        revision = _revision(connection, script, database.place)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if revision is None:
            connection.execute(insert(META).values(key="origin", value=str(origin)))
        return _check_origin(connection, origin, database.place)


def _revision(connection: Connection, script: ScriptDirectory, place: str) -> str | None:
    # Tables before heads: another process may create all of it between the two readings, and heads are its mark.
    tables = set(inspect(connection).get_table_names())
    found = MigrationContext.configure(connection).get_current_heads()
    known = {revision.revision for revision in script.walk_revisions()}
    if not known.issuperset(found) or len(found) > 1:
        raise Malformed(
            f"was written by another version of this program: its schema is {', '.join(found)}, and this version knows "
            f"none after {script.get_current_head()}. Install the newer version; the store was not changed",
            f"store {place}",
        )
    if not found and tables & set(metadata.tables):
        raise Malformed("is a database of another program: name another one", f"store {place}")
    return found[0] if found else None


def _check_origin(connection: Connection, origin: Origin | None, place: str) -> Origin:
    found = connection.execute(select(META.c.value).where(META.c.key == "origin")).scalar()
    if found is None or origin not in {None, Origin.parse(found)}:
        raise HistoryBroken(f"the store {place} is of another history", expected=origin, found=found)
    return Origin.parse(found)


def _missing(database: Database) -> Unavailable:
    return Unavailable(f"there is no store at {database.place}: correct the address, or let it be created")

"""The store: pending declarations, batches, attested sets, checkpoints, and an index of the history. SQL through SQLAlchemy.

Memory, not authority: everything in it is signed by somebody or replayed from the chain. One store serves one origin.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from ledger.core.entry import Entry, EntryKind
from ledger.core.merkle import leaf_hash
from ledger.core.statement import Declaration
from ledger.core.typed_data import Origin
from ledger.edges.events import LoggedEntry
from ledger.errors import HistoryBroken, Malformed, Unavailable

metadata = sa.MetaData()
_HASH = sa.LargeBinary(32)
META = sa.Table("meta", metadata, sa.Column("key", sa.String(40), primary_key=True), sa.Column("value", sa.Text))
BATCHES = sa.Table(
    "batches",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("root", _HASH, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("tx_hash", sa.String(66)),
    sa.Column("entry_number", sa.BigInteger),
    sa.Column("entry_time", sa.BigInteger),
    sa.UniqueConstraint("root", "size"),
)
DECLARATIONS = sa.Table(
    "declarations",
    metadata,
    sa.Column("id", _HASH, primary_key=True),
    sa.Column("party", sa.LargeBinary(128), nullable=False, index=True),
    sa.Column("digest", _HASH, nullable=False),
    sa.Column("document_type", sa.Integer, nullable=False),
    sa.Column("replaces", _HASH, nullable=False),
    sa.Column("signature", sa.LargeBinary, nullable=False),
    sa.Column("received_at", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("batch_id", sa.ForeignKey("batches.id")),
    sa.Column("batch_index", sa.Integer),
    sa.Index("declarations_in_order", "received_at", "id"),
    sa.Index("declarations_by_state", "state", "received_at", "id"),
    sa.UniqueConstraint("batch_id", "batch_index"),
)
ENTRIES = sa.Table(
    "entries",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Integer, nullable=False),
    sa.Column("time", sa.BigInteger, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("block_number", sa.BigInteger, nullable=False),
    sa.Column("block_hash", sa.String(66), nullable=False),
    sa.Column("tx_hash", sa.String(66), nullable=False),
    sa.Column("log_index", sa.Integer, nullable=False),
)
SET_MEMBERS = sa.Table(
    "set_members",
    metadata,
    sa.Column("root", _HASH, primary_key=True),
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("declaration", _HASH, nullable=False, index=True),
)
CHECKPOINTS = sa.Table(
    "checkpoints",
    metadata,
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("root", _HASH, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class DeclarationRow:
    """A stored declaration; state is pending, batched or anchored."""

    id: bytes
    declaration: Declaration
    signature: bytes
    received_at: int
    state: Literal["pending", "batched", "anchored"]
    batch_id: int | None
    batch_index: int | None


@dataclass(frozen=True, slots=True)
class Batch:
    """A stored batch; state is formed, sent or anchored."""

    id: int
    root: bytes
    size: int
    state: str
    created_at: int
    tx_hash: str | None
    entry_number: int | None
    entry_time: int | None


class Store:
    """Opened with ``Store.open``; every method is one transaction, durable when it returns.

    All methods raise Unavailable when the database cannot do its work; nothing is half-written then.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, url: str, origin: Origin) -> Store:
        """Open or create the store of one origin, bringing its schema up to date.

        :raises HistoryBroken: the store is of another origin.
        :raises Unavailable: the database cannot be opened.
        """
        engine = sa.create_engine(url, connect_args={"timeout": 30} if url.startswith("sqlite") else {})
        if engine.dialect.name == "sqlite":
            sa.event.listen(engine, "connect", _durable)
            sa.event.listen(engine, "begin", _immediate)
        store = cls(engine)
        with store._transaction() as connection:
            config = Config()
            config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            known = connection.execute(sa.select(META.c.value).where(META.c.key == "origin")).scalar()
            if known is None:
                connection.execute(META.insert().values(key="origin", value=str(origin)))
            elif known != str(origin):
                raise HistoryBroken("the store is of another history", expected=origin, found=known)
        return store

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    # --------------------------------------------------------------------------------------------------- declarations

    def add_declarations(
        self, signed: Sequence[tuple[Declaration, bytes]], origin: Origin, at: int
    ) -> list[tuple[bytes, bool]]:
        """Store declarations with their signatures; (id, whether it is new) for each. Known ones stay as they are."""
        answers = []
        with self._transaction() as connection:
            for declaration, signature in signed:
                id_ = declaration.id(origin)
                known = connection.execute(sa.select(DECLARATIONS.c.id).where(DECLARATIONS.c.id == id_)).first()
                if known is None:
                    connection.execute(
                        DECLARATIONS.insert().values(
                            id=id_,
                            party=declaration.party,
                            digest=declaration.digest,
                            document_type=declaration.document_type,
                            replaces=declaration.replaces,
                            signature=signature,
                            received_at=at,
                            state="pending",
                        )
                    )
                answers.append((id_, known is None))
        return answers

    def declaration(self, id_: bytes) -> DeclarationRow | None:
        """One declaration, None when it is not here."""
        row = self._one(sa.select(DECLARATIONS).where(DECLARATIONS.c.id == id_))
        return None if row is None else _declaration(row)

    def list_declarations(
        self,
        *,
        party: bytes | None = None,
        document_type: int | None = None,
        received_from: int | None = None,
        received_until: int | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> tuple[list[DeclarationRow], str | None]:
        """Declarations in order of receipt, and the cursor of the next page; Malformed for a cursor not from here."""
        table = DECLARATIONS.c
        wanted = sa.select(DECLARATIONS).order_by(table.received_at, table.id).limit(limit + 1)
        if party is not None:
            wanted = wanted.where(table.party == party)
        if document_type is not None:
            wanted = wanted.where(table.document_type == document_type)
        if received_from is not None:
            wanted = wanted.where(table.received_at >= received_from)
        if received_until is not None:
            wanted = wanted.where(table.received_at < received_until)
        if cursor is not None:
            at, id_ = _read_cursor(cursor)
            wanted = wanted.where(sa.or_(table.received_at > at, sa.and_(table.received_at == at, table.id > id_)))
        rows = [_declaration(row) for row in self._all(wanted)]
        return rows[:limit], _cursor(rows[limit - 1]) if len(rows) > limit else None

    def pending(self) -> tuple[int, int | None]:
        """How many declarations wait for a batch, and since when the oldest does."""
        table = DECLARATIONS.c
        row = self._one(sa.select(sa.func.count(), sa.func.min(table.received_at)).where(table.state == "pending"))
        return (row[0], row[1]) if row is not None else (0, None)

    def pending_ids(self, most: int) -> list[bytes]:
        """The oldest waiting declarations, in order of receipt."""
        table = DECLARATIONS.c
        wanted = sa.select(table.id).where(table.state == "pending").order_by(table.received_at, table.id).limit(most)
        return [row.id for row in self._all(wanted)]

    # -------------------------------------------------------------------------------------------------------- batches

    def form_batch(self, root: bytes, ids: Sequence[bytes], at: int) -> Batch:
        """Make a batch of pending declarations in this order; HistoryBroken when one is not pending any more."""
        with self._transaction() as connection:
            made = connection.execute(
                BATCHES.insert().values(root=root, size=len(ids), state="formed", created_at=at)
            ).inserted_primary_key
            assert made is not None
            for index, id_ in enumerate(ids):
                changed = connection.execute(
                    DECLARATIONS.update()
                    .where(DECLARATIONS.c.id == id_, DECLARATIONS.c.state == "pending")
                    .values(state="batched", batch_id=made[0], batch_index=index)
                )
                if changed.rowcount != 1:
                    raise HistoryBroken("a declaration is in a batch already", expected="pending", found=id_.hex())
            return Batch(made[0], root, len(ids), "formed", at, None, None, None)

    def mark_sent(self, batch_id: int, tx_hash: str) -> None:
        """Note the transaction that carries a batch."""
        with self._transaction() as connection:
            connection.execute(BATCHES.update().where(BATCHES.c.id == batch_id).values(state="sent", tx_hash=tx_hash))

    def mark_anchored(self, batch_id: int, number: int, time: int) -> None:
        """Note the entry that anchors a batch; its declarations are anchored in the same transaction."""
        with self._transaction() as connection:
            connection.execute(
                BATCHES.update()
                .where(BATCHES.c.id == batch_id)
                .values(state="anchored", entry_number=number, entry_time=time)
            )
            connection.execute(
                DECLARATIONS.update().where(DECLARATIONS.c.batch_id == batch_id).values(state="anchored")
            )

    def batch(self, batch_id: int) -> Batch | None:
        """One batch."""
        row = self._one(sa.select(BATCHES).where(BATCHES.c.id == batch_id))
        return None if row is None else Batch(*row)

    def batches(self, state: str) -> Iterator[Batch]:
        """Batches in a state, in order."""
        wanted = sa.select(BATCHES).where(BATCHES.c.state == state).order_by(BATCHES.c.id)
        return (Batch(*row) for row in self._all(wanted))

    def unfinished(self) -> list[Batch]:
        """Batches that are formed or sent but not known to be anchored."""
        wanted = sa.select(BATCHES).where(BATCHES.c.state != "anchored").order_by(BATCHES.c.id)
        return [Batch(*row) for row in self._all(wanted)]

    def leaves(self, batch_id: int) -> list[bytes]:
        """Declaration ids of a batch in order."""
        table = DECLARATIONS.c
        wanted = sa.select(table.id).where(table.batch_id == batch_id).order_by(table.batch_index)
        return [row.id for row in self._all(wanted)]

    # ----------------------------------------------------------------------------------------------------------- sets

    def save_set(self, root: bytes, size: int, ids: Sequence[bytes]) -> None:
        """Keep the members of an attested set; known ones stay."""
        with self._transaction() as connection:
            table = SET_MEMBERS.c
            known = sa.select(table.position).where(table.root == root, table.size == size).limit(1)
            if connection.execute(known).first() is None:
                rows = [
                    {"root": root, "size": size, "position": position, "declaration": id_}
                    for position, id_ in enumerate(ids)
                ]
                connection.execute(SET_MEMBERS.insert(), rows)

    def sets_of(self, id_: bytes) -> list[tuple[bytes, int, list[bytes]]]:
        """(root, size, ids in order) of every kept set that has this member."""
        table = SET_MEMBERS.c
        found = self._all(sa.select(table.root, table.size).where(table.declaration == id_).distinct())
        sets = []
        for root, size in found:
            members = sa.select(table.declaration).where(table.root == root, table.size == size)
            sets.append((root, size, [row.declaration for row in self._all(members.order_by(table.position))]))
        return sets

    @staticmethod
    def single(id_: bytes) -> tuple[bytes, int]:
        """Root and size of the set that has this one member."""
        return leaf_hash(id_), 1

    # -------------------------------------------------------------------------------------------------------- entries

    def append_entries(self, logged: Sequence[LoggedEntry]) -> None:
        """Add entries to the index; HistoryBroken unless they follow on the last one."""
        if not logged:
            return
        with self._transaction() as connection:
            last = connection.execute(sa.select(sa.func.max(ENTRIES.c.number))).scalar()
            following = 0 if last is None else last + 1
            for item in logged:
                if item.entry.number != following:
                    raise HistoryBroken(
                        "entries do not follow on the index", expected=following, found=item.entry.number
                    )
                following += 1
            connection.execute(ENTRIES.insert(), [_entry_values(item) for item in logged])

    def truncate_entries(self, number: int) -> None:
        """Drop this entry and all after it, as a reorganisation did."""
        with self._transaction() as connection:
            connection.execute(ENTRIES.delete().where(ENTRIES.c.number >= number))

    def entries(self, start: int = 0) -> Iterator[LoggedEntry]:
        """Entries in order, read in chunks."""
        number = start
        while True:
            wanted = sa.select(ENTRIES).where(ENTRIES.c.number >= number).order_by(ENTRIES.c.number).limit(_CHUNK)
            rows = self._all(wanted)
            yield from (_logged(row) for row in rows)
            if len(rows) < _CHUNK:
                return
            number = rows[-1].number + 1

    def entry(self, number: int) -> LoggedEntry:
        """One entry; KeyError when it is not in the index."""
        row = self._one(sa.select(ENTRIES).where(ENTRIES.c.number == number))
        if row is None:
            raise KeyError(number)
        return _logged(row)

    def last_entry(self) -> LoggedEntry | None:
        """The entry with the highest number."""
        row = self._one(sa.select(ENTRIES).order_by(ENTRIES.c.number.desc()).limit(1))
        return None if row is None else _logged(row)

    # ---------------------------------------------------------------------------------------------------- checkpoints

    def save_checkpoint(self, size: int, root: bytes, note: str, at: int) -> None:
        """Keep a checkpoint forever; another one of the same size does not replace it."""
        try:
            with self._transaction() as connection:
                connection.execute(CHECKPOINTS.insert().values(size=size, root=root, note=note, created_at=at))
        except IntegrityError:
            return

    def checkpoint(self, size: int) -> str | None:
        """The note of this size."""
        row = self._one(sa.select(CHECKPOINTS.c.note).where(CHECKPOINTS.c.size == size))
        return None if row is None else str(row.note)

    def latest_checkpoint(self) -> str | None:
        """The note of the greatest size."""
        row = self._one(sa.select(CHECKPOINTS.c.note).order_by(CHECKPOINTS.c.size.desc()).limit(1))
        return None if row is None else str(row.note)

    def checkpoints(self) -> list[tuple[int, str]]:
        """(size, note) of all, ascending."""
        wanted = sa.select(CHECKPOINTS.c.size, CHECKPOINTS.c.note).order_by(CHECKPOINTS.c.size)
        return [(row.size, row.note) for row in self._all(wanted)]

    def _one(self, statement: Any) -> Any:
        with self._transaction() as connection:
            return connection.execute(statement).first()

    def _all(self, statement: Any) -> Sequence[Any]:
        with self._transaction() as connection:
            return connection.execute(statement).all()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self.engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except (DBAPIError, SQLAlchemyError) as error:
            reason = getattr(error, "orig", None) or type(error).__name__
            raise Unavailable(f"the store cannot be used: {reason}; nothing was changed") from None


def _durable(connection: Any, _record: Any) -> None:
    """SQLite only: write-ahead log, synced at every commit; transactions are begun by ``_immediate``."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _immediate(connection: Connection) -> None:
    """SQLite only: take the write lock at once, so that two writers wait for each other instead of failing."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _declaration(row: Any) -> DeclarationRow:
    declaration = Declaration(row.party, row.digest, row.document_type, row.replaces)
    return DeclarationRow(row.id, declaration, row.signature, row.received_at, row.state, row.batch_id, row.batch_index)


def _entry_values(item: LoggedEntry) -> dict[str, Any]:
    entry = item.entry
    return {
        "number": entry.number,
        "kind": int(entry.kind),
        "time": entry.time,
        "payload": entry.payload,
        "block_number": item.block_number,
        "block_hash": item.block_hash,
        "tx_hash": item.tx_hash,
        "log_index": item.log_index,
    }


def _logged(row: Any) -> LoggedEntry:
    entry = Entry(row.number, EntryKind(row.kind), row.time, row.payload)
    return LoggedEntry(entry, row.block_number, row.block_hash, row.tx_hash, row.log_index)


def _cursor(row: DeclarationRow) -> str:
    return base64.urlsafe_b64encode(json.dumps([row.received_at, row.id.hex()]).encode()).decode()


def _read_cursor(cursor: str) -> tuple[int, bytes]:
    try:
        at, id_ = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
        return int(at), bytes.fromhex(id_)
    except (binascii.Error, ValueError, TypeError):
        raise Malformed("is none that a page gave: start without one", "cursor") from None

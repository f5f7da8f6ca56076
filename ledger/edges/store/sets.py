"""Sets of declarations that agencies attest: ordered ids, named by RFC 9162 root and size. Every batch is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import BindParameter, Connection, Executable, bindparam, insert, literal, select, union_all

from ledger.core.encoding.ids import DeclarationId, Root, SetName
from ledger.edges.store.bulk import read_in_chunks
from ledger.edges.store.database import Database
from ledger.edges.store.inbox_sets import note_members
from ledger.edges.store.limits import checked_number
from ledger.edges.store.tables import ATTESTED_SETS, BATCHES, DECLARATIONS, INCLUSIONS, SET_MEMBERS
from ledger.errors import Malformed


class Sets:
    """The members of attested sets. They must be kept, because nothing could compute them from a root."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, root: Root, size: int, ids: Sequence[DeclarationId]) -> None:
        """Keep the members of a set, in order. The root is what the core computed over them; it is not checked.

        A known set stays as it is. The members of a batch are not stored a second time.

        :raises Malformed: ``ids`` are not ``size`` many.
        """
        with self._database.writing() as connection:
            save_members(connection, root, size, ids)

    def members(self, root: Root, size: int) -> list[DeclarationId] | None:
        """The declaration ids of a set or batch, in order; None if not all of them are known."""
        with self._database.reading() as connection:
            return read_members(connection, root, size)

    def some_members(self, name: SetName, position: int = 0, limit: int = 1_000) -> list[tuple[int, DeclarationId]]:
        """Known members of a set with their indexes in it, from index ``position`` on, at most ``limit``; of a set that
        is known in part, those that are known.
        """
        with self._database.reading() as connection:
            return read_some_members(connection, name, position, limit)

    def names_of(self, id_: DeclarationId) -> list[SetName]:
        """Root and size of every set with this member: its batch first, then the others in the order they were kept.

        A set that is known in part is among them if this declaration's inclusion in it is known.
        """
        with self._database.reading() as connection:
            return read_names(connection, id_)

    def each(self) -> Iterator[SetName]:
        """Root and size of the sets that were kept and are no batches, in the order they were kept; read in chunks."""
        for row in read_in_chunks(self._database, select(ATTESTED_SETS), ATTESTED_SETS.c.id):
            yield SetName(row.root, row.size)


def save_members(connection: Connection, root: Root, size: int, ids: Sequence[DeclarationId]) -> None:
    """``Sets.save``, inside a transaction that is already writing."""
    if checked_number(size, "size") != len(ids):
        raise Malformed(f"has {len(ids)} members and not {size}", "set")
    if read_members(connection, root, size) is None:
        made = insert(ATTESTED_SETS).values(root=root, size=size).returning(ATTESTED_SETS.c.id)
        set_id = connection.execute(made).scalar_one()
        members = [{"set_id": set_id, "position": index, "declaration": id_} for index, id_ in enumerate(ids)]
        if members:
            connection.execute(insert(SET_MEMBERS), members)
        note_members(connection, SetName(root, size))


def read_names(connection: Connection, id_: DeclarationId) -> list[SetName]:
    """``Sets.names_of``, inside a transaction."""
    found = connection.execute(_NAMES, {"wanted": id_})
    return list(dict.fromkeys(SetName(root, size) for _, _, root, size in found))


def read_names_of(connection: Connection, ids: Sequence[DeclarationId]) -> dict[DeclarationId, list[SetName]]:
    """Like ``read_names``, for at most as many as one statement names; in no order."""
    kept, inclusion, declaration = ATTESTED_SETS.c, INCLUSIONS.c, DECLARATIONS.c
    sources = (
        select(declaration.id, BATCHES.c.root, BATCHES.c.size)
        .join(BATCHES, BATCHES.c.id == declaration.batch_id)
        .where(declaration.id.in_(ids)),
        select(SET_MEMBERS.c.declaration, kept.root, kept.size)
        .join(ATTESTED_SETS, kept.id == SET_MEMBERS.c.set_id)
        .where(SET_MEMBERS.c.declaration.in_(ids)),
        select(inclusion.declaration, inclusion.root, inclusion.size).where(inclusion.declaration.in_(ids)),
    )
    found: dict[DeclarationId, list[SetName]] = {id_: [] for id_ in ids}
    for source in sources:
        for id_, root, size in connection.execute(source):
            found[id_].append(SetName(root, size))
    return found


def read_members(connection: Connection, root: Root, size: int) -> list[DeclarationId] | None:
    """``Sets.members``, inside a transaction."""
    declaration, member = DECLARATIONS.c, SET_MEMBERS.c
    batch_id = connection.execute(select(BATCHES.c.id).where(BATCHES.c.root == root, BATCHES.c.size == size)).scalar()
    if batch_id is not None:
        batch = select(declaration.id).where(declaration.batch_id == batch_id).order_by(declaration.batch_index)
        ids = list(connection.scalars(batch))
        if len(ids) == size:
            return ids
    kept = select(ATTESTED_SETS.c.id).where(ATTESTED_SETS.c.root == root, ATTESTED_SETS.c.size == size)
    set_id = connection.execute(kept).scalar()
    if set_id is None:
        return None
    members = select(member.declaration).where(member.set_id == set_id).order_by(member.position)
    return list(connection.scalars(members))


def read_some_members(
    connection: Connection, name: SetName, position: int, limit: int
) -> list[tuple[int, DeclarationId]]:
    """``Sets.some_members``, inside a transaction."""
    root, size = name.root, checked_number(name.size, "size")
    declaration, member, kept = DECLARATIONS.c, SET_MEMBERS.c, INCLUSIONS.c
    sources = (
        select(declaration.batch_index, declaration.id)
        .join(BATCHES, BATCHES.c.id == declaration.batch_id)
        .where(BATCHES.c.root == root, BATCHES.c.size == size, declaration.batch_index >= position)
        .order_by(declaration.batch_index),
        select(member.position, member.declaration)
        .join(ATTESTED_SETS, ATTESTED_SETS.c.id == member.set_id)
        .where(ATTESTED_SETS.c.root == root, ATTESTED_SETS.c.size == size, member.position >= position)
        .order_by(member.position),
        select(kept.position, kept.declaration)
        .where(kept.root == root, kept.size == size, kept.position >= position)
        .order_by(kept.position),
    )
    found: dict[int, DeclarationId] = {}
    for source in sources:
        for index, id_ in connection.execute(source.limit(limit)):
            found.setdefault(index, id_)
    return sorted(found.items())[:limit]


def _names() -> Executable:
    declaration, kept, nothing = DECLARATIONS.c, ATTESTED_SETS.c, literal(0)
    wanted: BindParameter[bytes] = bindparam("wanted")
    batch = (
        select(literal(0).label("kind"), nothing.label("number"), BATCHES.c.root, BATCHES.c.size)
        .join(DECLARATIONS, declaration.batch_id == BATCHES.c.id)
        .where(declaration.id == wanted)
    )
    others = (
        select(literal(1), kept.id, kept.root, kept.size)
        .join(SET_MEMBERS, SET_MEMBERS.c.set_id == kept.id)
        .where(SET_MEMBERS.c.declaration == wanted)
    )
    proven = select(literal(2), nothing, INCLUSIONS.c.root, INCLUSIONS.c.size).where(INCLUSIONS.c.declaration == wanted)
    return union_all(batch, others, proven).order_by("kind", "number", "root", "size")


_NAMES = _names()  # made once: making the statement takes twice as long as running it

"""Sets of declarations that agencies attest: ordered ids, named by RFC 9162 root and size. Every batch is one."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BindParameter, Connection, Executable, bindparam, insert, literal, select, union_all

from ledger.edges.store.limits import Part, whole
from ledger.edges.store.tables import ATTESTED_SETS, BATCHES, DECLARATIONS, PLACES, SET_MEMBERS
from ledger.errors import Malformed


class Sets(Part):
    """Members of attested sets. A set is found by its members, which no root could give back."""

    def save_set(self, root: bytes, size: int, ids: Sequence[bytes]) -> None:
        """Keep the members of a set, in order. The root is what the core computed over them; it is not checked.

        A set that is known stays as it is. A batch is known without being kept a second time.
        """
        with self._database.writing() as connection:
            save(connection, root, size, ids)

    def set_members(self, root: bytes, size: int) -> list[bytes] | None:
        """The declaration ids of a set or batch, in order; None when not all of them are known."""
        with self._database.reading() as connection:
            return members_of(connection, root, size)

    def set_names_of(self, id_: bytes) -> list[tuple[bytes, int]]:
        """Root and size of every set that has this member: its batch first, then the others as they were kept.

        Sets of which not all members are known are among them, where this one's place is.
        """
        with self._database.reading() as connection:
            return names_of(connection, id_)

    def sets_of(self, id_: bytes) -> list[tuple[bytes, int, list[bytes]]]:
        """Like ``set_names_of``, with the members of each in order; costs as much as they are many."""
        with self._database.reading() as connection:
            return [(root, size, members_of(connection, root, size) or []) for root, size in names_of(connection, id_)]


def save(connection: Connection, root: bytes, size: int, ids: Sequence[bytes]) -> None:
    """``Sets.save_set``, inside a transaction that is already writing."""
    if whole(size, "size") != len(ids):
        raise Malformed(f"has {len(ids)} members and not {size}", "set")
    if members_of(connection, root, size) is None:
        made = insert(ATTESTED_SETS).values(root=root, size=size).returning(ATTESTED_SETS.c.id)
        set_id = connection.execute(made).scalar_one()
        members = [{"set_id": set_id, "position": place, "declaration": one} for place, one in enumerate(ids)]
        if members:
            connection.execute(insert(SET_MEMBERS), members)


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
    proven = select(literal(2), nothing, PLACES.c.root, PLACES.c.size).where(PLACES.c.declaration == wanted)
    return union_all(batch, others, proven).order_by("kind", "number", "root", "size")


_NAMES = _names()  # once: to put it together takes twice as long as to ask it


def names_of(connection: Connection, id_: bytes) -> list[tuple[bytes, int]]:
    """``Sets.set_names_of``, inside a transaction."""
    found = connection.execute(_NAMES, {"wanted": id_})
    return list(dict.fromkeys((root, size) for _, _, root, size in found))


def members_of(connection: Connection, root: bytes, size: int) -> list[bytes] | None:
    """``Sets.set_members``, inside a transaction."""
    declaration, member = DECLARATIONS.c, SET_MEMBERS.c
    batch_id = connection.execute(select(BATCHES.c.id).where(BATCHES.c.root == root, BATCHES.c.size == size)).scalar()
    if batch_id is not None:
        batch = select(declaration.id).where(declaration.batch_id == batch_id).order_by(declaration.batch_index)
        leaves = list(connection.scalars(batch))
        if len(leaves) == size:
            return leaves
    kept = select(ATTESTED_SETS.c.id).where(ATTESTED_SETS.c.root == root, ATTESTED_SETS.c.size == size)
    set_id = connection.execute(kept).scalar()
    if set_id is None:
        return None
    members = select(member.declaration).where(member.set_id == set_id).order_by(member.position)
    return list(connection.scalars(members))

"""Note of which set members became known, so that marks are made for them (see ``inbox``)."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from ledger.core.encoding.ids import SetName
from ledger.edges.store.limits import checked_number
from ledger.edges.store.tables import INBOX_SETS, META

KEY = "inbox"


def note_members(connection: Connection, name: SetName, first: int = 0) -> None:
    """Members of a set became known, the first of them at this index. Where no marks were made yet, nothing is noted:
    whoever begins to make them looks at all sets.
    """
    if connection.execute(select(META.c.key).where(META.c.key == KEY)).first() is None:
        return
    column = INBOX_SETS.c
    same = column.root == name.root, column.size == checked_number(name.size, "size")
    known = connection.execute(select(column.position).where(*same)).scalar()
    if known is None:
        connection.execute(insert(INBOX_SETS).values(root=name.root, size=name.size, position=first))
    elif known > first:
        connection.execute(update(INBOX_SETS).where(*same).values(position=first))

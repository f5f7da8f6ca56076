"""What this store's owner, as a witness, has cosigned of a log: never two roots for one size, never backwards."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.statements.origin import Origin
from ledger.core.tree.merkle import EMPTY_ROOT
from ledger.core.tree.subject_index import EMPTY_INDEX
from ledger.edges.store.database import Database
from ledger.edges.store.limits import checked_number
from ledger.edges.store.tables import COSIGNED


class Cosigned:
    """The table of what was cosigned; a log keeps what witnesses signed in ``Checkpoints``."""

    def __init__(self, database: Database, origin: Origin) -> None:
        self._database = database
        self._origin = origin

    def newest(self) -> Checkpoint:
        """The latest checkpoint that was cosigned here; that of the empty history before the first."""
        with self._database.reading() as connection:
            return self._newest(connection)

    def record(self, before: int, checkpoint: Checkpoint, at: int) -> Checkpoint:
        """Write down that ``checkpoint`` is cosigned, if the latest that was cosigned still has ``before`` entries.

        :param at: time now, seconds since 1970.
        :returns: the latest then: ``checkpoint``; or the one that stands in its way, because another request was faster
            or because ``checkpoint`` does not go forward. Durable on return.
        """
        values = {
            "size": checked_number(checkpoint.size, "size"),
            "root": checkpoint.root,
            "index_root": checkpoint.index,
            "cosigned_at": checked_number(at, "time"),
        }
        with self._database.writing() as connection:
            newest = self._newest(connection)
            if newest.size != before or checkpoint.size <= newest.size:
                return newest
            connection.execute(insert(COSIGNED).values(values))
        return checkpoint

    def _newest(self, connection: Connection) -> Checkpoint:
        wanted = (
            select(COSIGNED.c.size, COSIGNED.c.root, COSIGNED.c.index_root).order_by(COSIGNED.c.size.desc()).limit(1)
        )
        found = connection.execute(wanted).one_or_none()
        return Checkpoint(self._origin, *((0, EMPTY_ROOT, EMPTY_INDEX) if found is None else found))

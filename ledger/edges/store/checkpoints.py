"""Checkpoints: every signed note that was ever published, one for each size of the history."""

from __future__ import annotations

from sqlalchemy import Select, insert, select

from ledger.edges.store.part import Part, whole
from ledger.edges.store.tables import CHECKPOINTS
from ledger.errors import HistoryBroken


class Checkpoints(Part):
    """The table of checkpoints. Nothing in it is changed or dropped, not even by a reorganisation: it was published."""

    def save_checkpoint(self, size: int, root: bytes, note: str, at: int) -> None:
        """Keep a checkpoint forever. One of the same size and root stays as it is.

        :raises HistoryBroken: another root was published for this size.
        """
        values = {"size": whole(size, "size"), "root": root, "note": note, "created_at": whole(at, "time")}
        with self._database.writing() as connection:
            known = connection.execute(select(CHECKPOINTS.c.root).where(CHECKPOINTS.c.size == size)).scalar()
            if known is None:
                connection.execute(insert(CHECKPOINTS).values(values))
            elif known != root:
                raise HistoryBroken(
                    f"another checkpoint of size {size} was published", expected=known.hex(), found=root.hex()
                )

    def checkpoint(self, size: int) -> str | None:
        """The note of this size; None when none was published."""
        return self._note(select(CHECKPOINTS.c.note).where(CHECKPOINTS.c.size == whole(size, "size")))

    def latest_checkpoint(self) -> str | None:
        """The note of the greatest size; None before the first."""
        return self._note(select(CHECKPOINTS.c.note).order_by(CHECKPOINTS.c.size.desc()).limit(1))

    def checkpoints(self) -> list[tuple[int, str]]:
        """(size, note) of all, by size."""
        wanted = select(CHECKPOINTS.c.size, CHECKPOINTS.c.note).order_by(CHECKPOINTS.c.size)
        with self._database.reading() as connection:
            return [(size, note) for size, note in connection.execute(wanted)]

    def _note(self, wanted: Select[str]) -> str | None:
        with self._database.reading() as connection:
            return connection.execute(wanted).scalar()

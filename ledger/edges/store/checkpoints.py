"""Checkpoints: every signed note that was ever published, one for each size, and what a witness has cosigned."""

from __future__ import annotations

from sqlalchemy import Connection, Select, insert, select, update

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import SignedNote
from ledger.core.tree.merkle import EMPTY_ROOT
from ledger.edges.store.limits import Part, whole
from ledger.edges.store.tables import CHECKPOINTS, COSIGNED, ENTRIES
from ledger.errors import HistoryBroken


class Checkpoints(Part):
    """The tables of checkpoints. No root in them is changed or dropped, not even by a reorganisation: it was published.

    A log keeps its own in one, and adds what witnesses sign. A witness keeps in the other what it signed itself.
    """

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

    def add_signatures(self, note: SignedNote) -> SignedNote:
        """Add the lines of ``note`` to the published note of its size; returns that with all it has now.

        :raises VerificationFailed: another checkpoint of this size was published.
        :raises KeyError: none was.
        """
        mine = CHECKPOINTS.c.size == whole(note.checkpoint.size, "size")
        with self._database.writing() as connection:
            text = connection.execute(select(CHECKPOINTS.c.note).where(mine)).scalar()
            if text is None:
                raise KeyError(note.checkpoint.size)
            merged = SignedNote.parse(text).with_signatures(note)
            connection.execute(update(CHECKPOINTS).where(mine).values(note=str(merged)))
        return merged

    def checkpoint(self, size: int) -> str | None:
        """The note of this size; None when none was published."""
        return self._note(select(CHECKPOINTS.c.note).where(CHECKPOINTS.c.size == whole(size, "size")))

    def latest_checkpoint(self, at_most: int | None = None) -> str | None:
        """The note of the greatest size, or of the greatest up to ``at_most``; None where there is none."""
        wanted = select(CHECKPOINTS.c.note).order_by(CHECKPOINTS.c.size.desc()).limit(1)
        return self._note(wanted if at_most is None else wanted.where(CHECKPOINTS.c.size <= whole(at_most, "size")))

    def checkpoints(self) -> list[tuple[int, str]]:
        """(size, note) of all, by size."""
        wanted = select(CHECKPOINTS.c.size, CHECKPOINTS.c.note).order_by(CHECKPOINTS.c.size)
        with self._database.reading() as connection:
            return [(size, note) for size, note in connection.execute(wanted)]

    def size_as_of(self, block: int) -> int:
        """How many entries of the index stand in blocks up to this one."""
        wanted = select(ENTRIES.c.number).where(ENTRIES.c.block_number <= block)
        with self._database.reading() as connection:
            # Backwards by number, which the first row within ends: blocks ascend with numbers.
            last = connection.execute(wanted.order_by(ENTRIES.c.number.desc()).limit(1)).scalar()
        return 0 if last is None else last + 1

    # -------------------------------------------------------------------------------------------------- as a witness

    def cosigned(self) -> tuple[int, bytes]:
        """Size and root of the latest checkpoint that was cosigned here; size 0 before the first."""
        with self._database.reading() as connection:
            return _cosigned(connection)

    def record_cosigned(self, before: int, checkpoint: Checkpoint, at: int) -> tuple[int, bytes]:
        """Write down that ``checkpoint`` is cosigned, if ``before`` is still the size of the latest that was.

        Returns size and root of the latest then: those of ``checkpoint``, or, where somebody was faster or it is of
        ``before`` with another root, those that stand in its way. Durable when it returns.
        """
        values = {"size": whole(checkpoint.size, "size"), "root": checkpoint.root, "cosigned_at": whole(at, "time")}
        with self._database.writing() as connection:
            size, root = _cosigned(connection)
            if size != before or checkpoint.size <= size:
                return size, root
            connection.execute(insert(COSIGNED).values(values))
        return checkpoint.size, checkpoint.root

    def _note(self, wanted: Select[str]) -> str | None:
        with self._database.reading() as connection:
            return connection.execute(wanted).scalar()


def _cosigned(connection: Connection) -> tuple[int, bytes]:
    wanted = select(COSIGNED.c.size, COSIGNED.c.root).order_by(COSIGNED.c.size.desc()).limit(1)
    found = connection.execute(wanted).one_or_none()
    return (0, EMPTY_ROOT) if found is None else (found.size, found.root)

"""Checkpoints: every signed note that was ever published, one for each size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from ledger.core.checkpoints.note import SignedNote
from ledger.edges.store.bulk import read_in_chunks
from ledger.edges.store.database import Database
from ledger.edges.store.limits import checked_number
from ledger.edges.store.rows import note_of, note_text, note_values
from ledger.edges.store.tables import CHECKPOINTS
from ledger.errors import HistoryBroken

_NOTES = select(CHECKPOINTS.c.size, CHECKPOINTS.c.root, CHECKPOINTS.c.note)


class Checkpoints:
    """The table of checkpoints. No root is ever changed or dropped, not even by a reorganisation: it was published.

    A method that reads a note raises HistoryBroken if the row was changed in the store. Signatures are not checked.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, note: SignedNote, at: int) -> None:
        """Keep a checkpoint forever; ``at``: time now, seconds since 1970. One that is the same stays as is.

        :raises HistoryBroken: another root or index was published for this size.
        """
        with self._database.writing() as connection:
            save_note(connection, note, at)

    def add_signatures(self, note: SignedNote) -> SignedNote:
        """Add the signatures of ``note`` to the published note of its size; return that with all it has now.

        :raises VerificationFailed: another checkpoint of this size was published.
        :raises KeyError: no checkpoint of this size was published.
        """
        size = checked_number(note.checkpoint.size, "size")
        with self._database.writing() as connection:
            known = _read(connection, _NOTES.where(CHECKPOINTS.c.size == size))
            if known is None:
                raise KeyError(size)
            return merge_note(connection, known, note)

    def get(self, size: int) -> SignedNote | None:
        """The note of this size; None if none was published."""
        with self._database.reading() as connection:
            return _read(connection, _NOTES.where(CHECKPOINTS.c.size == checked_number(size, "size")))

    def newest(self, at_most: int | None = None) -> SignedNote | None:
        """The note of the greatest size, or of the greatest up to ``at_most``; None if there is none."""
        wanted = _NOTES.order_by(CHECKPOINTS.c.size.desc()).limit(1)
        if at_most is not None:
            wanted = wanted.where(CHECKPOINTS.c.size <= checked_number(at_most, "size"))
        with self._database.reading() as connection:
            return _read(connection, wanted)

    def each(self) -> Iterator[SignedNote]:
        """All notes by size, read in chunks."""
        return map(note_of, read_in_chunks(self._database, _NOTES, CHECKPOINTS.c.size))


def save_note(connection: Connection, note: SignedNote, at: int) -> SignedNote:
    """``Checkpoints.save``, inside a transaction that is already writing; returns the note that is stored."""
    values = note_values(note, at)
    known = _read(connection, _NOTES.where(CHECKPOINTS.c.size == values["size"]))
    if known is None:
        connection.execute(insert(CHECKPOINTS).values(values))
        return note
    if known.checkpoint != note.checkpoint:
        same = known.checkpoint.root == note.checkpoint.root
        left, right = (item.checkpoint.index.hex() if same else item.checkpoint.root.hex() for item in (known, note))
        raise HistoryBroken(
            f"another checkpoint of size {values['size']} was published" + (", with another index" if same else ""),
            expected=left, found=right,
        )  # fmt: skip
    return known


def merge_note(connection: Connection, known: SignedNote, note: SignedNote) -> SignedNote:
    """Add the signatures of ``note`` to ``known``, which is stored; VerificationFailed if their checkpoints differ."""
    merged = known.with_signatures(note)
    same = CHECKPOINTS.c.size == known.checkpoint.size
    connection.execute(update(CHECKPOINTS).where(same).values(note=note_text(merged)))
    return merged


def _read(connection: Connection, wanted: Select[Any]) -> SignedNote | None:
    row = connection.execute(wanted).first()
    return None if row is None else note_of(row)

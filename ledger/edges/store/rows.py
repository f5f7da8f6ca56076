"""One row of each table as a value, and back.

The store is memory, not authority: a row that was changed outside this program is named, never repaired.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Row

from ledger.core.anchoring.batches import Batch, DeclarationState
from ledger.core.checkpoints.note import MAX_NOTE, SignedNote
from ledger.core.encoding.ids import DeclarationId
from ledger.core.evidence.inclusion import Inclusion
from ledger.core.history.entry import Entry, EntryKind
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.origin import Origin
from ledger.core.tree.merkle import HASH_SIZE
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.store.limits import checked_number
from ledger.edges.store.tables import BATCHES, CHECKPOINTS, DECLARATIONS
from ledger.errors import HistoryBroken, Malformed

_BATCH_COLUMNS = (
    "id", "root", "size", "state", "created_at", "tx_hash", "entry_number", "entry_time", "nonce", "tip", "max_fee",
    "tries", "sent_at", "problem", "retry_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeclarationRow:
    """A stored declaration: id (32 bytes), declaration, the party's signature, time of receipt (seconds), state.

    ``batch_id`` and ``batch_index`` (its index in the batch, from 0) are None while it is pending.
    """

    id: DeclarationId
    declaration: Declaration
    signature: bytes
    received_at: int
    state: DeclarationState
    batch_id: int | None
    batch_index: int | None


class IndexedEntry(NamedTuple):
    """A row of the index: the entry, and the topic (32 bytes) that it is found by."""

    logged: LoggedEntry
    topic: bytes


def pending_values(id_: DeclarationId, declaration: Declaration, signature: bytes, at: int) -> dict[str, Any]:
    """The row of a declaration that is received at ``at`` (seconds) and waits for its batch."""
    return {
        "id": id_,
        "party": declaration.party,
        "digest": declaration.digest,
        "document_type": declaration.document_type,
        "replaces": declaration.replaces,
        "signature": signature,
        "received_at": at,
    }


def declaration_of(row: Row[Any]) -> DeclarationRow:
    """The declaration of a row that has the state of its batch, too; Malformed if a column is out of range."""
    column, found = DECLARATIONS.c, row._mapping
    declaration = Declaration(row.party, row.digest, row.document_type, row.replaces)
    return DeclarationRow(
        found[column.id], declaration, row.signature, row.received_at, row.state or "pending", row.batch_id,
        row.batch_index,
    )  # fmt: skip


def batch_of(row: Row[Any]) -> Batch:
    """The batch of a row that has the table's columns."""
    values = row._mapping
    return Batch(*(values[BATCHES.c[name]] for name in _BATCH_COLUMNS))


def entry_values(item: LoggedEntry, origin: Origin) -> dict[str, Any]:
    """The row of an entry; Malformed if a number fits no column."""
    entry = item.entry
    return {
        "number": checked_number(entry.number, "entry number"),
        "kind": int(entry.kind),
        "topic": entry.topic(origin),
        "time": checked_number(entry.time, "entry time"),
        "payload": entry.payload,
        "hash": entry.hash,
        "block_number": checked_number(item.block_number, "block number"),
        "block_hash": item.block_hash,
        "tx_hash": item.tx_hash,
        "log_index": checked_number(item.log_index, "log index"),
    }


def entry_of(row: Row[Any]) -> LoggedEntry:
    """The entry of a row.

    :raises HistoryBroken: the row is no entry, or its hash is not the one that was stored with it.
    """
    try:
        entry = Entry(row.number, EntryKind(row.kind), row.time, row.payload)
        hash_ = entry.hash
    except (ValueError, OverflowError, TypeError) as error:
        raise HistoryBroken(
            "the store's copy is no entry", expected="an entry", found=error, number=row.number
        ) from None
    if hash_ != row.hash:
        raise HistoryBroken(
            "the store's copy was changed", expected=row.hash.hex(), found=hash_.hex(), number=row.number
        )
    return LoggedEntry(entry, row.block_number, row.block_hash, row.tx_hash, row.log_index)


def note_values(note: SignedNote, at: int) -> dict[str, Any]:
    """The row of a checkpoint that is stored at ``at`` (seconds)."""
    return {
        "size": checked_number(note.checkpoint.size, "size"),
        "root": note.checkpoint.root,
        "note": note_text(note),
        "created_at": checked_number(at, "time"),
    }


def note_text(note: SignedNote) -> str:
    """The text of a checkpoint that is stored; Malformed if it could not be read again."""
    text = str(note)
    if not note.signatures or len(text) > MAX_NOTE:
        raise Malformed(f"a checkpoint has at least one signature, and at most {MAX_NOTE} characters with all of them")
    return text


def note_of(row: Row[Any]) -> SignedNote:
    """The checkpoint of a row that has the columns size, root and note. No signature is checked.

    :raises HistoryBroken: the note cannot be read, or its size or root is not that of the row.
    """
    size, root, text = (row._mapping[CHECKPOINTS.c[name]] for name in ("size", "root", "note"))
    what = f"the stored checkpoint of {size} entries was changed"
    try:
        note = SignedNote.parse(text)
    except Malformed as error:
        raise HistoryBroken(f"{what}: {error}", expected="a signed note", found=repr(text[:200])) from None
    if (note.checkpoint.size, note.checkpoint.root) != (size, root):
        raise HistoryBroken(
            f"{what}: it is stored under another size or root", expected=f"{size}, 0x{root.hex()}",
            found=f"{note.checkpoint.size}, 0x{note.checkpoint.root.hex()}",
        )  # fmt: skip
    return note


def inclusion_of(row: Row[Any]) -> Inclusion:
    """The root, size, index and inclusion path of a row."""
    path = row.path
    proof = tuple(path[start : start + HASH_SIZE] for start in range(0, len(path), HASH_SIZE))
    return Inclusion(row.root, row.size, row.position, proof)

"""Lines of an export: declarations, batches, sets, and the position of each entry on the chain. Canonical JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from ledger.core.encoding.canonical_json import print_canonical, read_canonical_line
from ledger.core.encoding.ids import DeclarationId, Root, SetName
from ledger.core.encoding.reading import hex_bytes, hex_text, read_count, read_hash, read_object
from ledger.core.history.entry import Entry
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.origin import Origin
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.store import Batch, BatchState, DeclarationRow, DeclarationState
from ledger.errors import Malformed

MAX_LINE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class BatchPosition:
    """Number ``index`` in the batch with this root and size."""

    root: Root
    size: int
    index: int


@dataclass(frozen=True, slots=True)
class DeclarationRecord:
    """A declaration as it is in an export; ``batch`` is None while it is pending."""

    id: DeclarationId
    declaration: Declaration
    signature: bytes
    received_at: int
    state: DeclarationState
    batch: BatchPosition | None


def declaration_line(row: DeclarationRow, batch: Batch | None) -> bytes:
    """The line of a declaration; ``batch`` is its batch, if the export has it. Its state follows from the batch."""
    position = None if batch is None else {"index": row.batch_index, **_named(batch.root, batch.size)}
    state = "pending" if batch is None else _state(batch)
    return print_canonical(
        {
            "batch": position,
            "declaration": row.declaration.to_json(),
            "id": hex_text(row.id),
            "received_at": row.received_at,
            "signature": hex_text(row.signature),
            "state": state,
        }
    )


def read_declaration(line: bytes, origin: Origin, where: str) -> DeclarationRecord:
    """Read the line of a declaration; Malformed also if its id is not that of its content."""
    names = ["batch", "declaration", "id", "received_at", "signature", "state"]
    batch, declaration, id_, received_at, signature, state = _object(line, names, where)
    made = Declaration.from_json(declaration, f"{where} declaration")
    if read_hash(id_, f"{where} id") != made.id(origin):
        raise Malformed(f"is not the id of its declaration, 0x{made.id(origin).hex()}", f"{where} id")
    if state not in ("pending", "batched", "anchored") or (state == "pending") != (batch is None):
        raise Malformed("must be pending without a batch, or batched or anchored with one", f"{where} state")
    position = None
    if batch is not None:
        index, root, size = read_object(batch, ["index", "root", "size"], f"{where} batch")
        position = BatchPosition(
            Root(read_hash(root, f"{where} root")),
            read_count(size, f"{where} size"),
            read_count(index, f"{where} index"),
        )
    return DeclarationRecord(
        made.id(origin),
        made,
        hex_bytes(signature, f"{where} signature"),
        read_count(received_at, where),
        state,
        position,
    )


def batch_line(batch: Batch) -> bytes:
    """The line of a batch, without its id, which only means something in its store."""
    entry = None if batch.entry_number is None else {"number": batch.entry_number, "time": batch.entry_time}
    return print_canonical(
        {
            "created_at": batch.created_at,
            "entry": entry,
            "state": _state(batch),
            "transaction": batch.tx_hash,
            **_named(batch.root, batch.size),
        }
    )


def read_batch(line: bytes, where: str) -> Batch:
    """Read the line of a batch; its id is 0."""
    names = ["created_at", "entry", "root", "size", "state", "transaction"]
    created_at, entry, root, size, state, transaction = _object(line, names, where)
    if state not in ("batched", "anchored") or (state == "anchored") != (entry is not None):
        raise Malformed("must be batched without an entry, or anchored with one", f"{where} state")
    number, time = (None, None) if entry is None else read_object(entry, ["number", "time"], f"{where} entry")
    return Batch(
        0,
        Root(read_hash(root, f"{where} root")),
        read_count(size, f"{where} size"),
        cast("BatchState", state),
        read_count(created_at, f"{where} created_at"),
        None if transaction is None else hex_text(read_hash(transaction, f"{where} transaction")),
        None if number is None else read_count(number, f"{where} entry.number"),
        None if time is None else read_count(time, f"{where} entry.time"),
    )


def _state(batch: Batch) -> BatchState:
    """The exported state. Whether a batch is sent or final depends on one store and its chain."""
    return "batched" if batch.is_open else "anchored"


def set_line(root: Root, size: int) -> bytes:
    """The line of an attested set."""
    return print_canonical(_named(root, size))


def read_set(line: bytes, where: str) -> SetName:
    """Read the line of an attested set: its root and size."""
    root, size = _object(line, ["root", "size"], where)
    return SetName(Root(read_hash(root, f"{where} root")), read_count(size, f"{where} size"))


def position_line(logged: LoggedEntry) -> bytes:
    """The line of an entry's position on the chain.

    The follower needs the position to continue. The head does not cover the position.
    """
    return print_canonical(
        {
            "block": logged.block_number,
            "block_hash": logged.block_hash,
            "entry": logged.entry.number,
            "log_index": logged.log_index,
            "transaction": logged.tx_hash,
        }
    )


def read_position(line: bytes, entry: Entry, where: str) -> LoggedEntry:
    """Read the line of the position of ``entry``; Malformed if it is about another entry."""
    names = ["block", "block_hash", "entry", "log_index", "transaction"]
    block, block_hash, number, log_index, transaction = _object(line, names, where)
    if number != entry.number:
        raise Malformed(f"must be {entry.number}", f"{where} entry")
    return LoggedEntry(
        entry,
        read_count(block, f"{where} block"),
        hex_text(read_hash(block_hash, f"{where} block_hash")),
        hex_text(read_hash(transaction, f"{where} transaction")),
        read_count(log_index, f"{where} log_index"),
    )


def id_line(id_: DeclarationId) -> bytes:
    """The line of a declaration's id in the list of a batch or a set."""
    return f"0x{id_.hex()}\n".encode()


def read_id(line: bytes, where: str) -> DeclarationId:
    """Read the line of a declaration's id."""
    return DeclarationId(read_hash(line.decode("ascii", "replace").removesuffix("\n"), where))


def _named(root: Root, size: int) -> dict[str, Any]:
    return {"root": hex_text(root), "size": size}


def _object(line: bytes, names: list[str], where: str) -> list[Any]:
    try:
        value = read_canonical_line(line, MAX_LINE_BYTES)
    except Malformed as error:
        raise Malformed(error.what, f"{where} {error.where.removeprefix('line 1, ')}".rstrip()) from None
    return read_object(value, names, where)

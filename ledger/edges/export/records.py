"""Lines of an export: declarations, batches, sets, and where the chain keeps each entry. JSON, one spelling each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast

from ledger.core.encoding.reading import hex_bytes, hex_text, read_object
from ledger.core.history.entry import Entry
from ledger.core.statements.origin import Origin
from ledger.core.statements.statement import Declaration
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.store import Batch, BatchState, DeclarationRow, DeclarationState
from ledger.errors import Malformed

_MOST = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Place:
    """Number ``index`` of the batch of this root and size."""

    root: bytes
    size: int
    index: int


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration as an export holds it."""

    id: bytes
    declaration: Declaration
    signature: bytes
    received_at: int
    state: DeclarationState
    place: Place | None


def declaration_line(row: DeclarationRow, batch: Batch | None) -> bytes:
    """One declaration; ``batch`` is the one that it stands in as far as the export goes, and its state follows."""
    place = None if batch is None else {"index": row.batch_index, **_named(batch.root, batch.size)}
    state = "pending" if batch is None else _state(batch)
    return _line(
        {
            "batch": place,
            "declaration": row.declaration.to_json(),
            "id": hex_text(row.id),
            "received_at": row.received_at,
            "signature": hex_text(row.signature),
            "state": state,
        }
    )


def read_declaration(line: bytes, origin: Origin, where: str) -> Declared:
    """Read a line; Malformed where it is none, or its id is not its content's."""
    names = ["batch", "declaration", "id", "received_at", "signature", "state"]
    batch, declaration, id_, received_at, signature, state = _object(line, names, where)
    made = Declaration.from_json(declaration, f"{where} declaration")
    if _hash(id_, f"{where} id") != made.id(origin):
        raise Malformed(f"is not the id of its declaration, 0x{made.id(origin).hex()}", f"{where} id")
    if state not in ("pending", "batched", "anchored") or (state == "pending") != (batch is None):
        raise Malformed("must be pending without a batch, or batched or anchored with one", f"{where} state")
    place = None
    if batch is not None:
        index, root, size = read_object(batch, ["index", "root", "size"], f"{where} batch")
        place = Place(_hash(root, f"{where} root"), _count(size, f"{where} size"), _count(index, f"{where} index"))
    return Declared(
        made.id(origin), made, hex_bytes(signature, f"{where} signature"), _count(received_at, where), state, place
    )


def batch_line(batch: Batch) -> bytes:
    """One batch. Its id is the store's own and stays there."""
    entry = None if batch.entry_number is None else {"number": batch.entry_number, "time": batch.entry_time}
    return _line(
        {
            "created_at": batch.created_at,
            "entry": entry,
            "state": _state(batch),
            "transaction": batch.tx_hash,
            **_named(batch.root, batch.size),
        }
    )


def read_batch(line: bytes, where: str) -> Batch:
    """Read a line, as a batch with the id 0; Malformed where it is none."""
    names = ["created_at", "entry", "root", "size", "state", "transaction"]
    created_at, entry, root, size, state, transaction = _object(line, names, where)
    if state not in ("batched", "anchored") or (state == "anchored") != (entry is not None):
        raise Malformed("must be batched without an entry, or anchored with one", f"{where} state")
    number, time = (None, None) if entry is None else read_object(entry, ["number", "time"], f"{where} entry")
    return Batch(
        0,
        _hash(root, f"{where} root"),
        _count(size, f"{where} size"),
        cast("BatchState", state),
        _count(created_at, f"{where} created_at"),
        None if transaction is None else hex_text(_hash(transaction, f"{where} transaction")),
        None if number is None else _count(number, f"{where} entry.number"),
        None if time is None else _count(time, f"{where} entry.time"),
    )


def _state(batch: Batch) -> BatchState:
    """Whether it is sent, or final, is the business of one store with one chain."""
    return "batched" if batch.is_open else "anchored"


def set_line(root: bytes, size: int) -> bytes:
    """One attested set."""
    return _line(_named(root, size))


def read_set(line: bytes, where: str) -> tuple[bytes, int]:
    """Read a line; Malformed where it is none."""
    root, size = _object(line, ["root", "size"], where)
    return _hash(root, f"{where} root"), _count(size, f"{where} size")


def position_line(logged: LoggedEntry) -> bytes:
    """Where the chain keeps an entry: what a follower asks the chain for, and nobody proves."""
    return _line(
        {
            "block": logged.block_number,
            "block_hash": logged.block_hash,
            "entry": logged.entry.number,
            "log_index": logged.log_index,
            "transaction": logged.tx_hash,
        }
    )


def read_position(line: bytes, entry: Entry, where: str) -> LoggedEntry:
    """Read the line about ``entry``; Malformed where it is none, or about another one."""
    names = ["block", "block_hash", "entry", "log_index", "transaction"]
    block, block_hash, number, log_index, transaction = _object(line, names, where)
    if number != entry.number:
        raise Malformed(f"must be {entry.number}", f"{where} entry")
    return LoggedEntry(
        entry,
        _count(block, f"{where} block"),
        hex_text(_hash(block_hash, f"{where} block_hash")),
        hex_text(_hash(transaction, f"{where} transaction")),
        _count(log_index, f"{where} log_index"),
    )


def id_line(id_: bytes) -> bytes:
    """A declaration's id among the leaves of a batch or the members of a set."""
    return f"0x{id_.hex()}\n".encode()


def read_id(line: bytes, where: str) -> bytes:
    """Read a line; Malformed where it is none."""
    return _hash(line.decode("ascii", "replace").removesuffix("\n"), where)


def _named(root: bytes, size: int) -> dict[str, Any]:
    return {"root": hex_text(root), "size": size}


def _line(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _object(line: bytes, names: list[str], where: str) -> list[Any]:
    try:
        value = json.loads(line)
        same = _line(value) == line
    except (ValueError, RecursionError):
        raise Malformed("is no JSON", where) from None
    if not same:
        raise Malformed("is not spelled as an export spells it", where)
    return read_object(value, names, where)


def _hash(value: object, where: str) -> bytes:
    data = hex_bytes(value, where)
    if len(data) != 32:
        raise Malformed("must be 32 bytes", where)
    return data


def _count(value: object, where: str) -> int:
    if type(value) is not int or not 0 <= value <= _MOST:
        raise Malformed("must be a whole number from 0 to 2^63 - 1", where)
    return value

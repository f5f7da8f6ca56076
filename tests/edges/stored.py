"""What the store's tests put into it: declarations and entries made from numbers. The store verifies no signature."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from ledger.core.history.entry import Anchored, Content, Entry, encode_payload, kind_of
from ledger.core.statements.origin import Origin
from ledger.core.statements.statement import Declaration
from ledger.core.tree.merkle import root
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.store import Batch, Store

ORIGIN = Origin(31337, b"\x5f" * 20)
PARTIES = (b"\x01" * 20, b"\x02" * 20, b"\x03" * 84)


def digest(name: object) -> bytes:
    return sha256(str(name).encode()).digest()


def signed(number: int, party: bytes = PARTIES[0], document_type: int = 380) -> tuple[Declaration, bytes]:
    return Declaration(party, digest(number), document_type), digest(f"signature {number}") * 2


def add(store: Store, numbers: Sequence[int], at: int = 1_000) -> list[bytes]:
    """Declarations of these numbers, stored; their ids."""
    return [id_ for id_, _ in store.add_declarations([signed(number) for number in numbers], ORIGIN, at)]


def formed(store: Store, most: int = 1_000) -> Batch:
    """A batch of what is pending."""
    ids = store.pending_ids(most)
    return store.form_batch(root(ids), ids, 2_000)


def logged(number: int, content: Content, fork: str = "") -> LoggedEntry:
    """An entry in a block of its own; ``fork`` tells blocks of the same number apart."""
    entry = Entry(number, kind_of(content), 3_000 + number, encode_payload(content))
    block, transaction = digest(f"block {number} {fork}"), digest(f"transaction {number}")
    return LoggedEntry(entry, 100 + number, f"0x{block.hex()}", f"0x{transaction.hex()}", 0)


def some_entries(count: int, first: int = 0, fork: str = "") -> list[LoggedEntry]:
    return [logged(number, Anchored(digest(f"root {number}"), 1), fork) for number in range(first, first + count)]


def anchored(store: Store, batch: Batch) -> LoggedEntry:
    """The batch, anchored by the next entry."""
    last = store.last_entry()
    item = logged(0 if last is None else last.entry.number + 1, Anchored(batch.root, batch.size))
    store.append_entries([item])
    store.mark_anchored(batch.id, item.entry.number, item.entry.time)
    return item

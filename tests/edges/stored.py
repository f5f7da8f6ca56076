"""What the tests of the store put into it: declarations, entries and notes made from numbers.

The store checks no signature, so the signatures are only bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import SignedNote
from ledger.core.history.entry import Anchored, Content, Entry, encode_payload, kind_of
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.origin import Origin
from ledger.core.tree.merkle import root
from ledger.edges.chain.events import LoggedEntry
from ledger.edges.store import Batch, Store

ORIGIN = Origin(31337, b"\x5f" * 20, b"\x0e" * 32)
PARTIES = (b"\x01" * 20, b"\x02" * 20, b"\x03" * 84)


def digest(name: object) -> bytes:
    return sha256(str(name).encode()).digest()


def signed(number: int, party: bytes = PARTIES[0], document_type: int = 380) -> tuple[Declaration, bytes]:
    """A declaration and its signature."""
    return Declaration(party, digest(number), document_type), digest(f"signature {number}") * 2


def add(store: Store, numbers: Sequence[int], at: int = 1_000) -> list[bytes]:
    """Store the declarations of these numbers; returns their ids."""
    return [id_ for id_, _ in store.declarations.add([signed(number) for number in numbers], ORIGIN, at)]


def formed(store: Store, limit: int = 1_000) -> Batch:
    """A new batch of what is pending."""
    ids = store.declarations.pending_ids(limit)
    return store.batches.form(root(ids), ids, 2_000)


def logged(number: int, content: Content, fork: str = "") -> LoggedEntry:
    """An entry in a block of its own; ``fork`` tells blocks of the same number apart."""
    entry = Entry(number, kind_of(content), 3_000 + number, encode_payload(content))
    block, transaction = digest(f"block {number} {fork}"), digest(f"transaction {number}")
    return LoggedEntry(entry, 100 + number, f"0x{block.hex()}", f"0x{transaction.hex()}", 0)


def some_entries(count: int, first: int = 0, fork: str = "") -> list[LoggedEntry]:
    return [logged(number, Anchored(digest(f"root {number}"), 1), fork) for number in range(first, first + count)]


def some_note(size: int, root: bytes | None = None, signers: Sequence[str] = ("log",)) -> SignedNote:
    """A checkpoint with signatures under these names."""
    checkpoint = Checkpoint(ORIGIN, size, digest(size) if root is None else root, digest(f"index {size}"))
    return SignedNote(checkpoint, tuple((name, b"1234", digest(name)) for name in signers))


def anchored(store: Store, batch: Batch) -> LoggedEntry:
    """Anchor a batch by the next entry, which is returned."""
    last = store.entries.last()
    item = logged(0 if last is None else last.entry.number + 1, Anchored(batch.root, batch.size))
    store.entries.append([item])
    store.batches.mark_anchored(batch.id, item.entry.number, item.entry.time)
    return item

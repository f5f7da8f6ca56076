"""Compare the store with the history: declarations, batches, attested sets; one batch is in memory at a time."""

from __future__ import annotations

from ledger.core.encoding.ids import DeclarationId, Root
from ledger.core.encoding.reading import hex_text
from ledger.core.history.replay import Memory
from ledger.core.statements.signature import verify_party_signature
from ledger.core.tree.merkle import leaf_hash, root_of_hashes, verify_inclusion
from ledger.edges.store import Batch, DeclarationRow, Store
from ledger.errors import DefiniteNo, HistoryBroken, VerificationFailed


def compare_declarations(store: Store) -> str:
    """Check that every declaration has the id of its content, and the signature of its party's key."""
    count = 0
    for row in store.declarations.each():
        if row.declaration.id(store.origin) != row.id:
            raise HistoryBroken(
                "a declaration in the store was changed", expected=hex_text(row.id),
                found=hex_text(row.declaration.id(store.origin)),
            )  # fmt: skip
        _check_signature(row, store)
        count += 1
    return f"{count} declarations in the store have their ids and their parties' signatures"


def compare_batches(store: Store, memory: Memory, size: int) -> str:
    """Check that the declarations of every batch hash to its root, and that the entry it names anchors it.

    A batch that was restored in part, from holders' evidence, is checked by ``compare_inclusions``, one declaration at
    a time.

    :param size: how many entries were read. Where a later entry anchors a batch, that entry is not looked at.
    """
    count = partly = later = 0
    for batch in store.batches.each():
        ids = store.sets.members(batch.root, batch.size)
        if ids is None and store.inclusions.cover(batch):
            partly += 1
        else:
            known = store.batches.declaration_ids(batch.id) if ids is None else ids
            _check_root(f"batch {batch.id}", batch.root, batch.size, known)
        if batch.entry_number is not None and batch.entry_number >= size:
            later += 1
            continue
        _check_place(store, memory, batch)
        count += 1
    words = f"{count} {'batch' if count == 1 else 'batches'} in the store: the declarations hash to the root, "
    words += "and the entry is where the store says"
    words += f"; of {partly} not all declarations are known" if partly else ""
    return words + (f"; {later} of later entries were not looked at" if later else "")


def compare_sets(store: Store) -> str:
    """Check that the members of every attested set hash to its root."""
    count = 0
    for root, size in store.sets.each():
        _check_root(f"the attested set {hex_text(root)}", root, size, store.sets.members(root, size) or [])
        count += 1
    return f"{count} {'attested set' if count == 1 else 'attested sets'} in the store: the members hash to the root"


def compare_inclusions(store: Store) -> str:
    """Check that every inclusion leads to its root; they are kept for batches and sets that are known in part."""
    count = 0
    for id_, inclusion in store.inclusions.each():
        try:
            verify_inclusion(leaf_hash(id_), inclusion.index, inclusion.size, inclusion.proof, inclusion.root)
        except VerificationFailed as error:
            raise HistoryBroken(
                f"the inclusion of declaration {hex_text(id_)} in the store does not lead to its root",
                expected=f"number {inclusion.index} of {inclusion.size} under {hex_text(inclusion.root)}", found=error,
            ) from None  # fmt: skip
        count += 1
    return f"{count} inclusions in the store, in batches and sets known in part, lead to their roots"


def _check_signature(row: DeclarationRow, store: Store) -> None:
    try:
        verify_party_signature(store.origin, row.declaration.party, row.id, row.signature)
    except DefiniteNo as error:
        raise HistoryBroken(
            f"the signature of declaration {hex_text(row.id)} in the store does not fit",
            expected="its party's signature", found=error,
        ) from None  # fmt: skip


def _check_root(what: str, root: Root, size: int, ids: list[DeclarationId]) -> None:
    found = root_of_hashes([leaf_hash(id_) for id_ in ids])
    if (found, len(ids)) != (root, size):
        raise HistoryBroken(
            f"the leaves of {what} lead to another root", expected=f"{hex_text(root)} of {size}",
            found=f"{hex_text(found)} of {len(ids)}",
        )  # fmt: skip


def _check_place(store: Store, memory: Memory, batch: Batch) -> None:
    """Check that an anchored batch names the entry that anchors it. A batch on its way may be anchored already."""
    if batch.entry_number is None:
        return
    number = memory.anchored(batch.root, batch.size)
    if number != batch.entry_number:
        raise HistoryBroken(
            f"batch {batch.id} is not anchored where the store says",
            expected="no such anchor" if number is None else f"entry {number}", found=f"entry {batch.entry_number}",
            number=number,
        )  # fmt: skip
    try:
        entry = store.entries.by_number(number).entry
    except (KeyError, DefiniteNo):
        entry = None
    if entry is None or entry.time != batch.entry_time:
        raise HistoryBroken(
            f"batch {batch.id} and the store's index disagree about the entry that anchors it",
            expected="no such entry in the index" if entry is None else f"time {entry.time}",
            found=f"time {batch.entry_time}", number=number,
        )  # fmt: skip

"""Read a whole history from the chain, whatever the store's index says, and find where the two differ."""

from __future__ import annotations

from ledger.core.history.history import History
from ledger.edges.chain.contract import Chain
from ledger.edges.chain.nodes import Look
from ledger.edges.store.entries import Entries
from ledger.errors import HistoryBroken, NodeLags


def check_head(history: History, look: Look) -> None:
    """Compare a history that was read up to a block with what the contract states there.

    :raises HistoryBroken: they differ.
    """
    if (history.size, history.head) != (look.size, look.head):
        raise HistoryBroken(
            f"the log up to block {look.block.number} {look.block.hash} does not lead to the contract's head",
            expected=f"{look.size} entries, {look.head.hex()}",
            found=f"{history.size} entries, {history.head.hex()}",
        )


def first_difference(chain: Chain, entries: Entries) -> int | None:
    """Number of the first entry of the index that is not the chain's; None if it has no such entry.

    :raises HistoryBroken: the chain's log breaks a rule, or does not lead to the head that the contract states.
    :raises NodeLags: the log is not complete.
    """
    look = chain.look()
    anew, differs = History(chain.origin), None
    for item in chain.entries(0, look.block.number):
        number = item.entry.number
        if number > anew.size:
            raise NodeLags(f"the node's logs up to block {look.block.number} lack entry {anew.size}")
        anew.apply(item.entry)
        if differs is None and entries.hash_of(number) != item.entry.hash:
            differs = number
    check_head(anew, look)
    stored = entries.size_as_of(look.block.number)
    differs = anew.size if differs is None else differs
    return differs if differs < stored else None

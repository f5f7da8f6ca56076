"""Find the entry at which a log and the contract's head begin to differ, by asking for the head at older blocks.

A log that was altered within the rules replays without a fault; only the head at the end contradicts it. The contract
keeps the present head alone, but an archive node knows the head after any block.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from ledger.core.encoding.reading import hex_text
from ledger.core.tree.merkle import node_hash
from ledger.edges.chain.contract import Chain
from ledger.edges.chain.node import NodeRefused
from ledger.errors import ContractMissing, HistoryBroken

_MOST = 1024


class _Head(NamedTuple):
    """Size and head after a block, by the log."""

    block: int
    size: int
    head: bytes


class BlockHeads:
    """The head by the log, at blocks spread over the history; at most about a thousand are kept."""

    def __init__(self, chain: Chain, first_block: int) -> None:
        self._chain = chain
        self._kept = [_Head(first_block - 1, 0, chain.origin.separator)]
        self._latest = first_block - 1
        self._blocks = 0
        self._stride = 1

    def pass_block(self, block: int, size: int, head: bytes) -> None:
        """Note size and head before the next entry, which is in ``block``: those after the block before it."""
        if block == self._latest:
            return
        self._blocks += 1
        if self._blocks % self._stride == 0 and self._latest > self._kept[-1].block:
            self._kept.append(_Head(self._latest, size, head))
            if len(self._kept) > _MOST:
                del self._kept[1::2]
                self._stride *= 2
        self._latest = block

    def first_difference(self, size: int, head: bytes, stated_size: int, stated: bytes, block: int) -> HistoryBroken:
        """The contradiction at the end, with the entry at which it begins if the node still knows old heads.

        ``size`` and ``head`` are by the log; ``stated_size`` and ``stated`` by the contract after ``block``.
        """
        sides = f"{stated_size}, {hex_text(stated)}", f"{size}, {hex_text(head)}"
        what = "the log does not lead to the contract's size and head"
        try:
            first, last, where = self._find(block)
        except (NodeRefused, ContractMissing):
            return HistoryBroken(
                f"{what}; this node keeps no old state, so it cannot say from which entry on",
                expected=sides[0], found=sides[1],
            )  # fmt: skip
        entries = f"entry {first}" if last <= first else f"one of the entries {first} to {last}"
        return HistoryBroken(
            f"{what}; they differ from block {where} on, with {entries}",
            expected=sides[0],
            found=sides[1],
            number=first,
        )

    def _find(self, block: int) -> tuple[int, int, int]:
        """(first entry, last entry, block) of the first block after which log and contract differ."""
        low, high = 0, len(self._kept)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._agrees(self._kept[middle]) else (low, middle)
        good = self._kept[low]
        end = self._kept[high].block if high < len(self._kept) else block
        for head in self._fold(good, end):
            if not self._agrees(head):
                return good.size, head.size - 1, head.block
            good = head
        # The log ends too early, or goes on too long, in a block without a log.
        return good.size, good.size, end

    def _agrees(self, head: _Head) -> bool:
        size, stated, _ = self._chain.head(head.block)
        return (size, stated) == (head.size, head.head)

    def _fold(self, start: _Head, end: int) -> Iterator[_Head]:
        """Heads after each block with entries, from after ``start`` to block ``end``, read from the log once more."""
        _, size, head = start
        logs = self._chain.entries(start.block + 1, end)
        for block, logged in groupby(logs, key=lambda item: item.block_number):
            for item in logged:
                head, size = node_hash(head, item.entry.hash), size + 1
            yield _Head(block, size, head)

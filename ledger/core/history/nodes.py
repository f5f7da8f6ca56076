"""Two nodes of one chain: which of them to go by, and whether they contradict each other. Pure.

A node may be away, or behind: then the other is asked. Nodes that contradict each other are a finding. It is not a
choice, because nothing here could say which of them is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from ledger.core.encoding.reading import hex_text
from ledger.errors import NodesDiffer

MOST_BEHIND = 2
"""Blocks by which a node may be behind the other and still be asked: behind a load balancer ``latest`` goes back."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What a node states at one block: its number and hash (hex), and the contract's number of entries and head."""

    number: int
    hash: str
    size: int
    head: bytes


@dataclass(frozen=True, slots=True)
class Wrong:
    """The node is of another chain, or has another contract or none at the address; ``reason`` says which."""

    reason: str


View = Stated | Wrong | None
"""What a node states at its newest block; None: it does not answer, or was found to lag."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What both nodes say of the same blocks, the first node's answer first. None: not known.

    ``common``: at the newest block that both have reached, if it is the same block. ``settled``: the hashes of the
    newest block that has its confirmations on both, if the newest that both have reached is not the same.
    """

    common: tuple[Stated, Stated] | None = None
    settled: tuple[str, str] | None = None


class Use(Enum):
    """Which node to go by."""

    FIRST = auto()
    SECOND = auto()
    NONE_IS_AWAY = auto()
    """Neither answers."""
    NONE_LAGS = auto()
    """One or both answer, and neither has the blocks that were seen."""


def choose(first: View, second: View, compared: Compared, seen: int) -> Use:
    """Which of two nodes to go by.

    The first, unless it is away, is behind what was seen, or is further behind the second than ``MOST_BEHIND``.

    :param seen: number of the highest block of which an entry was read.
    :raises NodesDiffer: they contradict each other: by their chain or contract, by the block at a height that has its
        confirmations, or by the contract's state at the same block.
    """
    _check_same(first, second, compared)
    first_has = isinstance(first, Stated) and first.number >= seen
    second_has = isinstance(second, Stated) and second.number >= seen
    if isinstance(first, Stated) and isinstance(second, Stated) and first_has and second_has:
        return Use.SECOND if second.number - first.number > MOST_BEHIND else Use.FIRST
    if first_has:
        return Use.FIRST
    if second_has:
        return Use.SECOND
    return Use.NONE_IS_AWAY if first is None and second is None else Use.NONE_LAGS


def settled_number(common: int, confirmations: int) -> int | None:
    """Number of the newest block with its confirmations, of two chains that both reach ``common``; None: there is none.

    ``confirmations``: blocks until an entry counts, its own included.
    """
    number = common - confirmations + 1
    return number if number >= 0 else None


def _check_same(first: View, second: View, compared: Compared) -> None:
    for one, other in ((first, second), (second, first)):
        if isinstance(one, Wrong):
            raise NodesDiffer("a node is of another chain or contract", expected=_words(other), found=one.reason)
    if compared.settled is not None:
        hashes = compared.settled
        if hashes[0] != hashes[1]:
            raise NodesDiffer(
                "the nodes have different blocks where an entry counts already", expected=hashes[0], found=hashes[1]
            )
    if compared.common is not None:
        ours, theirs = compared.common
        if (ours.size, ours.head) != (theirs.size, theirs.head):
            raise NodesDiffer(
                f"the nodes state different heads at block {ours.number}", expected=_words(ours), found=_words(theirs)
            )


def _words(view: View) -> str:
    match view:
        case Stated():
            return f"{view.size} entries, {hex_text(view.head)}"
        case Wrong():
            return view.reason
    return "no answer"

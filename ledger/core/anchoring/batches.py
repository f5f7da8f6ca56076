"""The life cycle of a batch: its states on the way into the history, and the transactions to send next.

``pending -> batched -> sent -> anchored -> final``, or back. A declaration is pending until it is in a batch, and then
has the state of the batch. The replayed history decides, by root and size, whether a batch is anchored; the state does
not depend on what a node says about a transaction. So an anchor may be sent twice without harm: the contract keeps the
first (docs/formats.md, section 5).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from ledger.core.anchoring.fees import GasFees, bumped
from ledger.core.encoding.ids import Root

BatchState = Literal["batched", "sent", "anchored", "final"]
DeclarationState = Literal["pending", "batched", "sent", "anchored", "final"]

_LONGEST_REST = 300  # seconds
_FIRST_REST = 2
_FORGOTTEN_AFTER = 2  # seconds


class Event(StrEnum):
    """What can happen to a batch."""

    SENT = "sent"  # recorded before the transaction is sent: otherwise it could be sent again with another nonce
    REFUSED = "refused"  # the node did not accept the transaction
    ENTERED = "entered"  # an entry of the history anchors the batch, also if another account sent it
    CONFIRMED = "confirmed"  # that entry has enough confirmations
    TAKEN_BACK = "taken back"  # a reorganisation undid that entry


_NEXT: dict[tuple[BatchState, Event], BatchState] = {
    ("batched", Event.SENT): "sent",
    ("sent", Event.SENT): "sent",
    ("sent", Event.REFUSED): "batched",
    ("batched", Event.ENTERED): "anchored",
    ("sent", Event.ENTERED): "anchored",
    ("anchored", Event.CONFIRMED): "final",
    ("anchored", Event.TAKEN_BACK): "sent",
    ("final", Event.TAKEN_BACK): "sent",
}


def after(state: BatchState, event: Event) -> BatchState | None:
    """The state after an event; None if the event comes too late or too early and changes nothing."""
    return _NEXT.get((state, event))


def before(event: Event) -> tuple[BatchState, ...]:
    """The states in which an event changes something."""
    return tuple(state for state, happened in _NEXT if happened is event)


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch: RFC 9162 root over the ids of its declarations, their number, and its state.

    ``created_at``, ``sent_at`` and ``retry_at`` are seconds since 1970. ``entry_number`` and ``entry_time`` are those
    of the entry that anchors it, None before. ``tx_hash`` (0x and 64 digits), ``nonce``, ``tip`` and ``max_fee`` (wei
    per gas) are those of our last transaction for it, None if there is none. ``sent_at`` is None if it must be sent at
    once. ``tries`` counts the transactions recorded; ``problem`` says why the node refused the last.
    """

    id: int
    root: Root
    size: int
    state: BatchState
    created_at: int
    tx_hash: str | None = None
    entry_number: int | None = None
    entry_time: int | None = None
    nonce: int | None = None
    tip: int | None = None
    max_fee: int | None = None
    tries: int = 0
    sent_at: int | None = None
    problem: str | None = None
    retry_at: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still waits for an entry that anchors it."""
        return self.state in ("batched", "sent")


@dataclass(frozen=True, slots=True)
class Account:
    """The relayer's account by the node's answer: the next nonce after mined transactions (``mined``), and after those
    in the node's pool too (``waiting``).
    """

    mined: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Rules:
    """When and for how much to send transactions.

    ``resend_after``: seconds until a transaction that is not mined is replaced. ``in_flight``: the greatest number of
    batches whose transactions wait at once. ``max_fee``: the most to pay, in wei per gas; None is no limit.
    """

    resend_after: int = 20
    in_flight: int = 16
    max_fee: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A transaction to send for a batch."""

    batch: Batch
    nonce: int
    fees: GasFees


def offers(
    waiting: Sequence[Batch], account: Account, fees: GasFees, rules: Rules, at: int, offered: Collection[str]
) -> list[Offer]:
    """The transactions to send now, in order of nonce.

    :param waiting: the open batches, in the order in which they were formed; none of them is in the history at the
        block at which ``account`` was read.
    :param at: now, in seconds. A clock that jumps makes an offer come early, and never prevents it.
    :param offered: hashes of the transactions that this process has sent itself.
    """
    under_way = [batch for batch in waiting if batch.nonce is not None and batch.nonce >= account.mined]
    again = [offer for batch in under_way if (offer := _again(batch, account, fees, rules, at, offered)) is not None]
    # Another program that uses this account, or a node that dropped its pool, can leave a gap before our nonces, which
    # then wait forever. The oldest batch fills the gap; its first transaction has no effect if it is mined later.
    taken = {batch.nonce for batch in under_way}
    stuck = any(_age(batch, at) >= rules.resend_after for batch in under_way)
    if stuck and again and account.waiting <= account.mined and account.mined not in taken:
        again.insert(0, Offer(again[0].batch, account.mined, fees))
    # The nonce is spent and the batch is not in the history: the transaction failed, or was another program's.
    sendable = [
        batch for batch in waiting if (batch.nonce is None or batch.nonce < account.mined) and _rested(batch, at)
    ]
    free = max([account.mined, account.waiting, *(number + 1 for number in taken if number is not None)])
    room = max(0, rules.in_flight - len(under_way))
    return again + [Offer(batch, free + place, fees) for place, batch in enumerate(sendable[:room])]


def _again(
    batch: Batch, account: Account, fees: GasFees, rules: Rules, at: int, offered: Collection[str]
) -> Offer | None:
    assert batch.nonce is not None
    noted = GasFees(batch.tip or 0, batch.max_fee or 0)
    if batch.tx_hash not in offered or batch.sent_at is None:
        # Recorded and perhaps never sent; or a reorganisation undid it, and the node may have dropped it.
        return Offer(batch, batch.nonce, noted)
    if _age(batch, at) >= rules.resend_after:
        return Offer(batch, batch.nonce, bumped(noted, fees, rules.max_fee))
    # The node's pool has no transaction with its nonce: it was dropped, or has not reached all parts of the node yet.
    forgotten = account.waiting <= batch.nonce and _age(batch, at) >= _FORGOTTEN_AFTER
    return Offer(batch, batch.nonce, noted) if forgotten else None


def _age(batch: Batch, at: int) -> float:
    """Seconds since it was sent; infinite if the clock went backwards."""
    age = float("inf") if batch.sent_at is None else at - batch.sent_at
    return age if age >= 0 else float("inf")


def rest(tries: int) -> int:
    """Seconds to wait after the node refused a batch, so that it does not hold up the others."""
    return min(_FIRST_REST << min(tries, 10), _LONGEST_REST)


def _rested(batch: Batch, at: int) -> bool:
    return batch.retry_at is None or not 0 < batch.retry_at - at <= _LONGEST_REST

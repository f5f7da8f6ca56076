"""The outbox: how far a declaration has come on its way into the history, and what to do about it next.

``pending -> batched -> sent -> anchored -> final``, or back. A declaration is pending until it stands in a batch, and
from then on shares the batch's state. What is anchored is read from the replayed history, by root and size; what a node
says of a transaction moves nothing. So an anchor may be sent twice, and is one entry all the same: the contract keeps
the first (docs/formats.md, section 5).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, get_args

from ledger.core.anchoring.fees import Fees, bumped

BatchState = Literal["batched", "sent", "anchored", "final"]
DeclarationState = Literal["pending", "batched", "sent", "anchored", "final"]
BATCH_STATES: tuple[BatchState, ...] = get_args(BatchState)

_LONGEST_REST = 300  # seconds
_FIRST_REST = 2
_FORGOTTEN_AFTER = 2  # seconds


class Event(StrEnum):
    """What can happen to a batch."""

    SENT = "sent"  # noted before the transaction leaves, for what is not noted could be sent under two nonces
    REFUSED = "refused"  # the node did not take it
    ENTERED = "entered"  # an entry of the history anchors it, whoever sent it
    CONFIRMED = "confirmed"  # that entry has its confirmations
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
    """The state that follows; None where the event comes too late or too early, and nothing changes."""
    return _NEXT.get((state, event))


def before(event: Event) -> tuple[BatchState, ...]:
    """The states in which an event changes something."""
    return tuple(state for state, happened in _NEXT if happened is event)


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch in the outbox: RFC 9162 root over its declaration ids, their number, and how far it has come.

    ``created_at``, ``sent_at`` and ``retry_at`` are seconds since 1970. ``entry_number`` and ``entry_time`` are those
    of the entry that anchors it, None before. ``tx_hash`` (0x and 64 digits), ``nonce``, ``tip`` and ``max_fee`` (wei
    per gas) are those of the last transaction that carried it, None where none of ours did. ``sent_at`` is None where
    it is to be sent at once. ``tries`` counts transactions noted; ``problem`` says why the last was refused.
    """

    id: int
    root: bytes
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
        """Whether no entry is known that anchors it."""
        return self.state in ("batched", "sent")


@dataclass(frozen=True, slots=True)
class Account:
    """The relayer's account as the node has it: transactions mined, and with those that wait in its pool."""

    mined: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Rules:
    """``resend_after``: seconds until a transaction that is not mined is replaced. ``in_flight``: batches under way at
    most. ``max_fee``: the most to pay, in wei per gas; None is whatever it takes.
    """

    resend_after: int = 20
    in_flight: int = 16
    max_fee: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A transaction to hand over for a batch."""

    batch: Batch
    nonce: int
    fees: Fees


def offers(
    waiting: Sequence[Batch], account: Account, fees: Fees, rules: Rules, at: int, offered: Collection[str]
) -> list[Offer]:
    """What to hand over now, in order of nonce.

    :param waiting: the open batches, in the order in which they were formed; none of them is in the history at the
        block as of which ``account`` was read.
    :param at: now, in seconds. A clock that jumped makes an offer come early, never not at all.
    :param offered: hashes of the transactions that this process has handed over itself.
    """
    under_way = [batch for batch in waiting if batch.nonce is not None and batch.nonce >= account.mined]
    again = [offer for batch in under_way if (offer := _again(batch, account, fees, rules, at, offered)) is not None]
    # Whoever also uses this account, or a node that forgot what waited, can leave a nonce that nobody fills and that
    # holds up all after it. The oldest batch fills it; its own transaction, if it is ever mined, repeats in vain.
    taken = {batch.nonce for batch in under_way}
    stuck = any(_age(batch, at) >= rules.resend_after for batch in under_way)
    if stuck and again and account.waiting <= account.mined and account.mined not in taken:
        again.insert(0, Offer(again[0].batch, account.mined, fees))
    # A nonce that is spent, without the batch in the history: the transaction failed, or was somebody else's.
    sendable = [
        batch for batch in waiting if (batch.nonce is None or batch.nonce < account.mined) and _rested(batch, at)
    ]
    free = max([account.mined, account.waiting, *(number + 1 for number in taken if number is not None)])
    room = max(0, rules.in_flight - len(under_way))
    return again + [Offer(batch, free + place, fees) for place, batch in enumerate(sendable[:room])]


def _again(batch: Batch, account: Account, fees: Fees, rules: Rules, at: int, offered: Collection[str]) -> Offer | None:
    assert batch.nonce is not None
    noted = Fees(batch.tip or 0, batch.max_fee or 0)
    if batch.tx_hash not in offered or batch.sent_at is None:
        # Noted and perhaps never handed over; or a reorganisation took it back, and the node may have forgotten it.
        return Offer(batch, batch.nonce, noted)
    if _age(batch, at) >= rules.resend_after:
        return Offer(batch, batch.nonce, bumped(noted, fees, rules.max_fee))
    # Nothing waits at its nonce: the node forgot it, or has not told all its parts yet.
    forgotten = account.waiting <= batch.nonce and _age(batch, at) >= _FORGOTTEN_AFTER
    return Offer(batch, batch.nonce, noted) if forgotten else None


def _age(batch: Batch, at: int) -> float:
    """Seconds since it was handed over; any number of them where the clock was put back."""
    age = float("inf") if batch.sent_at is None else at - batch.sent_at
    return age if age >= 0 else float("inf")


def rest(tries: int) -> int:
    """Seconds that a batch which the node refuses stands back, so that it does not hold up the others."""
    return min(_FIRST_REST << min(tries, 10), _LONGEST_REST)


def _rested(batch: Batch, at: int) -> bool:
    return batch.retry_at is None or not 0 < batch.retry_at - at <= _LONGEST_REST

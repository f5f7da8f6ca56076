"""How much the relayer spends in a day: on one agency or party, on all parties, and in all.

A day is the last 24 hours, counted by whole hours, so that nobody spends two budgets around midnight. Gas counts, and
the fees paid for it where a limit is set for them. A statement's gas is reserved before it is sent, at its highest, and
settled by the receipt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ledger.core.relaying.rules import Payer, PayerKind
from ledger.errors import RelayBudgetSpent

HOUR = 3_600
DAY_HOURS = 24


class Cost(NamedTuple):
    """Gas, and fees in gwei (rounded up)."""

    gas: int
    fees: int


class Spending(NamedTuple):
    """What was spent or is reserved for one payer in one hour (seconds since 1970, divided by 3,600)."""

    hour: int
    payer: Payer
    cost: Cost


@dataclass(frozen=True, slots=True)
class RelayLimits:
    """The most to spend in 24 hours: gas of one agency, of one party, of all parties together, in all; and fees in all,
    in gwei (None is no limit).
    """

    agency: int
    party: int
    parties: int
    total: int
    fees: int | None = None


def first_hour(at: int) -> int:
    """The oldest hour that counts at ``at`` (seconds)."""
    return at // HOUR - DAY_HOURS + 1


def check_budget(payer: Payer, cost: Cost, spent: Sequence[Spending], limits: RelayLimits, at: int) -> None:
    """Check that there is room for a statement that costs ``cost`` at most, at time ``at`` (seconds).

    :param spent: what was spent and is reserved, also of other payers; what is older than a day does not count.
    :raises RelayBudgetSpent: naming the first budget that has no room, and when it will have.
    """
    for name, limit, own, unit in _budgets(payer, limits):
        counted = [(item.hour, item.cost[unit]) for item in spent if item.hour >= first_hour(at) and own(item.payer)]
        room = limit - sum(amount for _, amount in counted) - cost[unit]
        if room < 0:
            raise RelayBudgetSpent(name, limit, _UNITS[unit], cost[unit], _until_room(counted, -room, at))


_UNITS = ("gas", "gwei")
_GAS, _FEES = 0, 1


def _budgets(payer: Payer, limits: RelayLimits) -> list[tuple[str, int, Callable[[Payer], bool], int]]:
    """The budgets that a payer's statement is counted in: name, limit, whose spending counts, and in which unit."""
    found: list[tuple[str, int, Callable[[Payer], bool], int]] = []
    match payer.kind:
        case PayerKind.AGENCY:
            found.append((f"agency {payer.name.decode()}", limits.agency, payer.__eq__, _GAS))
        case PayerKind.PARTY:
            found.append(("this party", limits.party, payer.__eq__, _GAS))
            found.append(("all parties", limits.parties, lambda other: other.kind is PayerKind.PARTY, _GAS))
        case PayerKind.COUNCIL:
            pass
    found.append(("all statements", limits.total, lambda _: True, _GAS))
    if limits.fees is not None:
        found.append(("all statements", limits.fees, lambda _: True, _FEES))
    return found


def _until_room(counted: Sequence[tuple[int, int]], missing: int, at: int) -> int:
    """Seconds until enough of what was spent is a day old; a day if the statement alone is too large."""
    for hour, amount in sorted(counted):
        missing -= amount
        if missing <= 0:
            return (hour + DAY_HOURS) * HOUR - at
    return DAY_HOURS * HOUR

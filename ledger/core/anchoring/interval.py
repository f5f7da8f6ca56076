"""How long a declaration waits for others to share its batch: longer the more was spent on small batches.

A batch costs the same gas whatever its size, so whoever declares one document every few seconds makes the relayer pay
each time. The wait grows with what small batches cost in the last hour, and with what all batches cost in the last day.
A large batch costs little for each declaration, so it never waits for the sake of the hour. The wait has an upper end:
anchoring never stops. docs/adr/0028.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

HOUR, DAY = 3_600, 86_400
ANCHOR_GAS = 60_000
"""What an anchor costs whose receipt was not seen: snapshots/gas.json, "anchor, any batch", rounded up."""

_FREE_OF_HOUR = 1 / 4  # of the hour's gas for small batches: until then nobody waits longer
_FREE_OF_DAY = 1 / 2


class Anchoring(NamedTuple):
    """A batch that was formed: when (seconds), of how many declarations, for how much gas; None if nobody saw it."""

    at: int
    size: int
    gas: int | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How anchoring slows down.

    ``shortest`` and ``longest``: seconds that a declaration waits for others, at least and at most. ``small_gas``: gas
    for small batches in an hour at which the wait is longest. ``full_size``: declarations in a batch that is not small.
    ``day_gas``: gas for all batches in 24 hours at which the wait is longest.
    """

    shortest: int
    longest: int
    small_gas: int
    full_size: int
    day_gas: int


@dataclass(frozen=True, slots=True)
class AnchorSpending:
    """Gas for batches: for small ones in the last hour (``small_gas``), and for all in the last 24 hours."""

    small_hour: int = 0
    day: int = 0


def small_gas(batches: Iterable[Anchoring], full_size: int) -> int:
    """The gas of these batches that was spent on small ones: of a batch of half ``full_size``, half of its gas."""
    costs = ((ANCHOR_GAS if batch.gas is None else batch.gas, batch.size) for batch in batches)
    return sum(gas * max(0, full_size - size) // full_size for gas, size in costs)


def wait(pace: Pace, spent: AnchorSpending, waiting: int) -> int:
    """How many seconds the oldest declaration waits until a batch is formed of the ``waiting`` ones."""
    smallness = max(0, pace.full_size - waiting) / pace.full_size
    of_hour = _beyond(spent.small_hour / pace.small_gas, _FREE_OF_HOUR) * smallness
    of_day = _beyond(spent.day / pace.day_gas, _FREE_OF_DAY)
    longest = max(pace.shortest, pace.longest)
    return pace.shortest + math.ceil((longest - pace.shortest) * max(of_hour, of_day))


def _beyond(share: float, free: float) -> float:
    """0 until ``free`` of a budget is spent, then rising to 1 at its end."""
    return min(1.0, max(0.0, (share - free) / (1 - free)))

"""How long a declaration waits for others to share its batch."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.anchoring.interval import ANCHOR_GAS, HOUR, Anchoring, AnchorSpending, Pace, small_gas, wait

PACE = Pace(shortest=1, longest=120, small_gas=6_000_000, full_size=100, day_gas=1_000_000_000)
paces = st.builds(
    Pace,
    shortest=st.integers(0, 600),
    longest=st.integers(1, 86_400),
    small_gas=st.integers(100_000, 10**9),
    full_size=st.integers(1, 10_000),
    day_gas=st.integers(1_000_000, 10**12),
)
spendings = st.builds(AnchorSpending, small_hour=st.integers(0, 2 * 10**9), day=st.integers(0, 2 * 10**12))
counts = st.integers(1, 20_000)


@given(paces, spendings, counts)
def test_the_wait_has_both_ends(pace: Pace, spent: AnchorSpending, waiting: int) -> None:
    """So anchoring never stops, and nobody waits less than is set."""
    assert pace.shortest <= wait(pace, spent, waiting) <= max(pace.shortest, pace.longest)


@given(paces, spendings, spendings, counts)
def test_who_spent_more_waits_as_long_at_least(
    pace: Pace, one: AnchorSpending, other: AnchorSpending, waiting: int
) -> None:
    more = AnchorSpending(max(one.small_hour, other.small_hour), max(one.day, other.day))
    assert wait(pace, one, waiting) <= wait(pace, more, waiting)


@given(paces, spendings, counts, counts)
def test_a_larger_batch_waits_as_long_at_most(pace: Pace, spent: AnchorSpending, one: int, other: int) -> None:
    assert wait(pace, spent, max(one, other)) <= wait(pace, spent, min(one, other))


@given(paces, st.integers(0, 10**12), st.integers(0, 20_000))
def test_an_honest_burst_is_not_delayed(pace: Pace, small_hour: int, more: int) -> None:
    """Whatever somebody else spent on small batches in this hour."""
    spent = AnchorSpending(small_hour, pace.day_gas // 2)
    assert wait(pace, spent, pace.full_size + more) == pace.shortest


def test_a_quarter_of_the_hour_is_free() -> None:
    assert wait(PACE, AnchorSpending(1_500_000), 1) == 1
    assert wait(PACE, AnchorSpending(3_750_000), 1) == 60
    assert wait(PACE, AnchorSpending(6_000_000), 1) == 119


def test_half_of_the_day_is_free_and_then_large_batches_wait_too() -> None:
    assert wait(PACE, AnchorSpending(0, 500_000_000), 5_000) == 1
    assert wait(PACE, AnchorSpending(0, 750_000_000), 5_000) == 61
    assert wait(PACE, AnchorSpending(0, 10**12), 5_000) == 120


def test_a_batch_is_small_in_part() -> None:
    batches = [Anchoring(0, size, 60_000) for size in (1, 50, 100, 9_000)]
    assert small_gas(batches, 100) == 59_400 + 30_000
    assert small_gas([Anchoring(0, 50)], 100) == ANCHOR_GAS // 2


def anchors_of(pace: Pace, gap: int, hours: int) -> tuple[list[Anchoring], int]:
    """The batches that are formed of one declaration every ``gap`` seconds; and the longest that one waited."""
    formed: list[Anchoring] = []
    hour: deque[Anchoring] = deque()
    waiting: list[int] = []
    longest = 0
    for at in range(hours * HOUR):
        while hour and hour[0].at <= at - HOUR:
            hour.popleft()
        if at % gap == 0:
            waiting.append(at)
        if not waiting:
            continue
        spent = AnchorSpending(small_gas(hour, pace.full_size), len(formed) * ANCHOR_GAS)
        if at - waiting[0] >= wait(pace, spent, len(waiting)):
            longest = max(longest, at - waiting[0])
            formed.append(Anchoring(at, len(waiting)))
            hour.append(formed[-1])
            waiting.clear()
    return formed, longest


@pytest.mark.parametrize("gap", [1, 2, 3, 5, 8, 13, 30, 60])
def test_small_batches_cannot_be_forced(gap: int) -> None:
    """One declaration every few seconds, for three hours: no hour costs more than it may, and none waits too long."""
    formed, longest = anchors_of(PACE, gap, 3)
    for last in formed:
        hour = [batch for batch in formed if last.at - HOUR < batch.at <= last.at]
        assert small_gas(hour, PACE.full_size) <= PACE.small_gas
        assert len(hour) <= 130  # instead of 3,600
    assert longest <= PACE.longest


def test_a_few_declarations_in_an_hour_wait_no_longer_than_is_set() -> None:
    formed, longest = anchors_of(PACE, 150, 3)
    assert (len(formed), longest) == (72, 1)

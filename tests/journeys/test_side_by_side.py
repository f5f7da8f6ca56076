"""Many statements side by side: each once, in order, no service in two hands at a time; the first failure ends it."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from ledger.errors import Source, Unavailable
from ledger.journeys.side_by_side import AT_ONCE, side_by_side


class Service:
    """One that is in nobody's hands, or in one thread's."""

    def __init__(self, made: list[Service]) -> None:
        self._lock = threading.Lock()
        self._made = made
        made.append(self)

    def another(self) -> Service:
        return Service(self._made)

    def do(self, item: int) -> int:
        assert self._lock.acquire(blocking=False), "another thread has it"
        try:
            return item * 2
        finally:
            self._lock.release()


def run(count: int, do: Any) -> tuple[list[int], list[Service]]:
    made: list[Service] = []
    service: Any = Service(made)
    return list(side_by_side(service, range(count), do)), made


@pytest.mark.parametrize(("count", "services"), [(1, 1), (3, 3), (100, AT_ONCE)])
def test_each_is_done_once_and_told_in_order(count: int, services: int) -> None:
    asked: list[int] = []

    def do(mine: Service, item: int) -> int:
        asked.append(item)
        return mine.do(item)

    found, made = run(count, do)
    assert found == [item * 2 for item in range(count)]
    assert sorted(asked) == list(range(count))
    assert len(made) == services


def test_some_are_under_way_at_once() -> None:
    meeting = threading.Barrier(AT_ONCE)

    def do(mine: Service, item: int) -> int:
        meeting.wait(timeout=30)  # nobody goes on alone
        return mine.do(item)

    assert len(run(AT_ONCE, do)[0]) == AT_ONCE


def test_the_first_failure_ends_it() -> None:
    asked: list[int] = []

    def do(mine: Service, item: int) -> int:
        asked.append(item)
        if item == 5:
            raise Unavailable("no answer", source=Source.CHAIN)
        time.sleep(0.001)  # as a request takes
        return mine.do(item)

    made: list[Service] = []
    service: Any = Service(made)
    told = side_by_side(service, range(10_000), do)
    assert [next(told) for _ in range(5)] == [0, 2, 4, 6, 8]
    with pytest.raises(Unavailable, match="no answer"):
        next(told)
    assert len(asked) < 10_000

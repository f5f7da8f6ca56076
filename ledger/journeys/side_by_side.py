"""Statements that each need a transaction of their own, handed in side by side: each waits for a block anyway."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

from ledger.journeys.service import LedgerService

AT_ONCE = 16  # a server takes 48 of one client
_Item = TypeVar("_Item")
_Done = TypeVar("_Done")


def side_by_side(
    service: LedgerService, items: Sequence[_Item], do: Callable[[LedgerService, _Item], _Done]
) -> Iterator[_Done]:
    """Do something for each item, some at once; what became of each, in order.

    :param do: called from threads, each time with a service that no other call has meanwhile.
    :raises Exception: what the first of them raises, in order. Later ones that had begun may be done too.
    """
    if len(items) == 1:
        yield do(service, items[0])
        return
    count = min(AT_ONCE, len(items))
    free: SimpleQueue[LedgerService] = SimpleQueue()
    for one in [service, *(service.another() for _ in range(count - 1))]:
        free.put(one)

    def run(item: _Item) -> _Done:
        mine = free.get()
        try:
            return do(mine, item)
        finally:
            free.put(mine)

    with ThreadPoolExecutor(count) as pool:
        begun = [pool.submit(run, item) for item in items]
        try:
            for future in begun:
                yield future.result()
        finally:
            for future in begun:
                future.cancel()

"""Clocks that jump: the process's own, by libfaketime, forwards and backwards; and the chain's."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.edges.faulty_node import FaultyNode
from tests.faults.clients import Clients
from tests.faults.node import until
from tests.faults.reckoning import Outcome, Watch, reckon
from tests.faults.site import Site, site

_DAY = 86_400
_LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


@pytest.mark.skipif(_LIBRARY is None, reason="libfaketime is not installed: apt-get install libfaketime")
def test_the_process_clock_jumps(tmp_path: Path, chance: random.Random, told: Callable[[Outcome], None]) -> None:
    offset = tmp_path / "offset"
    offset.write_text("+0")
    with site(tmp_path, servers=0) as made:
        server = made.add(
            LD_PRELOAD=str(_LIBRARY),
            FAKETIME_TIMESTAMP_FILE=str(offset),
            FAKETIME_CACHE_DURATION="1",  # seconds until it looks at the file again
            FAKETIME_DONT_FAKE_MONOTONIC="1",  # the system's own clock jumps, the monotonic one does not
            NO_FAKE_STAT="1",
        )
        server.start()
        server.await_live()
        clients, watch = Clients.of(made), Watch()
        jumps = [chance.choice([-1, 1]) * chance.randint(60, 400 * _DAY) for _ in range(3)]

        def off() -> float:
            """How far the server's clock is off, by when it says that it received the next declaration."""
            (posted,) = clients.declare(1)
            shown = server.ask("GET", posted.path + posted.shown)[1]
            return float(shown["received_at"]) - time.time()

        with clients.working(), watch.over(made):
            for jump in jumps:
                clients.declare(5)
                offset.write_text(f"{jump:+d}")
                assert until(lambda: abs(off() - jump) < 30, 20), off()  # noqa: B023
        words = "by " + ", ".join(f"{jump / _DAY:+.1f}" for jump in jumps) + " days"
        told(reckon(made, clients, "process clock jumps", watch=watch, words=words))


def test_the_chain_clock_jumps(
    between: tuple[Site, FaultyNode], chance: random.Random, told: Callable[[Outcome], None]
) -> None:
    made, _ = between
    clients, watch = Clients.of(made), Watch()
    jumps = [chance.randint(60, 400 * _DAY) for _ in range(3)]
    with clients.working(), watch.over(made):
        for jump in jumps:
            clients.declare(5)
            made.chain.ask("evm_increaseTime", jump)
            made.chain.mine()
            clients.declare(5)
    words = "by " + ", ".join(f"{jump / _DAY:+.1f}" for jump in jumps) + " days"
    told(reckon(made, clients, "chain clock jumps", watch=watch, words=words))

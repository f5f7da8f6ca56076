"""Clocks that jump: the process's own, by libfaketime, forwards and backwards; and the chain's."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.clients import Clients
from tests.faults.reckoning import Outcome, Watch, reckon
from tests.faults.site import site

_DAY = 86_400
_LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


@pytest.mark.skipif(_LIBRARY is None, reason="needs Debian's package libfaketime")
def test_the_process_clock_jumps(tmp_path: Path, chance: random.Random, told: Callable[[Outcome], None]) -> None:
    offset = tmp_path / "offset"
    offset.write_text("+0")
    with site(tmp_path, servers=0) as made:
        made.environment |= {
            "LD_PRELOAD": str(_LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(offset),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # the system's own clock jumps, the monotonic one does not
            "NO_FAKE_STAT": "1",
        }
        server = made.add()
        for name in list(made.environment):
            if "FAKE" in name or name == "LD_PRELOAD":
                del made.environment[name]  # of the server alone: whoever checks it has the right time
        server.start()
        server.await_live()
        clients, watch = Clients.of(made), Watch()
        jumps = [chance.choice([-1, 1]) * chance.randint(60, 400 * _DAY) for _ in range(4)]
        with clients.working(), watch.over(made):
            for jump in jumps:
                clients.declare(5)
                offset.write_text(f"{jump:+d}")
                clients.declare(5)
        words = "by " + ", ".join(f"{jump / _DAY:+.1f}" for jump in jumps) + " days"
        told(reckon(made, clients, "process clock jumps", watch=watch, words=words))


def test_the_chain_clock_jumps(tmp_path: Path, chance: random.Random, told: Callable[[Outcome], None]) -> None:
    with site(tmp_path) as made:
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

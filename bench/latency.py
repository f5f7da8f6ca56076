"""Measure the time from a declaration to its final evidence, at a steady rate, beside the chain's block time.

The clock starts when a declaration is due to be posted and stops when the server hands out its evidence. At 1,000 a
second the bench follows one declaration in a hundred, because asking for all of them would be a load of its own.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from bench import load
from bench.rows import Row, RowSpec
from bench.runner import Bench, Measurement
from bench.running_server import RunningServer, SignedDeclaration, running_server

BLOCK_SECONDS = 2
_POLL_SECONDS = 0.05
_PATIENCE_SECONDS = 60.0
_ROUND_SECONDS, _QUICK_ROUND_SECONDS = 6, 2  # seconds of load
_FOLLOW_EVERY = {1: 1, 1_000: 100}
_CONNECTIONS = {1: 1, 1_000: 64}


def measure(rate: int, bench: Bench) -> Iterator[Row]:
    """Measure p50 and p99 at one rate."""
    with running_server(bench.disk_folder / f"latency-{rate}", block_seconds=BLOCK_SECONDS) as server:
        seconds = _QUICK_ROUND_SECONDS if bench.quick else _ROUND_SECONDS
        _round(bench, server, rate, 1)
        rounds = [sorted(_round(bench, server, rate, seconds)) for _ in range(bench.rounds)]
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        figures = [waits[min(len(waits) - 1, math.floor(len(waits) * share))] for waits in rounds]
        spec = RowSpec(
            f"latency-{rate}-{name}", f"from declaring to final evidence at {rate:,} a second, {name} of a round", "s",
            "the chain's block time",
        )  # fmt: skip
        yield spec.row(figures, [float(BLOCK_SECONDS)] * len(figures))


def _round(bench: Bench, server: RunningServer, rate: int, seconds: int) -> list[float]:
    """Seconds for each followed declaration. All are final when this returns, so rounds do not share load."""
    posted, step = server.declarations(rate * seconds), _FOLLOW_EVERY[rate]
    with ThreadPoolExecutor(1) as pool:
        seen = pool.submit(_follow, server, posted[::step])
        found = load.send(bench.disk_folder, server.port, [item.request for item in posted], _CONNECTIONS[rate], rate)
        begun = found.require_status(202).begun
        return [when - begun - number * step / rate for number, when in enumerate(seen.result())]


def _follow(server: RunningServer, posted: Sequence[SignedDeclaration]) -> list[float]:
    """When each declaration was final, in seconds since 1970. They become final in the order of declaring."""
    seen: list[float] = []
    until = time.monotonic() + _PATIENCE_SECONDS
    for item in posted:
        while server.ask("GET", item.evidence_path)[0] != 200:
            if time.monotonic() > until:
                raise AssertionError(
                    f"{len(posted) - len(seen)} declarations are not final after {_PATIENCE_SECONDS:g} s"
                )
            time.sleep(_POLL_SECONDS)
        seen.append(time.time())
    return seen


MEASUREMENTS = [
    Measurement((f"latency-{rate}-p50", f"latency-{rate}-p99"), 80, partial(measure, rate)) for rate in _FOLLOW_EVERY
]

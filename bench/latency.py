"""From a declaration to its final evidence, at a steady rate, beside the time that the chain takes for a block.

The clock starts when a declaration was due to be posted and stops when the server hands out its evidence. At 1,000 a
second one in a hundred is followed; asking after all of them would be the load that is measured.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from bench import load
from bench.rows import Row, Title
from bench.runner import Bench, Work
from bench.site import Signed, Site, site
from ledger.core.encoding.reading import hex_text

BLOCK_SECONDS = 2
_ASKED_EVERY = 0.05
_PATIENCE = 60.0
_ROUND, _QUICK_ROUND = 6, 2  # seconds of load
_EVERY = {1: 1, 1_000: 100}
_CONNECTIONS = {1: 1, 1_000: 64}


def measure(rate: int, bench: Bench) -> Iterator[Row]:
    """p50 and p99 at one rate."""
    with site(bench.on_disk / f"latency-{rate}", block_seconds=BLOCK_SECONDS) as made:
        seconds = _QUICK_ROUND if bench.quick else _ROUND
        _round(bench, made, rate, 1)
        rounds = [sorted(_round(bench, made, rate, seconds)) for _ in range(bench.rounds)]
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        figures = [waits[min(len(waits) - 1, math.floor(len(waits) * share))] for waits in rounds]
        title = Title(
            f"latency-{rate}-{name}", f"from declaring to final evidence at {rate:,} a second, {name} of a round", "s",
            "the chain's block time",
        )  # fmt: skip
        yield title.row(figures, [float(BLOCK_SECONDS)] * len(figures))


def _round(bench: Bench, made: Site, rate: int, seconds: int) -> list[float]:
    """Seconds that each declaration followed took. All are final when this returns, so rounds share no load."""
    posted, every = made.declarations(rate * seconds), _EVERY[rate]
    with ThreadPoolExecutor(1) as pool:
        seen = pool.submit(_follow, made, posted[::every])
        found = load.run(bench.on_disk, made.port, [item.request for item in posted], _CONNECTIONS[rate], rate)
        begun = found.only(202).begun
        return [when - begun - number * every / rate for number, when in enumerate(seen.result())]


def _follow(made: Site, posted: Sequence[Signed]) -> list[float]:
    """When, in seconds since 1970, each was final. One after the other: none is final before those declared earlier."""
    seen: list[float] = []
    until = time.monotonic() + _PATIENCE
    for item in posted:
        while made.ask("GET", f"/v1/declarations/{hex_text(item.id)}/evidence")[0] != 200:
            if time.monotonic() > until:
                raise AssertionError(f"{len(posted) - len(seen)} declarations are not final after {_PATIENCE:g} s")
            time.sleep(_ASKED_EVERY)
        seen.append(time.time())
    return seen


WORKS = [Work((f"latency-{rate}-p50", f"latency-{rate}-p99"), 80, partial(measure, rate)) for rate in _EVERY]

"""Measure intake over HTTP: one server on two cores checks signed declarations and stores them before it answers.

Load, server, anchorer, chain and database share the two cores. A latency is that of a request. A bulk request ends when
its last line is durable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial

from bench import load
from bench.rows import Bar, Row, RowSpec
from bench.runner import Bench, Measurement
from bench.running_server import RunningServer, running_server
from ledger.testing import postgres

ROUND_SECONDS = 4.0
_P99 = Bar("<=", 250, "ours")


@dataclass(frozen=True, slots=True)
class IntakeRoute:
    """A route of the API: ``lines`` declarations in a request, at most ``requests`` in a round."""

    name: str
    lines: int
    requests: int
    connections: int
    rate: Bar

    def requests_for(self, server: RunningServer, count: int) -> list[bytes]:
        """``count`` requests with new declarations."""
        if self.lines == 1:
            return [item.request for item in server.declarations(count)]
        bodies = (b"".join(item.body + b"\n" for item in server.declarations(self.lines)) for _ in range(count))
        return [load.http_request("POST", "/v1/declarations/bulk", body, "application/x-ndjson") for body in bodies]

    def accepted(self, found: load.LoadResult) -> int:
        """The number of declarations that were answered with 202."""
        return found.answers.get("202", 0) if self.lines == 1 else found.accepted_lines


SINGLE = IntakeRoute("single", 1, 10_000, 64, Bar(">=", 1_500, "ours"))
BULK = IntakeRoute("bulk", 200, 150, 2, Bar(">=", 5_000, "ours"))


@contextmanager
def _postgresql() -> Iterator[str]:
    """An empty database of a new server that syncs its commits."""
    if postgres.programs() is None:
        raise FileNotFoundError("PostgreSQL is not installed: apt-get install postgresql")
    with postgres.server() as server:
        yield server.database()


STORES: dict[str, Callable[[], AbstractContextManager[str | None]]] = {"SQLite": nullcontext, "PostgreSQL": _postgresql}


def measure(store: str, route: IntakeRoute, bench: Bench) -> Iterator[Row]:
    """Measure the rate and p99."""
    id_ = f"intake-{store.lower()}-{route.name}"
    count = 2 * route.connections if bench.quick else route.requests
    with STORES[store]() as url, running_server(bench.disk_folder / id_, url) as server:

        def one_round() -> tuple[float, float]:
            requests = route.requests_for(server, count)
            found = load.send(bench.disk_folder, server.port, requests, route.connections, seconds=ROUND_SECONDS)
            accepted, sent = route.accepted(found), found.answered * route.lines
            if accepted != sent:
                raise AssertionError(f"{accepted} of {sent} declarations were accepted: {found.answers}")
            return accepted / found.seconds, found.p99

        one_round()
        rates, p99s = zip(*(one_round() for _ in range(bench.rounds)), strict=True)
        where = f"{route.lines:,} a request, {route.connections} connections, over {store}"
        row = RowSpec(id_, f"declarations taken in, {where}", "1/s", bar=route.rate).row(rates)
        p99 = RowSpec(f"{id_}-p99", f"how long 99 of 100 requests take at most, {where}", "ms", bar=_P99).row(p99s)
        if row.holds is False or p99.holds is False:
            bench.profile_process(id_, server.process.pid, one_round)
        yield row
        yield p99


MEASUREMENTS = [
    Measurement((f"intake-{store.lower()}-{route.name}", f"intake-{store.lower()}-{route.name}-p99"), 40,
         partial(measure, store, route))
    for store in STORES
    for route in (SINGLE, BULK)
]  # fmt: skip

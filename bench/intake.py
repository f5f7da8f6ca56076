"""Intake over HTTP: signed declarations that are checked, and durable before they are answered. One server, two cores.

The load, the server, its anchorer, the chain and, where there is one, the database all share these. Latencies are of
requests; that of a bulk request is until its last line is durable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial

from bench import load
from bench.rows import Bar, Row, Title
from bench.runner import Bench, Work
from bench.site import Site, site
from ledger.testing import postgres

ROUND_SECONDS = 4.0
_P99 = Bar("<=", 250, "ours")


@dataclass(frozen=True, slots=True)
class Door:
    """A way in: ``lines`` declarations a request, ``requests`` a round at most, from so many connections at once."""

    name: str
    lines: int
    requests: int
    connections: int
    rate: Bar

    def made(self, made: Site, count: int) -> list[bytes]:
        """Requests whose declarations nobody has made before."""
        if self.lines == 1:
            return [item.request for item in made.declarations(count)]
        bodies = (b"".join(item.body + b"\n" for item in made.declarations(self.lines)) for _ in range(count))
        return [load.request("POST", "/v1/declarations/bulk", body, "application/x-ndjson") for body in bodies]

    def accepted(self, found: load.Load) -> int:
        """How many declarations had a 202."""
        return found.answers.get("202", 0) if self.lines == 1 else found.accepted_lines


SINGLE = Door("single", 1, 10_000, 64, Bar(">=", 1_500, "ours"))
BULK = Door("bulk", 200, 150, 2, Bar(">=", 5_000, "ours"))


@contextmanager
def _postgresql() -> Iterator[str]:
    """An empty database of a server of our own, which syncs what it commits."""
    if postgres.programs() is None:
        raise FileNotFoundError("PostgreSQL is not installed: apt-get install postgresql")
    with postgres.server() as server:
        yield server.database()


STORES: dict[str, Callable[[], AbstractContextManager[str | None]]] = {"SQLite": nullcontext, "PostgreSQL": _postgresql}


def measure(store: str, door: Door, bench: Bench) -> Iterator[Row]:
    """The rate, and p99."""
    id_ = f"intake-{store.lower()}-{door.name}"
    count = 2 * door.connections if bench.quick else door.requests
    with STORES[store]() as url, site(bench.on_disk / id_, url) as made:

        def once() -> tuple[float, float]:
            requests = door.made(made, count)
            found = load.run(bench.on_disk, made.port, requests, door.connections, seconds=ROUND_SECONDS)
            accepted, sent = door.accepted(found), found.answered * door.lines
            if accepted != sent:
                raise AssertionError(f"{accepted} of {sent} declarations were accepted: {found.answers}")
            return accepted / found.seconds, found.p99

        once()
        rates, slowest = zip(*(once() for _ in range(bench.rounds)), strict=True)
        where = f"{door.lines:,} a request, {door.connections} connections, over {store}"
        row = Title(id_, f"declarations taken in, {where}", "1/s", bar=door.rate).row(rates)
        slow = Title(f"{id_}-p99", f"how long 99 of 100 requests take at most, {where}", "ms", bar=_P99).row(slowest)
        if row.holds is False or slow.holds is False:
            bench.profile_process(id_, made.process.pid, once)
        yield row
        yield slow


WORKS = [
    Work((f"intake-{store.lower()}-{door.name}", f"intake-{store.lower()}-{door.name}-p99"), 40,
         partial(measure, store, door))
    for store in STORES
    for door in (SINGLE, BULK)
]  # fmt: skip

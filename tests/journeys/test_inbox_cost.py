"""A page of an inbox costs what it shows, however much the store has: what the database does is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from ledger.edges.store import Store
from ledger.journeys.inbox import Wanted, inbox_of
from ledger.testing import postgres
from ledger.testing.world import World
from tests.inboxes import MPI, Market

BATCH = 1_000
FEW, MANY = 2, 10  # batches
_READ = "SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0) FROM pg_stat_xact_user_tables"

Counted = Callable[[], int]


@contextmanager
def counted(store: Store) -> Iterator[Counted]:
    """Counts what the database does: steps of SQLite's machine by tens, or rows that PostgreSQL reads."""
    count = 0
    engine = store.database.engine
    engine.dispose()  # what was read over earlier connections is not counted

    def step() -> int:
        nonlocal count
        count += 10
        return 0

    def watch(link: object, *_: object) -> None:
        link.set_progress_handler(step, 10)  # type: ignore[attr-defined]

    def ended(connection: Connection) -> None:
        nonlocal count
        cursor = connection.connection.cursor()
        cursor.execute(_READ)
        count += int(cursor.fetchall()[0][0])
        cursor.execute("SELECT pg_stat_force_next_flush()")  # else the next transaction counts these once more
        cursor.fetchall()

    name, listener = ("checkout", watch) if store.database.is_sqlite else ("rollback", ended)
    event.listen(engine, name, listener)
    try:
        yield lambda: count
    finally:
        event.remove(engine, name, listener)
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    names = iter("ab")
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path / next(names)}.sqlite"
    made: postgres.Server = request.getfixturevalue("postgres_server")
    return made.database


def cost(url: str, batches: int) -> dict[str, int]:
    """What each page costs in a store in which the agency has attested all but three of very many."""
    world = World()
    store = Store.open(url, world.origin)
    market = Market(store, world)
    oldest, *others = [market.anchored(BATCH, at=1_000 + number) for number in range(batches)]
    market.attest(oldest[1:])  # one that the officer leaves for later
    for ids in others[:-1]:
        market.attest(ids, saved=False)
    market.attest(others[-1][1:-1])
    left = [oldest[0], others[-1][0], others[-1][-1]]
    asked = {
        "inbox": inbox_of(MPI, world.history, world.now),
        "of a type": Wanted(not_attested_by=MPI, document_type=380, with_withdrawn=False),
        "of a kind": inbox_of(MPI, world.history, world.now, 851),
        "of now": Wanted(not_attested_by=MPI, since=1_000 + batches - 1),
        "attested": Wanted(attested_by=MPI),
    }
    market.make_marks()
    with store.database.writing() as connection:
        connection.exec_driver_sql("ANALYZE")  # as PostgreSQL does by itself after a while
    found = {}
    for name, wanted in asked.items():
        with counted(store) as count:
            page = market.page(wanted, limit=10)
            found[name] = count()
        ids = [one.id for one in page.found]
        assert ids == (oldest[1:11] if name == "attested" else left[1:] if name == "of now" else left), name
    store.close()
    return found


def test_a_page_of_an_inbox_costs_what_it_shows(url: Callable[[], str]) -> None:
    few, many = cost(url(), FEW), cost(url(), MANY)
    for name, steps in many.items():
        words = f"{name}: {few} with {FEW * BATCH:,} declarations, {many} with {MANY * BATCH:,}"
        assert 0 < steps < 1.5 * few[name] + 500, words

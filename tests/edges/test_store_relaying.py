"""What the relayer spent and reserved, among threads and processes; on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from sqlalchemy import func, select

from ledger.core.relaying.budget import HOUR, Cost, RelayLimits, Spending, check_budget
from ledger.core.relaying.rules import Payer, PayerKind
from ledger.edges.store import Store
from ledger.edges.store.tables import RELAY_RESERVATIONS, RELAY_SPENDING
from ledger.errors import RelayBudgetSpent, RelayUnderWay
from tests.edges.stored import ORIGIN

AT, PATIENCE = 1_790_000_000, 180
MPI, PARTY, OTHER = (
    Payer(PayerKind.AGENCY, b"NZ-MPI"),
    Payer(PayerKind.PARTY, b"\x01" * 84),
    Payer(PayerKind.PARTY, b"\x02" * 20),
)


def reserve(store: Store, number: int, payer: Payer = MPI, gas: int = 100, at: int = AT) -> list[Spending]:
    """Reserve, and return what had been spent or reserved before."""
    seen: list[Spending] = []
    store.relaying.reserve(number.to_bytes(32), payer, Cost(gas, 2 * gas), at, PATIENCE, seen.extend)
    return seen


def settle(store: Store, number: int, gas: int) -> None:
    store.relaying.settle(number.to_bytes(32), Cost(gas, 2 * gas))


def total(spent: Sequence[Spending]) -> Cost:
    return Cost(sum(item.cost.gas for item in spent), sum(item.cost.fees for item in spent))


def rows(store: Store) -> tuple[int, int]:
    with store.database.reading() as connection:
        return tuple(  # type: ignore[return-value]
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (RELAY_SPENDING, RELAY_RESERVATIONS)
        )


def test_what_is_reserved_counts_until_it_is_settled(store: Store) -> None:
    assert reserve(store, 1) == []
    assert total(reserve(store, 2)) == Cost(100, 200)
    settle(store, 1, 60)
    assert total(store.relaying.spent(AT)) == Cost(160, 320)
    store.relaying.release((2).to_bytes(32))
    assert total(store.relaying.spent(AT)) == Cost(60, 120)
    assert rows(store) == (1, 0)


def test_what_is_refused_reserves_nothing(store: Store) -> None:
    limits = RelayLimits(agency=150, party=0, parties=0, total=10**6)
    reserve(store, 1)
    with pytest.raises(RelayBudgetSpent):
        store.relaying.reserve(
            bytes(32), MPI, Cost(51, 0), AT, PATIENCE, lambda spent: check_budget(MPI, Cost(51, 0), spent, limits, AT)
        )
    assert total(store.relaying.spent(AT)) == Cost(100, 200)


def test_a_payer_is_told_from_all_others(store: Store) -> None:
    for number, payer in enumerate((MPI, PARTY, PARTY, OTHER)):
        reserve(store, number, payer)
    settle(store, 1, 70)
    spent = reserve(store, 9, PARTY)
    assert total([item for item in spent if item.payer == PARTY]) == Cost(170, 340)
    assert total([item for item in spent if item.payer == Payer(PayerKind.PARTY)]) == Cost(100, 200)
    assert total([item for item in spent if item.payer == Payer(PayerKind.AGENCY)]) == Cost(100, 200)
    assert len(spent) == 4


def test_one_statement_is_relayed_by_one_request_at_a_time(store: Store) -> None:
    reserve(store, 1)
    with pytest.raises(RelayUnderWay):
        reserve(store, 1, at=AT + PATIENCE - 1)
    # Nobody ended it, as its process died: its gas counts as spent.
    assert total(reserve(store, 1, at=AT + PATIENCE)) == Cost(100, 200)
    assert total(store.relaying.spent(AT + PATIENCE)) == Cost(200, 400)
    settle(store, 1, 40)
    settle(store, 1, 40)  # a second end changes nothing
    assert total(store.relaying.spent(AT + PATIENCE)) == Cost(140, 280)


def test_what_is_older_than_a_day_goes(store: Store) -> None:
    for number in range(20):
        reserve(store, number, at=AT + number * HOUR)
        if number % 2:
            settle(store, number, 50)
    assert rows(store) == (10, 10)
    assert reserve(store, 99, at=AT + 48 * HOUR) == []
    assert rows(store) == (0, 1)
    assert store.relaying.spent(AT + 80 * HOUR) == []


def test_the_rows_of_a_payer_do_not_grow_with_its_statements(store: Store) -> None:
    for number in range(50):
        reserve(store, number)
        settle(store, number, 1)
    assert rows(store) == (1, 0)


def test_many_at_once_do_not_spend_a_budget_twice(url: str, store: Store) -> None:
    """Two stores on one database stand for two processes."""
    limits = RelayLimits(agency=1_000, party=0, parties=0, total=10**6)
    judge = partial(_judge, limits)
    other = Store.open(url, ORIGIN)

    def attempt(number: int) -> bool:
        try:
            (store, other)[number % 2].relaying.reserve(number.to_bytes(32), MPI, Cost(100, 0), AT, PATIENCE, judge)
        except RelayBudgetSpent:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(40))) == 10
    other.close()
    assert total(store.relaying.spent(AT)) == Cost(1_000, 0)


def _judge(limits: RelayLimits, spent: Sequence[Spending]) -> None:
    check_budget(MPI, Cost(100, 0), spent, limits, AT)

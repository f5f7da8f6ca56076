"""How much the relayer spends in a day, on whom, and in all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.relaying.budget import HOUR, Cost, RelayLimits, Spending, check_budget
from ledger.core.relaying.rules import Payer, PayerKind
from ledger.errors import RelayBudgetSpent

AT = 1_790_000_000
NOW = AT // HOUR
LIMITS = RelayLimits(agency=1_000, party=300, parties=600, total=2_000)
MPI, CUSTOMS = Payer(PayerKind.AGENCY, b"NZ-MPI"), Payer(PayerKind.AGENCY, b"NZ-CUSTOMS")
ONE, TWO, COUNCIL = Payer(PayerKind.PARTY, b"\x01" * 20), Payer(PayerKind.PARTY, b"\x02" * 20), Payer(PayerKind.COUNCIL)

payers = st.sampled_from([MPI, CUSTOMS, ONE, TWO, COUNCIL])
costs = st.builds(Cost, st.integers(0, 500), st.integers(0, 500))


def spent(payer: Payer, gas: int, hours_ago: int = 0, fees: int = 0) -> Spending:
    return Spending(NOW - hours_ago, payer, Cost(gas, fees))


def refused(
    payer: Payer, gas: int, *before: Spending, limits: RelayLimits = LIMITS, fees: int = 0
) -> dict[str, object]:
    with pytest.raises(RelayBudgetSpent) as raised:
        check_budget(payer, Cost(gas, fees), before, limits, AT)
    return raised.value.values


def reason(payer: Payer, cost: Cost, before: Sequence[Spending], at: int) -> Mapping[str, object] | None:
    try:
        check_budget(payer, cost, before, LIMITS, at)
    except RelayBudgetSpent as error:
        return error.values
    return None


def test_an_agency_has_a_budget_of_its_own() -> None:
    check_budget(MPI, Cost(400, 0), [spent(MPI, 600), spent(CUSTOMS, 900)], LIMITS, AT)
    assert refused(MPI, 401, spent(MPI, 600))["whose"] == "agency NZ-MPI"


def test_a_party_has_a_budget_and_all_parties_have_one() -> None:
    """Keys cost nothing, so a stranger has as many parties as he likes."""
    check_budget(ONE, Cost(300, 0), [spent(TWO, 300)], LIMITS, AT)
    assert refused(ONE, 301)["whose"] == "this party"
    assert refused(ONE, 100, spent(ONE, 250))["whose"] == "this party"
    assert refused(ONE, 100, spent(TWO, 300), spent(Payer(PayerKind.PARTY), 201))["whose"] == "all parties"


def test_parties_leave_agencies_their_part() -> None:
    parties = spent(Payer(PayerKind.PARTY), LIMITS.parties)
    check_budget(MPI, Cost(LIMITS.agency, 0), [parties], LIMITS, AT)
    assert LIMITS.parties < LIMITS.total


def test_all_together_have_a_budget() -> None:
    assert refused(COUNCIL, 1, spent(MPI, 1_000), spent(CUSTOMS, 1_000))["whose"] == "all statements"


def test_fees_count_where_a_limit_is_set() -> None:
    check_budget(MPI, Cost(1, 10**9), [], LIMITS, AT)
    limits = RelayLimits(1_000, 300, 600, 2_000, fees=50)
    said = refused(MPI, 1, spent(CUSTOMS, 1, fees=41), limits=limits, fees=10)
    assert (said["whose"], said["unit"], said["limit"], said["needed"]) == ("all statements", "gwei", 50, 10)


def test_a_day_is_the_last_24_hours() -> None:
    check_budget(MPI, Cost(1_000, 0), [spent(MPI, 1_000, hours_ago=24)], LIMITS, AT)
    assert refused(MPI, 1, spent(MPI, 1_000, hours_ago=23))["retry_after"] == HOUR - AT % HOUR


def test_it_says_when_there_will_be_room() -> None:
    before = [spent(MPI, 100, 20), spent(MPI, 300, 10), spent(MPI, 600, 1)]
    until_hour = HOUR - AT % HOUR
    assert refused(MPI, 100, *before)["retry_after"] == 3 * HOUR + until_hour
    assert refused(MPI, 400, *before)["retry_after"] == 13 * HOUR + until_hour
    assert refused(MPI, 401, *before)["retry_after"] == 22 * HOUR + until_hour
    assert refused(MPI, 5_000, *before)["retry_after"] == 24 * HOUR


@given(st.lists(st.tuples(payers, costs, st.integers(0, 3 * 24 * HOUR)), max_size=60))
def test_no_day_costs_more_than_its_budgets(wanted: list[tuple[Payer, Cost, int]]) -> None:
    limits = RelayLimits(1_000, 300, 600, 2_000, fees=2_500)
    paid: list[Spending] = []
    for payer, cost, later in sorted(wanted, key=lambda item: item[2]):
        at = AT + later
        try:
            check_budget(payer, cost, paid, limits, at)
        except RelayBudgetSpent as error:
            retry_after = error.values["retry_after"]
            assert isinstance(retry_after, int)
            if cost.gas <= 300 and cost.fees <= 2_500:
                check_budget(payer, cost, paid, limits, at + 24 * HOUR)
                assert 0 < retry_after <= 24 * HOUR
            continue
        paid.append(Spending(at // HOUR, payer, cost))
        day = [item for item in paid if item.hour > at // HOUR - 24]
        for one in (MPI, CUSTOMS):
            assert sum(item.cost.gas for item in day if item.payer == one) <= limits.agency
        for one in (ONE, TWO):
            assert sum(item.cost.gas for item in day if item.payer == one) <= limits.party
        assert sum(item.cost.gas for item in day if item.payer.kind is PayerKind.PARTY) <= limits.parties
        assert sum(item.cost.gas for item in day) <= limits.total
        assert sum(item.cost.fees for item in day) <= 2_500


@given(st.lists(st.tuples(payers, costs, st.integers(0, 23)), max_size=30), payers, costs)
def test_when_it_says_so_there_is_room(before: list[tuple[Payer, Cost, int]], payer: Payer, cost: Cost) -> None:
    """Of the budget that it names; another may be spent then."""
    paid = [Spending(NOW - ago, who, what) for who, what, ago in before]
    first = reason(payer, cost, paid, AT)
    if first is None or cost.gas > 300:
        return
    assert isinstance(first["retry_after"], int)
    second = reason(payer, cost, paid, AT + first["retry_after"])
    assert second is None or second["whose"] != first["whose"]

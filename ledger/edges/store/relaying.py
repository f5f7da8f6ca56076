"""What the relayer spent on statements of others in the last day, and what is reserved for those under way.

Kept for all processes of a server. Rows that are older than a day are removed, and each row stands for gas that was
spent or reserved within the budgets, so neither table grows beyond them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, not_, select, update

from ledger.core.relaying.budget import HOUR, Cost, Spending, first_hour
from ledger.core.relaying.rules import Payer, PayerKind
from ledger.edges.store.database import Database
from ledger.edges.store.limits import checked_number
from ledger.edges.store.tables import RELAY_RESERVATIONS, RELAY_SPENDING
from ledger.errors import RelayUnderWay

Judge = Callable[[Sequence[Spending]], None]
"""Decides by what was spent whether there is room; raises if there is none."""


class Relaying:
    """The tables of the relayer's budget."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reserve(self, statement: bytes, payer: Payer, cost: Cost, at: int, patience: int, judge: Judge) -> None:
        """Reserve the highest cost of a statement before it is sent. ``settle`` or ``release`` ends it.

        :param statement: its id, 32 bytes.
        :param at: the time now in seconds.
        :param patience: seconds after which a reservation that nobody ended counts as spent.
        :param judge: is given what was spent and is reserved: of this payer, and of all others together under the empty
            name of their kind.
        :raises RelayUnderWay: another request is relaying this statement.
        """
        column = RELAY_RESERVATIONS.c
        with self._database.writing() as connection:
            _forget(connection, checked_number(at, "time"))
            known = connection.execute(select(RELAY_RESERVATIONS).where(column.statement == statement)).first()
            if known is not None:
                if at - known.created_at < patience:
                    raise RelayUnderWay(statement)
                _move(connection, known)
            judge(_spent(connection, payer, at))
            values = {"statement": statement, "payer_kind": payer.kind, "payer": payer.name, "created_at": at}
            connection.execute(insert(RELAY_RESERVATIONS).values(values | _costs(cost)))

    def settle(self, statement: bytes, cost: Cost) -> None:
        """Note what a statement really cost, in place of its reservation."""
        with self._database.writing() as connection:
            row = _take(connection, statement)
            if row is not None:
                _add(connection, row.created_at // HOUR, row.payer_kind, row.payer, cost)

    def release(self, statement: bytes) -> None:
        """Give a reservation back: nothing was sent."""
        with self._database.writing() as connection:
            _take(connection, statement)

    def spent(self, at: int) -> list[Spending]:
        """What was spent and is reserved in the last day, by kind of payer, under empty names."""
        with self._database.reading(one_moment=True) as connection:
            return _spent(connection, None, at)


def _spent(connection: Connection, payer: Payer | None, at: int) -> list[Spending]:
    """Of one payer, and of all others by kind. What was spent is summed by hour; what is reserved is a few rows."""
    first, column, held = first_hour(at), RELAY_SPENDING.c, RELAY_RESERVATIONS.c
    found: list[Spending] = []
    sums = func.sum(column.gas), func.sum(column.fees)
    others = select(column.hour, column.payer_kind, *sums).where(column.hour >= first)
    if payer is not None:
        own = and_(column.payer_kind == payer.kind, column.payer == payer.name)
        others = others.where(not_(own))
        mine = select(column.hour, column.gas, column.fees).where(column.hour >= first, own)
        found += [Spending(hour, payer, Cost(gas, fees)) for hour, gas, fees in connection.execute(mine)]
    for hour, kind, gas, fees in connection.execute(others.group_by(column.hour, column.payer_kind)):
        found.append(Spending(hour, Payer(PayerKind(kind)), Cost(int(gas), int(fees))))
    for row in connection.execute(select(RELAY_RESERVATIONS).where(held.created_at >= first * HOUR)):
        who = Payer(PayerKind(row.payer_kind), row.payer)
        found.append(
            Spending(row.created_at // HOUR, who if who == payer else Payer(who.kind), Cost(row.gas, row.fees))
        )
    return found


def _forget(connection: Connection, at: int) -> None:
    """Remove what does not count any more."""
    first = first_hour(at)
    connection.execute(delete(RELAY_SPENDING).where(RELAY_SPENDING.c.hour < first))
    connection.execute(delete(RELAY_RESERVATIONS).where(RELAY_RESERVATIONS.c.created_at < first * HOUR))


def _take(connection: Connection, statement: bytes) -> Row[Any] | None:
    this = RELAY_RESERVATIONS.c.statement == statement
    row = connection.execute(select(RELAY_RESERVATIONS).where(this)).first()
    if row is not None:
        connection.execute(delete(RELAY_RESERVATIONS).where(this))
    return row


def _move(connection: Connection, row: Row[Any]) -> None:
    """Count a reservation that nobody ended as spent: its transaction may have been sent."""
    _take(connection, row.statement)
    _add(connection, row.created_at // HOUR, row.payer_kind, row.payer, Cost(row.gas, row.fees))


def _add(connection: Connection, hour: int, kind: str, payer: bytes, cost: Cost) -> None:
    column = RELAY_SPENDING.c
    this = and_(column.hour == hour, column.payer_kind == kind, column.payer == payer)
    more = {
        "gas": column.gas + checked_number(cost.gas, "gas"),
        "fees": column.fees + checked_number(cost.fees, "fees"),
    }
    if connection.execute(update(RELAY_SPENDING).where(this).values(more)).rowcount == 0:
        values = {"hour": hour, "payer_kind": kind, "payer": payer}
        connection.execute(insert(RELAY_SPENDING).values(values | _costs(cost)))


def _costs(cost: Cost) -> dict[str, int]:
    return {"gas": checked_number(cost.gas, "gas"), "fees": checked_number(cost.fees, "fees")}

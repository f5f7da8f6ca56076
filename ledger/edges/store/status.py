"""Status: how much is under way in the store, and whether it can be written."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select

from ledger.core.anchoring.batches import BatchState
from ledger.edges.store.database import Database
from ledger.edges.store.events import IS_REORGANISED, read_size
from ledger.edges.store.tables import BATCHES, CHANGES, DECLARATIONS, META

_UNDER_WAY = ("batched", "sent", "anchored")
_PROBE = "probe"


@dataclass(frozen=True, slots=True)
class UnderWay:
    """The batches in one state: how many, of how many declarations, since when (seconds), how many a node refused."""

    batches: int
    declarations: int
    oldest: int
    problems: int


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """What is under way, as of one moment.

    ``pending``: declarations that wait for a batch, the oldest since ``pending_since`` (seconds). ``under_way``:
    batches that are not final, by state. ``problem``: why a node refused the oldest batch that a node refused.
    ``entries``: how many the index has. ``depths``: how many reorganisations took back how many entries, by that
    number of entries.
    """

    pending: int
    pending_since: int | None
    under_way: dict[BatchState, UnderWay]
    problem: str | None
    entries: int
    depths: dict[int, int]

    @property
    def oldest(self) -> int | None:
        """Since when (seconds) the oldest declaration waits that is not anchored; for one in a batch, the batch."""
        waiting = [state.oldest for name, state in self.under_way.items() if name != "anchored"]
        return min([*waiting, *([] if self.pending_since is None else [self.pending_since])], default=None)


class StoreStatusReader:
    """What operators and monitoring ask. The cost does not grow with the store, only with what is pending."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self) -> StoreStatus:
        """What is under way now. Counting costs in proportion to the pending declarations."""
        waiting, batch, received_at = DECLARATIONS.c.batch_id.is_(None), BATCHES.c, DECLARATIONS.c.received_at
        grouped = (
            select(
                batch.state, func.count(), func.sum(batch.size), func.min(batch.created_at), func.count(batch.problem)
            )
            .where(batch.state.in_(_UNDER_WAY))
            .group_by(batch.state)
        )
        refused = select(batch.problem).where(batch.state.in_(("batched", "sent")), batch.problem.is_not(None))
        depths = select(CHANGES.c.depth, func.count()).where(IS_REORGANISED).group_by(CHANGES.c.depth)
        with self._database.reading(one_moment=True) as connection:
            pending, since = connection.execute(select(func.count(), func.min(received_at)).where(waiting)).one()
            return StoreStatus(
                pending=pending,
                pending_since=since,
                under_way={
                    state: UnderWay(count, int(size), oldest, problems)
                    for state, count, size, oldest, problems in connection.execute(grouped)
                },
                problem=connection.execute(refused.order_by(batch.id).limit(1)).scalar(),
                entries=read_size(connection),
                depths={depth or 0: count for depth, count in connection.execute(depths)},
            )

    def check_writable(self) -> None:
        """Write something, durably, that leaves no trace.

        :raises Unavailable: no declaration could be stored either: the disk is full, or the store read-only or away.
        """
        with self._database.writing() as connection:
            connection.execute(insert(META).values(key=_PROBE, value=""))
            connection.execute(delete(META).where(META.c.key == _PROBE))

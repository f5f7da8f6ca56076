"""The history for a page: as new as it can be, and if nobody can say, as it was known last, and said so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from api.services import Services
from ledger.core.history.history import History
from ledger.errors import HistoryBroken, Unavailable

FRESH_SECONDS = 1.0
"""How old what a page shows may be: people do not see the difference, and many pages share one look."""


@dataclass(frozen=True, slots=True)
class AsOf:
    """As of when the history is known: its size, and the block time of its newest entry in seconds, None if empty.

    ``away``: whether the chain does not answer, so that there may be newer entries.
    """

    size: int
    time: int | None
    away: bool


@contextmanager
def known(services: Services) -> Iterator[tuple[History, AsOf]]:
    """The history, held still while the block runs, and as of when it is. Read entries after the block, not in it.

    :raises Unavailable: the store does not answer either.
    """
    follower, away = services.app.follower, False
    try:
        follower.refresh(max_age=FRESH_SECONDS)
    except (Unavailable, HistoryBroken):
        away = True
    with follower.known_history() as history:
        yield history, AsOf(history.size, history.last_time if history.size else None, away)


def site_of(services: Services) -> str:
    """The address that a code on paper names: the settings say it, never the request, whose sender could choose it."""
    settings = services.settings
    return settings.site if settings.site is not None else f"http://localhost:{settings.api_port}"

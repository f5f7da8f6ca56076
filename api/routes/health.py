"""Health: is the process alive, can it do its work?"""

from __future__ import annotations

from fastapi import APIRouter

from api.dependencies import Given
from api.errors import documented
from api.schemas import Live, Ready, WitnessResult
from ledger.errors import LedgerError

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live", summary="Alive?")
def live() -> Live:
    """The process answers."""
    return Live()


@router.get("/ready", summary="Ready?", responses=documented(503))
def ready(given: Given) -> Ready:
    """`ready`, or `degraded` while the chain is away: declarations are taken in and anchored later."""
    waiting, oldest = given.store.pending()
    try:
        given.chain.head()
        chain = "answers"
    except LedgerError as error:
        chain = str(error)
    age = None if oldest is None else max(0, given.clock() - oldest)
    return Ready(
        status="ready" if chain == "answers" else "degraded",
        chain=chain,
        pending=waiting,
        oldest_pending_seconds=age,
        witnesses=[
            WitnessResult(name=state.name, cosigned_size=state.cosigned, problem=state.problem or None)
            for state in given.witnesses.states()
        ],
    )

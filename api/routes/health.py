"""Health: is the process alive, can it do its work?"""

from __future__ import annotations

from fastapi import APIRouter

from api.kit.errors import documented
from api.schemas import Live, Ready, WitnessResult
from api.services import Given
from api.status_figures import anchoring, reasons

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live", summary="Alive?", responses=documented())
def live() -> Live:
    """The process answers."""
    return Live()


@router.get("/ready", summary="Ready?", responses=documented(503))
def ready(given: Given) -> Ready:
    """`ready`, or `degraded` with the reasons: declarations are taken in all the same, and anchored later.

    503 where none could be taken in, as the store cannot be written.
    """
    given.store.status.check_writable()
    stored, seen = given.store.status.read(), given.probe.look()
    found = reasons(given, stored, seen)
    since = stored.pending_since
    return Ready(
        status="degraded" if found else "ready",
        reasons=found,
        chain=seen.problem or "answers",
        anchoring=anchoring(given),
        pending=stored.pending,
        oldest_pending_seconds=None if since is None else max(0, given.clock() - since),
        witnesses=[
            WitnessResult(name=state.name, cosigned_size=state.cosigned, problem=state.problem or None)
            for state in given.witnesses.states()
        ],
    )

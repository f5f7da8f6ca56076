"""Health: is the process alive, can it do its work?"""

from __future__ import annotations

from fastapi import APIRouter

from api.kit.capacity import Kind, of_kind
from api.kit.errors import documented
from api.schemas import Live, Ready, WitnessResult
from api.services import Injected
from api.status_figures import degraded_reasons, who_anchors

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live", summary="Alive?", responses=documented())
@of_kind(Kind.LIVENESS)
async def live() -> Live:
    """The process answers. No limit of requests a second applies."""
    return Live()


@router.get("/ready", summary="Ready?", responses=documented(503))
@of_kind(Kind.STATUS)
def ready(services: Injected) -> Ready:
    """`ready`, or `degraded` with the reasons. Declarations are taken in either way, and anchored later.

    503: the store cannot be written, so none can be taken in.
    """
    services.store.status.check_writable()
    stored, seen = services.store.status.read(), services.readiness.look()
    found = degraded_reasons(services, stored, seen)
    since = stored.pending_since
    return Ready(
        status="degraded" if found else "ready",
        reasons=found,
        chain=seen.problem or "answers",
        anchoring=who_anchors(services),
        pending=stored.pending,
        oldest_pending_seconds=None if since is None else max(0, services.clock() - since),
        witnesses=[
            WitnessResult(name=state.name, cosigned_size=state.cosigned, problem=state.problem or None)
            for state in services.witnesses.states()
        ],
    )

"""Verifications: the verdict over HTTP. Nothing of the document is kept."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.files import VerificationBody
from api.kit import metrics
from api.kit.capacity import Kind, of_kind
from api.kit.errors import documented
from api.kit.fast_path import UnreadPath
from api.kit.leaving import while_there
from api.schemas import VerdictResult
from api.services import Injected

router = APIRouter(prefix="/v1/verifications", tags=["verifications"])


@of_kind(Kind.VERIFICATION)
async def verify(body: VerificationBody, request: Request, services: Injected) -> Response:
    """Verify a document: is it intact, is it issued and in force, and by whom? A verdict NOT_GOOD has status 200 too.

    To check without believing this server, run `ledger verify` offline. Evidence that has more than this server judges,
    or takes longer, is for `ledger verify` too: 422 says what it has too much of, and 503 that it took too long.
    """
    data = await request.body()
    with services.judging.inside():
        answer = await while_there(request, services.verdicts.of(data))
    metrics.verified(answer.conclusion, answer.questions or {})
    return Response(answer.body, media_type="application/json")


router.add_api_route(
    "",
    verify,
    methods=["POST"],
    route_class_override=UnreadPath,
    summary="Verify evidence",
    response_model=VerdictResult,
    responses=documented(403, 413, 422, 503),
)

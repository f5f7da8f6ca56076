"""Verifications: the verdict over HTTP. Nothing of the document is kept."""

from __future__ import annotations

import base64
import binascii

import orjson
from fastapi import APIRouter, Request, Response

from api.kit import metrics
from api.kit.errors import documented
from api.kit.fast_path import fast_post
from api.schemas import VerdictResult, VerificationBody
from api.services import LOOK_SECONDS, Injected, Services
from ledger.core.encoding.canonical_json import MAX_DEPTH, MAX_VALUES
from ledger.core.encoding.json_text import parse_json
from ledger.core.encoding.limits import Limits
from ledger.core.verification.verdict import Verdict
from ledger.errors import Malformed
from ledger.journeys.verify import VerificationRequest, verify_offline, verify_online

router = APIRouter(prefix="/v1/verifications", tags=["verifications"])


@fast_post(
    router, "", summary="Verify evidence", response_model=VerdictResult, responses=documented(403, 413, 422, 503)
)
async def verify(body: VerificationBody, request: Request, services: Injected) -> Response:
    """Verify a document: is it intact, is it issued and in force, and by whom? A verdict NOT_GOOD has status 200 too.

    To check without believing this server, run `ledger verify` offline.
    """
    data = await request.body()
    verdict = await services.verifying.run(lambda: _verdict(data, body, services))
    metrics.verified(verdict)
    return Response(orjson.dumps(verdict.to_json()), media_type="application/json")


def _verdict(data: bytes, body: VerificationBody, services: Services) -> Verdict:
    """Judge by ``data``, the body's text: the model would not notice a repeated name or a number that changes when it
    is printed again.
    """
    values = parse_json(data, Limits(structured=len(data), depth=MAX_DEPTH + 1, fields=MAX_VALUES))
    if not isinstance(values, dict):
        raise Malformed("must be an object", "body")
    document = None if body.document is None else _base64(body.document)
    held = VerificationRequest.from_values(values["evidence"], document, values.get("trust"), values.get("policy"))
    clock, cache = services.clock(), services.verification_cache
    if body.online:
        return verify_online(held, clock, lambda: services.app.follower, LOOK_SECONDS, cache, body.at)
    return verify_offline(held, clock, body.at, cache)


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("must be base64", "document") from None

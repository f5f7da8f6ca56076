"""Verifications: the verdict over HTTP. Nothing of the document is kept."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

import orjson
from fastapi import APIRouter, Response

from api.kit import metrics
from api.kit.errors import documented
from api.kit.fast_path import fast_post
from api.schemas import VerdictResult, VerificationBody
from api.services import LOOK_SECONDS, Injected, Services
from ledger.core.verification.verdict import Verdict
from ledger.errors import Malformed
from ledger.journeys.verify import VerificationRequest, verify_offline, verify_online

router = APIRouter(prefix="/v1/verifications", tags=["verifications"])


@fast_post(router, "", summary="Verify evidence", response_model=VerdictResult, responses=documented(413, 422, 503))
async def verify(body: VerificationBody, services: Injected) -> Response:
    """Decide: intact? issued and in force? by whom? A verdict that is not good is an answer, hence a 200 too.

    To check without believing this server, run `ledger verify` offline.
    """
    verdict = await services.verifying.run(lambda: _verdict(body, services))
    metrics.decided(verdict)
    return Response(orjson.dumps(verdict.to_json()), media_type="application/json")


def _verdict(body: VerificationBody, services: Services) -> Verdict:
    request = VerificationRequest(
        _canonical(body.evidence),
        None if body.document is None else _base64(body.document),
        None if body.trust is None else json.dumps(body.trust).encode(),
        None if body.policy is None else json.dumps(body.policy).encode(),
    )
    at = services.clock() if body.at is None else body.at
    if body.online:
        return verify_online(request, at, services.app.chain, services.app.follower, LOOK_SECONDS)
    return verify_offline(request, at)


def _canonical(value: dict[str, Any]) -> bytes:
    """The evidence file that this JSON is: HTTP clients parse and print JSON on the way, which must not matter."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("must be base64", "document") from None

"""Verifications: the verdict over HTTP. Nothing of the document is kept."""

from __future__ import annotations

import base64
import binascii

import orjson
from fastapi import APIRouter, Request, Response

from api.kit import metrics
from api.kit.errors import documented
from api.kit.fast_path import direct_post
from api.schemas import VerdictResult, VerificationBody
from api.services import LOOK_SECONDS, Given, Services
from ledger.core.encoding.canonical_json import MAX_DEPTH, MAX_VALUES
from ledger.core.encoding.json_text import parse_json
from ledger.core.encoding.limits import Limits
from ledger.core.verification.verdict import Verdict
from ledger.errors import Malformed
from ledger.journeys.verify import VerificationRequest, verify_offline, verify_online

router = APIRouter(prefix="/v1/verifications", tags=["verifications"])


@direct_post(router, "", summary="Verify evidence", response_model=VerdictResult, responses=documented(413, 422, 503))
async def verify(body: VerificationBody, request: Request, given: Given) -> Response:
    """Decide: intact? issued and in force? by whom? A verdict that is not good is an answer, hence a 200 too.

    Whoever does not want to believe this server runs the same check offline: `ledger verify`.
    """
    verdict = await given.verifying.run(lambda: _verdict(body, given))
    metrics.verified(verdict)
    return Response(orjson.dumps(verdict.to_json()), media_type="application/json")


def _verdict(data: bytes, body: VerificationBody, given: Services) -> Verdict:
    """``data`` is the body's text. Evidence, trust root and policy are read from it, because the model does not notice
    a name that stands there twice, or a number that is another one in the text.
    """
    values = parse_json(data, Limits(structured=len(data), depth=MAX_DEPTH + 1, fields=MAX_VALUES))
    if not isinstance(values, dict):
        raise Malformed("must be an object", "body")
    document = None if body.document is None else _base64(body.document)
    held = VerificationRequest.from_values(values["evidence"], document, values.get("trust"), values.get("policy"))
    at = given.clock() if body.at is None else body.at
    if body.online:
        chain, follower = given.app.chain, given.app.follower
        return verify_online(held, at, chain, follower, LOOK_SECONDS, given.verification_cache)
    return verify_offline(held, at, given.verification_cache)


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("must be base64", "document") from None

"""Evidence: renew it from what its holder has. Members of attested sets that it shows are kept, nothing else."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.files import EvidenceFile
from api.kit.capacity import Kind, of_kind
from api.kit.errors import documented
from api.kit.fast_path import fast_post
from api.kit.openapi import content
from api.schemas import RenewalBody
from api.services import Injected, Services
from ledger.core.encoding.json_text import parse_json
from ledger.core.evidence.renewal import renewal_from_value

router = APIRouter(prefix="/v1/evidence", tags=["declarations"])


@fast_post(
    router,
    "",
    summary="Renew evidence",
    responses=documented(403, 409, 413, 422, 503)
    | {200: {"content": content(EvidenceFile), "description": "The evidence file"}},
    response_class=Response,
)
@of_kind(Kind.PROOFS)
async def renew(body: RenewalBody, request: Request, services: Injected) -> Response:
    """Fresh evidence of a declaration, for anybody who holds evidence of it: send what that evidence says of the
    declaration, and nothing of the document. This server need not have taken the declaration in.

    If it did, and the evidence shows that the declaration is in a set that an agency attested elsewhere, this server
    finds the attestation from then on.
    """
    data = await request.body()
    made = await services.proving.run(lambda: _renewed(data, services))
    return Response(made, media_type="application/json")


def _renewed(data: bytes, services: Services) -> bytes:
    """By the body's text: the model would not notice a repeated name."""
    return services.app.prover.renewed(renewal_from_value(parse_json(data)), services.clock()).to_bytes()

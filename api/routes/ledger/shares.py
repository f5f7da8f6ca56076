"""Shares: a party leaves a sealed document for who has a link with the key. The server cannot open what it keeps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from starlette.responses import StreamingResponse

from api.auth.reader import session_of
from api.auth.shown import BY_SESSION, NO_STORE
from api.kit.capacity import Kind, of_kind
from api.kit.errors import documented
from api.kit.openapi import BYTES, OCTETS, body_of
from api.routes.ledger.convert import to_hash
from api.schemas import Hash, ShareResult, SharesResult
from api.services import Injected, Services
from ledger.core.encoding.ids import DeclarationId, ShareId
from ledger.core.encoding.reading import hex_text
from ledger.core.evidence.share import NewShare, Share
from ledger.core.history.rights import Rights
from ledger.core.statements.declaration import Declaration
from ledger.journeys import shares

router = APIRouter(prefix="/v1/shares", tags=["shares"])
_SEALED: dict[int | str, dict[str, Any]] = {
    200: {"description": "nonce (12 bytes), ciphertext, tag (16 bytes)", "content": OCTETS}
}


@router.post(
    "",
    status_code=201,
    summary="Leave a sealed document for others",
    response_model=ShareResult,
    responses=documented(401, 403, 404, 409, 413, 422, 503),
    openapi_extra=BY_SESSION | body_of(OCTETS),
)
@of_kind(Kind.SHARES, 201)
async def add_share(
    share: Annotated[Hash, Query(description="The share's id, which follows from its key")],
    declaration: Annotated[Hash, Query(description="The declaration whose document is sealed")],
    until: Annotated[int, Query(ge=0, lt=1 << 40, description="Until when it is kept; at most 365 days from now")],
    request: Request,
    services: Injected,
) -> Response:
    """Send a wrapped or redacted document, sealed as docs/formats.md section 8 says: the server never has the key, and
    does not learn what it keeps. Only the declaration's party may, signed in. A key may make 30 shares in an hour, and
    keep 200 MiB. Sending the same again is harmless.
    """
    pool = services.pools[Kind.SHARES]
    rights = (await pool.run(partial(session_of, request.scope, services))).rights  # before the body is read
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != BYTES:
        raise HTTPException(
            415, f"send what is sealed as bytes, with the header Content-Type: {BYTES}", {"Accept": BYTES}
        )
    new = NewShare(ShareId(to_hash(share)), DeclarationId(to_hash(declaration)), await request.body(), until)
    made = await pool.run(partial(_added, new, rights, services))
    return Response(_shown(made).model_dump_json(), 201, NO_STORE, "application/json")


@router.get("", summary="One's shares", responses=documented(401, 503), openapi_extra=BY_SESSION)
@of_kind(Kind.READS)
def list_shares(request: Request, services: Injected, response: Response) -> SharesResult:
    """Those that one may remove, newest first. What is over, or was removed, is not there."""
    session = session_of(request.scope, services)
    found = shares.list_shares(services.store, services.clock(), session.rights.signer)
    response.headers.update(NO_STORE)
    return SharesResult(shares=list(map(_shown, found)))


@router.get(
    "/{share}",
    summary="A sealed document",
    response_class=Response,
    responses=_SEALED | documented(404, 422, 503),
)
@of_kind(Kind.SHARES)
async def get_share(share: Hash, services: Injected) -> Response:
    """Whoever has the id gets it, without an account. Without the key it is of no use."""
    name, pool = ShareId(to_hash(share)), services.pools[Kind.SHARES]
    found = await pool.run(partial(shares.find_share, services.store, name, services.clock()))

    async def pieces() -> AsyncIterator[bytes]:
        sent = number = 0
        while sent < found.size:
            piece = await pool.run(partial(shares.piece_of, services.store, name, number))
            yield piece
            sent, number = sent + len(piece), number + 1

    return StreamingResponse(pieces(), headers=NO_STORE | {"Content-Length": str(found.size)}, media_type=BYTES)


@router.delete(
    "/{share}",
    status_code=204,
    summary="Remove a share",
    responses=documented(401, 403, 422, 503),
    openapi_extra=BY_SESSION,
)
@of_kind(Kind.SHARES, 204)
def remove_share(share: Hash, request: Request, services: Injected) -> Response:
    """Only who made it may. Its bytes are erased at once. Removing what there is not is no error."""
    rights = session_of(request.scope, services).rights
    shares.remove_share(services.store, ShareId(to_hash(share)), services.clock(), rights.signer)
    return Response(status_code=204, headers=NO_STORE)


def _added(new: NewShare, rights: Rights, services: Services) -> Share:
    size, at, is_new = len(new.sealed), services.clock(), False
    services.share_quota.take(size)
    try:
        made, is_new = shares.add_share(
            services.store, new, at, services.settings.share_bytes, partial(_is_own, rights), rights.may_read
        )
    finally:
        if not is_new:
            services.share_quota.give_back(size)
    return made


def _is_own(rights: Rights, declaration: Declaration) -> bool:
    return declaration.party == rights.signer


def _shown(share: Share) -> ShareResult:
    return ShareResult(
        share=hex_text(share.id),
        signer=hex_text(share.signer),
        declaration=hex_text(share.declaration),
        size=share.size,
        made_at=share.made_at,
        until=share.until,
    )

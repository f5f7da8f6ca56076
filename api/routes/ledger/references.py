"""References: a party has its declaration found by what a redacted copy discloses, and erases that again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Request, Response

from api.auth.reader import Reader, session_of
from api.auth.reads import read_one
from api.auth.shown import BY_SESSION, NO_STORE
from api.files import RedactedFile
from api.kit.capacity import Kind, of_kind
from api.kit.errors import documented
from api.kit.fast_path import check_type
from api.kit.openapi import body_of, content
from api.routes.ledger.convert import to_hash
from api.schemas import Hash, ReferenceResult, ReferencesResult
from api.services import Injected, Services
from ledger.core.document.references import KeptReference, Reference
from ledger.core.encoding.ids import DeclarationId
from ledger.core.history.rights import Rights
from ledger.core.statements.declaration import Declaration
from ledger.journeys import references
from ledger.journeys.references import AddedReferences

router = APIRouter(prefix="/v1/declarations", tags=["declarations"])


@router.post(
    "/{id}/references",
    status_code=201,
    summary="Have a declaration found by its references",
    response_model=ReferencesResult,
    responses=documented(401, 403, 404, 409, 413, 422, 503),
    openapi_extra=BY_SESSION | body_of(content(RedactedFile)),
)
@of_kind(Kind.INTAKE, 201)
async def add_references(id: Hash, request: Request, services: Injected) -> Response:  # noqa: A002 (the path's word)
    """Send a redacted copy that shows an MRN, a bill of lading or waybill, or container numbers. The server checks
    that it is of the declared document, keeps these references, and forgets the copy. Only the party may, signed in.

    Whoever may read the declaration then finds it by `GET /v1/declarations?reference=`. At most 200 for a declaration.
    """
    data = await request.body()
    check_type(request)
    made = await services.checkers.run(partial(_added, data, id, request, services))
    return Response(made, 201, NO_STORE, "application/json")


@router.get(
    "/{id}/references",
    summary="The references of a declaration",
    responses=documented(401, 404, 422, 503),
    openapi_extra=BY_SESSION,
)
@of_kind(Kind.READS)
def list_references(
    id: Hash,  # noqa: A002 (the path's word)
    request: Request,
    services: Injected,
    response: Response,
) -> ReferencesResult:
    """For its party, officers and auditors."""
    session, name = session_of(request.scope, services), DeclarationId(to_hash(id))
    found = references.list_references(services.store, name, session.rights.may_read)
    read_one(Reader(session.rights.may_read, session), name, None, "references")
    response.headers.update(NO_STORE)
    return _shown(found)


@router.delete(
    "/{id}/references",
    status_code=204,
    summary="Erase references of a declaration",
    responses=documented(401, 403, 404, 422, 503),
    openapi_extra=BY_SESSION,
)
@of_kind(Kind.READS, 204)
def remove_references(
    id: Hash,  # noqa: A002 (the path's word)
    request: Request,
    services: Injected,
    number: Annotated[str | None, Query(max_length=100, description="This one; all if it is not given")] = None,
) -> Response:
    """Only the party may, signed in. Erasing what there is not is no error."""
    rights = session_of(request.scope, services).rights
    references.remove_references(
        services.store, DeclarationId(to_hash(id)), number, partial(_is_own, rights), rights.may_read
    )
    return Response(status_code=204, headers=NO_STORE)


class _Counted(NamedTuple):
    """A reference as the quota counts it."""

    signature: bytes


def _added(data: bytes, id_: str, request: Request, services: Services) -> bytes:
    rights, name = session_of(request.scope, services).rights, DeclarationId(to_hash(id_))
    copy = references.read_copy(data)
    counted = [_Counted(number.encode()) for _, number in copy[1]]
    services.quota.take(counted)
    made = AddedReferences((), ())
    try:
        made = references.add_references(
            services.store, name, copy, services.clock(), partial(_is_own, rights), rights.may_read
        )
    finally:
        services.quota.give_back(counted[len(made.new) :])
    return _shown(made.kept, made.new).model_dump_json().encode()


def _is_own(rights: Rights, declaration: Declaration) -> bool:
    return declaration.party == rights.signer


def _shown(kept: Sequence[KeptReference], new: Sequence[Reference] = ()) -> ReferencesResult:
    return ReferencesResult(
        references=[
            ReferenceResult(kind=one.reference.kind, number=one.reference.number, added_at=one.added_at) for one in kept
        ],
        added=len(new),
    )

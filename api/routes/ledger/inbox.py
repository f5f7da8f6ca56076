"""What an officer works on: the inbox of the agency, where many declarations stand, the members of attested sets."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.auth.reader import session_of
from api.auth.reads import read_list
from api.auth.shown import BY_SESSION, NO_STORE
from api.kit.capacity import Kind, of_kind
from api.kit.errors import documented
from api.kit.fast_path import FastPath
from api.routes.ledger.convert import Moment, item_of, seconds_of, state_of, to_hash
from api.schemas import (
    AgencyCode,
    DeclarationIds,
    DeclarationStates,
    Hash,
    InboxPage,
    MemberPage,
    MemberResult,
)
from api.services import Injected
from ledger.core.encoding.ids import AttestationId, DeclarationId
from ledger.core.encoding.reading import hex_bytes, hex_text
from ledger.errors import InboxOfAnother, ReadingForbidden
from ledger.journeys.inbox import inbox_of, list_by_agency, look, make_marks
from ledger.journeys.members import members_of
from ledger.journeys.status import statuses_of

router = APIRouter(prefix="/v1", tags=["declarations"], route_class=FastPath)


@router.get(
    "/inbox",
    summary="What an agency has not attested yet",
    responses=documented(401, 403, 404, 422, 503),
    openapi_extra=BY_SESSION,
)
@of_kind(Kind.LOOKS)
def get_inbox(
    request: Request,
    services: Injected,
    response: Response,
    agency: Annotated[AgencyCode, Query(description="For an attester that speaks for it now")],
    kind: Annotated[int | None, Query(ge=0, lt=1 << 16, description="Not attested under this kind, UNCL 1001")] = None,
    document_type: Annotated[int | None, Query(ge=0, lt=1 << 16, description="UNCL 1001")] = None,
    since: Annotated[Moment | None, Query(description="Received at this time or later")] = None,
    until: Annotated[Moment | None, Query(description="Received before this time")] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> InboxPage:
    """Declarations that are anchored, not withdrawn, and not attested by the agency, in the order in which they were
    anchored. With `kind`, for which the agency must have a mandate: those that it has not attested under this kind.

    An attestation counts unless it was revoked. Follow `next_cursor` for more: a page may have fewer than `limit`, or
    none, and a cursor all the same. The server's log notes who looked.
    """
    rights = session_of(request.scope, services).rights
    if rights.agency != agency:
        raise InboxOfAnother(agency)
    at, follower = services.clock(), services.app.follower
    look(follower, services.app.look_seconds)
    make_marks(services.store, follower)
    with follower.known_history() as history:
        wanted = replace(
            inbox_of(agency, history, at, kind),
            document_type=document_type,
            since=seconds_of(since, "since"),
            until=seconds_of(until, "until"),
        )
        page = list_by_agency(services.store, history, wanted, at, cursor, min(limit, services.settings.page_limit))
    shown = {"inbox": agency, "kind": kind, "document_type": document_type, "since": since, "until": until}
    read_list(rights, shown, len(page.found))
    response.headers.update(NO_STORE)
    return InboxPage(
        agency=agency, at=at, inbox=[item_of(found, at) for found in page.found], next_cursor=page.next_cursor
    )


@router.post(
    "/declarations/states",
    summary="Where many declarations stand",
    responses=documented(401, 413, 422, 503),
    openapi_extra=BY_SESSION,
)
@of_kind(Kind.LOOKS)
def get_states(body: DeclarationIds, request: Request, services: Injected, response: Response) -> DeclarationStates:
    """At most 1,000 declarations at once, each as `GET /v1/declarations/{id}` says it. Needs a session."""
    rights = session_of(request.scope, services).rights
    ids = [DeclarationId(hex_bytes(text, "ids")) for text in body.ids]
    with services.app.follower.fresh_history() as history:
        found = statuses_of(ids, services.store, history, services.clock(), rights.may_read)
    read_list(rights, {"ids": len(ids)}, sum(one is not None for one in found))
    response.headers.update(NO_STORE)
    return DeclarationStates(declarations=[None if one is None else state_of(one) for one in found])


@router.get(
    "/attestations/{id}/members",
    summary="Members of an attested set",
    responses=documented(401, 403, 404, 422, 503),
    openapi_extra=BY_SESSION,
    tags=["statements"],
)
@of_kind(Kind.LOOKS)
def get_members(
    id: Hash,  # noqa: A002 (the path's word)
    request: Request,
    services: Injected,
    response: Response,
    start: Annotated[int, Query(ge=0, lt=1 << 63, description="Index in the set of the first")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> MemberPage:
    """The declarations that an attestation is about, as far as they are known here, and for which of them it is
    revoked. For officers and auditors.
    """
    rights = session_of(request.scope, services).rights
    if not rights.reads_all:
        raise ReadingForbidden()
    name = AttestationId(to_hash(id))
    with services.app.follower.fresh_history() as history:
        page = members_of(name, services.store, history, start, min(limit, services.settings.page_limit))
    read_list(rights, {"members": hex_text(name)}, len(page.members))
    response.headers.update(NO_STORE)
    return MemberPage(
        size=page.size,
        members=[
            MemberResult(index=one.index, id=hex_text(one.id), revoked_by_entry=one.revoked_by) for one in page.members
        ],
        next_index=page.next_index,
    )

"""Declarations: take them in durably, say where they stand, hand out their evidence."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response

from api.auth.reader import reader_of, session_of
from api.auth.reads import read_list, read_one
from api.auth.shown import BY_DIGEST, BY_SESSION, NO_STORE
from api.files import EvidenceFile
from api.kit import metrics
from api.kit.capacity import Kind, of_kind
from api.kit.errors import documented
from api.kit.fast_path import fast_post
from api.kit.openapi import BYTES, OCTETS, TEXT, content
from api.routes.ledger import bulk
from api.routes.ledger.convert import Moment, received_of, refuse_repeated_names, seconds_of, state_of, to_hash
from api.schemas import (
    AgencyCode,
    DeclarationPage,
    DeclarationState,
    Hash,
    SignedDeclaration,
    Signer,
)
from api.services import Injected, Services
from ledger.core.document.references import normal_reference
from ledger.core.encoding import ids
from ledger.core.encoding.ids import DeclarationId, Digest
from ledger.core.encoding.reading import hex_bytes, hex_text
from ledger.core.evidence.evidence import Evidence
from ledger.core.proofs.tlog_proof import TlogProof
from ledger.core.statements.origin import Origin
from ledger.errors import HistoryBroken, Malformed, ReadingForbidden, Source, Unavailable
from ledger.journeys.inbox import Page, Wanted, list_by_agency, look, make_marks, stored_page
from ledger.journeys.proof import transparent_statement
from ledger.journeys.receive import Received, check_party
from ledger.journeys.status import declaration_status

router = APIRouter(prefix="/v1/declarations", tags=["declarations"])
STATEMENT = "application/scitt-statement+cose"


@fast_post(
    router,
    "",
    status_code=202,
    summary="Declare a document",
    response_model=DeclarationState,
    responses=documented(401, 403, 413, 422, 503),
)
@of_kind(Kind.INTAKE)
async def declare(body: SignedDeclaration, request: Request, services: Injected) -> Response:
    """Take in a declaration that its party signed. A 202 means that it is stored durably and will be anchored.

    Sending the same declaration again changes nothing and gives the same answer.
    """
    raw = await request.body()
    checked = await services.checking.run(lambda: _checked(raw, body, services.origin))
    services.quota.take([checked])
    is_new = False
    try:
        commit = await services.storing.put([checked])
        outcome = commit.new[0]
        if isinstance(outcome, Exception):
            raise outcome
        is_new = outcome
    finally:
        if not is_new:
            services.quota.give_back([checked])
    metrics.received("single", "new" if is_new else "known")
    if is_new:
        answer = orjson.dumps(_newly_received(body, checked.id, commit.at))
    else:
        answer = await services.checkers.run(lambda: _known(services, checked.id).model_dump_json().encode())
    return Response(answer, 202, media_type="application/json")


@router.post(
    "/bulk",
    summary="Declare many documents",
    response_class=Response,
    responses=documented(401, 403, 413, 422, 503) | bulk.ANSWERS,
    openapi_extra=bulk.BODY,
)
@of_kind(Kind.INTAKE)
async def declare_many(request: Request, services: Injected) -> Response:
    """A JSON value with at most 10,000 declarations, each as for a single one; or, as `application/x-ndjson`, one a
    line of at most 8 KiB, where blank lines and a byte order mark are passed over. Answers each so, in order:

        {"declaration": {"party": …, "digest": …, "document_type": 380, "replaces": …}, "signature": "0x…"}
        {"declaration": {"party": …, "digest": …, "document_type": 380, "replaces": …}, "signature": "0x…"}

    A line with status 202 is stored durably and will be anchored, with 200 it was known before. Any other status is
    that line's own, with its reason, and does not affect the others. Without an answer, or with another status than 200
    for the whole request, some may be stored: send all of them again, which changes nothing for those.
    """
    return await bulk.take_in(request, services)


@router.get("", summary="List declarations", responses=documented(401, 403, 422, 503), openapi_extra=BY_SESSION)
@of_kind(Kind.READS)
def list_declarations(
    request: Request,
    services: Injected,
    response: Response,
    party: Annotated[Signer | None, Query(description="A party lists its own; officers and auditors anyone's")] = None,
    document_type: Annotated[int | None, Query(ge=0, lt=1 << 16, description="UNCL 1001")] = None,
    since: Annotated[Moment | None, Query(description="Received at this time or later")] = None,
    until: Annotated[Moment | None, Query(description="Received before this time")] = None,
    attested_by: Annotated[AgencyCode | None, Query(description="Only what this agency has attested")] = None,
    not_attested_by: Annotated[AgencyCode | None, Query(description="Only what this agency has not attested")] = None,
    kind: Annotated[int | None, Query(ge=0, lt=1 << 16, description="Under this kind, UNCL 1001; else any")] = None,
    digest: Annotated[Hash | None, Query(description="Of the declared document")] = None,
    reference: Annotated[
        str | None,
        Query(
            max_length=100,
            description="An MRN, bill of lading, waybill or container number that the party disclosed",
            examples=["QQQU6100775"],
        ),
    ] = None,
    received_from: Annotated[int | None, Query(ge=0, description="As `since`", deprecated=True)] = None,
    received_until: Annotated[int | None, Query(ge=0, description="As `until`", deprecated=True)] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> DeclarationPage:
    """By party, type, time of receipt, digest or reference, oldest first; `next_cursor` leads on. Needs a session.

    With `attested_by` or `not_attested_by`: those that are anchored, in that order, each with its attestations. An
    attestation counts unless it was revoked. A page may have fewer than `limit`, or none, and a cursor all the same.
    A party sees its own declarations; an officer, while the agency is not suspended, and an auditor see everybody's,
    and the server's log notes that they looked.
    """
    rights = session_of(request.scope, services).rights
    wanted = None if party is None else ids.Signer(hex_bytes(party, "party"))
    if not rights.reads_all:
        if wanted not in (None, rights.signer):
            raise ReadingForbidden()
        wanted = rights.signer
    begin, end = seconds_of(since, "since"), seconds_of(until, "until")
    asked = Wanted(
        attested_by,
        not_attested_by,
        kind,
        document_type,
        received_from if begin is None else begin,
        received_until if end is None else end,
        wanted,
        digest=None if digest is None else Digest(to_hash(digest)),
        reference=None if reference is None else normal_reference(reference),
    )
    page = _listed(services, asked, cursor, min(limit, services.settings.page_limit))
    shown = {
        "party": None if wanted is None else hex_text(wanted),
        "document_type": document_type,
        "since": asked.since,
        "until": asked.until,
        "attested_by": attested_by,
        "not_attested_by": not_attested_by,
        "kind": kind,
        "by": "digest" if digest is not None else None if reference is None else "reference",
    }
    read_list(rights, shown, len(page.found))
    response.headers.update(NO_STORE)
    return DeclarationPage(declarations=[state_of(one) for one in page.found], next_cursor=page.next_cursor)


@router.get(
    "/{id}",
    summary="Where a declaration stands",
    responses=documented(401, 404, 422, 503),
    openapi_extra=BY_DIGEST,
)
@of_kind(Kind.LOOKS)
def get_declaration(
    id: Hash,  # noqa: A002 (the path's word)
    request: Request,
    services: Injected,
    response: Response,
) -> DeclarationState:
    """State, batch, and the attestations about it with their standing now. Needs the document's digest, or a session.

    Who may not read it, and who gives another digest, gets the 404 of a declaration that there is not.
    """
    reader, name = reader_of(request.scope, services), DeclarationId(to_hash(id))
    try:
        with services.app.follower.fresh_history() as history:
            found = declaration_status(name, services.store, history, services.clock(), reader.may_read)
    except (Unavailable, HistoryBroken):
        # Nobody can say, or sources contradict each other: what the store knows is better than nothing.
        found = declaration_status(name, services.store, may_read=reader.may_read)
    shown = state_of(found)
    read_one(reader, name, found.declaration, "status")
    response.headers.update(NO_STORE)
    return shown


@router.get(
    "/{id}/evidence",
    summary="Evidence of a declaration",
    responses=documented(401, 404, 409, 422, 503)
    | {200: {"content": content(EvidenceFile), "description": "The evidence file"}},
    response_class=Response,
    openapi_extra=BY_DIGEST,
)
@of_kind(Kind.PROOFS)
async def get_evidence(id: Hash, request: Request, services: Injected) -> Response:  # noqa: A002 (the path's word)
    """One file that proves the declaration, its anchoring and its attestations; verifies offline.

    Needs the document's digest, or a session.
    """
    data = await services.proving.run(lambda: _evidence(services, id, request, "evidence").to_bytes())
    return Response(data, headers=NO_STORE, media_type="application/json")


@router.get(
    "/{id}/tlog-proof",
    summary="Proof of the anchoring entry as C2SP tlog-proof",
    responses=documented(401, 404, 409, 422, 503)
    | {200: {"content": TEXT, "description": "The file; the entry itself is in `/v1/log/tile/entries`"}},
    response_class=Response,
    openapi_extra=BY_DIGEST,
)
@of_kind(Kind.PROOFS)
def get_tlog_proof(id: Hash, request: Request, services: Injected) -> Response:  # noqa: A002 (the path's word)
    """The entry that anchors the declaration, proven in the checkpoint; extra data: its place in the batch.

    Needs the document's digest, or a session.
    """
    proof = TlogProof.of(_evidence(services, id, request, "tlog-proof"))
    return Response(proof.to_bytes(), headers=NO_STORE, media_type="text/plain; charset=utf-8")


@router.get(
    "/{id}/transparent-statement",
    summary="Evidence as a SCITT Transparent Statement",
    responses=documented(401, 404, 409, 422, 503)
    | {200: {"content": {STATEMENT: OCTETS[BYTES]} | OCTETS, "description": "RFC 9943, with one RFC 9942 receipt"}},
    response_class=Response,
    openapi_extra=BY_DIGEST,
)
@of_kind(Kind.PROOFS)
def get_transparent_statement(
    id: Hash,  # noqa: A002 (the path's word)
    request: Request,
    services: Injected,
) -> Response:
    """Issued by the log: the entry that anchors the declaration, with a receipt of the history's own tree.

    Needs the document's digest, or a session. Whoever accepts only `application/octet-stream` gets the bytes as such.
    """
    evidence = _evidence(services, id, request, "transparent statement")
    if services.log_key is None or services.receipt_key is None:
        raise Unavailable(
            "this server has no log key or no receipt key: take the evidence, or ask its operator", source=Source.KEY
        )
    made = transparent_statement(evidence, services.log_key, services.receipt_key)
    named = BYTES if request.headers.get("accept") == BYTES else STATEMENT
    return Response(made, headers=NO_STORE | {"Vary": "Accept"}, media_type=named)


def _checked(raw: bytes, body: SignedDeclaration, origin: Origin) -> Received:
    refuse_repeated_names(raw)
    received = received_of(body, origin)
    check_party(origin, received.declaration.party, received.id, received.signature)
    return received


def _newly_received(body: SignedDeclaration, id_: DeclarationId, at: int) -> dict[str, Any]:
    """The state of a declaration that has just been stored."""
    return {
        "id": hex_text(id_), "state": "pending", "received_at": at, "declaration": body.declaration.model_dump(),
        "batch_root": None, "batch_size": None, "entry_number": None, "entry_time": None, "withdrawn_by_entry": None,
        "withdrawn": None, "attestations": [],
    }  # fmt: skip


def _listed(services: Services, wanted: Wanted, cursor: str | None, limit: int) -> Page:
    store, follower = services.store, services.app.follower
    is_by_agency = wanted.attested_by is not None or wanted.not_attested_by is not None
    if is_by_agency and (wanted.digest is not None or wanted.reference is not None):
        raise Malformed("go without attested_by and not_attested_by", "digest and reference")
    if not is_by_agency:
        if wanted.kind is not None:
            raise Malformed("goes with attested_by or not_attested_by", "kind")
        return stored_page(store, wanted, cursor, limit)
    look(follower, services.app.look_seconds)
    if wanted.party is None:
        make_marks(store, follower)
    with follower.known_history() as history:
        return list_by_agency(store, history, wanted, services.clock(), cursor, limit)


def _evidence(services: Services, id_: Hash, request: Request, what: str) -> Evidence:
    reader, name = reader_of(request.scope, services), DeclarationId(to_hash(id_))
    made = services.app.prover.evidence(name, services.clock(), may_read=reader.may_read)
    read_one(reader, name, made.declaration, what)
    return made


def _known(services: Services, id_: DeclarationId) -> DeclarationState:
    """What the store alone knows of a declaration."""
    return state_of(declaration_status(id_, services.store))

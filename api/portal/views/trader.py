"""Screens for a party: its documents, declaring some, one of them."""

from __future__ import annotations

import csv
import io
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Query, Request, Response

from api.auth.reader import session_of
from api.auth.shown import NO_STORE
from api.kit.capacity import Kind, of_kind
from api.portal.answers import Answer, answer_of
from api.portal.facts import Facts
from api.portal.phrases import Phrases, short
from api.portal.reading import known, site_of
from api.portal.render import PageRoute, render, words_for
from api.portal.signing import to_sign
from api.portal.words import Words
from api.schemas import Hash
from api.services import Injected, Services
from ledger.core.encoding.ids import DeclarationId
from ledger.core.encoding.reading import hex_bytes, hex_text
from ledger.core.encoding.text import when
from ledger.core.evidence.link import EvidenceLink
from ledger.core.statements.code_lists import DOCUMENT_TYPES, outcome_in_words, type_in_words
from ledger.core.statements.member_types import NO_DECLARATION
from ledger.journeys.own_documents import each_own_document, own_document, own_documents
from ledger.journeys.print import accompanying_page
from ledger.journeys.sign_in import SignedIn
from ledger.journeys.status import DeclarationStatus

router = APIRouter(include_in_schema=False, route_class=PageRoute)
_PAGE = 50
_MOST_ROWS = 10_000  # of one table
_COLUMNS = ("id", "digest", "document_type", "type", "state", "received_at", "entry", "withdrawn_by_entry", "said")


class Item(NamedTuple):
    """A document of the list."""

    id: str
    short: str
    type: str
    state: str
    received_at: int
    entry: int | None
    is_withdrawn: bool
    answers: list[Answer]


@router.get("/portal/documents")
@of_kind(Kind.LOOKS)
def my_documents(
    request: Request, services: Injected, cursor: Annotated[str | None, Query(max_length=200)] = None
) -> Response:
    """What the party declared, newest first, and what agencies answered."""
    session, (words, _) = session_of(request.scope, services), words_for(request)
    with known(services) as (history, as_of):
        page = own_documents(services.store, history, session.rights.signer, services.clock(), cursor, _PAGE)
        facts = Facts(words, history.agencies, services.origin)
        items = [_item(one, facts, words) for one in page.found]
    values = {"items": items, "next_cursor": page.next_cursor, "is_first": cursor is None, "as_of": as_of}
    return render(request, "documents.html", values, session=session)


@router.get("/portal/documents.csv")
@of_kind(Kind.LOOKS)
def documents_table(request: Request, services: Injected) -> Response:
    """The same as a table for other programs: the newest 10,000."""
    session = session_of(request.scope, services)
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(_COLUMNS)
    with known(services) as (history, _):
        for one in each_own_document(services.store, history, session.rights.signer, services.clock(), _MOST_ROWS):
            table.writerow(_row(one))
    headers = NO_STORE | {"Content-Disposition": 'attachment; filename="documents.csv"'}
    return Response(file.getvalue(), headers=headers, media_type="text/csv; charset=utf-8")


@router.get("/portal/declare")
@of_kind(Kind.LOOKS)
def declare(request: Request, services: Injected, replaces: Annotated[Hash | None, Query()] = None) -> Response:
    """Declare documents: all of it happens in the browser. ``replaces``: what the new document takes the place of."""
    session, (words, _) = session_of(request.scope, services), words_for(request)
    replaced = None
    if replaces is not None:
        with known(services) as (history, _):
            found = own_document(
                services.store,
                history,
                session.rights.signer,
                DeclarationId(hex_bytes(replaces, "replaces")),
                services.clock(),
            )
            replaced = _item(found, Facts(words, history.agencies, services.origin), words)
    values = {
        "types": _types(words),
        "party": hex_text(session.rights.signer),
        "replaced": replaced,
        "nothing": hex_text(NO_DECLARATION),
        **to_sign(services),
    }
    return render(request, "declare.html", values, session=session)


@router.get("/portal/documents/{id}")
@of_kind(Kind.LOOKS)
def my_document(
    id: Hash,  # noqa: A002 (the path's word)
    request: Request,
    services: Injected,
    replacement: Annotated[Hash | None, Query()] = None,
) -> Response:
    """One document of the party: where it stands, and what can be done with it. ``replacement``: what replaces it."""
    session, (words, _) = session_of(request.scope, services), words_for(request)
    phrases, name = Phrases(words), DeclarationId(hex_bytes(id, "id"))
    with known(services) as (history, as_of):
        found = own_document(services.store, history, session.rights.signer, name, services.clock())
        assert found.declaration is not None
        values = {
            "item": _item(found, Facts(words, history.agencies, services.origin), words),
            "declaration": found.declaration.to_json(),
            "is_final": found.state == "final",
            "entry_time": None if found.batch is None else found.batch.entry_time,
            "withdrawal": _withdrawal(found, phrases),
            "replacement": replacement or "",
            "as_of": as_of,
            **to_sign(services),
        }
    return render(request, "document.html", values, session=session)


@router.get("/portal/documents/{id}/page.pdf")
@of_kind(Kind.PROOFS)
async def accompanying(id: Hash, request: Request, services: Injected) -> Response:  # noqa: A002 (the path's word)
    """The page that accompanies the document on paper, with a code, and the evidence attached."""
    made = await services.proving.run(lambda: _printed(services, request, DeclarationId(hex_bytes(id, "id"))))
    name = f'attachment; filename="evidence-{id[2:10]}.pdf"'
    return Response(made, headers=NO_STORE | {"Content-Disposition": name}, media_type="application/pdf")


def _printed(services: Services, request: Request, id_: DeclarationId) -> bytes:
    session = session_of(request.scope, services)
    evidence = services.app.prover.evidence(id_, services.clock(), may_read=_is_own(session))
    return accompanying_page(evidence, EvidenceLink.of(evidence, site_of(services)))


def _is_own(session: SignedIn) -> Any:
    return lambda declaration: declaration.party == session.rights.signer


def _item(found: DeclarationStatus, facts: Facts, words: Words) -> Item:
    assert found.declaration is not None
    phrases = Phrases(words)
    return Item(
        id=hex_text(found.id),
        short=short(found.id),
        type=phrases.type(found.declaration.document_type),
        state=phrases.state(found.state or "pending"),
        received_at=found.received_at or 0,
        entry=None if found.batch is None else found.batch.entry_number,
        is_withdrawn=found.withdrawn is not None,
        answers=[answer_of(one, facts, words) for one in found.attestations],
    )


def _withdrawal(found: DeclarationStatus, phrases: Phrases) -> dict[str, Any] | None:
    if found.withdrawn is None:
        return None
    entry, said = found.withdrawn
    replacement = said.withdrawal.replacement
    return {
        "entry": entry.number,
        "at": entry.time,
        "reason": phrases.withdrawal(said.withdrawal.reason),
        "replacement": None if replacement == NO_DECLARATION else hex_text(replacement),
    }


def _types(words: Words) -> list[tuple[int, str]]:
    """Document types by their names in the reader's language."""
    named = [(code, words.say(name)) for code, name in DOCUMENT_TYPES.items()]
    return sorted(named, key=lambda item: item[1].casefold())


def _row(found: DeclarationStatus) -> list[object]:
    assert found.declaration is not None
    declaration, batch = found.declaration, found.batch
    said = [
        f"{one.attested.attestation.agency}: {type_in_words(one.attested.attestation.kind)}, "
        f"{outcome_in_words(one.attested.attestation.kind, one.attested.attestation.outcome)}, {one.standing.value}"
        for one in found.attestations
    ]
    return [
        hex_text(found.id),
        hex_text(declaration.digest),
        declaration.document_type,
        type_in_words(declaration.document_type),
        found.state,
        "" if found.received_at is None else when(found.received_at),
        "" if batch is None else batch.entry_number,
        "" if found.withdrawn is None else found.withdrawn[0].number,
        "; ".join(said),
    ]

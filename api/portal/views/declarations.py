"""One declaration for who has its document's digest, or may read it by a session: how far it has come, and what
agencies say.
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Path, Request, Response

from api import spellings
from api.auth.reader import reader_of
from api.auth.reads import read_one
from api.kit.capacity import Kind, of_kind
from api.portal.answers import answer_of
from api.portal.facts import Facts
from api.portal.phrases import Phrases, short
from api.portal.reading import known, site_of
from api.portal.render import PageRoute, render, words_for
from api.portal.words import Words
from api.services import Injected, Services
from ledger.core.encoding.ids import DeclarationId
from ledger.core.encoding.reading import hex_bytes, hex_text
from ledger.core.evidence.link import EvidenceLink
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_DECLARATION
from ledger.errors import UnknownDeclaration
from ledger.journeys.qr import image
from ledger.journeys.status import DeclarationStatus, declaration_status

router = APIRouter(include_in_schema=False, route_class=PageRoute)
_ENTERED = ("anchored", "final")


class Step(NamedTuple):
    """A step on the way of a declaration. ``time``: empty while it is open; ``state``: what the stream calls it."""

    what: str
    time: str
    done: bool
    state: str
    href: str = ""


@router.get("/portal/declarations/{id}")
@of_kind(Kind.LOOKS)
def declaration(
    id: Annotated[str, Path(pattern=spellings.HASH)],  # noqa: A002 (the path's word)
    request: Request,
    services: Injected,
) -> Response:
    """Its way into the history, what agencies say about it, and its evidence."""
    reader, name = reader_of(request.scope, services), DeclarationId(hex_bytes(id, "id"))
    words, _ = words_for(request)
    with known(services) as (history, as_of):
        found = declaration_status(name, services.store, history, services.clock(), reader.may_read)
        facts = Facts(words, history.agencies, services.origin)
        said = [answer_of(one, facts, words) for one in found.attestations]
        final = services.app.follower.confirmed
    if found.declaration is None or found.received_at is None:
        raise UnknownDeclaration(name)
    read_one(reader, name, found.declaration, "status")
    values = _values(found, found.declaration, words, services) | {
        "steps": _steps(found, words, final),
        "words_of_agencies": said,
        "as_of": as_of,
        "digest_query": f"?digest={hex_text(found.declaration.digest)}" if reader.session is None else "",
    }
    return render(request, "declaration.html", values, session=reader.session)


@router.get("/portal/declarations/{id}/code.svg")
@of_kind(Kind.READS)
def code(
    id: Annotated[str, Path(pattern=spellings.HASH)],  # noqa: A002 (the path's word)
    request: Request,
    services: Injected,
) -> Response:
    """The code to print beside the document: it leads to the evidence."""
    reader, name = reader_of(request.scope, services), DeclarationId(hex_bytes(id, "id"))
    found = declaration_status(name, services.store, may_read=reader.may_read)
    if found.declaration is None:
        raise UnknownDeclaration(name)
    link = EvidenceLink(site_of(services), name, found.declaration.digest)
    return Response(image(link, "svg"), headers={"Cache-Control": "no-store"}, media_type="image/svg+xml")


def _values(found: DeclarationStatus, declaration: Declaration, words: Words, services: Services) -> dict[str, Any]:
    phrases = Phrases(words)
    withdrawn = found.withdrawn
    return {
        "id": hex_text(found.id),
        "digest": hex_text(declaration.digest),
        "type": phrases.type(declaration.document_type),
        "party": phrases.key(declaration.party, services.origin),
        "party_key": hex_text(declaration.party),
        "replaces": "" if declaration.replaces == NO_DECLARATION else hex_text(declaration.replaces),
        "state": found.state,
        "state_in_words": phrases.state(found.state or "pending"),
        "has_evidence": found.state in _ENTERED,
        "withdrawn": None
        if withdrawn is None
        else {
            "time": words.time(withdrawn[0].time),
            "entry": withdrawn[0].number,
            "reason": phrases.withdrawal(withdrawn[1].withdrawal.reason),
            "replacement": ""
            if withdrawn[1].withdrawal.replacement == NO_DECLARATION
            else hex_text(withdrawn[1].withdrawal.replacement),
        },
        "name": short(found.id),
    }


def _steps(found: DeclarationStatus, words: Words, confirmed: int) -> list[Step]:
    say, batch = words.say, found.batch
    entry = None if batch is None else batch.entry_number
    entered = "" if batch is None or batch.entry_time is None else words.time(batch.entry_time)
    href = "" if entry is None else f"/portal/history/{entry}"
    return [
        Step(say("Received"), words.time(found.received_at or 0), True, "pending"),
        Step(say("Entered in the history"), entered, entry is not None, "anchored", href),
        Step(say("Entered for good"), "", found.state == "final" or (entry is not None and entry < confirmed), "final"),
    ]

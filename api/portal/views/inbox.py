"""An officer's inbox: the documents that wait for a word of the agency."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from api.auth.reads import read_list
from api.kit.capacity import Kind, of_kind
from api.portal.answers import Answer, answer_of
from api.portal.facts import Facts
from api.portal.office import CASES, MOST_TOGETHER, kinds_of, officer_of
from api.portal.phrases import Phrases, short
from api.portal.reading import known
from api.portal.render import PageRoute, render, words_for
from api.portal.words import Words
from api.services import Injected
from ledger.core.encoding.reading import hex_text
from ledger.core.statements import code_lists
from ledger.core.statements.origin import Origin
from ledger.journeys.inbox import inbox_of, list_by_agency, make_marks
from ledger.journeys.status import DeclarationStatus

router = APIRouter(include_in_schema=False, route_class=PageRoute)


Code = Annotated[str, Query(pattern=r"^[0-9]{0,5}$")]
Cursor = Annotated[str | None, Query(max_length=200)]


class Waiting(NamedTuple):
    """A document that waits: its id, its type and its party's key in words, since when and how long, what is said."""

    id: str
    short: str
    what: str
    party: str
    since: str
    age: str
    answers: list[Answer]


@router.get("/portal/inbox")
@of_kind(Kind.LOOKS)
def waiting(
    request: Request, services: Injected, document_type: Code = "", kind: Code = "", cursor: Cursor = None
) -> Response:
    """What the agency has not attested, in the order in which it was entered in the history."""
    officer, (words, _), at = officer_of(request, services), words_for(request), services.clock()
    agency = officer.agency
    asked = {name: value for name, value in {"document_type": document_type, "kind": kind}.items() if value}
    with known(services) as (_, as_of):
        pass
    make_marks(services.store, services.app.follower)
    with services.app.follower.known_history() as history:
        wanted = replace(
            inbox_of(agency, history, at, int(kind) if kind else None),
            document_type=int(document_type) if document_type else None,
        )
        page = list_by_agency(services.store, history, wanted, at, cursor, MOST_TOGETHER)
        facts = Facts(words, history.agencies, services.origin)
        items = [_waiting(one, facts, words, services.origin, at) for one in page.found]
        kinds = kinds_of(history.agencies.agency(agency), at)
        name = facts.agency(agency)
    read_list(officer.session.rights, {"inbox": agency, **asked}, len(items))
    phrases = Phrases(words)
    values = {
        "agency": name,
        "items": items,
        "asked": asked,
        "types": sorted(((code, phrases.type(code)) for code in code_lists.DOCUMENT_TYPES), key=lambda item: item[1]),
        "kinds": [(code, phrases.type(code)) for code in kinds],
        "more": None if page.next_cursor is None else urlencode(asked | {"cursor": page.next_cursor}),
        "is_first": cursor is None,
        "cases": CASES,
        "tab": "waiting",
        "as_of": as_of,
    }
    return render(request, "inbox.html", values, session=officer.session)


def _waiting(found: DeclarationStatus, facts: Facts, words: Words, origin: Origin, at: int) -> Waiting:
    phrases, received = Phrases(words), found.received_at or at
    assert found.declaration is not None, "a list has what the store has"
    return Waiting(
        hex_text(found.id),
        short(found.id),
        phrases.type(found.declaration.document_type),
        phrases.key(found.declaration.party, origin),
        words.time(received),
        words.span(at - received),
        [answer_of(one, facts, words) for one in found.attestations],
    )

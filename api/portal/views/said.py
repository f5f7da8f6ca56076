"""What an officer's agency has said and what it has revoked, newest first."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Request, Response

from api.kit.capacity import Kind, of_kind
from api.portal.answers import Answer, answer_of
from api.portal.facts import Facts
from api.portal.office import officer_of
from api.portal.phrases import Phrases
from api.portal.reading import known
from api.portal.render import PageRoute, render, words_for
from api.portal.words import Words
from api.services import Injected
from ledger.core.encoding.ids import AttestationId
from ledger.core.history.entry import Attested, Entry, EntryKind, Revoked
from ledger.core.history.history import History
from ledger.core.statements.member_types import NO_DECLARATION
from ledger.core.statements.origin import Origin
from ledger.errors import AttestationUnknown
from ledger.journeys.history import Sought, look_back
from ledger.journeys.status import attestation_status

router = APIRouter(include_in_schema=False, route_class=PageRoute)
A_PAGE = 50
TABS = {"decided": EntryKind.ATTESTED, "revoked": EntryKind.REVOKED}

Below = Annotated[int | None, Query(ge=0, lt=1 << 63)]


class Word(NamedTuple):
    """An attestation of the agency, and of a revocation why, when and for whom it ended it.

    ``size``: of how many documents. ``reason``: empty for an attestation. ``whole``: whether it ended for all of them.
    """

    answer: Answer
    size: int
    time: str
    entry: int
    reason: str = ""
    whole: bool = True


@router.get("/portal/inbox/decided")
@of_kind(Kind.LOOKS)
def decided(request: Request, services: Injected, below: Below = None) -> Response:
    """What the agency has said."""
    return _list("decided", request, services, below)


@router.get("/portal/inbox/revoked")
@of_kind(Kind.LOOKS)
def revoked(request: Request, services: Injected, below: Below = None) -> Response:
    """What the agency has revoked."""
    return _list("revoked", request, services, below)


def _list(tab: str, request: Request, services: Injected, below: int | None) -> Response:
    officer, (words, _), at = officer_of(request, services), words_for(request), services.clock()
    with known(services) as (history, as_of):
        register = history.agencies
    sought = Sought(frozenset({TABS[tab]}), officer.agency)
    found = look_back(services.store, register, as_of.size, sought, A_PAGE, below)
    with services.app.follower.known_history() as history:
        facts = Facts(words, history.agencies, services.origin)
        items = [
            word
            for entry in found.entries
            if (word := _word(entry, facts, history, words, services.origin, at)) is not None
        ]
        agency = facts.agency(officer.agency)
    values = {
        "tab": tab, "agency": agency, "items": items, "older": found.below, "is_first": below is None, "as_of": as_of,
    }  # fmt: skip
    return render(request, "said.html", values, session=officer.session)


def _word(entry: Entry, facts: Facts, history: History, words: Words, origin: Origin, at: int) -> Word | None:
    """An entry in words; None where the chain took it back since it was read."""
    content, reason, whole = entry.content, "", True
    match content:
        case Attested(attestation=said):
            id_ = said.id(origin)
        case Revoked(revocation=revocation):
            id_, reason = AttestationId(revocation.attestation), Phrases(words).reason(revocation.reason)
            whole = revocation.member == NO_DECLARATION
        case _:
            raise TypeError("only attestations and revocations are looked for")
    try:
        status = attestation_status(id_, history, at)
    except AttestationUnknown:
        return None
    size = status.attested.attestation.size
    return Word(answer_of(status, facts, words), size, words.time(entry.time), entry.number, reason, whole)

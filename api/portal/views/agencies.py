"""Agencies for everybody: which there are, what each may attest and when, and with which keys it speaks."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import APIRouter, Path, Request, Response

from api import spellings
from api.kit.capacity import Kind, of_kind
from api.portal.facts import Fact
from api.portal.phrases import Phrases, Said
from api.portal.reading import known
from api.portal.render import PageRoute, render, signed_in, words_for
from api.portal.words import Words
from api.services import Injected
from ledger.core.encoding.reading import hex_text
from ledger.core.encoding.text import one_line
from ledger.core.history.agencies import Attester, Period
from ledger.core.statements.member_types import NO_END
from ledger.core.statements.origin import Origin
from ledger.journeys.agency import AgencyView, view_agencies, view_agency

router = APIRouter(include_in_schema=False, route_class=PageRoute)


class Mandate(NamedTuple):
    """What an agency may attest in one span of time, and whether that is now."""

    what: str
    begins: str
    ends: str
    said: Said


class Key(NamedTuple):
    """A key of an agency, in words, and whether it speaks for it now."""

    key: Fact
    begins: str
    ends: str
    said: Said


class Shown(NamedTuple):
    """An agency in words."""

    code: str
    name: str
    country: str
    uri: str
    said: Said
    mandates: tuple[Mandate, ...]
    keys: tuple[Key, ...]
    suspended: tuple[tuple[str, str], ...]


@router.get("/portal/agencies")
@of_kind(Kind.LOOKS)
def agencies(request: Request, services: Injected) -> Response:
    """All agencies, in the order in which the council enrolled them."""
    words, _ = words_for(request)
    with known(services) as (history, as_of):
        found = [_shown(one, words, services.origin, services.clock()) for one in view_agencies(history.agencies)]
    values = {"agencies": found, "as_of": as_of}
    return render(request, "agencies.html", values, session=signed_in(request, services))


@router.get("/portal/agencies/{code}")
@of_kind(Kind.LOOKS)
def agency(code: Annotated[str, Path(pattern=spellings.AGENCY)], request: Request, services: Injected) -> Response:
    """One agency with its mandates, its keys and its suspensions."""
    words, _ = words_for(request)
    with known(services) as (history, as_of):
        shown = _shown(view_agency(history.agencies, code), words, services.origin, services.clock())
    values = {"agency": shown, "as_of": as_of}
    return render(request, "agency.html", values, session=signed_in(request, services))


def _shown(view: AgencyView, words: Words, origin: Origin, at: int) -> Shown:
    agency, phrases = view.agency, Phrases(words)
    active = agency.periods[-1].until == NO_END
    said = Said("VALID", words.say("Speaks")) if active else Said("INVALID", words.say("Suspended"))
    mandates = [
        Mandate(phrases.type(kind), words.time(span.from_), _end(span, words), _span(span, words, at))
        for kind, spans in agency.mandates.items()
        for span in spans
    ]
    between = zip(agency.periods, [*agency.periods[1:], None], strict=True)
    suspended = [
        (words.time(span.until), words.say("still") if after is None else words.time(after.from_))
        for span, after in between
        if span.until != NO_END
    ]
    return Shown(
        agency.code,
        one_line(agency.name),
        words.country(agency.jurisdiction),
        one_line(agency.uri),
        said,
        tuple(mandates),
        tuple(_key(one, words, phrases, origin, at) for one in view.attesters),
        tuple(suspended),
    )


def _key(attester: Attester, words: Words, phrases: Phrases, origin: Origin, at: int) -> Key:
    key = Fact("", phrases.key(attester.signer, origin), hex_text(attester.signer))
    if attester.compromised_from is not None:
        said = Said("INVALID", words.say("Stolen since %(time)s", time=words.time(attester.compromised_from)))
    elif attester.period.contains(at) or attester.period.until == NO_END:
        said = Said("VALID", words.say("In use"))
    else:
        said = Said("SKIPPED", words.say("Retired"))
    return Key(key, words.time(attester.period.from_), _end(attester.period, words), said)


def _span(span: Period, words: Words, at: int) -> Said:
    if span.contains(at):
        return Said("VALID", words.say("Now"))
    return Said("SKIPPED", words.say("Not yet") if at < span.from_ else words.say("Over"))


def _end(span: Period, words: Words) -> str:
    return words.say("no end") if span.until == NO_END else words.time(span.until)

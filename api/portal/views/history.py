"""The history for everybody: its entries in words, one entry, and the list as a file."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.exceptions import HTTPException

from api.kit.capacity import Kind, of_kind
from api.portal.facts import EntryInWords, Facts
from api.portal.reading import AsOf, known
from api.portal.render import PageRoute, render, signed_in, words_for
from api.portal.words import Words, words_of
from api.services import Injected, Services
from ledger.core.encoding.reading import hex_text
from ledger.core.history.agencies import Agencies
from ledger.core.history.entry import RESOLUTION_OF, EntryKind
from ledger.errors import Malformed
from ledger.journeys.history import FoundEntries, Sought, look_back

router = APIRouter(include_in_schema=False, route_class=PageRoute)
A_PAGE, A_FILE = 50, 1_000
KINDS: dict[str, frozenset[EntryKind]] = {
    "declared": frozenset({EntryKind.ANCHORED}),
    "said": frozenset({EntryKind.ATTESTED}),
    "revoked": frozenset({EntryKind.REVOKED}),
    "withdrawn": frozenset({EntryKind.WITHDRAWN}),
    "posted": frozenset({EntryKind.POSTED}),
    "council": frozenset(RESOLUTION_OF),
}
"""What the list can be restricted to, by its name in the address."""
_A_DAY = timedelta(days=1)

KindName = Annotated[str, Query(max_length=20)]
Day = Annotated[str, Query(max_length=10)]
AgencyCode = Annotated[str, Query(max_length=16)]
Below = Annotated[int | None, Query(ge=0, lt=1 << 63)]


@router.get("/portal/history")
@of_kind(Kind.LOOKS)
def history(
    request: Request,
    services: Injected,
    kind: KindName = "",
    agency: AgencyCode = "",
    day: Day = "",
    below: Below = None,
) -> Response:
    """The newest entries that fit, in words."""
    words, _ = words_for(request)
    found, facts, register, as_of = _found(services, words, _sought(kind, agency, day), A_PAGE, below)
    asked = {key: value for key, value in {"kind": kind, "agency": agency, "day": day}.items() if value}
    values = {
        "entries": [facts.of(entry) for entry in found.entries],
        "asked": asked,
        "kinds": {name: facts.kind(min(kinds)) for name, kinds in KINDS.items()},
        "agencies": {code: facts.agency(code) for code in sorted(register.agencies)},
        "older": None if found.below is None else urlencode(asked | {"below": found.below}),
        "newer": below is not None,
        "query": urlencode(asked | ({} if below is None else {"below": below})),
        "in_a_file": A_FILE,
        "as_of": as_of,
        "origin": str(services.origin),
    }
    return render(request, "history.html", values, session=signed_in(request, services))


@router.get("/portal/history.csv")
@of_kind(Kind.LOOKS)
def history_file(
    request: Request,
    services: Injected,
    kind: KindName = "",
    agency: AgencyCode = "",
    day: Day = "",
    below: Below = None,
) -> Response:
    """The same list as a file for spreadsheets, in English; at most 1,000 entries, newest first."""
    found, facts, _, _ = _found(services, words_of("en"), _sought(kind, agency, day), A_FILE, below)
    headers = {"Content-Disposition": 'attachment; filename="history.csv"', "Cache-Control": "no-store"}
    if found.below is not None:
        asked = {"kind": kind, "agency": agency, "day": day, "below": found.below}
        headers["Link"] = f'</portal/history.csv?{urlencode(asked)}>; rel="next"'
    return Response(_table(map(facts.of, found.entries)), headers=headers, media_type="text/csv; charset=utf-8")


@router.get("/portal/history/{number}")
@of_kind(Kind.LOOKS)
def entry(number: Annotated[int, Path(ge=0, lt=1 << 63)], request: Request, services: Injected) -> Response:
    """One entry: its facts in words, and its bytes."""
    words, _ = words_for(request)
    with known(services) as (found, as_of):
        facts = Facts(words, found.agencies, services.origin)
        if number >= found.size:
            raise HTTPException(404, f"the history has the entries 0 to {found.size - 1}")
        read = services.app.follower.entry(number)
        shown = facts.of(read)
    values = {"entry": shown, "data": hex_text(read.data), "as_of": as_of, "origin": str(services.origin)}
    return render(request, "entry.html", values, session=signed_in(request, services))


def _found(
    services: Services, words: Words, sought: Sought, limit: int, below: int | None
) -> tuple[FoundEntries, Facts, Agencies, AsOf]:
    """What a search finds. The history is held still only to see how long it is."""
    with known(services) as (history, as_of):
        register = history.agencies
    if sought.agency is not None and sought.agency not in register.agencies:
        raise Malformed(f"there is no agency {sought.agency}", "agency")
    found = look_back(services.store, register, as_of.size, sought, limit, below)
    return found, Facts(words, register, services.origin), register, as_of


def _sought(kind: str, agency: str, day: str) -> Sought:
    if kind and kind not in KINDS:
        raise Malformed(f"is one of {', '.join(KINDS)}", "kind")
    begin = _beginning_of(day) if day else None
    return Sought(
        KINDS.get(kind, frozenset()),
        agency or None,
        0 if begin is None else int(begin.timestamp()),
        None if begin is None else int((begin + _A_DAY).timestamp()),
    )


def _beginning_of(day: str) -> datetime:
    try:
        begin = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
        if begin.year < 1970 or begin.year > 9998:
            raise ValueError(day)
    except ValueError:
        raise Malformed("a day looks like 2026-11-27", "day") from None
    return begin


def _table(entries: map[EntryInWords]) -> str:
    """CSV (RFC 4180). Text that a spreadsheet would take for a formula begins with an apostrophe."""
    made = StringIO()
    rows = csv.writer(made)
    rows.writerow(["number", "time", "kind", "agency", "what", "hash"])
    for one in entries:
        time = f"{datetime.fromtimestamp(one.time, UTC):%Y-%m-%dT%H:%M:%SZ}"
        what = f"'{one.sentence}" if one.sentence[:1] in "=+-@\t\r" else one.sentence
        rows.writerow([one.number, time, one.kind, one.agency, what, one.hash])
    return made.getvalue()

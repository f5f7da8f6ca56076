"""Agencies, and the history itself: entries, head, checkpoint."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.kit.errors import documented
from api.schemas import (
    AgencyResult,
    AttesterResult,
    EntryPage,
    EntryResult,
    HistoryResult,
    PeriodResult,
)
from api.services import Given
from ledger.core.encoding.reading import hex_text
from ledger.core.history.agencies import Agencies, Agency, Period
from ledger.core.history.entry import Entry
from ledger.core.statements.members import NO_END
from ledger.errors import Malformed

router = APIRouter(prefix="/v1", tags=["history"])


@router.get("/agencies", summary="All agencies", responses=documented(503))
def list_agencies(given: Given) -> list[AgencyResult]:
    """With their attesters and mandates, as the council has decided so far."""
    with given.follower.facts() as history:
        return [_agency(history.agencies, agency) for agency in history.agencies.agencies.values()]


@router.get("/agencies/{code}", summary="One agency", responses=documented(404, 422, 503))
def get_agency(code: Annotated[str, Path(pattern=r"^[A-Z0-9-]{1,16}$")], given: Given) -> AgencyResult:
    """With its attesters and mandates."""
    with given.follower.facts() as history:
        return _agency(history.agencies, history.agencies.agency(code))


@router.get("/history", summary="Size, head, root, checkpoint", responses=documented(503))
def get_history(given: Given) -> HistoryResult:
    """What an auditor compares; the checkpoint is signed by the log's key."""
    with given.follower.facts() as history:
        latest = given.store.checkpoints.newest()
        return HistoryResult(
            origin=str(history.origin),
            size=history.size,
            head=hex_text(history.head),
            root=hex_text(history.log.root()),
            checkpoint=None if latest is None else str(latest),
        )


@router.get("/history/entries", summary="Entries in order", responses=documented(422, 503))
def list_entries(
    given: Given,
    start: Annotated[int, Query(ge=0, lt=1 << 63, description="Number of the first entry")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> EntryPage:
    """Raw entries; replayed in order they give the head."""
    with given.follower.facts() as history:
        numbers = range(start, min(start + min(limit, given.settings.page_limit), history.size))
        return EntryPage(entries=[entry_result(given.follower.entry(number)) for number in numbers], size=history.size)


@router.get("/history/entries/{number}", summary="One entry", responses=documented(422, 503))
def get_entry(number: Annotated[int, Path(ge=0, lt=1 << 63)], given: Given) -> EntryResult:
    """By number: time, hash and payload."""
    with given.follower.facts() as history:
        if number >= history.size:
            raise Malformed(f"the history has the entries 0 to {history.size - 1}", f"entry {number}")
        return entry_result(given.follower.entry(number))


def entry_result(entry: Entry) -> EntryResult:
    return EntryResult(
        number=entry.number,
        kind=entry.kind.name.lower(),
        time=entry.time,
        payload=hex_text(entry.payload),
        hash=hex_text(entry.hash),
    )


def _period(period: Period) -> PeriodResult:
    return PeriodResult(from_=period.from_, until=None if period.until == NO_END else period.until)


def _agency(register: Agencies, agency: Agency) -> AgencyResult:
    return AgencyResult(
        code=agency.code,
        name=agency.name,
        jurisdiction=agency.jurisdiction,
        uri=agency.uri,
        active=agency.periods[-1].until == NO_END,
        mandates={str(kind): [_period(item) for item in periods] for kind, periods in agency.mandates.items()},
        attesters=[
            AttesterResult(
                signer=hex_text(attester.signer),
                period=_period(attester.period),
                compromised_from=attester.compromised_from,
            )
            for attester in register.attesters.values()
            if attester.agency == agency.code
        ],
    )

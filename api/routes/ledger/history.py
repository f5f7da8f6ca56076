"""Agencies, and the history itself: entries, head, checkpoint."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from api import spellings
from api.kit.capacity import Kind, of_kind
from api.kit.errors import documented
from api.schemas import (
    AgencyResult,
    EntryPage,
    EntryResult,
    HistoryResult,
)
from api.services import Injected
from ledger.core.encoding.reading import hex_text
from ledger.journeys.agency import AgencyView, view_agencies, view_agency
from ledger.journeys.checkpoint import note_key
from ledger.journeys.history import entry_json, read_entries, read_entry

router = APIRouter(prefix="/v1", tags=["history"])


@router.get("/agencies", summary="All agencies", responses=documented(503))
@of_kind(Kind.LOOKS)
def list_agencies(services: Injected) -> list[AgencyResult]:
    """The agencies with their attesters and mandates, as the council has decided so far."""
    with services.app.follower.fresh_history() as history:
        return [_shown(agency) for agency in view_agencies(history.agencies)]


@router.get("/agencies/{code}", summary="One agency", responses=documented(404, 422, 503))
@of_kind(Kind.LOOKS)
def get_agency(code: Annotated[str, Path(pattern=spellings.AGENCY)], services: Injected) -> AgencyResult:
    """The agency with its attesters and mandates."""
    with services.app.follower.fresh_history() as history:
        return _shown(view_agency(history.agencies, code))


@router.get("/history", summary="Size, head, root, checkpoint", responses=documented(503))
@of_kind(Kind.LOOKS)
def get_history(services: Injected) -> HistoryResult:
    """What an auditor compares; the checkpoint is signed by the log's key."""
    with services.app.follower.fresh_history() as history:
        latest = services.store.checkpoints.newest()
        return HistoryResult(
            origin=str(history.origin),
            size=history.size,
            head=hex_text(history.head),
            root=hex_text(history.log.root()),
            checkpoint=None if latest is None else str(latest),
            log_key=None if services.log_key is None else str(note_key(services.origin, services.log_key)),
        )


@router.get("/history/entries", summary="Entries in order", responses=documented(422, 503))
@of_kind(Kind.LOOKS)
def list_entries(
    services: Injected,
    start: Annotated[int, Query(ge=0, lt=1 << 63, description="Number of the first entry")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> EntryPage:
    """Raw entries; replayed in order they give the head."""
    with services.app.follower.fresh_history() as history:
        found = read_entries(services.app.follower, history, start, min(limit, services.settings.page_limit))
        return EntryPage(entries=[EntryResult(**entry_json(entry)) for entry in found], size=history.size)


@router.get("/history/entries/{number}", summary="One entry", responses=documented(422, 503))
@of_kind(Kind.LOOKS)
def get_entry(number: Annotated[int, Path(ge=0, lt=1 << 63)], services: Injected) -> EntryResult:
    """By number: time, hash and payload."""
    with services.app.follower.fresh_history() as history:
        return EntryResult(**entry_json(read_entry(services.app.follower, history, number)))


def _shown(agency: AgencyView) -> AgencyResult:
    return AgencyResult.model_validate(agency.to_json())

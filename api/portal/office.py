"""For whom the screens of an officer are: who is signed in with a key that speaks for an agency now."""

from __future__ import annotations

from typing import NamedTuple

from fastapi import Request

from api.auth.reader import session_of
from api.services import Services
from ledger.core.history.agencies import Agency
from ledger.errors import ReadingForbidden
from ledger.journeys.sign_in import SignedIn

CASES = "/portal/cases"
"""The address of the page that shows cases."""
MOST_TOGETHER = 50
"""How many documents are decided about at once: those of one page of the inbox."""


class Officer(NamedTuple):
    """An officer's session, and the code of the agency that the key speaks for."""

    session: SignedIn
    agency: str


def officer_of(request: Request, services: Services) -> Officer:
    """Who asks, as an officer.

    :raises NotSignedIn: nobody is signed in.
    :raises ReadingForbidden: the key speaks for no agency now, or its agency is suspended.
    """
    session = session_of(request.scope, services)
    if session.rights.agency is None:
        raise ReadingForbidden()
    return Officer(session, session.rights.agency)


def kinds_of(agency: Agency, at: int) -> list[int]:
    """What an agency may attest at ``at`` (seconds), by UNCL 1001 in ascending order."""
    return sorted(kind for kind in agency.mandates if agency.mandated(kind, at))

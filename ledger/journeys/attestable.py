"""Attestable: why an agency may not attest a declaration now, for whoever chooses what to attest.

``attest_many.check_set`` says the same in words before a terminal signs.
"""

from __future__ import annotations

from enum import StrEnum

from ledger.core.encoding.ids import AttestationId
from ledger.core.history.standing import Standing
from ledger.journeys.status import DeclarationStatus

_STANDS = frozenset({Standing.IN_FORCE, Standing.NOT_YET_VALID, Standing.NOT_YET})


class Hindrance(StrEnum):
    """Why a declaration cannot be attested."""

    WITHDRAWN = "withdrawn"
    NOT_ENTERED = "not entered"
    ATTESTED = "attested"


def hindrance_of(found: DeclarationStatus, agency: str, kind: int) -> Hindrance | None:
    """Why ``agency`` may not attest a declaration under ``kind`` (UNCL 1001); None if it may."""
    if found.withdrawn is not None:
        return Hindrance.WITHDRAWN
    if found.state not in ("anchored", "final"):
        return Hindrance.NOT_ENTERED
    return None if attested_as(found, agency, kind) is None else Hindrance.ATTESTED


def attested_as(found: DeclarationStatus, agency: str, kind: int) -> AttestationId | None:
    """The attestation of ``agency`` under ``kind`` that is neither revoked nor expired; None if there is none."""
    for one in found.attestations:
        said = one.attested.attestation
        if (said.agency, said.kind) == (agency, kind) and one.standing in _STANDS:
            return AttestationId(one.id)
    return None

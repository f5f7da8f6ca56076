"""The standing of an attestation: whether it is in force at a time. docs/formats.md section 5, "In force at t"."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from ledger.core.history.entry import Attested, Revoked
from ledger.core.history.replay import EntryRef


class Standing(Enum):
    """Whether an attestation, or a member of its set, is in force at a time, and if not, why not."""

    IN_FORCE = "in force"
    UNKNOWN = "not attested"
    NOT_YET = "not yet attested"
    NOT_YET_VALID = "before its validity"
    EXPIRED = "expired"
    REVOKED = "revoked"
    COMPROMISED = "attester compromised"


class RecordedAttestation(NamedTuple):
    """An attestation in the history, and its entry."""

    entry: EntryRef
    attested: Attested


class RecordedRevocation(NamedTuple):
    """A revocation in the history, and its entry."""

    entry: EntryRef
    revoked: Revoked


def standing_of(
    recorded: RecordedAttestation, revocations: Iterable[RecordedRevocation], compromised_from: int | None, at: int
) -> tuple[Standing, EntryRef]:
    """Judge one attestation at ``at`` from its entry, the revocations that touch it and its attester's compromise.

    Returns the standing and the entry that decides it. docs/formats.md section 5, "In force at t".
    """
    attestation = recorded.attested.attestation
    if recorded.entry.time > at:
        return Standing.NOT_YET, recorded.entry
    for revocation in revocations:
        if revocation.entry.time <= at:
            return Standing.REVOKED, revocation.entry
    if compromised_from is not None and recorded.entry.time >= compromised_from:
        return Standing.COMPROMISED, recorded.entry
    if at < attestation.valid_from:
        return Standing.NOT_YET_VALID, recorded.entry
    if at >= attestation.valid_until:
        return Standing.EXPIRED, recorded.entry
    return Standing.IN_FORCE, recorded.entry

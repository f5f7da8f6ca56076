"""Who could attest what at a past time, by a replayed history: the twin of the contract's ``mayAttest``."""

from __future__ import annotations

from ledger.core.history.agencies import Agencies


def may_attest(agencies: Agencies, signer: bytes, kind: int, at: int) -> bool:
    """Whether a signer could make attestations of a kind at a time, by all that is known today."""
    attester = agencies.attesters.get(signer)
    if attester is None or not attester.period.contains(at):
        return False
    if attester.compromised_from is not None and attester.compromised_from <= at:
        return False
    agency = agencies.agencies[attester.agency]
    return any(period.contains(at) for period in agency.periods) and agency.mandated(kind, at)

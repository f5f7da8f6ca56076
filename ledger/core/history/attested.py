"""Which agencies have attested a declaration: what an agency's inbox leaves out, and what nobody need attest again.

docs/officers.md. Time does not matter here: an attestation that has expired was made all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ledger.core.encoding.ids import AttestationId, DeclarationId, SetName
from ledger.core.history.history import History


class AttestedAs(NamedTuple):
    """That an agency has attested a declaration under a kind (UNCL 1001)."""

    agency: str
    kind: int


def stands(history: History, id_: AttestationId, member: DeclarationId, size: int) -> bool:
    """Whether an attestation counts for a member of its set, by the first ``size`` entries.

    It counts unless it was revoked, whole or for this member, or its attester was compromised when it was made.
    """
    recorded = history.attestations[id_]
    compromised = history.agencies.attesters[recorded.attested.signer].compromised_from
    return (
        recorded.entry.number < size
        and (compromised is None or recorded.entry.time < compromised)
        and all(revocation.entry.number >= size for revocation in history.revocations_of(id_, member))
    )


def attested_as(
    history: History, sets: Iterable[SetName], member: DeclarationId, size: int | None = None
) -> frozenset[AttestedAs]:
    """By which agencies a declaration is attested, and under which kinds.

    :param sets: root and size of the sets that it is a member of, that of itself alone too.
    :param size: of how many entries, the first ones; all if not given.
    """
    known = history.size if size is None else size
    found = (
        history.attestations[id_].attested.attestation
        for id_ in history.attestations_of(dict.fromkeys(sets))
        if stands(history, id_, member, known)
    )
    return frozenset(AttestedAs(said.agency, said.kind) for said in found)


def is_withdrawn(history: History, id_: DeclarationId, size: int | None = None) -> bool:
    """Whether its party has withdrawn a declaration, by the first ``size`` entries; by all if not given."""
    found = history.withdrawals.get(id_)
    return found is not None and (size is None or found[0].number < size)

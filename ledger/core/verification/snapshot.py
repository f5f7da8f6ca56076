"""What a replayed history says of one declaration, taken out of it at one moment.

A verdict is reached from this, so nobody who moves the history on waits for a verdict, and no verdict sees it move.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ledger.core.encoding.ids import AttestationId, DeclarationId, IndexRoot, Root, SetName, Signer
from ledger.core.history.agencies import Agency
from ledger.core.history.entry import Withdrawn
from ledger.core.history.history import History
from ledger.core.history.replay import EntryRef
from ledger.core.history.standing import RecordedAttestation, RecordedRevocation
from ledger.core.statements.origin import Origin


class Wanted(NamedTuple):
    """What a verdict asks a history about: everything that the evidence names.

    ``sets``: all sets about the declaration. ``size``: of the evidence's checkpoint. ``signers``: who made the
    attestations shown that are about these sets.
    """

    declaration: DeclarationId
    batch: SetName
    sets: frozenset[SetName]
    size: int
    signers: frozenset[Signer]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The answers of a history that has ``size`` entries, the last of them of ``last_time`` (seconds).

    ``root``: of as many entries as the checkpoint has; None where the history has fewer. ``index``: the root of the
    index of subjects of these; None where it is not known, which a history does not say.
    ``attestations``: those about the sets, in the order of the history. ``revocations``: what ends these for the
    declaration. ``compromised``: by key, from when. ``agencies``: by code, those that made the attestations.
    ``first_wallet_resolution``: the first that only the contract could judge.
    """

    origin: Origin
    size: int
    last_time: int
    root: Root | None
    anchor: EntryRef | None
    withdrawal: tuple[EntryRef, Withdrawn] | None
    attestations: Mapping[AttestationId, RecordedAttestation]
    revocations: Mapping[AttestationId, Sequence[RecordedRevocation]]
    compromised: Mapping[Signer, int]
    agencies: Mapping[str, Agency]
    first_wallet_resolution: int | None
    index: IndexRoot | None = None

    @classmethod
    def of(cls, history: History, wanted: Wanted) -> Snapshot:
        """Take it out of a history, which must not move meanwhile. The work is in proportion to the answers."""
        attestations = {id_: history.attestations[id_] for id_ in history.attestations_of(wanted.sets)}
        revocations = {id_: history.revocations_of(id_, wanted.declaration) for id_ in attestations}
        signers = {
            *wanted.signers,
            *(item.attested.signer for item in attestations.values()),
            *(item.revoked.signer for some in revocations.values() for item in some),
        }
        attesters = history.agencies.attesters
        dates = ((signer, attesters[signer].compromised_from) for signer in signers if signer in attesters)
        codes = {item.attested.attestation.agency for item in attestations.values()}
        return cls(
            history.origin,
            history.size,
            history.last_time,
            history.log.root(wanted.size) if wanted.size <= history.size else None,
            history.anchors.get(wanted.batch),
            history.withdrawals.get(wanted.declaration),
            attestations,
            revocations,
            {signer: date for signer, date in dates if date is not None},
            {code: _named(history.agencies.agency(code)) for code in codes},
            history.first_wallet_resolution,
        )


def _named(agency: Agency) -> Agency:
    """The same agency without its periods, which go on to change."""
    return Agency(agency.code, agency.name, agency.jurisdiction, agency.uri, [])

"""Between core values and shapes, where more than one route needs it."""

from __future__ import annotations

from api.schemas import Attestation, AttestationStanding, Relayed
from ledger.core.encoding.reading import hex_bytes, hex_text
from ledger.core.history.history import History
from ledger.journeys import attest as journey


def to_hash(text: str) -> bytes:
    """32 bytes from a path parameter that matched its pattern."""
    return hex_bytes(text, "id")


def standing_of(history: History, id_: bytes, member: bytes, at: int) -> AttestationStanding:
    """An attestation in the history and its standing at ``at`` for one member, or for the whole set (zero)."""
    recorded = history.attestations[id_]
    standing, _ = history.standing(id_, member, at)
    return AttestationStanding(
        id=hex_text(id_),
        entry_number=recorded.mark.number,
        standing=standing.value,
        attestation=Attestation.model_validate(recorded.attested.attestation.to_json()),
        signer=hex_text(recorded.attested.signer),
    )


def relayed(done: journey.Relayed) -> Relayed:
    """A relayed statement."""
    return Relayed(
        id=hex_text(done.id),
        entry_number=done.number,
        transaction=done.receipt.tx_hash if done.receipt else None,
        gas=done.receipt.gas_used if done.receipt else None,
    )

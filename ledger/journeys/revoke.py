"""Revoke: relay an agency's signed revocation of its attestation, whole or for one member."""

from __future__ import annotations

from ledger.core.encoding.ids import Signer
from ledger.core.history.entry import Revoked
from ledger.core.history.history import History
from ledger.core.history.standing import RecordedRevocation
from ledger.core.statements.revocation import Revocation
from ledger.errors import AttestationAlreadyRevoked
from ledger.journeys.relay import Relay, Relayed, relayed


def relay_revocation(relay: Relay, revocation: Revocation, signer: Signer, signature: bytes) -> Relayed:
    """Relay a revocation. Relaying the same one again is no error.

    :raises NotRelayed: the relayer does not pay for it.
    :raises Refused: the contract forbids it.
    """
    receipt = None
    try:
        receipt = relay.submit(Revoked(revocation, signer, signature))
    except AttestationAlreadyRevoked:
        known = relay.find(None, lambda history: _recorded(history, revocation))
        if known is None or known.revoked.revocation != revocation:
            raise
    recorded = relay.find(receipt, lambda history: _recorded(history, revocation))
    return relayed(revocation.id(relay.chain.origin), recorded and recorded.entry, receipt)


def _recorded(history: History, revocation: Revocation) -> RecordedRevocation | None:
    return history.revocations.get(revocation.attestation, {}).get(revocation.member)

"""Withdraw: relay a party's signed withdrawal of its declaration."""

from __future__ import annotations

from ledger.core.history.entry import Withdrawn
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.signature_forms import canonical_signature
from ledger.core.statements.withdrawal import Withdrawal
from ledger.errors import DeclarationAlreadyWithdrawn
from ledger.journeys.receive import check_party
from ledger.journeys.relay import Relay, Relayed, relayed


def relay_withdrawal(relay: Relay, declaration: Declaration, withdrawal: Withdrawal, signature: bytes) -> Relayed:
    """Relay a withdrawal. Relaying the same one again is no error.

    :raises Refused: the party's key did not sign, or the contract forbids it.
    """
    origin, id_ = relay.chain.origin, withdrawal.id(relay.chain.origin)
    plain = canonical_signature(declaration.party, id_, signature)
    check_party(origin, declaration.party, id_, plain)
    receipt = None
    try:
        receipt = relay.submit(Withdrawn(declaration, withdrawal, plain))
    except DeclarationAlreadyWithdrawn:
        known = relay.find(None, lambda history: history.withdrawals.get(withdrawal.declaration))
        if known is None or known[1].withdrawal != withdrawal:
            raise
    recorded = relay.find(receipt, lambda history: history.withdrawals.get(withdrawal.declaration))
    return relayed(id_, recorded and recorded[0], receipt)

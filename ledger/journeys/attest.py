"""Attest: relay an agency's signed attestation about a set of declarations."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from ledger.core.encoding.ids import DeclarationId, Signer
from ledger.core.history.entry import Attested
from ledger.core.relaying.rules import check_members
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.code_lists import check_outcome
from ledger.errors import AttestationAlreadyRecorded
from ledger.journeys.relay import Relay, Relayed, relayed


def relay_attestation(
    relay: Relay, attestation: Attestation, signer: Signer, signature: bytes, members: Sequence[DeclarationId] = ()
) -> Relayed:
    """Relay an attestation. ``members``: the declaration ids of its set, in order, kept for the evidence.

    :raises Malformed: the members are not the set that the attestation names; or the outcome is not in the list of the
        kind, or is adverse and about many (``check_outcome``).
    :raises AgencyUnknown: no agency of this code was ever enrolled.
    :raises NotRelayed: the relayer does not pay for it.
    :raises Refused: the contract forbids it. Relaying one again that is in the history is no error.
    """
    check_outcome(attestation)
    id_ = attestation.id(relay.chain.origin)
    relay.ask(lambda history: history.agencies.agency(attestation.agency))
    receipt = None
    with suppress(AttestationAlreadyRecorded):
        receipt = relay.submit(Attested(attestation, signer, signature), members)
    if len(members) > 1:  # only now: a stranger's refused request must not fill the store; a set of one says all
        check_members(Attested(attestation, signer, signature), members)
        relay.store.sets.save(attestation.root, attestation.size, members)
    recorded = relay.find(receipt, lambda history: history.attestations.get(id_))
    return relayed(id_, recorded and recorded.entry, receipt)

"""Attest: relay an agency's signed attestation about a set of declarations."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from ledger.core.encoding.ids import DeclarationId, SetName, Signer
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.code_lists import check_outcome
from ledger.core.tree.merkle import leaf_hash, root_of_hashes
from ledger.edges.chain import calls
from ledger.errors import AttestationAlreadyRecorded, Malformed
from ledger.journeys.relay import Relay, Relayed, relayed


def relay_attestation(
    relay: Relay, attestation: Attestation, signer: Signer, signature: bytes, members: Sequence[DeclarationId] = ()
) -> Relayed:
    """Relay an attestation. ``members``: the declaration ids of its set, in order, kept for the evidence.

    :raises Malformed: the members are not the set that the attestation names; or the outcome is not in the list of the
        kind, or is adverse and about many (``check_outcome``).
    :raises AgencyUnknown: no agency of this code was ever enrolled.
    :raises Refused: the contract forbids it. Relaying one again that is in the history is no error.
    """
    check_outcome(attestation)
    id_ = attestation.id(relay.chain.origin)
    relay.refresh().agencies.agency(attestation.agency)
    if members and set_of(members) != (attestation.root, attestation.size):
        raise Malformed("are not the set that the attestation names: root or size differs", "members")
    receipt = None
    with suppress(AttestationAlreadyRecorded):
        receipt = relay.submit(calls.attest(attestation, signer, signature))
    if members:  # only now: a stranger's refused request must not fill the store
        relay.store.sets.save(attestation.root, attestation.size, members)
    recorded = relay.refresh().attestations.get(id_)
    return relayed(id_, recorded and recorded.entry, receipt)


def set_of(ids: Sequence[DeclarationId]) -> SetName:
    """Root and size of an ordered set of declaration ids; one id is a set of one."""
    if len(set(ids)) != len(ids):
        raise Malformed("names a declaration twice", "members")
    return SetName(root_of_hashes([leaf_hash(id_) for id_ in ids]), len(ids))

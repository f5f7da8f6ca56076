"""Attest, revoke, withdraw, decide: statements signed elsewhere are checked, relayed and found again in the history."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from ledger.core.encoding.keccak import keccak
from ledger.core.history.entry import Endorsement
from ledger.core.history.history import Mark
from ledger.core.statements.statement import Attestation, Declaration, Resolution, Revocation, Withdrawal
from ledger.core.tree.merkle import leaf_hash, root_of_hashes
from ledger.edges.chain import calls
from ledger.edges.chain.calls import Call
from ledger.edges.chain.contract import Chain, Receipt
from ledger.edges.keys.keystore import SigningKey
from ledger.edges.store import Store
from ledger.errors import (
    AttestationAlreadyRecorded,
    AttestationAlreadyRevoked,
    DeclarationAlreadyWithdrawn,
    Malformed,
    Unavailable,
)
from ledger.journeys.follow import Follower


@dataclass(frozen=True, slots=True)
class Relayed:
    """A statement that is in the history: its id, its entry, and the receipt, None where it was there before."""

    id: bytes
    number: int
    receipt: Receipt | None


@dataclass(frozen=True, slots=True)
class Relay:
    """Whoever carries signed statements to the contract; it pays for gas and has no say."""

    chain: Chain
    store: Store
    follower: Follower
    relayer: SigningKey

    def attest(
        self, attestation: Attestation, signer: bytes, signature: bytes, members: Sequence[bytes] = ()
    ) -> Relayed:
        """Relay an attestation. ``members``: the declaration ids of its set, in order, kept for the evidence.

        :raises Malformed: the members do not lead to the attested root and size.
        :raises AgencyUnknown: no agency of this code was ever enrolled.
        :raises Refused: what the contract says no to. A repeat of one that is in the history is no error.
        """
        id_ = attestation.id(self.chain.origin)
        self.follower.refresh().agencies.agency(attestation.agency)
        if members and set_of(members) != (attestation.root, attestation.size):
            raise Malformed("do not lead to the attested root and size", "members")
        receipt = None
        with suppress(AttestationAlreadyRecorded):
            receipt = self._submit(calls.attest(attestation, signer, signature))
        if members:  # only now: a stranger's refused request must not fill the store
            self.store.sets.save(attestation.root, attestation.size, members)
        recorded = self.follower.refresh().attestations.get(id_)
        return Relayed(id_, _number(recorded and recorded.mark), receipt)

    def revoke(self, revocation: Revocation, signer: bytes, signature: bytes) -> Relayed:
        """Relay a revocation; one that is in the history already is no error if it is this one."""
        id_ = revocation.id(self.chain.origin)
        receipt = None
        try:
            receipt = self._submit(calls.revoke(revocation, signer, signature))
        except AttestationAlreadyRevoked:
            known = self.follower.refresh().revocations.get(revocation.attestation, {}).get(revocation.member)
            if known is None or known.revoked.revocation != revocation:
                raise
        ended = self.follower.refresh().revocations.get(revocation.attestation, {}).get(revocation.member)
        return Relayed(id_, _number(ended and ended.mark), receipt)

    def withdraw(self, declaration: Declaration, withdrawal: Withdrawal, signature: bytes) -> Relayed:
        """Relay a withdrawal; one that is in the history already is no error if it is this one."""
        id_ = withdrawal.id(self.chain.origin)
        receipt = None
        try:
            receipt = self._submit(calls.withdraw(declaration, withdrawal, signature))
        except DeclarationAlreadyWithdrawn:
            known = self.follower.refresh().withdrawals.get(withdrawal.declaration)
            if known is None or known[1].withdrawal != withdrawal:
                raise
        found = self.follower.refresh().withdrawals.get(withdrawal.declaration)
        return Relayed(id_, _number(found and found[0]), receipt)

    def enact(self, resolution: Resolution, endorsements: Sequence[Endorsement]) -> Relayed:
        """Relay a resolution of the council with its members' signatures, in any order."""
        ordered = sorted(endorsements, key=lambda endorsement: keccak(endorsement.signer))
        receipt = self._submit(calls.enact(resolution, ordered))
        history = self.follower.refresh()
        mark = next((Mark(entry.number, entry.time) for entry in receipt.entries if entry.number < history.size), None)
        return Relayed(resolution.id(self.chain.origin), _number(mark), receipt)

    def _submit(self, call: Call) -> Receipt:
        return self.chain.submit(call, self.relayer, self.store.leadership.sending)

    def next_resolution(self) -> int:
        """The number that the council's next resolution carries."""
        return self.follower.refresh().agencies.resolutions + 1


def _number(mark: Mark | None) -> int:
    """The entry that a statement became; by the history, whatever the receipt says."""
    if mark is None:
        raise Unavailable(
            "the node took the statement, and the history does not show it: try again, which is harmless"
        )  # fmt: skip
    return mark.number


def set_of(ids: Sequence[bytes]) -> tuple[bytes, int]:
    """Root and size of an ordered set of declaration ids; one id is a set of one."""
    if len(set(ids)) != len(ids):
        raise Malformed("names a declaration twice", "members")
    return root_of_hashes([leaf_hash(id_) for id_ in ids]), len(ids)

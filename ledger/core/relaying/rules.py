"""Which statements the relayer carries for others, and whose budget pays. Decided before any gas is spent.

The contract takes a statement from anybody, if it is signed by who may say it. The relayer asks for more, because it
pays: what a statement is about must be known here. Whoever is refused only for that may relay the statement himself.
docs/adr/0025.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol, assert_never

from ledger.core.anchoring.batches import DeclarationState
from ledger.core.encoding.ids import DeclarationId, SetName, Signer
from ledger.core.evidence.inclusion import set_of
from ledger.core.history.entry import Attested, Enacted, Posted, Revoked, Withdrawn, topic_of
from ledger.core.history.history import History
from ledger.core.statements.member_types import NO_DECLARATION
from ledger.core.statements.signature import WalletUndecided, verify_party_signature, verify_signature
from ledger.core.tree.merkle import leaf_hash
from ledger.errors import DeclarationNotAnchored, DeclarationNotKnown, Malformed, SetNotKnown

MOST_MEMBERS = 100_000
"""Members of a set that are taken with an attestation."""

Statement = Attested | Revoked | Withdrawn | Posted | Enacted
"""A signed statement that can be relayed, as the content of the entry that it would become."""


class PayerKind(StrEnum):
    """Who can have a budget."""

    COUNCIL = "council"
    AGENCY = "agency"
    PARTY = "party"


class Payer(NamedTuple):
    """Whose budget a statement is charged to: an agency's code or a party's signer; empty for the council."""

    kind: PayerKind
    name: bytes = b""


class Known(Protocol):
    """What the store knows of declarations and sets."""

    def has_members(self, name: SetName) -> bool:
        """Whether all members of a set are known."""
        ...

    def is_member(self, name: SetName, id_: DeclarationId) -> bool | None:
        """Whether a declaration is in a set; None if the set is not known."""
        ...

    def has_all(self, ids: Sequence[DeclarationId]) -> bool:
        """Whether all of these declarations are in the store."""
        ...

    def state(self, id_: DeclarationId) -> DeclarationState | None:
        """How far a declaration has come; None if it is not in the store."""
        ...


class Relayable(NamedTuple):
    """A statement that is relayed: who pays, and whether only code at the signer's address can judge a signature."""

    payer: Payer
    asks_wallet: bool


def check_relayable(
    statement: Statement, history: History, known: Known, at: int, members: Sequence[DeclarationId] = ()
) -> Relayable:
    """Check that the relayer carries a statement at time ``at`` (seconds).

    First all that the contract checks, signatures of keys included: a stranger's statement ends here. Then what the
    statement is about: an attestation's set is anchored in the history, or its members are known here; a declaration
    that is withdrawn is anchored here. What is revoked or posted is in the history, or the contract would refuse
    it; its member is in the set, where that is known.

    :param members: of the attestation's set, as its sender gave them.
    :raises Malformed: the members are not those of the set; or a member that is revoked or posted is not in its set.
    :raises Refused: the contract's reason; or SetNotKnown, DeclarationNotKnown, DeclarationNotAnchored.
    :raises DefiniteNo: a signature does not fit.
    """
    wallets: list[Signer] = []

    def verify(signer: Signer, digest: bytes, signature: bytes, *, is_party: bool = False) -> None:
        if is_party:
            verify_party_signature(history.origin, signer, digest, signature)
            return
        try:
            verify_signature(history.origin, signer, digest, signature)
        except WalletUndecided:
            wallets.append(signer)

    if isinstance(statement, Attested):
        history.agencies.agency(statement.attestation.agency)  # so that an unknown agency is named first
    history.check(statement, topic_of(statement, history.origin), at, verify)
    check_members(statement, members)
    check_member(statement, history, known)
    return Relayable(_payer(statement, history, known, members), bool(wallets))


def check_member(statement: Statement, history: History, known: Known) -> None:
    """Malformed if a posting or a revocation names another declaration than those of the attested set, where that set
    is known. The contract would take it: it does not know who is in a set.

    Ask it after the signature was checked: whoever may not post or revoke must not learn what is in a set.
    """
    match statement:
        case Posted(posting):
            id_, member = posting.attestation, posting.member
        case Revoked(revocation) if revocation.member != NO_DECLARATION:
            id_, member = revocation.attestation, revocation.member
        case _:
            return
    if id_ not in history.attestations:
        return
    attestation = history.attestations[id_].attested.attestation
    if attestation.size == 1:
        is_member: bool | None = leaf_hash(member) == attestation.root
    else:
        is_member = known.is_member(SetName(attestation.root, attestation.size), member)
    if is_member is False:
        raise Malformed(f"is no declaration of the attested set of {attestation.size}", "member")


def check_members(statement: Statement, members: Sequence[DeclarationId]) -> None:
    """Malformed unless these are the members of the attestation's set, in order; other statements have none."""
    if not members:
        return
    attestation = statement.attestation if isinstance(statement, Attested) else None
    if attestation is None or set_of(members) != (attestation.root, attestation.size):
        raise Malformed("are not the set that the attestation names: root or size differs", "members")


def _payer(statement: Statement, history: History, known: Known, members: Sequence[DeclarationId]) -> Payer:
    match statement:
        case Attested(attestation):
            name = SetName(attestation.root, attestation.size)
            is_known = name in history.anchors or (known.has_all(members) if members else known.has_members(name))
            if not is_known:
                raise SetNotKnown(attestation.root, attestation.size)
            return Payer(PayerKind.AGENCY, attestation.agency.encode())
        case Revoked(signer=signer):
            return Payer(PayerKind.AGENCY, history.agencies.attester(signer).agency.encode())
        case Posted(posting):
            return Payer(PayerKind.AGENCY, posting.agency.encode())
        case Withdrawn(declaration, withdrawal):
            state = known.state(withdrawal.declaration)
            if state is None:
                raise DeclarationNotKnown(withdrawal.declaration)
            if state not in ("anchored", "final"):
                raise DeclarationNotAnchored(withdrawal.declaration)
            return Payer(PayerKind.PARTY, declaration.party)
        case Enacted():
            return Payer(PayerKind.COUNCIL)
        case _:
            assert_never(statement)

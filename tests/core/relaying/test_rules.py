"""Which statements the relayer carries for others, and whose budget pays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

import pytest

from ledger.core.anchoring.batches import DeclarationState
from ledger.core.encoding.ids import DeclarationId, SetName
from ledger.core.evidence.inclusion import set_of
from ledger.core.history.entry import Attested, Enacted, Endorsement, Posted, Revoked, Withdrawn
from ledger.core.relaying.rules import Payer, PayerKind, Relayable, check_relayable
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.posting import Posting
from ledger.core.statements.resolutions import AgencySuspension, AttesterAuthorisation, AttesterRetirement
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.withdrawal import Withdrawal
from ledger.errors import (
    AgencyNotActive,
    AgencyUnknown,
    AttestationAlreadyRecorded,
    AttestationUnknown,
    AttesterNotActive,
    AttesterUnknown,
    DeclarationAlreadyWithdrawn,
    DeclarationNotAnchored,
    DeclarationNotKnown,
    DefiniteNo,
    Malformed,
    MandateMissing,
    NotRelayed,
    PartyKeyMismatch,
    QuorumMissing,
    ResolutionNumberMismatch,
    SetNotKnown,
    SheetStale,
    VerificationFailed,
)
from ledger.testing.world import COUNCIL, CUSTOMS, PLANT, START, TRADER, Key, World

STRANGER = Key("a stranger")
MPI, OTHER = "NZ-MPI", "NZ-CUSTOMS"
BY_AGENCY = Relayable(Payer(PayerKind.AGENCY, b"NZ-MPI"), asks_wallet=False)


@dataclass
class Store:
    """What a store knows: the states of declarations, and sets."""

    states: dict[DeclarationId, DeclarationState] = field(default_factory=dict)
    sets: set[SetName] = field(default_factory=set)
    members: dict[SetName, list[DeclarationId]] = field(default_factory=dict)

    def is_member(self, name: SetName, id_: DeclarationId) -> bool | None:
        return id_ in self.members[name] if name in self.members else None

    def has_members(self, name: SetName) -> bool:
        return name in self.sets

    def has_all(self, ids: Sequence[DeclarationId]) -> bool:
        return all(id_ in self.states for id_ in ids)

    def state(self, id_: DeclarationId) -> DeclarationState | None:
        return self.states.get(id_)


class Desk:
    """A history with two agencies, and a batch of three declarations that the store knows."""

    def __init__(self) -> None:
        self.world = World()
        self.world.enrol(MPI, "NZ", [851, 182], PLANT)
        self.world.enrol(OTHER, "NZ", [132], CUSTOMS)
        self.declarations = [self.world.declare(sha256(bytes([n])).digest())[0] for n in range(3)]
        self.root, self.size, self.ids = self.world.anchor(self.declarations)
        self.store = Store(dict.fromkeys(self.ids, "anchored"))

    def check(
        self, statement: Attested | Revoked | Withdrawn | Posted | Enacted, members: Sequence[DeclarationId] = ()
    ) -> Relayable:
        return check_relayable(statement, self.world.history, self.store, self.world.now, members)

    def attested(self, name: SetName, signer: Key = PLANT, code: str = MPI, kind: int = 851) -> Attested:
        made = Attestation(code, kind, 1, ZERO, START, NO_END, name.root, name.size, bytes(31) + b"\x01")
        return Attested(made, signer.signer, signer.sign(made.id(self.world.origin)))

    def withdrawn(self, number: int = 0, signer: Key = TRADER) -> Withdrawn:
        declaration = self.declarations[number]
        made = Withdrawal(declaration.id(self.world.origin), 1)
        return Withdrawn(declaration, made, signer.sign(made.id(self.world.origin)))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_attestation_of_a_batch_is_relayed(desk: Desk) -> None:
    assert desk.check(desk.attested(SetName(desk.root, desk.size))) == BY_AGENCY


def test_an_attestation_of_members_that_are_known_is_relayed(desk: Desk) -> None:
    """As they were sent, or as the store keeps them."""
    some = set_of(desk.ids[:2])
    assert desk.check(desk.attested(some), desk.ids[:2]) == BY_AGENCY
    desk.store.sets.add(some)
    assert desk.check(desk.attested(some)) == BY_AGENCY


def test_a_set_that_is_not_known_is_not_paid_for(desk: Desk) -> None:
    elsewhere = [DeclarationId(b"\x07" * 32), *desk.ids]
    with pytest.raises(SetNotKnown, match="relay it yourself"):
        desk.check(desk.attested(set_of(elsewhere)))
    with pytest.raises(SetNotKnown):
        desk.check(desk.attested(set_of(elsewhere)), elsewhere)
    with pytest.raises(Malformed, match="members"):
        desk.check(desk.attested(set_of(elsewhere)), desk.ids)
    with pytest.raises(SetNotKnown):  # one member of many says nothing of the others
        desk.check(desk.attested(SetName(desk.root, desk.size + 1)))


def test_who_may_not_attest_is_not_relayed(desk: Desk) -> None:
    """And ends before the store is asked: nobody who is not enrolled gets that far."""
    batch, blind = SetName(desk.root, desk.size), replace(desk.attested(SetName(desk.root, 9)).attestation, size=9)
    refusals: list[tuple[type[DefiniteNo], Attested]] = [
        (AttesterUnknown, desk.attested(batch, STRANGER)),
        (AgencyUnknown, desk.attested(batch, code="NZ-NOBODY")),
        (MandateMissing, desk.attested(batch, kind=132)),
        (AttesterUnknown, Attested(blind, STRANGER.signer, b"")),
    ]
    for refusal, statement in refusals:
        with pytest.raises(refusal) as raised:
            desk.check(statement)
        assert not isinstance(raised.value, NotRelayed)


def test_a_signature_that_does_not_fit_is_found_before_any_gas(desk: Desk) -> None:
    p256 = desk.world.origin.p256_verifier + b"\x01" * 64
    made = desk.attested(SetName(desk.root, desk.size))
    assert desk.check(replace(made, signature=STRANGER.sign(bytes(32)))).asks_wallet
    desk.world.enact(AttesterAuthorisation, p256, MPI)
    with pytest.raises(VerificationFailed):
        desk.check(replace(made, signer=p256, signature=b"\x01" * 64))


def test_retired_and_suspended_are_not_relayed(desk: Desk) -> None:
    statement = desk.attested(SetName(desk.root, desk.size))
    desk.world.enact(AttesterRetirement, PLANT.signer)
    with pytest.raises(AttesterNotActive):
        desk.check(statement)
    desk.world.enact(AgencySuspension, OTHER)
    with pytest.raises(AgencyNotActive):
        desk.check(desk.attested(SetName(desk.root, desk.size), CUSTOMS, OTHER, 132))


def test_what_is_recorded_is_named_so(desk: Desk) -> None:
    desk.world.append(desk.attested(SetName(desk.root, desk.size)))
    with pytest.raises(AttestationAlreadyRecorded):
        desk.check(desk.attested(SetName(desk.root, desk.size)))
    desk.world.append(desk.withdrawn())
    with pytest.raises(DeclarationAlreadyWithdrawn):
        desk.check(desk.withdrawn())


def test_a_revocation_is_relayed_for_the_agency_that_attested(desk: Desk) -> None:
    id_ = desk.world.attest(MPI, 851, desk.root, desk.size, PLANT)
    origin = desk.world.origin
    made = Revocation(id_)
    assert desk.check(Revoked(made, PLANT.signer, PLANT.sign(made.id(origin)))) == BY_AGENCY
    with pytest.raises(DefiniteNo, match="speaks for agency NZ-CUSTOMS"):
        desk.check(Revoked(made, CUSTOMS.signer, CUSTOMS.sign(made.id(origin))))
    unknown = Revocation(b"\x09" * 32)
    with pytest.raises(AttestationUnknown):
        desk.check(Revoked(unknown, PLANT.signer, PLANT.sign(unknown.id(origin))))


def test_a_posting_moves_from_the_present_sheet(desk: Desk) -> None:
    id_ = desk.world.attest(MPI, 851, desk.root, desk.size, PLANT)
    opening = Posting(MPI, id_, desk.ids[0], 1, ZERO, b"\x01" * 32)
    assert desk.check(Posted(opening, PLANT.signer, PLANT.sign(opening.id(desk.world.origin)))) == BY_AGENCY
    late = replace(opening, from_=b"\x02" * 32)
    with pytest.raises(SheetStale):
        desk.check(Posted(late, PLANT.signer, PLANT.sign(late.id(desk.world.origin))))


def test_a_posting_is_about_a_member_of_the_set_where_that_is_known(desk: Desk) -> None:
    """A stranger's posting ends at its signature: he does not learn who is in a set."""
    origin, stranger = desk.world.origin, b"\x07" * 32
    id_ = desk.world.attest(MPI, 851, desk.root, desk.size, PLANT)

    def posting(member: bytes, attestation: bytes = id_, signer: Key = PLANT) -> Posted:
        made = Posting(MPI, attestation, member, 1, ZERO, b"\x01" * 32)
        return Posted(made, signer.signer, signer.sign(made.id(origin)))

    assert desk.check(posting(stranger)) == BY_AGENCY, "the set is not known"
    desk.store.members[SetName(desk.root, desk.size)] = desk.ids
    assert desk.check(posting(desk.ids[2])) == BY_AGENCY
    with pytest.raises(Malformed, match="is no declaration of the attested set"):
        desk.check(posting(stranger))
    with pytest.raises(DefiniteNo) as refused:
        desk.check(posting(stranger, signer=STRANGER))
    assert not isinstance(refused.value, Malformed)
    one = set_of(desk.ids[:1])
    alone = desk.world.attest(MPI, 851, one.root, one.size, PLANT)
    assert desk.check(posting(desk.ids[0], alone)) == BY_AGENCY
    with pytest.raises(Malformed, match="is no declaration of the attested set"):
        desk.check(posting(desk.ids[1], alone))


def test_a_withdrawal_is_relayed_if_the_declaration_is_anchored_here(desk: Desk) -> None:
    payer = Payer(PayerKind.PARTY, TRADER.signer)
    assert desk.check(desk.withdrawn()) == Relayable(payer, asks_wallet=False)
    desk.store.states[desk.ids[0]] = "final"
    assert desk.check(desk.withdrawn()).payer == payer
    for state in ("pending", "batched", "sent"):
        desk.store.states[desk.ids[0]] = state
        with pytest.raises(DeclarationNotAnchored):
            desk.check(desk.withdrawn())
    del desk.store.states[desk.ids[0]]
    with pytest.raises(DeclarationNotKnown, match="relay it where it was declared, or yourself"):
        desk.check(desk.withdrawn())
    with pytest.raises(PartyKeyMismatch):
        desk.check(desk.withdrawn(signer=STRANGER))


def test_a_resolution_needs_the_quorum_of_the_council(desk: Desk) -> None:
    made = AgencySuspension(MPI, desk.world.history.agencies.resolutions + 1)
    endorsement = Endorsement(COUNCIL.signer, COUNCIL.sign(made.id(desk.world.origin)))
    assert desk.check(Enacted(made, (endorsement,))).payer == Payer(PayerKind.COUNCIL)
    with pytest.raises(QuorumMissing):
        desk.check(Enacted(made, ()))
    with pytest.raises(ResolutionNumberMismatch):
        desk.check(Enacted(replace(made, number=made.number + 1), (endorsement,)))


def test_asking_changes_nothing(desk: Desk) -> None:
    before = desk.world.history.head, desk.world.history.size, list(desk.world.history.by_wallets)
    made = desk.attested(SetName(desk.root, desk.size))
    for _ in range(2):
        assert desk.check(replace(made, signature=STRANGER.sign(bytes(32)))).asks_wallet
        desk.check(made)
    assert (desk.world.history.head, desk.world.history.size, list(desk.world.history.by_wallets)) == before

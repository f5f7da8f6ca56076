"""What is done to a history, be it permitted or not, before somebody is asked to judge it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ledger.core.encoding.keccak import keccak
from ledger.core.history.entry import (
    Anchored,
    Attested,
    Enacted,
    Endorsement,
    Entry,
    EntryKind,
    Revoked,
    decode_payload,
    encode_payload,
    kind_of,
)
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.origin import Origin
from ledger.core.statements.resolutions import (
    AgencyEnrolment,
    AgencySuspension,
    AttesterAuthorisation,
    AttesterCompromise,
    AttesterRetirement,
    CouncilChange,
    MandateGrant,
    MandateWithdrawal,
    Resolution,
)
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.signature import P256_N, SECP256K1_N
from ledger.testing.world import COUNCIL, CUSTOMS, PLANT, START, TRADER, World, origin_of
from tests.conformance.parts import (
    CARD,
    EMU,
    KIWI,
    MEMBER,
    SECOND,
    THIEF,
    Shipment,
    attest_anyhow,
    enact_anyhow,
    shipment,
    statement,
    unruly,
)

KINDS = EntryKind


class Elsewhere:
    """The officer's card under a verifier that is not the contract's."""

    signer = bytes(20) + CARD.signer[20:]
    sign = staticmethod(CARD.sign)


def mandate_by(*hands: Any) -> Callable[[Shipment], None]:
    def build(made: Shipment) -> None:
        enact_anyhow(made, list(hands), MandateGrant, "NZ-MPI", 861, 0, NO_END)
        attest_anyhow(made, PLANT, kind=861)

    return build


def stolen_council(made: Shipment) -> None:
    enact_anyhow(made, [THIEF], CouncilChange, (THIEF.signer,), 1)
    attest_anyhow(made, PLANT)


def old_council(made: Shipment) -> None:
    enact_anyhow(made, [COUNCIL], CouncilChange, (MEMBER.signer,), 1)
    mandate_by(COUNCIL)(made)


def undone(kind: type[Resolution], *members: object, officer: Any = PLANT) -> Callable[[Shipment], None]:
    def build(made: Shipment) -> None:
        enact_anyhow(made, [COUNCIL], kind, *members)
        attest_anyhow(made, officer)

    return build


def afterwards(kind: EntryKind) -> Callable[[Shipment], None]:
    """Move all entries of a kind behind the attestation, in the council's order."""

    def build(made: Shipment) -> None:
        attest_anyhow(made, PLANT)
        entries = made.world.entries
        moved = [item for item in entries if item.kind is kind]
        kept = [item for item in entries if item.kind is not kind]
        made.world.entries[:] = [replace(item, number=number) for number, item in enumerate(kept + moved)]

    return build


def granted(kind: type[Resolution], begin: int, end: int) -> Callable[[Shipment], None]:
    def build(made: Shipment) -> None:
        enact_anyhow(made, [COUNCIL], kind, "NZ-MPI", 861, begin, end)
        attest_anyhow(made, PLANT, kind=861)

    return build


def of_customs(made: Shipment) -> None:
    enact_anyhow(made, [COUNCIL], MandateGrant, "NZ-CUSTOMS", 861, 0, NO_END)
    attest_anyhow(made, PLANT, kind=861)


def endorsed(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Shipment], None]:
    """A mandate with other endorsements than the one that is due."""

    def build(made: Shipment) -> None:
        said = MandateGrant("NZ-MPI", 861, 0, NO_END, number=resolutions(made))
        hands = sorted([COUNCIL, MEMBER], key=lambda hand: keccak(hand.signer))
        signatures = change([hand.sign(said.id(made.world.origin)) for hand in hands])
        unruly(made, Enacted(said, tuple(
            Endorsement(hand.signer, signature) for hand, signature in zip(hands, signatures, strict=False)
        )))  # fmt: skip
        attest_anyhow(made, PLANT, kind=861)

    return build


def resolutions(made: Shipment) -> int:
    return sum(item.kind < KINDS.ANCHORED for item in made.world.entries)


def meddled(made: Shipment) -> None:
    enact_anyhow(made, [THIEF], AgencySuspension, "NZ-CUSTOMS")
    attest_anyhow(made, PLANT)


def enrolment(council: CouncilChange) -> Resolution:
    return AgencyEnrolment("NZ-MPI", "An agency", "NZ", "https://agency.example", number=0)


def refounded(
    number: int = 0,
    endorsed: bool = False,
    resolution: Callable[[CouncilChange], Resolution] = lambda council: council,
) -> Callable[[Shipment], None]:
    """Another entry 0."""

    def build(made: Shipment) -> None:
        attest_anyhow(made, PLANT)
        first = made.world.entries[0]
        founded = decode_payload(first.kind, first.payload)
        assert isinstance(founded, Enacted)
        assert isinstance(founded.resolution, CouncilChange)
        said = resolution(founded.resolution)
        if number:
            said = replace(said, number=number)
        hands = (Endorsement(COUNCIL.signer, COUNCIL.sign(said.id(made.world.origin))),) if endorsed else ()
        content = Enacted(said, hands)
        made.world.entries[0] = Entry(0, kind_of(content), first.time, encode_payload(content))

    return build


def party(change: Callable[[bytes], bytes]) -> Callable[[Shipment], None]:
    def build(made: Shipment) -> None:
        made.declared = made.declared[0], change(made.declared[1])

    return build


def party_elsewhere(made: Shipment) -> None:
    made.declared = made.declared[0], TRADER.sign(made.declared[0].id(replace(made.world.origin, chain_id=1)))


def begun_later(made: Shipment) -> Origin:
    """The origin of a chain that was begun anew a day later, with the same council, id and contract."""
    return origin_of(replace(made.world.entries[0], time=START + 86_400))


def party_begun_anew(made: Shipment) -> None:
    made.declared = made.declared[0], TRADER.sign(made.declared[0].id(begun_later(made)))


def attested_begun_anew(made: Shipment) -> None:
    said = statement(made)
    unruly(made, Attested(said, PLANT.signer, PLANT.sign(said.id(begun_later(made)))))


def mandated_begun_anew(made: Shipment) -> None:
    said = MandateGrant("NZ-MPI", 861, 0, NO_END, number=resolutions(made))
    unruly(made, Enacted(said, (Endorsement(COUNCIL.signer, COUNCIL.sign(said.id(begun_later(made)))),)))
    attest_anyhow(made, PLANT, kind=861)


def another_beginning(made: Shipment) -> None:
    """Entry 0 of a chain that was begun anew; all else is signed for the origin."""
    made.world.entries[0] = replace(made.world.entries[0], time=START - 1)


def another_beginning_attested(made: Shipment) -> None:
    attest_anyhow(made, PLANT)
    another_beginning(made)


def other_council(made: Shipment) -> None:
    """A history from its first entry: the thief's council, a New Zealand agency of its own, and its certificate."""
    content = Enacted(CouncilChange((THIEF.signer,), 1, 0), ())
    made.world.entries[:] = [Entry(0, kind_of(content), made.world.entries[0].time, encode_payload(content))]
    enact_anyhow(made, [THIEF], AgencyEnrolment, "NZ-MPI", "Agency", "NZ", "https://mpi.example")
    enact_anyhow(made, [THIEF], MandateGrant, "NZ-MPI", 851, 0, NO_END)
    enact_anyhow(made, [THIEF], AttesterAuthorisation, THIEF.signer, "NZ-MPI")
    unruly(made, Anchored(*made.batch[:2]))
    attest_anyhow(made, THIEF)


def elsewhere() -> Shipment:
    """A whole history of the thief's council under an origin of its own, signed with the same log key."""
    world, found = World([THIEF], witnesses=[KIWI, EMU]), shipment()
    world.enrol("NZ-MPI", "NZ", [851], THIEF)
    declared = world.declare(found.document.digest, 851)
    made = Shipment(world, declared, world.anchor([declared[0]]), found.document)
    made.attest(THIEF)
    return made


def regranted(made: Shipment) -> None:
    enact_anyhow(made, [COUNCIL], MandateWithdrawal, "NZ-MPI", 851)
    enact_anyhow(made, [COUNCIL], MandateGrant, "NZ-MPI", 851, 0, NO_END)
    attest_anyhow(made, PLANT)


def others_undone(made: Shipment) -> None:
    for kind, *members in [
        (AgencySuspension, "NZ-CUSTOMS"),
        (AttesterRetirement, SECOND.signer),
        (AttesterRetirement, CUSTOMS.signer),
        (MandateGrant, "NZ-MPI", 861, 0, NO_END),
        (MandateWithdrawal, "NZ-MPI", 861),
        (MandateWithdrawal, "NZ-CUSTOMS", 132),
    ]:
        enact_anyhow(made, [COUNCIL], kind, *members)
    attest_anyhow(made, PLANT)


def council_of_cards(made: Shipment) -> None:
    enact_anyhow(made, [COUNCIL], CouncilChange, (CARD.signer,), 1)
    enact_anyhow(made, [CARD], MandateGrant, "NZ-MPI", 861, 0, NO_END)
    attest_anyhow(made, PLANT, kind=861)


def party_card(made: Shipment) -> None:
    declaration = replace(made.declared[0], party=CARD.signer, replaces=b"\x0c" * 32)
    made.declared = declaration, CARD.sign(declaration.id(made.world.origin))
    made.batch = made.world.anchor([declaration])


def party_without_key(signer: bytes) -> Callable[[Shipment], None]:
    """A party whose signature only a contract could take, or whose key is none."""

    def build(made: Shipment) -> None:
        declaration = replace(made.declared[0], party=signer, replaces=b"\x0c" * 32)
        made.declared = declaration, CARD.sign(declaration.id(made.world.origin))
        made.batch = made.world.anchor([declaration])

    return build


def foreign_officer(made: Shipment) -> None:
    enact_anyhow(made, [COUNCIL], AttesterAuthorisation, Elsewhere.signer, "NZ-MPI")
    attest_anyhow(made, Elsewhere)


def wallet_and_key(made: Shipment) -> None:
    attest_anyhow(made, PLANT, THIEF)
    said = replace(statement(made), salt=b"\x06" * 32)
    unruly(made, Attested(said, SECOND.signer, SECOND.sign(said.id(made.world.origin))))


BY_A_WALLET = endorsed(lambda _: [b"accepted by a wallet contract"])


def endorsed_anyhow(made: Shipment) -> None:
    """A mandate that a wallet contract at a council member's address may have endorsed, and an attestation under it."""
    BY_A_WALLET(made)


def endorsed_later(made: Shipment) -> None:
    made.attest()
    BY_A_WALLET(made)
    made.world.entries.pop()  # the attestation under that mandate


def endorsed_and_suspended(made: Shipment) -> None:
    BY_A_WALLET(made)
    made.world.entries.pop()
    enact_anyhow(made, [COUNCIL], AgencySuspension, "NZ-MPI")
    attest_anyhow(made, PLANT, kind=861)


def wallet_seats_a_council(made: Shipment) -> None:
    said = CouncilChange((CARD.signer,), 1, resolutions(made))
    unruly(made, Enacted(said, (Endorsement(COUNCIL.signer, b"accepted by a wallet contract"),)))
    mandate_by(CARD)(made)


def wallet_and_wrong_card(made: Shipment) -> None:
    enact_anyhow(made, [COUNCIL], CouncilChange, (COUNCIL.signer, CARD.signer), 2)
    said = MandateGrant("NZ-MPI", 861, 0, NO_END, number=resolutions(made))
    both = [
        Endorsement(COUNCIL.signer, b"accepted by a wallet contract"),
        Endorsement(CARD.signer, CARD.sign(bytes(32))),
    ]
    unruly(made, Enacted(said, tuple(sorted(both, key=lambda one: keccak(one.signer)))))
    attest_anyhow(made, PLANT, kind=861)


def revoked_elsewhere(made: Shipment) -> None:
    made.attest()
    said = Revocation(b"\x0a" * 32, ZERO, 41)
    unruly(made, Revoked(said, PLANT.signer, PLANT.sign(said.id(made.world.origin))))


def withdrawn_elsewhere(made: Shipment) -> None:
    made.attest()
    made.world.withdraw(Declaration(TRADER.signer, b"\x02" * 32, 380))


def stolen_elsewhere(made: Shipment) -> None:
    made.attest()
    made.world.enact(AttesterCompromise, SECOND.signer, START - 1000)


def unordered(made: Shipment) -> None:
    said = MandateGrant("NZ-MPI", 861, 0, NO_END, number=resolutions(made))
    hands = sorted([COUNCIL, MEMBER], key=lambda hand: keccak(hand.signer), reverse=True)
    id_ = said.id(made.world.origin)
    unruly(made, Enacted(said, tuple(Endorsement(hand.signer, hand.sign(id_)) for hand in hands)))
    attest_anyhow(made, PLANT, kind=861)


def high_s(signature: bytes) -> bytes:
    s = SECP256K1_N - int.from_bytes(signature[32:64])
    return signature[:32] + s.to_bytes(32) + bytes([55 - signature[64]])


def high_s_p256(signature: bytes) -> bytes:
    return signature[:32] + (P256_N - int.from_bytes(signature[32:])).to_bytes(32)

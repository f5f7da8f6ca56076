"""Adverse attestations, and outcomes that do not stand in for each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.core.history.entry import Attested, Revoked, Withdrawn
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.resolutions import (
    AgencySuspension,
    AttesterAuthorisation,
    AttesterCompromise,
    AttesterRetirement,
    MandateGrant,
)
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.withdrawal import Withdrawal
from ledger.core.tree.merkle import leaf_hash
from ledger.testing.world import COUNCIL, CUSTOMS, PLANT, START, TRADER, Key
from tests.conformance.parts import (
    BAD,
    CARD,
    GOOD,
    OPEN,
    SECOND,
    THIEF,
    P256Key,
    Shipment,
    case,
    enact_anyhow,
    everything,
    policy,
    requirement,
    shipment,
    statement,
    unruly,
)

DEPUTY = Key("second customs officer")
IN_FORCE, REVOCATION = "NZ-CUSTOMS 132 in force", "NZ-CUSTOMS 132 revocation"
RELEASED, DETAINED = 4, 7
HOLD, RELEASE = ("NZ-CUSTOMS", 132, DETAINED, True), ("NZ-CUSTOMS", 132, RELEASED, False)
CERTIFICATE = ("NZ-MPI", 851, 1, False)


def held() -> tuple[Shipment, bytes]:
    """Customs detains the goods: an attestation about this declaration alone. Its id."""
    made = shipment()
    made.world.enact(AttesterAuthorisation, DEPUTY.signer, "NZ-CUSTOMS")
    return made, says(made, DETAINED)


def says(made: Shipment, outcome: int, officer: Key = CUSTOMS, **more: Any) -> bytes:
    """What customs says of this declaration alone."""
    return made.world.attest("NZ-CUSTOMS", 132, leaf_hash(made.id), 1, officer, outcome=outcome, **more)


def revoke_anyhow(made: Shipment, attestation: bytes, officer: Any, hand: Any = None, member: bytes = ZERO) -> None:
    """A revocation in the name of ``officer``, by ``hand``, whether or not anybody may."""
    said = Revocation(attestation, member, 41)
    unruly(made, Revoked(said, officer.signer, (hand or officer).sign(said.id(made.world.origin))))


def adverse() -> None:
    def hold(
        name: str, about: str, build: Callable[[Shipment, bytes], Any], code: int, *failed: str, **more: Any
    ) -> None:
        made, attestation = held()
        build(made, attestation)
        case(f"hold_{name}" + ("_fail" if code else ""), about, made, exit=code, failed=failed, **more)

    hold(
        "in_force", "an adverse attestation in force is told, and decides nothing", lambda m, a: None, GOOD, said=[HOLD]
    )
    hold(
        "beside_a_certificate", "the adverse word is told first", lambda m, a: m.attest(), GOOD,
        said=[HOLD, CERTIFICATE],
    )  # fmt: skip
    hold("lifted", "a lifted hold is never decisive", lambda m, a: m.world.revoke(a, CUSTOMS), GOOD, said=[])
    hold("lifted_by_another_officer", "any officer of the agency", lambda m, a: m.world.revoke(a, DEPUTY, m.id), GOOD)

    def lifted_and_released(m: Shipment, a: bytes) -> None:
        m.world.revoke(a, CUSTOMS)
        says(m, RELEASED)

    released = policy(require=[requirement(132, (), (RELEASED,))])
    hold("lifted_and_released", "then released", lifted_and_released, GOOD, said=[RELEASE], policy=released)
    hold(
        "on_and_released", "both are in force, and both are told", lambda m, a: says(m, RELEASED), GOOD,
        said=[HOLD, RELEASE], policy=released,
    )  # fmt: skip
    hold(
        "meets_no_demand", "a demand without outcomes is for a favourable one", lambda m, a: None, BAD, "policy",
        policy=policy(require=[requirement(132)]), said=[HOLD],
    )  # fmt: skip
    hold(
        "demanded_by_its_outcome", "unless the policy names the outcome", lambda m, a: None, GOOD,
        policy=policy(require=[requirement(132, (), (DETAINED,))]), said=[HOLD],
    )  # fmt: skip

    def stolen(m: Shipment, a: bytes, *, seconds: int = 0, again: bool = False, anew: bool = False) -> None:
        m.world.revoke(a, DEPUTY, m.id)
        m.world.enact(AttesterCompromise, DEPUTY.signer, m.world.history.last_time + seconds)
        if again:
            m.world.revoke(a, CUSTOMS)
        if anew:
            says(m, DETAINED)

    hold("lifted_by_a_thief", "nobody can say whether customs lifted it", stolen, OPEN, IN_FORCE, said=[])
    hold("lifted_before_the_theft", "16 s before the key was stolen", lambda m, a: stolen(m, a, seconds=16), GOOD)
    hold("lifted_by_a_thief_and_customs", "customs lifted it too", lambda m, a: stolen(m, a, again=True), GOOD)
    hold(
        "lifted_by_a_thief_and_made_anew", "customs holds again", lambda m, a: stolen(m, a, anew=True), GOOD,
        said=[HOLD],
    )  # fmt: skip

    def by_a_stolen_key(m: Shipment, a: bytes, *, anew: bool = False, lifted: bool = False) -> None:
        m.world.enact(AttesterCompromise, CUSTOMS.signer, m.world.history.last_time)
        if anew:
            says(m, DETAINED, DEPUTY)
        if lifted:
            m.world.revoke(a, DEPUTY)

    compromise = "NZ-CUSTOMS 132 compromise"
    hold("by_a_stolen_key", "it blocks until the agency says", by_a_stolen_key, BAD, IN_FORCE, compromise, said=[])
    hold("by_a_stolen_key_confirmed", "and made anew", lambda m, a: by_a_stolen_key(m, a, anew=True), GOOD, said=[HOLD])
    hold("by_a_stolen_key_lifted", "and revoked", lambda m, a: by_a_stolen_key(m, a, lifted=True), GOOD, said=[])
    made = shipment()
    says(made, DETAINED, until=START + 100_000)
    case("hold_expired_fail", "a hold that ends by itself is not lifted", made, at=START + 100_000, exit=BAD,
         failed=(IN_FORCE,), said=[])  # fmt: skip
    made = shipment()
    made.world.attest("NZ-CUSTOMS", 132, *made.batch[:2], CUSTOMS, outcome=DETAINED)
    case("hold_about_a_whole_batch", "a reader tells it all the same", made, said=[HOLD])
    made, attestation = held()
    then = made.world.now - 1
    made.world.revoke(attestation, CUSTOMS)
    case("hold_at_a_time_before_it_was_lifted", "as at a time when it was in force", made, at=then, said=[HOLD])
    case("hold_at_a_time_before_it", "as at a time when it was still to come", made, at=then - 60, said=[])
    case(
        "hold_that_another_key_signed_fail", "in an officer's name, or by a wallet contract: told, since adverse",
        forged := shipment(),
        evidence=_forged_hold(forged), exit=OPEN, failed=("NZ-CUSTOMS 132 signature",), said=[HOLD],
    )  # fmt: skip


def _forged_hold(made: Shipment) -> bytes:
    said = statement(made, 132, agency="NZ-CUSTOMS", outcome=DETAINED, root=leaf_hash(made.id), size=1)
    unruly(made, Attested(said, CUSTOMS.signer, THIEF.sign(said.id(made.world.origin))))
    return everything(made)


def marks() -> None:
    """Which outcomes are adverse goes by the list of the kind."""
    for kind, outcome, is_adverse in [
        (851, 8, True), (851, 7, False), (851, 50, False), (861, 2, False),
        (132, 2, True), (961, 5, True), (932, 6, True), (963, 16, True), (962, 25, True), (961, 30, True),
        (961, 104, True), (961, 122, True), (961, 129, True), (962, 3, False), (961, 8, False), (961, 999, False),
        (293, 160, True), (293, 159, False), (965, 1, True), (965, 14, True), (854, 8, False), (9003, 160, True),
        (9001, 8, True), (9002, 7, False),
    ]:  # fmt: skip
        made = shipment()
        if kind != 132:
            made.world.enact(MandateGrant, "NZ-CUSTOMS", kind, 0, NO_END)
        made.world.attest("NZ-CUSTOMS", kind, leaf_hash(made.id), 1, CUSTOMS, outcome=outcome)
        word = "adverse" if is_adverse else "not_adverse"
        case(
            f"outcome_{outcome}_of_kind_{kind}_is_{word}", "the list of the kind says what is adverse", made,
            said=[("NZ-CUSTOMS", kind, outcome, is_adverse)],
        )  # fmt: skip


def outcomes() -> None:
    """An attestation of another outcome does not stand in for one that ended."""
    certificate = "NZ-MPI 851 in force"

    def two(name: str, about: str, build: Callable[[Shipment], Any], code: int, *failed: str, **more: Any) -> None:
        made = shipment()
        build(made)
        case(name + ("_fail" if code else ""), about, made, exit=code, failed=failed, **more)

    def release_then_hold(m: Shipment) -> None:
        m.world.revoke(says(m, RELEASED), CUSTOMS)
        says(m, DETAINED)

    def conditionally(m: Shipment) -> None:
        m.world.revoke(m.attest(), PLANT)
        m.attest(outcome=3)

    def expired(m: Shipment, outcome: int) -> None:
        m.attest(until=START + 100_000)
        m.attest(outcome=outcome)

    two("released_and_then_detained", "a hold does not stand in for a revoked release", release_then_hold, BAD, IN_FORCE,
        said=[HOLD])  # fmt: skip
    two("revoked_and_conditionally_accepted", "nor does another favourable outcome", conditionally, BAD, certificate,
        said=[("NZ-MPI", 851, 3, False)])  # fmt: skip
    late = {"at": START + 100_000}
    two("expired_and_another_outcome", "nor for one that expired", lambda m: expired(m, 44), BAD, certificate, **late)
    two(
        "expired_and_the_same_outcome",
        "the same outcome does",
        lambda m: expired(m, 1),
        GOOD,
        said=[CERTIFICATE],
        **late,
    )


def lifted_by_others() -> None:
    """Nobody but the agency lifts its hold or revokes its word: log and witnesses may be bought, signatures not."""

    def lifted(name: str, about: str, build: Callable[[Shipment, bytes], Any], *failed: str, wrong: int = BAD) -> None:
        made, attestation = held()
        build(made, attestation)
        case(
            f"hold_lifted_{name}" + ("_fail" if failed else ""), about, made, evidence=everything(made),
            exit=wrong if failed else GOOD, failed=failed, said=[],
        )  # fmt: skip

    def after(*resolution: Any) -> Callable[[Shipment, bytes], None]:
        def build(made: Shipment, attestation: bytes) -> None:
            made.world.enact(*resolution)
            revoke_anyhow(made, attestation, DEPUTY)

        return build

    def authorised_afterwards(made: Shipment, attestation: bytes) -> None:
        revoke_anyhow(made, attestation, THIEF)
        enact_anyhow(made, [COUNCIL], AttesterAuthorisation, THIEF.signer, "NZ-CUSTOMS")

    def twice(made: Shipment, attestation: bytes) -> None:
        made.world.revoke(attestation, CUSTOMS, made.id)
        revoke_anyhow(made, attestation, DEPUTY, THIEF)

    lifted(
        "without_a_signature", "in an officer's name, or by a wallet contract at the officer's address",
        lambda m, a: revoke_anyhow(m, a, DEPUTY, THIEF), REVOCATION, wrong=OPEN,
    )  # fmt: skip
    lifted(
        "by_nobody_authorised", "by a key that nobody authorised", lambda m, a: revoke_anyhow(m, a, THIEF), REVOCATION
    )
    lifted("by_another_agency", "by another agency's officer", lambda m, a: revoke_anyhow(m, a, PLANT), REVOCATION)
    lifted("by_a_retired_key", "by a key retired before", after(AttesterRetirement, DEPUTY.signer), REVOCATION)
    lifted("by_a_suspended_agency", "by an agency suspended before", after(AgencySuspension, "NZ-CUSTOMS"), REVOCATION)
    lifted("by_a_key_authorised_later", "by a key that was authorised only later", authorised_afterwards, REVOCATION)
    lifted("twice_and_once_without_a_signature", "each revocation is judged", twice, REVOCATION, wrong=OPEN)
    lifted("by_a_deputy", "the deputy may", lambda m, a: revoke_anyhow(m, a, DEPUTY))

    certificate, revocation = "NZ-MPI 851 in force", "NZ-MPI 851 revocation"
    for name, about, officer, hand, failed in [
        ("without_a_signature", "in an officer's name", SECOND, THIEF, (certificate, revocation)),
        ("by_another_agency", "by another agency's officer", CUSTOMS, None, (certificate, revocation)),
        ("by_nobody_authorised", "by a key that nobody authorised", THIEF, None, (certificate, revocation)),
        ("by_a_card", "by an officer's card", CARD, None, (certificate,)),
        ("with_another_card", "in the name of a card, by another card", CARD, P256Key("a"), (certificate, revocation)),
    ]:
        made = shipment()
        revoke_anyhow(made, made.attest(), officer, hand)
        case(f"revoked_{name}_fail", about, made, evidence=everything(made), exit=BAD, failed=failed)
    made = shipment()
    first = made.attest()
    made.attest(SECOND)
    revoke_anyhow(made, first, SECOND, THIEF)
    case(
        "revoked_without_a_signature_and_another_stands", "another stands in: nothing is asked of the revoked", made,
        evidence=everything(made), said=[CERTIFICATE],
    )  # fmt: skip


def withdrawals() -> None:
    """Nobody but the party withdraws its declaration."""
    for name, hand in [("without_the_partys_signature", THIEF), ("by_the_party", TRADER)]:
        made = shipment()
        said = Withdrawal(made.id, 1)
        unruly(made, Withdrawn(made.declared[0], said, hand.sign(said.id(made.world.origin))))
        case(
            f"withdrawn_{name}_fail", "a withdrawal is judged by the party's signature", made,
            evidence=everything(made), exit=BAD, failed=("withdrawal",),
        )  # fmt: skip

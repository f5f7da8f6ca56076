"""In force, as at a time, compromise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ledger.core.history.entry import Attested, Revoked
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.resolutions import (
    AgencyReinstatement,
    AgencySuspension,
    AttesterCompromise,
    AttesterRetirement,
    CouncilChange,
    MandateGrant,
)
from ledger.core.statements.revocation import Revocation
from ledger.testing.world import CUSTOMS, PLANT, START, TRADER
from tests.conformance.parts import (
    BAD,
    CARD,
    GOOD,
    MEMBER,
    NAME,
    OPEN,
    SECOND,
    Shipment,
    attested,
    case,
    everything,
    policy,
    requirement,
    shipment,
    statement,
    unruly,
)


def force() -> None:
    made = shipment()
    case("declared_only", "declared and anchored, attested by nobody", made)
    case("attested_twice", "two agencies, one of them by a P-256 card", _also(_also(shipment(), CARD), CUSTOMS))
    in_force = f"{NAME} in force"

    def ended(
        name: str, about: str, build: Callable[[Shipment, bytes], Any], code: int, *failed: str, later: int = 0
    ) -> None:
        victim = shipment()
        build(victim, victim.attest(until=START + 100_000))
        case(f"{name}_fail" if code else name, about, victim, exit=code, failed=failed, at=victim.world.now + later)

    def anew(m: Shipment, a: bytes) -> None:
        m.world.revoke(a, PLANT)
        m.attest(SECOND)

    ended("revoked_whole", "the whole set revoked", lambda m, a: m.world.revoke(a, PLANT), BAD, in_force)
    ended("revoked_member", "this member revoked", lambda m, a: m.world.revoke(a, SECOND, m.id), BAD, in_force)
    ended("revoked_other_member", "another member revoked", lambda m, a: m.world.revoke(a, PLANT, m.batch[2][0]), GOOD)
    ended("revoked_and_attested_anew", "one in force stands in for the revoked", anew, GOOD)
    ended("withdrawn", "withdrawn by the party", lambda m, a: m.world.withdraw(m.declared[0]), BAD, "withdrawal")
    ended(
        "replaced",
        "withdrawn and replaced",
        lambda m, a: m.world.withdraw(m.declared[0], replacement=b"\x09" * 32),
        BAD,
        "withdrawal",
    )
    ended("expired", "past its validity", lambda m, a: None, BAD, in_force, later=100_000)
    ended(
        "retired_later",
        "the key was retired after it attested",
        lambda m, a: m.world.enact(AttesterRetirement, PLANT.signer),
        GOOD,
    )
    ended(
        "suspended_later",
        "the agency was suspended after it attested",
        lambda m, a: m.world.enact(AgencySuspension, "NZ-MPI"),
        GOOD,
    )

    def reinstated(m: Shipment, a: bytes) -> None:
        m.world.revoke(a, PLANT)
        m.world.enact(AgencySuspension, "NZ-MPI")
        m.world.enact(AgencyReinstatement, "NZ-MPI")
        m.attest()

    ended("reinstated", "suspended, reinstated, then attested", reinstated, GOOD)
    ended(
        "council_changed",
        "a later council, seated by the one before",
        lambda m, a: m.world.enact(CouncilChange, (MEMBER.signer,), 1),
        GOOD,
    )

    compromise = f"{NAME} compromise"
    for name, seconds, code, failed in [
        ("safe", 16, GOOD, ()),
        ("undecidable", 15, OPEN, (compromise,)),
        ("undecidable_by_a_second", 1, OPEN, (compromise,)),
        ("unsafe", 0, BAD, (compromise, in_force)),
        ("unsafe_long_before", -1000, BAD, (compromise, in_force)),
    ]:
        victim = attested()
        time = victim.world.history.last_time
        victim.world.enact(AttesterCompromise, PLANT.signer, time + seconds)
        about = f"the key is declared compromised from {seconds} s after the attestation's entry"
        case(f"compromise_{name}" + ("_fail" if code else ""), about, victim, exit=code, failed=failed)
        if name == "undecidable":
            strict = policy(clock_tolerance=14)
            case("compromise_within_a_policy_of_14_seconds", about, victim, policy=strict)
            case(
                "compromise_known_only_later_fail",
                "a verdict about the past knows of it",
                victim,
                at=time + 1,
                exit=OPEN,
                failed=failed,
            )
    for name, seconds, code, failed in [
        ("by_a_thief", 0, OPEN, (in_force,)),
        ("within_the_tolerance", 15, OPEN, (in_force,)),
        ("before_the_theft", 16, BAD, (in_force,)),
    ]:
        victim = shipment()
        victim.world.revoke(victim.attest(), SECOND)
        victim.world.enact(AttesterCompromise, SECOND.signer, victim.world.history.last_time + seconds)
        about = f"revoked with a key declared compromised from {seconds} s after the revocation"
        case(f"revoked_{name}_fail", about, victim, exit=code, failed=failed)

    past = shipment()
    before = past.world.now - 1
    attestation = past.attest()
    then = past.world.now - 1
    past.world.revoke(attestation, PLANT)
    past.world.withdraw(past.declared[0])
    case("at_before_revocation_and_withdrawal", "as at a time when both were still to come", past, at=then)
    case("at_before_the_attestation", "a later attestation does not count", past, at=before)
    case(
        "at_before_the_anchor_fail",
        "as at a time when it was not anchored yet",
        past,
        at=before - 60,
        exit=BAD,
        failed=("anchor",),
    )
    early = shipment()
    said = replace(statement(early), valid_from=early.world.now + 5000)
    early.world.append(Attested(said, PLANT.signer, PLANT.sign(said.id(early.world.origin))))
    case("before_its_validity_fail", "attested, and valid only later", early, exit=BAD, failed=(in_force,))
    case("at_its_validity", "the first second of its validity", early, at=said.valid_from)
    case(
        "at_the_second_before_its_validity_fail",
        "a second before its validity",
        early,
        at=said.valid_from - 1,
        exit=BAD,
        failed=(in_force,),
    )
    over = shipment()
    end = START + 100_000
    over.attest(until=end)
    case("at_the_last_second_of_its_validity", "a second before its end", over, at=end - 1)
    case("at_the_end_of_its_validity_fail", "the end is not within", over, at=end, exit=BAD, failed=(in_force,))

    ending = shipment()
    made_at = ending.world.now
    stated = ending.attest()
    revoked_at = ending.world.now
    ending.world.revoke(stated, PLANT)
    withdrawn_at = ending.world.now
    ending.world.withdraw(ending.declared[0])
    case("at_the_anchor", "the second of the anchor", ending, at=made_at - 60)
    case(
        "at_the_second_before_the_anchor_fail",
        "a second before the anchor",
        ending,
        at=made_at - 61,
        exit=BAD,
        failed=("anchor",),
    )
    demanded = policy(require=[requirement()])
    for name, about, at, failed in [
        ("at_the_second_before_the_attestation", "a second before it was attested", made_at - 1, ("policy",)),
        ("at_the_attestation", "the second of the attestation", made_at, ()),
        ("at_the_second_before_the_revocation", "a second before it was revoked", revoked_at - 1, ()),
        ("at_the_revocation", "the second of the revocation", revoked_at, (in_force, "policy")),
        (
            "at_the_second_before_the_withdrawal",
            "a second before it was withdrawn",
            withdrawn_at - 1,
            (in_force, "policy"),
        ),
        ("at_the_withdrawal", "the second of the withdrawal", withdrawn_at, (in_force, "policy", "withdrawal")),
    ]:
        code = BAD if failed else GOOD
        title = name + ("_fail" if failed else "")
        case(title, f"an attestation is demanded: {about}", ending, at=at, policy=demanded, exit=code, failed=failed)
    case("at_the_beginning_of_time_fail", "as at second 0", ending, at=0, exit=BAD, failed=("anchor",))

    def two(name: str, about: str, build: Callable[[Shipment], Any], code: int, *failed: str, **more: Any) -> None:
        victim = shipment()
        build(victim)
        case(f"{name}_fail" if code else name, about, victim, exit=code, failed=failed, **more)

    def others_stand_in(m: Shipment) -> None:
        m.world.revoke(m.attest(), PLANT)
        _also(m, CUSTOMS)

    def other_kind(m: Shipment) -> None:
        m.world.revoke(m.attest(), PLANT)
        m.world.enact(MandateGrant, "NZ-MPI", 861, 0, NO_END)
        m.attest(kind=861)

    def stolen(m: Shipment, *, anew: bool) -> None:
        m.attest()
        m.world.enact(AttesterCompromise, PLANT.signer, m.world.history.last_time - 1)
        if anew:
            m.attest(SECOND)

    def twice_compromised(m: Shipment) -> None:
        m.attest()
        last = m.world.history.last_time
        m.world.enact(AttesterCompromise, PLANT.signer, last + 30)
        m.world.enact(AttesterCompromise, PLANT.signer, last)

    def thief_revoked(m: Shipment, *, anew: bool = False, both: bool = False) -> None:
        stated = m.attest()
        m.world.revoke(stated, SECOND, m.id if both else ZERO)
        m.world.enact(AttesterCompromise, SECOND.signer, m.world.history.last_time)
        if anew:
            m.attest(CARD)
        if both:
            m.world.revoke(stated, PLANT)

    def revoked_twice(m: Shipment) -> None:
        """Whole by an officer, then once more for the member, which the contract would not take."""
        stated = m.attest()
        m.world.revoke(stated, PLANT)
        said = Revocation(stated, m.id, 41)
        unruly(m, Revoked(said, SECOND.signer, SECOND.sign(said.id(m.world.origin))))

    two("revoked_and_another_agency_stands", "another agency's does not stand in", others_stand_in, BAD, in_force)
    two("revoked_and_another_kind_stands", "another kind does not stand in", other_kind, BAD, in_force)
    two(
        "compromised_and_attested_anew",
        "an officer with a safe key attested anew",
        lambda m: stolen(m, anew=True),
        GOOD,
    )
    two("compromised_twice", "the earliest date counts", twice_compromised, BAD, in_force, compromise)
    two(
        "revoked_by_a_thief_and_attested_anew",
        "another officer's stands in",
        lambda m: thief_revoked(m, anew=True),
        GOOD,
    )
    two(
        "revoked_by_a_thief_and_others",
        "one revocation by a thief, one by an officer",
        lambda m: thief_revoked(m, both=True),
        BAD,
        in_force,
    )
    two(
        "compromised_and_demanded", "an unsafe attestation meets no policy", lambda m: stolen(m, anew=False), BAD,
        in_force, compromise, "policy", policy=demanded,
    )  # fmt: skip
    two(
        "revoked_and_demanded_anew",
        "the policy is met by the one in force",
        lambda m: stolen(m, anew=True),
        GOOD,
        policy=demanded,
    )
    doubly = shipment()
    revoked_twice(doubly)
    case(
        "revoked_whole_and_member_fail",
        "revoked twice",
        doubly,
        evidence=everything(doubly),
        exit=BAD,
        failed=(in_force,),
    )

    thieves = shipment()
    thief_revoked(thieves)
    thieves.declared = thieves.declared[0], bytes(65)
    case(
        "undecided_and_not_good_fail", "what is wrong outweighs what nobody can say", thieves,
        exit=BAD, failed=(in_force, "declaration"), undecided=(in_force,),
    )  # fmt: skip
    two(
        "undecided_and_unknown", "nobody can say, and nothing may be unknown", thief_revoked, OPEN, in_force,
        policy=policy(allow_skipped=False),
    )  # fmt: skip

    other = shipment(party=replace(TRADER, name="another party"))
    foreign = replace(other, declared=(other.declared[0], TRADER.sign(other.id)))
    case(
        "party_signature_of_another_fail",
        "another key signed, and a party is a key: no wallet contract is asked",
        foreign,
        exit=BAD,
        failed=("declaration",),
    )


def _also(made: Shipment, officer: Any) -> Shipment:
    made.attest(officer, *(("NZ-CUSTOMS", 132) if officer is CUSTOMS else ()))
    return made

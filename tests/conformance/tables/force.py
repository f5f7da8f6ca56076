"""In force, as at a time, compromise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ledger.core import entry as en
from ledger.core import statement as st
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
    policy,
    shipment,
    statement,
)
from tests.world import CUSTOMS, ORIGIN, PLANT, START, TRADER


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
        lambda m, a: m.world.decide(st.AttesterRetirement, PLANT.signer),
        GOOD,
    )
    ended(
        "suspended_later",
        "the agency was suspended after it attested",
        lambda m, a: m.world.decide(st.AgencySuspension, "NZ-MPI"),
        GOOD,
    )

    def reinstated(m: Shipment, a: bytes) -> None:
        m.world.revoke(a, PLANT)
        m.world.decide(st.AgencySuspension, "NZ-MPI")
        m.world.decide(st.AgencyReinstatement, "NZ-MPI")
        m.attest()

    ended("reinstated", "suspended, reinstated, then attested", reinstated, GOOD)
    ended(
        "council_changed",
        "a later council, seated by the one before",
        lambda m, a: m.world.decide(st.CouncilChange, (MEMBER.signer,), 1),
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
        victim.world.decide(st.AttesterCompromise, PLANT.signer, time + seconds)
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
        victim.world.decide(st.AttesterCompromise, SECOND.signer, victim.world.history.last_time + seconds)
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
    early.world.append(en.Attested(said, PLANT.signer, PLANT.sign(said.id(ORIGIN))))
    case("before_its_validity_fail", "attested, and valid only later", early, exit=BAD, failed=(in_force,))
    case("at_its_validity", "the first second of its validity", early, at=said.valid_from)
    wallet = shipment(party=replace(TRADER, name="wallet"))
    foreign = replace(wallet, declared=(wallet.declared[0], TRADER.sign(wallet.id)))
    case(
        "party_signature_of_another_fail",
        "only a chain could say whether a wallet takes it",
        foreign,
        exit=BAD,
        failed=("declaration",),
    )


def _also(made: Shipment, officer: Any) -> Shipment:
    made.attest(officer, *(("NZ-CUSTOMS", 132) if officer is CUSTOMS else ()))
    return made

"""Replay: every rule of docs/formats.md section 5 is kept, and a history that breaks one is named at the entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger import errors as le
from ledger.core import codec as co
from ledger.core import entry as en
from ledger.core import statement as st
from ledger.core.history import History, Standing
from ledger.core.merkle import leaf_hash, node_hash, verify_inclusion
from ledger.errors import HistoryBroken, Malformed
from tests.world import COUNCIL, CUSTOMS, ORIGIN, PLANT, START, TRADER, Key, World

ROOT = b"\x11" * 32
OTHER = Key("other officer")
SECOND, THIRD = Key("second member"), Key("third member")


@pytest.fixture
def world() -> World:
    world = World()
    world.enrol("NZ-MPI", "NZ", [851], PLANT)
    world.enrol("NZ-CUSTOMS", "NZ", [132], CUSTOMS)
    return world


def attest(world: World, **changes: Any) -> en.Attested:
    statement = replace(st.Attestation("NZ-MPI", 851, 1, co.ZERO, START, co.NO_END, ROOT, 5, co.ZERO), **changes)
    return en.Attested(statement, PLANT.signer, PLANT.sign(statement.id(ORIGIN)))


def resolution(
    world: World, kind: type[st.Resolution], *members: Any, by: Key = COUNCIL, number: int = 0
) -> en.Enacted:
    made = kind(*members, resolution=number or world.history.agencies.resolutions + 1)  # type: ignore[call-arg]
    return en.Enacted(made, (en.Endorsement(by.signer, by.sign(made.id(ORIGIN))),))


def retired(world: World) -> en.Attested:
    world.enact(st.AttesterRetirement, PLANT.signer)
    return attest(world)


def compromised(world: World) -> en.Attested:
    world.enact(st.AttesterCompromise, PLANT.signer, START)
    return attest(world)


def suspended(world: World) -> en.Attested:
    world.enact(st.AgencySuspension, "NZ-MPI")
    return attest(world)


def mandate_withdrawn(world: World) -> en.Attested:
    world.enact(st.MandateWithdrawal, "NZ-MPI", 851)
    return attest(world)


def repeated(world: World) -> en.Attested:
    world.append(attest(world))
    return attest(world)


def revoked(world: World, officer: Key = PLANT, member: bytes = co.ZERO, before: bytes | None = None) -> en.Revoked:
    id_ = world.attest("NZ-MPI", 851, ROOT, 5, PLANT)
    if before is not None:
        world.revoke(id_, PLANT, before)
    statement = st.Revocation(id_, member, 41)
    return en.Revoked(statement, officer.signer, officer.sign(statement.id(ORIGIN)))


def unknown_revocation(world: World) -> en.Revoked:
    statement = st.Revocation(ROOT, co.ZERO, 41)
    return en.Revoked(statement, PLANT.signer, PLANT.sign(statement.id(ORIGIN)))


def withdrawn(world: World, by: Key = TRADER, times: int = 1, itself: bool = False) -> en.Withdrawn:
    declaration, _ = world.declare(ROOT)
    id_ = declaration.id(ORIGIN)
    for _ in range(times - 1):
        world.withdraw(declaration)
    statement = st.Withdrawal(id_, 1, id_ if itself else co.ZERO)
    return en.Withdrawn(declaration, statement, by.sign(statement.id(ORIGIN)))


def foreign_withdrawal(world: World) -> en.Withdrawn:
    return replace(withdrawn(world), declaration=world.declare(b"\x12" * 32)[0])


def anchored_twice(world: World) -> en.Anchored:
    world.append(en.Anchored(ROOT, 5))
    return en.Anchored(ROOT, 5)


def overlapping(world: World) -> en.Enacted:
    return resolution(world, st.MandateGrant, "NZ-MPI", 851, 0, co.NO_END)


def not_earlier(world: World) -> en.Enacted:
    world.enact(st.AttesterCompromise, PLANT.signer, START)
    return resolution(world, st.AttesterCompromise, PLANT.signer, START)


def p256_nonsense(world: World) -> en.Withdrawn:
    declaration = st.Declaration(ORIGIN.p256_verifier + bytes(64), ROOT, 380)
    return en.Withdrawn(declaration, st.Withdrawal(declaration.id(ORIGIN), 1), bytes(64))


Broken = Callable[[World], en.Content]
RULES: dict[str, tuple[Broken, type[Exception]]] = {
    "1 resolution out of order": (
        lambda w: resolution(w, st.AgencySuspension, "NZ-MPI", number=99),
        le.WrongResolution,
    ),
    "1 resolution by a stranger": (lambda w: resolution(w, st.AgencySuspension, "NZ-MPI", by=OTHER), le.NotInCouncil),
    "1 resolution unsigned": (
        lambda w: replace(resolution(w, st.AgencySuspension, "NZ-MPI"), endorsements=()),
        le.QuorumMissing,
    ),
    "1 council without members to decide": (
        lambda w: resolution(w, st.CouncilChange, (COUNCIL.signer,), 2),
        le.InvalidCouncil,
    ),
    "2 enrolled twice": (lambda w: resolution(w, st.AgencyEnrolment, "NZ-MPI", "x", "NZ", "x"), le.AgencyKnown),
    "2 unknown agency suspended": (lambda w: resolution(w, st.AgencySuspension, "NZ-X"), le.UnknownAgency),
    "2 suspended twice": (
        lambda w: (w.enact(st.AgencySuspension, "NZ-MPI"), resolution(w, st.AgencySuspension, "NZ-MPI"))[1],
        le.AgencyNotActive,
    ),
    "2 reinstated while active": (lambda w: resolution(w, st.AgencyReinstatement, "NZ-MPI"), le.AgencyNotSuspended),
    "3 authorised twice": (lambda w: resolution(w, st.AttesterAuthorisation, PLANT.signer, "NZ-MPI"), le.AttesterKnown),
    "3 authorised for nobody": (
        lambda w: resolution(w, st.AttesterAuthorisation, OTHER.signer, "NZ-X"),
        le.UnknownAgency,
    ),
    "3 retired twice": (
        lambda w: (w.enact(st.AttesterRetirement, PLANT.signer), resolution(w, st.AttesterRetirement, PLANT.signer))[1],
        le.AttesterNotActive,
    ),
    "3 unknown attester retired": (lambda w: resolution(w, st.AttesterRetirement, OTHER.signer), le.UnknownAttester),
    "4 compromise in the future": (
        lambda w: resolution(w, st.AttesterCompromise, PLANT.signer, w.now + 1),
        le.CompromiseInFuture,
    ),
    "4 compromise not earlier": (not_earlier, le.CompromiseNotEarlier),
    "5 mandate overlaps": (overlapping, le.MandateOverlaps),
    "5 mandate in the past": (
        lambda w: resolution(w, st.MandateGrant, "NZ-MPI", 1, START, co.NO_END),
        le.MalformedPeriod,
    ),
    "5 mandate ends before it begins": (
        lambda w: resolution(w, st.MandateGrant, "NZ-MPI", 1, 0, 1),
        le.MalformedPeriod,
    ),
    "5 no mandate to withdraw": (lambda w: resolution(w, st.MandateWithdrawal, "NZ-MPI", 1), le.MandateMissing),
    "6 another agency": (lambda w: attest(w, agency="NZ-CUSTOMS"), le.WrongAgency),
    "6 no mandate": (lambda w: attest(w, kind=132), le.MandateMissing),
    "6 mandate withdrawn": (mandate_withdrawn, le.MandateMissing),
    "6 retired": (retired, le.AttesterNotActive),
    "6 compromised": (compromised, le.AttesterDeclaredCompromised),
    "6 suspended": (suspended, le.AgencyNotActive),
    "6 unknown attester": (lambda w: replace(attest(w), signer=OTHER.signer), le.UnknownAttester),
    "6 empty set": (lambda w: attest(w, size=0), le.MalformedSet),
    "6 zero root": (lambda w: attest(w, root=co.ZERO), le.MalformedSet),
    "6 ends before it begins": (lambda w: attest(w, valid_until=START), le.MalformedPeriod),
    "6 ended already": (lambda w: attest(w, valid_until=w.now), le.MalformedPeriod),
    "6 repeated": (repeated, le.AlreadyAttested),
    "7 another agency's": (lambda w: revoked(w, CUSTOMS), le.WrongAgency),
    "7 by a stranger": (lambda w: revoked(w, OTHER), le.UnknownAttester),
    "7 never attested": (unknown_revocation, le.UnknownAttestation),
    "7 revoked twice": (lambda w: revoked(w, before=co.ZERO), le.AlreadyRevoked),
    "7 member of a revoked set": (lambda w: revoked(w, member=ROOT, before=co.ZERO), le.AlreadyRevoked),
    "7 member revoked twice": (lambda w: revoked(w, member=ROOT, before=ROOT), le.AlreadyRevoked),
    "8 withdrawn twice": (lambda w: withdrawn(w, times=2), le.AlreadyWithdrawn),
    "8 replaces itself": (lambda w: withdrawn(w, itself=True), le.ReplacesItself),
    "8 another declaration": (foreign_withdrawal, le.VerificationFailed),
    "8 signed by no key": (p256_nonsense, le.VerificationFailed),
    "9 empty batch": (lambda w: en.Anchored(ROOT, 0), le.MalformedSet),
    "9 zero root": (lambda w: en.Anchored(co.ZERO, 5), le.MalformedSet),
    "9 repeated": (anchored_twice, Malformed),
}


@pytest.mark.parametrize("rule", RULES)
def test_rule(world: World, rule: str) -> None:
    build, refusal = RULES[rule]
    content = build(world)
    before, head = world.history.size, world.history.head
    with pytest.raises(HistoryBroken) as caught:
        world.append(content)
    assert type(caught.value.__cause__) is refusal
    assert caught.value.number == before
    assert (world.history.size, world.history.head) == (before, head)


@pytest.mark.parametrize("content", [attest, revoked, withdrawn], ids=["attest", "revoke", "withdraw"])
def test_the_contents_that_rules_start_from_are_good(world: World, content: Broken) -> None:
    world.append(content(world))


def test_head_is_the_fold_and_root_is_the_tree(world: World) -> None:
    head = ORIGIN.separator
    for number, entry in enumerate(world.entries):
        head = node_hash(head, leaf_hash(entry.data))
        proof = world.history.log.inclusion(number)
        verify_inclusion(entry.hash, number, world.history.size, proof, world.history.log.root())
    assert world.history.head == head


def test_an_entry_out_of_order_or_back_in_time_is_named(world: World) -> None:
    content = en.Anchored(ROOT, 1)
    payload, number = en.encode_payload(content), world.history.size
    for entry, words in [
        (en.Entry(number + 1, en.EntryKind.ANCHORED, world.now, payload), "not in order"),
        (en.Entry(number, en.EntryKind.ANCHORED, START - 1, payload), "time runs backwards"),
        (en.Entry(number, en.EntryKind.ANCHORED, world.now, payload[:-1]), "not the standard ABI"),
        (en.Entry(number, en.EntryKind.ANCHORED, world.now, payload + bytes(32)), "not the standard ABI"),
    ]:
        with pytest.raises(HistoryBroken, match=words) as caught:
            world.history.apply(entry)
        assert caught.value.number == number


def test_entry_bytes_round_trip(world: World) -> None:
    for entry in world.entries:
        assert en.Entry.from_data(entry.data) == entry
    for wrong in (b"", bytes(16), bytes(8) + b"\x0d" + bytes(8), bytes(8) + b"\x00" + b"\x01" + bytes(7)):
        with pytest.raises(Malformed):
            en.Entry.from_data(wrong)


def test_first_entry_must_be_the_first_council() -> None:
    for content in (
        en.Anchored(ROOT, 1),
        en.Enacted(st.CouncilChange((COUNCIL.signer,), 1, 1), ()),
        en.Enacted(st.AgencySuspension("NZ-MPI", 0), ()),
    ):
        entry = en.Entry(0, en.kind_of(content), START, en.encode_payload(content))
        with pytest.raises(HistoryBroken):
            History(ORIGIN).apply(entry)


def test_two_of_three_decide_in_any_pair_but_not_twice_the_same() -> None:
    world = World((COUNCIL, SECOND, THIRD), threshold=2)
    world.enact(st.AgencyEnrolment, "NZ-MPI", "x", "NZ", "x", signers=[SECOND, THIRD])
    with pytest.raises(HistoryBroken) as caught:
        world.enact(st.AgencySuspension, "NZ-MPI", signers=[SECOND, SECOND])
    assert type(caught.value.__cause__) is le.EndorsementsUnordered
    world.enact(st.CouncilChange, (THIRD.signer,), 1, signers=[COUNCIL, THIRD])
    world.enact(st.AgencySuspension, "NZ-MPI", signers=[THIRD])


def test_a_wallet_signature_is_left_to_whoever_has_a_chain(world: World) -> None:
    content = attest(world)
    world.append(replace(content, signature=b"whatever the wallet takes"))
    assert world.history.undecided == [
        (world.history.size - 1, PLANT.signer, content.attestation.id(ORIGIN), b"whatever the wallet takes")
    ]


def test_standing_over_time(world: World) -> None:
    until = world.now + 1000
    id_ = world.attest("NZ-MPI", 851, ROOT, 5, PLANT, until=until)
    made = world.history.attestations[id_].mark.time

    def standing(at: int, member: bytes = co.ZERO) -> Standing:
        return world.history.standing(id_, member, at)[0]

    assert world.history.standing(bytes(32), co.ZERO, made)[0] is Standing.UNKNOWN
    assert [standing(made - 1), standing(made), standing(until - 1), standing(until)] == [
        Standing.NOT_YET,
        Standing.IN_FORCE,
        Standing.IN_FORCE,
        Standing.EXPIRED,
    ]
    ended = world.now
    world.revoke(id_, PLANT, ROOT)
    assert standing(ended - 1, ROOT) is Standing.IN_FORCE
    assert standing(ended, ROOT) is Standing.REVOKED
    assert standing(ended) is Standing.IN_FORCE


def test_who_may_say_what_when(world: World) -> None:
    register = world.history.agencies
    authorised = register.attester(PLANT.signer).period.from_
    assert not register.may_attest(PLANT.signer, 851, authorised - 1)
    assert register.may_attest(PLANT.signer, 851, authorised)
    assert not register.may_attest(PLANT.signer, 132, authorised)
    assert not register.may_attest(OTHER.signer, 851, authorised)
    suspended_at = world.now
    world.enact(st.AgencySuspension, "NZ-MPI")
    back = world.now
    world.enact(st.AgencyReinstatement, "NZ-MPI")
    assert [register.may_attest(PLANT.signer, 851, at) for at in (suspended_at - 1, suspended_at, back - 1, back)] == [
        True,
        False,
        False,
        True,
    ]
    world.enact(st.AttesterCompromise, PLANT.signer, back)
    assert register.may_attest(PLANT.signer, 851, suspended_at - 1)
    assert not register.may_attest(PLANT.signer, 851, back)


def test_a_mandate_that_has_not_begun_can_be_withdrawn_and_granted_again(world: World) -> None:
    world.enact(st.MandateGrant, "NZ-MPI", 852, world.now + 10_000, co.NO_END)
    world.enact(st.MandateWithdrawal, "NZ-MPI", 852)
    world.enact(st.MandateGrant, "NZ-MPI", 852, 0, world.now + 100)
    assert world.history.agencies.agency("NZ-MPI").mandated(852, world.now - 60)
    assert not world.history.agencies.agency("NZ-MPI").mandated(852, world.now + 10_001)


def test_withdrawing_a_mandate_ends_the_running_period_and_the_one_to_come(world: World) -> None:
    world.enact(st.MandateGrant, "NZ-MPI", 852, 0, world.now + 1000)
    world.enact(st.MandateGrant, "NZ-MPI", 852, world.now + 1000, co.NO_END)
    world.enact(st.MandateWithdrawal, "NZ-MPI", 852)
    agency = world.history.agencies.agency("NZ-MPI")
    assert not any(agency.mandated(852, world.now + later) for later in (0, 500, 1500))

"""Replay: every rule of docs/formats.md section 5 is kept, and a history that breaks one is named at the entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger.core.encoding.ids import LineName, Signer
from ledger.core.encoding.keccak import keccak
from ledger.core.encoding.reading import hex_text
from ledger.core.history.entry import (
    Anchored,
    Attested,
    Content,
    Enacted,
    Endorsement,
    Entry,
    EntryKind,
    Posted,
    Revoked,
    Withdrawn,
    encode_payload,
    kind_of,
)
from ledger.core.history.history import History
from ledger.core.history.standing import Standing
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.posting import Posting
from ledger.core.statements.resolutions import (
    AgencyEnrolment,
    AgencyReinstatement,
    AgencySuspension,
    AttesterAuthorisation,
    AttesterCompromise,
    AttesterRetirement,
    CouncilChange,
    MandateGrant,
    MandateWithdrawal,
    Resolution,
    make_resolution,
)
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.withdrawal import Withdrawal
from ledger.core.tree.merkle import leaf_hash, node_hash, verify_inclusion
from ledger.errors import (
    AgencyAlreadyEnrolled,
    AgencyMismatch,
    AgencyNotActive,
    AgencyNotSuspended,
    AgencyUnknown,
    AttestationAlreadyRecorded,
    AttestationAlreadyRevoked,
    AttestationUnknown,
    AttesterAlreadyAuthorised,
    AttesterDeclaredCompromised,
    AttesterNotActive,
    AttesterUnknown,
    CompromiseInFuture,
    CompromiseNotEarlier,
    CouncilMalformed,
    CouncilMemberUnknown,
    DeclarationAlreadyWithdrawn,
    DeclarationMismatch,
    DeclarationReplacesItself,
    EndorsementsUnordered,
    HistoryBroken,
    Malformed,
    MandateMissing,
    MandateOverlaps,
    PartyKeyMismatch,
    PartyVerifierUnknown,
    PeriodMalformed,
    PostingMalformed,
    QuorumMissing,
    ResolutionNumberMismatch,
    SetMalformed,
    SheetStale,
    VerificationFailed,
)
from ledger.testing.world import COUNCIL, CUSTOMS, ORIGIN, PLANT, START, TRADER, Key, World, first_entry, origin_of
from tests.past_authority import may_attest

ROOT = b"\x11" * 32
OTHER = Key("other officer")
SECOND, THIRD = Key("second member"), Key("third member")


@pytest.fixture
def world() -> World:
    world = World()
    world.enrol("NZ-MPI", "NZ", [851], PLANT)
    world.enrol("NZ-CUSTOMS", "NZ", [132], CUSTOMS)
    return world


def attest(world: World, **changes: Any) -> Attested:
    statement = replace(Attestation("NZ-MPI", 851, 1, ZERO, START, NO_END, ROOT, 5, ZERO), **changes)
    return Attested(statement, PLANT.signer, PLANT.sign(statement.id(ORIGIN)))


def resolution(world: World, kind: type[Resolution], *members: Any, by: Key = COUNCIL, number: int = 0) -> Enacted:
    made = make_resolution(kind, members, number or world.history.agencies.resolutions + 1)
    return Enacted(made, (Endorsement(by.signer, by.sign(made.id(ORIGIN))),))


def retired(world: World) -> Attested:
    world.enact(AttesterRetirement, PLANT.signer)
    return attest(world)


def compromised(world: World) -> Attested:
    world.enact(AttesterCompromise, PLANT.signer, START)
    return attest(world)


def suspended(world: World) -> Attested:
    world.enact(AgencySuspension, "NZ-MPI")
    return attest(world)


def mandate_withdrawn(world: World) -> Attested:
    world.enact(MandateWithdrawal, "NZ-MPI", 851)
    return attest(world)


def repeated(world: World) -> Attested:
    world.append(attest(world))
    return attest(world)


def revoked(world: World, officer: Key = PLANT, member: bytes = ZERO, before: bytes | None = None) -> Revoked:
    id_ = world.attest("NZ-MPI", 851, ROOT, 5, PLANT)
    if before is not None:
        world.revoke(id_, PLANT, before)
    statement = Revocation(id_, member, 41)
    return Revoked(statement, officer.signer, officer.sign(statement.id(ORIGIN)))


def unknown_revocation(world: World) -> Revoked:
    statement = Revocation(ROOT, ZERO, 41)
    return Revoked(statement, PLANT.signer, PLANT.sign(statement.id(ORIGIN)))


def withdrawn(world: World, by: Key = TRADER, times: int = 1, itself: bool = False) -> Withdrawn:
    declaration, _ = world.declare(ROOT)
    id_ = declaration.id(ORIGIN)
    for _ in range(times - 1):
        world.withdraw(declaration)
    statement = Withdrawal(id_, 1, id_ if itself else ZERO)
    return Withdrawn(declaration, statement, by.sign(statement.id(ORIGIN)))


def foreign_withdrawal(world: World) -> Withdrawn:
    return replace(withdrawn(world), declaration=world.declare(b"\x12" * 32)[0])


def anchored_twice(world: World) -> Anchored:
    world.append(Anchored(ROOT, 5))
    return Anchored(ROOT, 5)


def overlapping(world: World) -> Enacted:
    return resolution(world, MandateGrant, "NZ-MPI", 851, 0, NO_END)


def not_earlier(world: World) -> Enacted:
    world.enact(AttesterCompromise, PLANT.signer, START)
    return resolution(world, AttesterCompromise, PLANT.signer, START)


def p256_nonsense(world: World) -> Withdrawn:
    declaration = Declaration(ORIGIN.p256_verifier + bytes(64), ROOT, 380)
    return Withdrawn(declaration, Withdrawal(declaration.id(ORIGIN), 1), bytes(64))


Broken = Callable[[World], Content]
SHEETS = [bytes([number]) * 32 for number in range(1, 4)]


def posted(world: World, by: Key = PLANT, **changes: Any) -> Posted:
    """The plant agency issued a certificate and opened line 1; customs may post, too. Then a posting."""
    id_ = issued(world)
    statement = replace(Posting("NZ-MPI", id_, ROOT, 1, SHEETS[0], SHEETS[1]), **changes)
    return Posted(statement, by.signer, by.sign(statement.id(ORIGIN)))


def issued(world: World) -> bytes:
    for code in ("NZ-MPI", "NZ-CUSTOMS"):
        world.enact(MandateGrant, code, 182, 0, NO_END)
    id_ = world.attest("NZ-MPI", 851, ROOT, 5, PLANT)
    world.post(id_, ROOT, 1, SHEETS[0], "NZ-MPI", PLANT)
    return id_


def posted_after(*resolution: Any) -> Broken:
    def build(world: World) -> Posted:
        content = posted(world, CUSTOMS, agency="NZ-CUSTOMS")
        world.enact(*resolution)
        return content

    return build


def posted_after_revocation(member: bytes) -> Broken:
    def build(world: World) -> Posted:
        content = posted(world)
        world.revoke(content.posting.attestation, PLANT, member)
        return content

    return build


def posted_by_two(world: World) -> Posted:
    first, second = posted(world), CUSTOMS
    posting = replace(first.posting, agency="NZ-CUSTOMS", to=SHEETS[2])
    world.append(first)
    return Posted(posting, second.signer, second.sign(posting.id(ORIGIN)))


RULES: dict[str, tuple[Broken, type[Exception]]] = {
    "1 resolution out of order": (
        lambda w: resolution(w, AgencySuspension, "NZ-MPI", number=99),
        ResolutionNumberMismatch,
    ),
    "1 resolution by a stranger": (lambda w: resolution(w, AgencySuspension, "NZ-MPI", by=OTHER), CouncilMemberUnknown),
    "1 resolution unsigned": (
        lambda w: replace(resolution(w, AgencySuspension, "NZ-MPI"), endorsements=()),
        QuorumMissing,
    ),
    "1 council without members to decide": (
        lambda w: resolution(w, CouncilChange, (COUNCIL.signer,), 2),
        CouncilMalformed,
    ),
    "2 enrolled twice": (lambda w: resolution(w, AgencyEnrolment, "NZ-MPI", "x", "NZ", "x"), AgencyAlreadyEnrolled),
    "2 unknown agency suspended": (lambda w: resolution(w, AgencySuspension, "NZ-X"), AgencyUnknown),
    "2 suspended twice": (
        lambda w: (w.enact(AgencySuspension, "NZ-MPI"), resolution(w, AgencySuspension, "NZ-MPI"))[1],
        AgencyNotActive,
    ),
    "2 reinstated while active": (lambda w: resolution(w, AgencyReinstatement, "NZ-MPI"), AgencyNotSuspended),
    "3 authorised twice": (
        lambda w: resolution(w, AttesterAuthorisation, PLANT.signer, "NZ-MPI"),
        AttesterAlreadyAuthorised,
    ),
    "3 authorised for nobody": (
        lambda w: resolution(w, AttesterAuthorisation, OTHER.signer, "NZ-X"),
        AgencyUnknown,
    ),
    "3 retired twice": (
        lambda w: (w.enact(AttesterRetirement, PLANT.signer), resolution(w, AttesterRetirement, PLANT.signer))[1],
        AttesterNotActive,
    ),
    "3 unknown attester retired": (lambda w: resolution(w, AttesterRetirement, OTHER.signer), AttesterUnknown),
    "4 compromise in the future": (
        lambda w: resolution(w, AttesterCompromise, PLANT.signer, w.now + 1),
        CompromiseInFuture,
    ),
    "4 compromise not earlier": (not_earlier, CompromiseNotEarlier),
    "5 mandate overlaps": (overlapping, MandateOverlaps),
    "5 mandate in the past": (
        lambda w: resolution(w, MandateGrant, "NZ-MPI", 1, START, NO_END),
        PeriodMalformed,
    ),
    "5 mandate ends before it begins": (
        lambda w: resolution(w, MandateGrant, "NZ-MPI", 1, 0, 1),
        PeriodMalformed,
    ),
    "5 no mandate to withdraw": (lambda w: resolution(w, MandateWithdrawal, "NZ-MPI", 1), MandateMissing),
    "6 another agency": (lambda w: attest(w, agency="NZ-CUSTOMS"), AgencyMismatch),
    "6 no mandate": (lambda w: attest(w, kind=132), MandateMissing),
    "6 mandate withdrawn": (mandate_withdrawn, MandateMissing),
    "6 retired": (retired, AttesterNotActive),
    "6 compromised": (compromised, AttesterDeclaredCompromised),
    "6 suspended": (suspended, AgencyNotActive),
    "6 unknown attester": (lambda w: replace(attest(w), signer=OTHER.signer), AttesterUnknown),
    "6 empty set": (lambda w: attest(w, size=0), SetMalformed),
    "6 zero root": (lambda w: attest(w, root=ZERO), SetMalformed),
    "6 ends before it begins": (lambda w: attest(w, valid_until=START), PeriodMalformed),
    "6 ended already": (lambda w: attest(w, valid_until=w.now), PeriodMalformed),
    "6 repeated": (repeated, AttestationAlreadyRecorded),
    "7 another agency's": (lambda w: revoked(w, CUSTOMS), AgencyMismatch),
    "7 by a stranger": (lambda w: revoked(w, OTHER), AttesterUnknown),
    "7 never attested": (unknown_revocation, AttestationUnknown),
    "7 revoked twice": (lambda w: revoked(w, before=ZERO), AttestationAlreadyRevoked),
    "7 member of a revoked set": (lambda w: revoked(w, member=ROOT, before=ZERO), AttestationAlreadyRevoked),
    "7 member revoked twice": (lambda w: revoked(w, member=ROOT, before=ROOT), AttestationAlreadyRevoked),
    "8 withdrawn twice": (lambda w: withdrawn(w, times=2), DeclarationAlreadyWithdrawn),
    "8 replaces itself": (lambda w: withdrawn(w, itself=True), DeclarationReplacesItself),
    "8 another declaration": (foreign_withdrawal, DeclarationMismatch),
    "8 signed by no key": (p256_nonsense, VerificationFailed),
    "9 empty batch": (lambda w: Anchored(ROOT, 0), SetMalformed),
    "9 zero root": (lambda w: Anchored(ZERO, 5), SetMalformed),
    "9 repeated": (anchored_twice, Malformed),
    "11 to no sheet": (lambda w: posted(w, to=ZERO), PostingMalformed),
    "11 to the same sheet": (lambda w: posted(w, to=SHEETS[0]), PostingMalformed),
    "11 opened with no sheet": (lambda w: posted(w, line=2, from_=ZERO, to=ZERO), PostingMalformed),
    "11 never attested": (lambda w: posted(w, attestation=ROOT), AttestationUnknown),
    "11 revoked for the member": (posted_after_revocation(ROOT), AttestationAlreadyRevoked),
    "11 revoked": (posted_after_revocation(ZERO), AttestationAlreadyRevoked),
    "11 by a stranger": (lambda w: posted(w, OTHER), AttesterUnknown),
    "11 for another agency": (lambda w: posted(w, CUSTOMS), AgencyMismatch),
    "11 retired": (posted_after(AttesterRetirement, CUSTOMS.signer), AttesterNotActive),
    "11 compromised": (posted_after(AttesterCompromise, CUSTOMS.signer, START), AttesterDeclaredCompromised),
    "11 suspended": (posted_after(AgencySuspension, "NZ-CUSTOMS"), AgencyNotActive),
    "11 no mandate": (posted_after(MandateWithdrawal, "NZ-CUSTOMS", 182), MandateMissing),
    "11 opened by another agency": (
        lambda w: posted(w, CUSTOMS, agency="NZ-CUSTOMS", line=2, from_=ZERO),
        AgencyMismatch,
    ),
    "11 opened again": (lambda w: posted(w, from_=ZERO), SheetStale),
    "11 from another sheet": (lambda w: posted(w, from_=SHEETS[2]), SheetStale),
    "11 another line": (lambda w: posted(w, line=2), SheetStale),
    "11 another member": (lambda w: posted(w, member=SHEETS[0]), SheetStale),
    "11 from the sheet that another moved": (posted_by_two, SheetStale),
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


@pytest.mark.parametrize("content", [attest, revoked, withdrawn, posted], ids=["attest", "revoke", "withdraw", "post"])
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
    content = Anchored(ROOT, 1)
    payload, number = encode_payload(content), world.history.size
    for entry, words in [
        (Entry(number + 1, EntryKind.ANCHORED, world.now, payload), "not in order"),
        (Entry(number, EntryKind.ANCHORED, START - 1, payload), "time runs backwards"),
        (Entry(number, EntryKind.ANCHORED, world.now, payload[:-1]), "not the standard ABI"),
        (Entry(number, EntryKind.ANCHORED, world.now, payload + bytes(32)), "not the standard ABI"),
    ]:
        with pytest.raises(HistoryBroken, match=words) as caught:
            world.history.apply(entry)
        assert caught.value.number == number


def test_entry_bytes_round_trip(world: World) -> None:
    for entry in world.entries:
        assert Entry.from_data(entry.data) == entry
    unknown = bytes([len(EntryKind)])
    for wrong in (b"", bytes(16), bytes(8) + unknown + bytes(8), bytes(8) + b"\x00" + b"\x01" + bytes(7)):
        with pytest.raises(Malformed):
            Entry.from_data(wrong)


def test_first_entry_must_be_the_first_council() -> None:
    for content in (
        Anchored(ROOT, 1),
        Enacted(CouncilChange((COUNCIL.signer,), 1, 1), ()),
        Enacted(AgencySuspension("NZ-MPI", 0), ()),
    ):
        entry = Entry(0, kind_of(content), START, encode_payload(content))
        with pytest.raises(HistoryBroken, match="the contract could not have written this"):
            History(origin_of(entry)).apply(entry)


@pytest.mark.parametrize(
    "other",
    [
        first_entry(time=START + 1),
        first_entry([SECOND]),
        first_entry([COUNCIL, SECOND]),
        first_entry([COUNCIL, SECOND], threshold=2),
    ],
    ids=["another time", "another council", "a larger council", "another threshold"],
)
def test_a_history_has_the_beginning_that_its_origin_names(other: Entry) -> None:
    with pytest.raises(HistoryBroken, match="of another beginning") as caught:
        History(ORIGIN).apply(other)
    assert caught.value.number == 0
    assert (caught.value.expected, caught.value.found) == (hex_text(ORIGIN.salt), hex_text(other.hash))
    history = History(origin_of(other))
    history.apply(other)
    assert history.root() == other.hash


def test_two_of_three_decide_in_any_pair_but_not_twice_the_same() -> None:
    world = World((COUNCIL, SECOND, THIRD), threshold=2)
    world.enact(AgencyEnrolment, "NZ-MPI", "x", "NZ", "x", signers=[SECOND, THIRD])
    with pytest.raises(HistoryBroken) as caught:
        world.enact(AgencySuspension, "NZ-MPI", signers=[SECOND, SECOND])
    assert type(caught.value.__cause__) is EndorsementsUnordered
    world.enact(CouncilChange, (THIRD.signer,), 1, signers=[COUNCIL, THIRD])
    world.enact(AgencySuspension, "NZ-MPI", signers=[THIRD])


def test_a_wallets_signature_is_noted_and_left_to_the_contract(world: World) -> None:
    content = attest(world)
    world.append(replace(content, signature=b"whatever the wallet takes"))
    number = world.history.size - 1
    assert (world.history.by_wallets, world.history.first_wallet_resolution) == ([number], None)
    world.history.back_to(number)
    assert world.history.by_wallets == []


def test_an_entry_that_is_refused_leaves_no_wallet_behind() -> None:
    """The first endorsement may be a wallet's; the second is not by the P-256 key that it names."""
    card = Signer(ORIGIN.p256_verifier + bytes([1]) * 64)
    world = World((COUNCIL, SECOND))
    world.enact(CouncilChange, (COUNCIL.signer, card), 2)
    made = AgencySuspension("NZ-MPI", world.history.agencies.resolutions + 1)
    both = sorted([(COUNCIL.signer, b"a wallet's"), (card, bytes(64))], key=lambda one: keccak(one[0]))
    with pytest.raises(HistoryBroken, match="P-256"):
        world.append(Enacted(made, tuple(Endorsement(*one) for one in both)))
    assert world.history.by_wallets == []


@pytest.mark.parametrize(
    "party", [TRADER.signer, TRADER.signer + bytes(64)], ids=["wallet contract", "foreign verifier"]
)
def test_no_contract_withdraws_for_a_party(world: World, party: bytes) -> None:
    declaration = Declaration(Signer(party), bytes(32), 380)
    withdrawal = Withdrawal(declaration.id(ORIGIN), 1)
    with pytest.raises(HistoryBroken) as caught:
        world.append(Withdrawn(declaration, withdrawal, b"a wallet might take this"))
    assert isinstance(caught.value.__cause__, PartyKeyMismatch | PartyVerifierUnknown)
    assert world.history.size == len(world.entries)


def test_standing_over_time(world: World) -> None:
    until = world.now + 1000
    id_ = world.attest("NZ-MPI", 851, ROOT, 5, PLANT, until=until)
    made = world.history.attestations[id_].entry.time

    def standing(at: int, member: bytes = ZERO) -> Standing:
        return world.history.standing(id_, member, at)[0]

    assert world.history.standing(bytes(32), ZERO, made)[0] is Standing.UNKNOWN
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
    assert not may_attest(register, PLANT.signer, 851, authorised - 1)
    assert may_attest(register, PLANT.signer, 851, authorised)
    assert not may_attest(register, PLANT.signer, 132, authorised)
    assert not may_attest(register, OTHER.signer, 851, authorised)
    suspended_at = world.now
    world.enact(AgencySuspension, "NZ-MPI")
    back = world.now
    world.enact(AgencyReinstatement, "NZ-MPI")
    assert [may_attest(register, PLANT.signer, 851, at) for at in (suspended_at - 1, suspended_at, back - 1, back)] == [
        True,
        False,
        False,
        True,
    ]
    world.enact(AttesterCompromise, PLANT.signer, back)
    assert may_attest(register, PLANT.signer, 851, suspended_at - 1)
    assert not may_attest(register, PLANT.signer, 851, back)


def test_a_mandate_that_has_not_begun_can_be_withdrawn_and_granted_again(world: World) -> None:
    world.enact(MandateGrant, "NZ-MPI", 852, world.now + 10_000, NO_END)
    world.enact(MandateWithdrawal, "NZ-MPI", 852)
    world.enact(MandateGrant, "NZ-MPI", 852, 0, world.now + 100)
    assert world.history.agencies.agency("NZ-MPI").mandated(852, world.now - 60)
    assert not world.history.agencies.agency("NZ-MPI").mandated(852, world.now + 10_001)


def test_withdrawing_a_mandate_ends_the_running_period_and_the_one_to_come(world: World) -> None:
    world.enact(MandateGrant, "NZ-MPI", 852, 0, world.now + 1000)
    world.enact(MandateGrant, "NZ-MPI", 852, world.now + 1000, NO_END)
    world.enact(MandateWithdrawal, "NZ-MPI", 852)
    agency = world.history.agencies.agency("NZ-MPI")
    assert not any(agency.mandated(852, world.now + later) for later in (0, 500, 1500))


def test_the_sheet_of_a_line_is_that_of_its_latest_posting(world: World) -> None:
    id_ = issued(world)
    line, opened = LineName(id_, ROOT, 1), world.history.size - 1
    assert world.history.sheet(line) == SHEETS[0]
    world.post(id_, ROOT, 1, SHEETS[1], "NZ-CUSTOMS", CUSTOMS)
    world.post(id_, ROOT, 1, SHEETS[0], "NZ-MPI", PLANT)  # the ledger does not know that this sheet was there before
    world.post(id_, ROOT, 2, SHEETS[2], "NZ-MPI", PLANT)
    assert world.history.sheet(line) == SHEETS[0]
    assert [item.entry.number for item in world.history.postings[line]] == [opened, opened + 1, opened + 2]
    assert world.history.sheet(line._replace(line=2)) == SHEETS[2]
    assert world.history.sheet(line._replace(line=3)) == ZERO
    assert world.history.sheet(line._replace(member=ZERO)) == ZERO


def test_a_line_moves_although_its_attestation_is_no_longer_in_force(world: World) -> None:
    """Some moves need no validity; whoever replays the sheets judges it, move by move."""
    for code in ("NZ-MPI", "NZ-CUSTOMS"):
        world.enact(MandateGrant, code, 182, 0, NO_END)
    id_ = world.attest("NZ-MPI", 851, ROOT, 5, PLANT, until=world.now + 30)
    world.post(id_, ROOT, 1, SHEETS[0], "NZ-MPI", PLANT)
    assert world.history.standing(id_, ROOT, world.now)[0] is Standing.EXPIRED
    world.enact(AttesterCompromise, PLANT.signer, START)
    world.post(id_, ROOT, 1, SHEETS[1], "NZ-CUSTOMS", CUSTOMS)
    assert world.history.sheet(LineName(id_, ROOT, 1)) == SHEETS[1]


def test_several_defects_of_a_posting_are_told_in_the_order_of_the_contract(world: World) -> None:
    id_ = issued(world)
    wrong = Posting("NZ-CUSTOMS", SHEETS[2], ROOT, 2, ZERO, ZERO)
    for by, change, refusal in [
        (OTHER, {}, PostingMalformed),
        (OTHER, {"to": SHEETS[1]}, AttestationUnknown),
        (OTHER, {"attestation": id_}, AttesterUnknown),
        (PLANT, {}, AgencyMismatch),
        (CUSTOMS, {}, AgencyMismatch),
        (CUSTOMS, {"from_": SHEETS[2]}, SheetStale),
    ]:
        wrong = replace(wrong, **change)
        with pytest.raises(HistoryBroken) as caught:
            world.append(Posted(wrong, by.signer, b""))
        assert type(caught.value.__cause__) is refusal

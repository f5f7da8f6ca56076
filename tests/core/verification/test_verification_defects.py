"""Evidence that is wrong in one place only: each check says no by itself, not because another one did."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import signed
from ledger.core.evidence.evidence import Evidence, ProvenEntry
from ledger.core.evidence.payloads import contents
from ledger.core.history.entry import Attested, EntryKind
from ledger.core.history.history import Mark
from ledger.core.statements.members import NO_END, ZERO
from ledger.core.statements.signature import verify_signature
from ledger.core.statements.statement import (
    AgencyReinstatement,
    AgencySuspension,
    Attestation,
    AttesterCompromise,
    AttesterRetirement,
    Declaration,
    MandateWithdrawal,
)
from ledger.core.verification.authority import authority_of
from ledger.core.verification.policy import Requirement, VerificationPolicy
from ledger.core.verification.verdict import Conclusion, Status, Verdict
from ledger.core.verification.verify import verify
from ledger.errors import VerificationFailed
from ledger.testing.world import ORIGIN, PLANT, START, Key, World


@pytest.fixture
def world() -> World:
    made = World()
    made.enrol("NZ-MPI", "NZ", [851], PLANT)
    return made


def evidence(world: World, *extra: int) -> Evidence:
    """Evidence of a declaration in a batch of three, with further entries of the history added."""
    declarations = [world.declare(bytes([number]) * 32) for number in (1, 2, 3)]
    batch = world.anchor([declaration for declaration, _ in declarations])
    world.attest("NZ-MPI", 851, *batch[:2], PLANT)
    return shown(world, declarations[0], batch, *extra)


def shown(
    world: World, declared: tuple[Declaration, bytes], batch: tuple[bytes, int, list[bytes]], *extra: int
) -> Evidence:
    made = world.evidence(*declared, batch)
    more = [ProvenEntry(world.entries[number], tuple(world.history.log.inclusion(number))) for number in extra]
    entries = sorted([*made.entries, *more], key=lambda item: item.entry.number)
    return replace(made, entries=tuple(entries))


def failing(verdict: Verdict) -> list[str]:
    return [check.name for check in verdict.checks if check.status is Status.INVALID]


def offline(world: World, held: Evidence, at: int | None = None, policy: VerificationPolicy | None = None) -> Verdict:
    return verify(held, at=world.now if at is None else at, trust=world.trust, policy=policy)


def test_the_evidence_these_start_from_is_good(world: World) -> None:
    assert offline(world, evidence(world)).conclusion is Conclusion.GOOD


def test_a_checkpoint_of_another_origin_by_the_same_key(world: World) -> None:
    held = evidence(world)
    other = Checkpoint(replace(ORIGIN, chain_id=1), held.checkpoint.checkpoint.size, held.checkpoint.checkpoint.root)
    note = signed(other, world.log_key, world.log.sign(other.text.encode()))
    assert failing(offline(world, replace(held, checkpoint=note))) == ["origin"]


def test_an_entry_that_is_not_in_the_checkpoint(world: World) -> None:
    held = evidence(world)
    last = held.entries[-1]
    later = replace(last, entry=replace(last.entry, time=last.entry.time + 1))
    assert failing(offline(world, replace(held, entries=(*held.entries[:-1], later)))) == ["entries"]


def test_before_it_was_anchored(world: World) -> None:
    held = evidence(world)
    anchored = next(item.entry.time for item in held.entries if item.entry.kind is EntryKind.ANCHORED)
    assert "anchor" in failing(offline(world, held, at=anchored - 1))
    assert "anchor" not in failing(offline(world, held, at=anchored))


def test_a_revocation_of_another_member_does_not_count(world: World) -> None:
    declarations = [world.declare(bytes([number]) * 32) for number in (1, 2)]
    batch = world.anchor([declaration for declaration, _ in declarations])
    attestation = world.attest("NZ-MPI", 851, *batch[:2], PLANT)
    world.revoke(attestation, PLANT, member=batch[2][1])
    revoked = world.history.size - 1
    world.anchor([world.declare(b"\x09" * 32)[0]])
    assert offline(world, shown(world, declarations[0], batch, revoked)).conclusion is Conclusion.GOOD
    assert failing(offline(world, shown(world, declarations[1], batch))) == ["NZ-MPI 851 in force"]


def test_an_attestation_that_nobody_signed(world: World) -> None:
    """Replay leaves it to the chain, as a wallet might have signed; offline that is a no."""
    declared = world.declare(b"\x01" * 32)
    batch = world.anchor([declared[0]])
    statement = Attestation("NZ-MPI", 851, 1, ZERO, START, NO_END, *batch[:2], ZERO)
    world.append(Attested(statement, PLANT.signer, Key("thief").sign(statement.id(ORIGIN))))
    assert failing(offline(world, shown(world, declared, batch))) == ["NZ-MPI 851 signature"]


def test_a_policy_is_not_met_by_what_has_expired(world: World) -> None:
    declared = world.declare(b"\x01" * 32)
    batch = world.anchor([declared[0]])
    until = world.now + 1000
    world.attest("NZ-MPI", 851, *batch[:2], PLANT, until=until)
    held, policy = shown(world, declared, batch), VerificationPolicy(require=(Requirement(851),))
    assert "policy" not in failing(offline(world, held, at=until - 1, policy=policy))
    assert "policy" in failing(offline(world, held, at=until, policy=policy))


def test_the_earliest_compromise_date_counts(world: World) -> None:
    held = evidence(world)
    made = next(item.entry.time for item in held.entries if item.entry.kind is EntryKind.ATTESTED)
    declared = (held.declaration, held.signature)
    ids = [world.declare(bytes([number]) * 32)[0].id(ORIGIN) for number in (1, 2, 3)]
    batch = (held.places[0].root, held.places[0].size, ids)
    world.enact(AttesterCompromise, PLANT.signer, made + 16)
    assert failing(offline(world, shown(world, declared, batch))) == []
    world.enact(AttesterCompromise, PLANT.signer, made)
    assert failing(offline(world, shown(world, declared, batch))) == ["NZ-MPI 851 in force", "NZ-MPI 851 compromise"]


@pytest.mark.parametrize(
    ("undo", "words"),
    [
        ((AttesterRetirement, PLANT.signer), "retired"),
        ((AttesterCompromise, PLANT.signer, START), "compromised"),
        ((AgencySuspension, "NZ-MPI"), "suspended"),
        ((MandateWithdrawal, "NZ-MPI", 851), "mandate"),
    ],
)
def test_authority_that_was_undone_before(world: World, undo: tuple[object, ...], words: str) -> None:
    held = evidence(world)
    (attested,) = [content for _, content in contents(held.entries) if isinstance(content, Attested)]
    world.enact(*undo)  # type: ignore[arg-type]
    known = contents(ProvenEntry(entry, ()) for entry in world.entries)
    before, after = Mark(world.history.size - 1, world.now - 60), Mark(world.history.size, world.now)

    def check(mark: Mark) -> None:
        authority_of(attested, mark, known, ORIGIN, lambda *signed: verify_signature(ORIGIN, *signed))

    check(before)
    with pytest.raises(VerificationFailed, match=words):
        check(after)


def test_reinstated_speaks_again(world: World) -> None:
    world.enact(AgencySuspension, "NZ-MPI")
    world.enact(AgencyReinstatement, "NZ-MPI")
    assert offline(world, evidence(world)).conclusion is Conclusion.GOOD

"""The sample policies decide as their readers would: a bank, a plant health desk, a release desk."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from ledger.core.encoding.limits import Format
from ledger.core.verification.policy import VerificationPolicy, read_policy
from ledger.core.verification.verdict import Conclusion
from ledger.core.verification.verify import verify
from ledger.testing.world import CUSTOMS, PLANT, Witness, World

POLICIES = Path(__file__).parents[3] / "samples" / "policies"
DAY = 86_400


def policy(name: str) -> VerificationPolicy:
    return read_policy((POLICIES / f"{name}.json").read_bytes())


@pytest.fixture
def world() -> World:
    world = World(witnesses=[Witness("kiwi.example")])
    world.enrol("NZ-MPI", "NZ", [851], PLANT)
    world.enrol("NL-DOUANE", "NL", [132], CUSTOMS)
    return world


def conclusion(world: World, name: str, kinds: dict[str, int], later: int = 60, online: bool = False) -> Conclusion:
    """The verdict on a declaration with these attestations (by agency code: outcome), ``later`` seconds after."""
    digest = len(world.entries).to_bytes(32)
    declared = world.declare(digest)
    batch = world.anchor([declared[0]])
    for code, result in kinds.items():
        kind, officer = {"NZ-MPI": (851, PLANT), "NL-DOUANE": (132, CUSTOMS)}[code]
        world.attest(code, kind, *batch[:2], officer, outcome=result)
    history = world.history if online else None
    document = SimpleNamespace(digest=digest, format=Format.JSON, field_hashes={}, hidden=())
    held = world.evidence(*declared, batch)
    at = world.now + later
    return verify(held, clock=at, document=document, trust=world.trust, policy=policy(name), history=history).conclusion


def test_the_bank_takes_what_a_witness_vouched_for_within_the_week(world: World) -> None:
    assert conclusion(world, "bank", {}) is Conclusion.GOOD
    assert conclusion(world, "bank", {}, later=8 * DAY) is Conclusion.NOT_GOOD
    world.witnesses.clear()
    assert conclusion(world, "bank", {}) is Conclusion.NOT_GOOD


def test_the_plant_health_desk_wants_an_accepted_certificate_of_the_day(world: World) -> None:
    assert conclusion(world, "plant-health-nl", {"NZ-MPI": 1}) is Conclusion.GOOD
    assert conclusion(world, "plant-health-nl", {"NZ-MPI": 8}) is Conclusion.NOT_GOOD
    assert conclusion(world, "plant-health-nl", {}) is Conclusion.NOT_GOOD
    assert conclusion(world, "plant-health-nl", {"NZ-MPI": 1}, later=2 * DAY) is Conclusion.NOT_GOOD


def test_the_release_desk_takes_nothing_for_granted(world: World) -> None:
    both = {"NZ-MPI": 1, "NL-DOUANE": 4}
    assert conclusion(world, "release-online", both, online=True) is Conclusion.GOOD
    assert conclusion(world, "release-online", both) is Conclusion.UNDECIDED
    assert conclusion(world, "release-online", {"NZ-MPI": 1, "NL-DOUANE": 7}, online=True) is Conclusion.NOT_GOOD

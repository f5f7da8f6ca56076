"""What a holder can hide by leaving out: the rules about others must not give him more than he had without them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings, strategies

from ledger.core.evidence.evidence import Evidence
from ledger.core.evidence.inclusion import Inclusion, set_of_one
from ledger.core.evidence.reading import read_evidence
from ledger.testing.world import PLANT
from tests.conformance.parts import CARD, SECOND
from tests.verifier.both import Asked, Found, by_itself, by_ledger
from tests.verifier.worlds import Chance

SEEDS = strategies.integers(0, 2**32 - 1)


def without(evidence: Evidence, inclusion: Inclusion) -> Evidence:
    return replace(evidence, inclusions=tuple(item for item in evidence.inclusions if item != inclusion))


def judged(asked: Asked, evidence: Evidence) -> Found:
    again = asked._replace(evidence=evidence.to_bytes())
    assert by_itself(again) == by_ledger(again)
    return by_ledger(again)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SEEDS)
def test_a_larger_set_can_be_hidden_and_no_favourable_word_is_won(seed: int) -> None:
    """The log proves the lists of fewer subjects to anybody, so evidence without a larger set is whole, too."""
    chance = Chance(seed)
    for _ in range(4):
        chance.attest_set()
    for _ in range(chance.random.randrange(8)):
        chance.lawful()
    asked = chance.asked(chance.made.evidence())
    before = judged(asked, read_evidence(asked.evidence))
    for hidden in list(chance.made.sets):
        sets = [item for item in chance.made.sets if item != hidden]
        after = judged(asked, replace(chance.made, sets=sets).evidence())
        assert (COMPLETE in rows(after)) == (COMPLETE in rows(before))
        assert said(after) <= said(before)
        assert met(after) <= met(before)


COMPLETE = ("complete", "VALID")


def rows(found: Found) -> list[tuple[str, str]]:
    return [(row[0], row[2]) for row in found.checks]


def said(found: Found) -> set[tuple[str, int, int]]:
    return {(word["agency"], word["kind"], word["outcome"]) for word in found.said.get("attested_by", [])}


def met(found: Found) -> int:
    return rows(found).count(("policy", "VALID"))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SEEDS)
def test_the_batch_and_the_set_of_one_cannot_be_left_out(seed: int) -> None:
    """An attestation about the set of one is judged alike with its inclusion and without."""
    chance = Chance(seed)
    made = chance.made
    alone = set_of_one(made.id)
    made.world.attest("NZ-MPI", 851, *alone, chance.one_of([PLANT, SECOND, CARD]))
    made.sets.append((*alone, [made.id]))
    for _ in range(chance.random.randrange(6)):
        chance.lawful()
    asked = chance.asked(made.evidence())
    evidence = read_evidence(asked.evidence)
    inclusion = next(item for item in evidence.inclusions if item.name == alone)
    checks = [row for row in judged(asked, evidence).checks if row[0] != "sets"]
    assert [row for row in judged(asked, without(evidence, inclusion)).checks if row[0] != "sets"] == checks
    assert any(name.endswith(" in force") for name, *_ in checks)

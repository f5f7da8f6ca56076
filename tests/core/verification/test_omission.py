"""What a holder can hide by leaving out: the rules about others must not give him more than he had without them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings, strategies

from ledger.core.evidence.evidence import Evidence
from ledger.core.evidence.inclusion import Inclusion, set_of_one
from ledger.core.evidence.payloads import contents
from ledger.core.evidence.reading import read_evidence
from ledger.core.history.entry import Attested, Revoked
from ledger.testing.world import PLANT
from tests.conformance.parts import CARD, SECOND
from tests.verifier.both import Asked, Found, by_itself, by_ledger
from tests.verifier.worlds import Chance

SEEDS = strategies.integers(0, 2**32 - 1)


def question(seed: int) -> tuple[Asked, Evidence]:
    """A lawful history in which sets beside the batch were attested too, and a question that does not ask for age."""
    chance = Chance(seed)
    for _ in range(4):
        chance.attest_set()
    for _ in range(chance.random.randrange(8)):
        chance.lawful()
    asked = chance.asked(chance.made.evidence())._replace(policy=None)
    return asked, read_evidence(asked.evidence)


def without_words_about(evidence: Evidence, inclusion: Inclusion) -> Evidence:
    """Evidence without an inclusion, and without what agencies said and took back about its set."""
    kept, said = [], set()
    for item, (_, content) in zip(evidence.entries, contents(evidence.entries), strict=True):
        match content:
            case Attested(attestation) if (attestation.root, attestation.size) == inclusion.name:
                said.add(attestation.id(evidence.origin))
            case Revoked(revocation) if revocation.attestation in said:
                pass
            case _:
                kept.append(item)
    return replace(without(evidence, inclusion), entries=tuple(kept))


def without(evidence: Evidence, inclusion: Inclusion) -> Evidence:
    return replace(evidence, inclusions=tuple(item for item in evidence.inclusions if item != inclusion))


def judged(asked: Asked, evidence: Evidence) -> Found:
    again = asked._replace(evidence=evidence.to_bytes())
    assert by_itself(again) == by_ledger(again)
    return by_ledger(again)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SEEDS)
def test_leaving_out_a_place_hides_no_more_than_leaving_out_what_was_said_about_it(seed: int) -> None:
    asked, evidence = question(seed)
    for inclusion in evidence.inclusions[1:]:
        if inclusion.name != set_of_one(evidence.id):
            assert judged(asked, without(evidence, inclusion)) == judged(
                asked, without_words_about(evidence, inclusion)
            )


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
    rows = [row for row in judged(asked, evidence)[1] if row[0] != "sets"]
    assert [row for row in judged(asked, without(evidence, inclusion))[1] if row[0] != "sets"] == rows
    assert any(name.endswith(" in force") for name, *_ in rows)

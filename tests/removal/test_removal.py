"""A sample of the long run: nothing may be won by removing something from evidence."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest

from ledger.core.verification import verify
from tests.removal.removals import question, seeds_of, tried
from tests.verifier.both import by_itself, by_ledger

HISTORIES, GROUP = 40, 5


@pytest.mark.parametrize("first", range(HISTORIES // GROUP))
def test_nothing_is_won_by_a_removal(first: int) -> None:
    met: Counter[str] = Counter()
    for seed in islice(seeds_of(first), GROUP):
        for removal, after, wrong in tried(question(seed)):
            assert wrong is None, f"{wrong}: without {removal.kind}, seed {seed}"
            met[after.conclusion] += 1
    assert met["NOT_GOOD"] > 100


def test_all_verifiers_judge_what_is_left_alike() -> None:
    for seed in islice(seeds_of(99), 2):
        for removal, _, wrong in tried(question(seed), twice=True):
            assert wrong is None, f"{wrong}: without {removal.kind}, seed {seed}"


def test_the_histories_are_of_every_kind() -> None:
    """GOOD and NOT GOOD ones, with adverse words and without; both verifiers give one answer."""
    conclusions: Counter[str] = Counter()
    adverse = 0
    for seed in islice(seeds_of(7), 60):
        asked = question(seed)
        found = by_ledger(asked)
        assert by_itself(asked) == found
        conclusions[found.conclusion] += 1
        adverse += any(word["adverse"] for word in found.said["attested_by"])
    assert conclusions["GOOD"] + conclusions["UNDECIDED"] > 2
    assert conclusions["NOT_GOOD"] > 10
    assert adverse > 5


def test_a_verifier_that_does_not_look_at_the_index_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def believes(verification: verify.Verification) -> None:
        verification.complete = True

    monkeypatch.setattr(verify, "check_complete", believes)
    wrong = {found for seed in islice(seeds_of(1), 10) for _, _, found in tried(question(seed)) if found is not None}
    assert wrong

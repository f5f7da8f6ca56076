"""A sample of the long run (``make deep``): no change is accepted, none crashes a verifier."""

from __future__ import annotations

import random
from collections import Counter
from itertools import islice

import pytest

from ledger.core.verification import intact
from tests.mutation.deep import FINE, met_by_all
from tests.mutation.mutants import asked, bases, judge, mutants, outcome
from tests.verifier import browser
from tests.verifier.both import by_itself

SAMPLE, BY_ITSELF, IN_BROWSER = 2000, 300, 500


def test_no_change_is_accepted_and_none_crashes() -> None:
    """Another seed every day would find more; this one is the same for everybody. ``make deep`` draws its own."""
    met: Counter[str] = Counter()
    kinds = set()
    for mutant in islice(mutants(random.Random(2026), bases()), SAMPLE):
        found = outcome(mutant)
        assert found in FINE, (mutant.kind, mutant.file, mutant.base.name, found)
        met[found] += 1
        kinds.add(mutant.kind)
    assert len(kinds) == 9
    assert met["MALFORMED"] > 100
    assert met["NOT_GOOD"] > 100


def test_nor_by_the_stand_alone_verifier() -> None:
    for mutant in islice(mutants(random.Random(2027), bases()), BY_ITSELF):
        found, *_ = by_itself(asked(mutant))
        assert (found == "MALFORMED") == (outcome(mutant) == "MALFORMED"), (mutant.kind, mutant.file, found)
        assert found != "GOOD" or outcome(mutant) == "NOTICED"


@pytest.mark.skipif(not browser.is_installed(), reason=browser.MISSING)
def test_the_browser_meets_each_change_alike() -> None:
    met = Counter(met_by_all(mutant) for mutant in islice(mutants(random.Random(2028), bases()), IN_BROWSER))
    assert set(met) <= set(FINE)
    assert met["MALFORMED"] > 50
    assert met["NOT_GOOD"] > 50


def test_a_verifier_without_a_check_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intact, "verify_inclusion", lambda *_: None)
    starts = bases()
    assert all(judge(base.files, base.at).conclusion.name == "GOOD" for base in starts)
    found = {outcome(mutant) for mutant in islice(mutants(random.Random(1), starts), 1000)}
    assert "ACCEPTED" in found

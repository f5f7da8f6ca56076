"""What the faults share: the seed, and a place for their figures."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.faults import figures
from tests.faults.reckoning import Outcome
from tests.faults.storm import seed


@pytest.fixture
def chance() -> random.Random:
    """Everything that a fault leaves to chance, from one seed that is printed."""
    return random.Random(seed())


@pytest.fixture
def told(record_property: Callable[[str, object], None]) -> Callable[[Outcome], None]:
    """Hand an outcome to the table at the end of the run."""

    def tell(outcome: Outcome) -> None:
        print(figures.table([figures.row(outcome)]))
        record_property(figures.PROPERTY, figures.row(outcome))

    return tell

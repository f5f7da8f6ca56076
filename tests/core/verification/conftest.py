from __future__ import annotations

import pytest

from ledger.testing.world import World
from tests.core.verification.samples import Sample, one_agency, sampled


@pytest.fixture
def sample() -> Sample:
    return sampled()


@pytest.fixture
def world() -> World:
    """One agency that attests, and no declaration yet."""
    return one_agency()

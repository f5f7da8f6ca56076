"""Evidence that is as expensive as its size permits: the browser's verifier judges it as the ledger's does."""

from __future__ import annotations

import pytest

from tests.core.verification.hostile import KINDS, TRUST, hostile
from tests.verifier import browser
from tests.verifier.both import Asked, by_ledger

SIZE = 64 << 10


@pytest.mark.skipif(not browser.is_installed(), reason=browser.MISSING)
@pytest.mark.parametrize("kind", KINDS)
def test_hostile_evidence_is_judged_alike(kind: str) -> None:
    asked = Asked(hostile(kind, SIZE), None, TRUST, None, None, 2_000_000_000)
    found = by_ledger(asked)
    assert browser.by_browser(asked) == found
    assert len(found.checks) > 10

"""One question to all verifiers, which must give one answer."""

from __future__ import annotations

from tests.verifier.both import Asked, Found, by_itself, by_ledger
from tests.verifier.browser import by_browser, is_installed


def alike(asked: Asked) -> Found:
    """What all find: the ledger's verifier, the one that stands alone, and the browser's where Node is installed."""
    found = by_ledger(asked)
    assert by_itself(asked) == found, asked
    if is_installed():
        assert by_browser(asked) == found, asked
    return found

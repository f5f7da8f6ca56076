"""Documents at the edge of what formats.md permits: both verifiers must draw the line at the same place.

That both read a file, or both refuse it, cannot show a mistake that both make; the tests of ``ledger.core.document``
and the conformance cases say of each what must come out.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from ledger.core.document import open_document
from ledger.errors import LedgerError
from tests.document_edges import REDACTED, WRAPPED
from tests.verifier.both import alone


def agreed(files: Iterable[bytes]) -> tuple[int, int]:
    """How many both read, to one digest, and how many both refuse."""
    read = refused = 0
    for data in files:
        try:
            expected = open_document(data).digest
        except LedgerError:
            with pytest.raises(alone.Malformed):
                pytest.fail(f"{data[:200]!r} has the digest {alone.read_document(data).digest!r}")
            refused += 1
        else:
            assert alone.read_document(data).digest == expected, data[:200]
            read += 1
    return read, refused


@pytest.mark.parametrize("files", WRAPPED.values(), ids=WRAPPED)
def test_wrapped_documents(files: list[bytes]) -> None:
    assert min(agreed(files)) > 0, "some of these should be read and some refused"


@pytest.mark.parametrize("files", REDACTED.values(), ids=REDACTED)
def test_redacted_documents(files: list[bytes]) -> None:
    assert min(agreed(files)) > 0, "some of these should be read and some refused"

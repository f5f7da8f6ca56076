"""Evidence of many files: side by side, each told, and no server asked for what nobody can give."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.core.document import disclose, wrap
from ledger.core.encoding.ids import DeclarationId, Digest, Signer
from ledger.core.encoding.limits import Format
from ledger.core.evidence.evidence import Evidence
from ledger.errors import LedgerError, NotAnchoredYet, Source, Unavailable
from ledger.journeys.evidence_folder import MadeEvidence, make_evidence
from ledger.journeys.file_map import MappedFile
from tests.edges.stored import digest


def mapped(folder: Path, count: int) -> list[MappedFile]:
    """Files with a wrapped document each."""
    made = []
    for number in range(count):
        wrapped = wrap(b'{"n": %d}' % number, Format.JSON, digest(number))
        (folder / f"{number}.json.wrapped").write_bytes(wrapped.to_bytes())
        id_ = DeclarationId(digest(("id", number)))
        made.append(MappedFile(f"{number}.json", f"{number}.json.wrapped", 380, id_, wrapped.digest, Signer(bytes(20))))
    return made


def asked(error: Callable[[DeclarationId], LedgerError]) -> tuple[list[bytes], Callable[..., Evidence]]:
    """A maker that fails each time, and what it was asked for."""
    seen: list[bytes] = []

    def make(id_: DeclarationId, document: object, digest_: Digest) -> Evidence:
        seen.append(id_)
        raise error(id_)

    return seen, make


def away(id_: DeclarationId) -> LedgerError:
    return Unavailable("nobody answers", source=Source.LOG)


def run(folder: Path, count: int, makers: int, make: Callable[..., Evidence]) -> list[MadeEvidence]:
    files = mapped(folder, count)
    return list(make_evidence(files, folder, folder / "out", [make] * makers, lambda held: disclose(held, [])))


@pytest.mark.parametrize("error", [away, NotAnchoredYet])
def test_a_server_is_not_asked_on_and_on_for_what_it_cannot_give(
    tmp_path: Path, error: Callable[[DeclarationId], LedgerError]
) -> None:
    seen, make = asked(error)
    with pytest.raises(Unavailable):
        run(tmp_path, 200, 4, make)
    assert len(seen) <= 20
    assert not (tmp_path / "out").exists()


def test_what_waits_here_is_told_for_each_file(tmp_path: Path) -> None:
    seen, make = asked(NotAnchoredYet)
    told = run(tmp_path, 20, 1, make)
    assert [type(item.error) for item in told] == [NotAnchoredYet] * 20
    assert len(seen) == 20

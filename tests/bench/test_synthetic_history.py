"""The histories on which replays are measured keep every rule of the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench import synthetic_history
from bench.audit import replay_file
from bench.synthetic_history import contents, entries, history_file, postings
from ledger.core.history.entry import Content, EntryKind

SIZE, ANCHORS = 120, 54 + 20  # of a hundred entries, the first sixty; the history begins with six others


@pytest.mark.parametrize(("make", "signatures"), [(contents, SIZE - 1 - ANCHORS), (postings, SIZE - 1)])
def test_a_history_is_lawful(
    make: Callable[[int], Iterator[Content]], signatures: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synthetic_history, "LINES", 5)
    found = replay_file(history_file(tmp_path / "history.bin", SIZE, make), SIZE, indexed=True)
    assert (found["entries"], found["signatures"]) == (SIZE, signatures)


def test_all_but_the_first_entries_are_postings() -> None:
    assert [entry.kind for entry in entries(SIZE, postings)][6:] == [EntryKind.POSTED] * (SIZE - 6)

"""What the bench says of its figures: ratios by rounds, bars, spreads, and that each row is documented."""

from __future__ import annotations

import statistics
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bench import report
from bench.__main__ import MEASUREMENTS, ORDER
from bench.rows import Bar, Row, RowSpec
from bench.runner import Bench

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = ["id", "work", "unit", "ours", "peer", "peer_name", "ratio", "bar", "holds", "spread"]
FIGURES = some.lists(some.floats(0.1, 1e6), min_size=5, max_size=5)


@given(FIGURES, FIGURES)
def test_a_ratio_is_taken_round_by_round(ours: list[float], peer: list[float]) -> None:
    row = RowSpec("a", "b", "1/s", "c", Bar(">=", 5)).row(ours, peer)
    ratios = sorted(left / right for left, right in zip(ours, peer, strict=True))
    assert (row.ours, row.peer, row.ratio) == (statistics.median(ours), statistics.median(peer), ratios[2])
    assert row.spread == (ratios[0], ratios[-1])
    assert row.holds is (ratios[2] >= 5)


@pytest.mark.parametrize(
    ("bar", "words", "ours", "peer", "holds"),
    [
        (Bar(">=", 5), ">= 5 x", 5, 1, True),
        (Bar(">=", 5), ">= 5 x", 4.99, 1, False),
        (Bar("<=", 0.01), "<= 0.01 x", 1, 100, True),
        (Bar("<=", 0.01), "<= 0.01 x", 1, 99, False),
        (Bar(">=", 20_000, "ours"), ">= 20,000 1/s", 20_000, 10**9, True),
        (Bar("<=", 250, "ours"), "<= 250 1/s", 251, 10**9, False),
    ],
)
def test_a_bar(bar: Bar, words: str, ours: float, peer: float, holds: bool) -> None:
    row = RowSpec("a", "b", "1/s", "c", bar).row([ours], [peer])
    assert (row.bar, row.holds) == (words, holds)


def test_a_row_without_a_bar_neither_holds_nor_fails() -> None:
    row = RowSpec("a", "b", "gas").row([3, 1, 2])
    assert (row.ours, row.peer, row.ratio, row.bar, row.holds, row.spread) == (2, None, None, None, None, (1, 3))


def test_a_bar_for_a_ratio_needs_a_peer() -> None:
    with pytest.raises(ValueError, match="no peer"):
        RowSpec("a", "b", "1/s", bar=Bar(">=", 5)).row([1])


def test_results_are_a_list_of_rows_in_order_and_keep_what_was_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(report, "MACHINE", tmp_path / "machine.json")

    def row(id_: str, figure: float) -> Row:
        return RowSpec(id_, "work", "1/s", "peer", Bar(">=", 1)).row([figure], [1])

    report.write([row("second", 2), row("first", 1)], [], order=["first", "second"])
    report.write([row("second", 3)], [], order=["first", "second"])
    assert [(item.id, item.ours) for item in report.read()] == [("first", 1), ("second", 3)]
    assert [list(item.to_json()) for item in report.read()] == [MEMBERS, MEMBERS]
    assert set(report.json.loads(report.MACHINE.read_text())["measured"]) == {"first", "second"}


def test_every_row_has_one_name_and_its_group_is_documented() -> None:
    page = (ROOT / "docs" / "performance.md").read_text().partition("## Rows")[2].partition("##")[0]
    assert len(ORDER) == len(set(ORDER))
    assert [id_ for id_ in ORDER if f"`{id_}`" not in page and f"`{id_.partition('-')[0]}-…`" not in page
            and id_.partition("-")[0] not in {"wrap", "verify", "batch"}] == []  # fmt: skip


def test_a_run_without_peers_yields_the_rows_that_it_names() -> None:
    (floors,) = [work for work in MEASUREMENTS if "floor-fsync" in work.ids]
    with Bench(quick=True) as bench:
        rows = list(floors.measure(bench))
        assert bench.disk_folder.exists()
    assert tuple(row.id for row in rows) == floors.ids
    assert all(row.ours > 0 for row in rows)
    assert not bench.disk_folder.exists()


def test_a_bar_that_is_not_reached_leaves_a_profile(tmp_path: Path) -> None:
    with Bench(profiles=tmp_path) as bench:
        bench.profile("slow", lambda: sorted(range(10)))
    assert "built-in method builtins.sorted" in (tmp_path / "slow.txt").read_text()

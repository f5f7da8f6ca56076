"""The table of a run: one line for each fault, with what came of it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.faults.reckoning import Outcome

PROPERTY = "fault"  # under this name a test hands its line to the session, from whatever process it ran in
_HEADS = ("fault", "kills", "202s", "once", "doubled", "lost", "reorgs seen", "longest without 202", "… anchor", "")


def row(outcome: Outcome) -> list[str]:
    """An outcome as a line of the table."""
    counted = outcome.tally
    numbers = (outcome.kills, outcome.accepted, counted.once, counted.doubled, counted.lost, outcome.noticed)
    silences = (f"{outcome.intake_silence:.1f} s", f"{outcome.anchor_silence:.1f} s" if outcome.anchor_silence else "-")
    return [outcome.name, *map(str, numbers), *silences, outcome.words]


def table(rows: Sequence[Sequence[str]]) -> str:
    """Lines as text, in columns."""
    lines = [_HEADS, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(_HEADS))]
    shown = []
    for line in lines:
        cells = [cell.ljust(width) if place in (0, 9) else cell.rjust(width)
                 for place, (cell, width) in enumerate(zip(line, widths, strict=True))]  # fmt: skip
        shown.append("  ".join(cells).rstrip())
    return "\n".join(shown)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table at the end of a run, from whatever processes the tests ran in."""
    reports = [report for some in terminalreporter.stats.values() for report in some]
    rows = [
        value
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in report.user_properties
        if name == PROPERTY
    ]
    if rows:
        terminalreporter.section("faults")
        terminalreporter.write_line(table(rows))

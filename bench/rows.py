"""Rows of the bench: what was measured, and the bar that it must reach."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Bar:
    """What a row must reach: at least or at most ``value``, as its ratio to the peer or as our own figure."""

    sign: Literal[">=", "<="]
    value: float
    of: Literal["ratio", "ours"] = "ratio"

    def holds(self, figure: float) -> bool:
        """Whether a figure reaches the bar."""
        return figure >= self.value if self.sign == ">=" else figure <= self.value

    def text(self, unit: str) -> str:
        """``>= 5 x``, or ``<= 250 ms``."""
        return f"{self.sign} {self.value:,g} x" if self.of == "ratio" else f"{self.sign} {self.value:,g} {unit}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``ours``, ``peer`` and ``ratio`` are medians over the rounds, each of its own list.

    ``spread`` is the smallest and the greatest ratio of a round, or of our own figure if there is no peer. ``holds`` is
    None if there is no bar.
    """

    id: str
    work: str
    unit: str
    ours: float
    peer: float | None
    peer_name: str | None
    ratio: float | None
    bar: str | None
    holds: bool | None
    spread: tuple[float, float]

    def to_json(self) -> dict[str, Any]:
        """The row as an object of ``bench/results.json``."""
        return {
            "id": self.id, "work": self.work, "unit": self.unit, "ours": self.ours, "peer": self.peer,
            "peer_name": self.peer_name, "ratio": self.ratio, "bar": self.bar, "holds": self.holds,
            "spread": list(self.spread),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class RowSpec:
    """A row before it is measured: id, work, unit, name of the peer, and the bar."""

    id: str
    work: str
    unit: str
    peer_name: str | None = None
    bar: Bar | None = None

    def row(self, ours: Sequence[float], peer: Sequence[float] | None = None) -> Row:
        """Make the row from the figures of all rounds. A ratio is of one round, in which both met the same machine."""
        ratios = None if peer is None else [left / right for left, right in zip(ours, peer, strict=True)]
        mine, ratio = statistics.median(ours), None if ratios is None else statistics.median(ratios)
        spread = ours if ratios is None else ratios
        bar, holds = None, None
        if self.bar is not None:
            figure = mine if self.bar.of == "ours" else ratio
            if figure is None:
                raise ValueError(f"{self.id} has a bar for a ratio, and no peer")
            bar, holds = self.bar.text(self.unit), self.bar.holds(figure)
        return Row(
            self.id, self.work, self.unit, mine, None if peer is None else statistics.median(peer), self.peer_name,
            ratio, bar, holds, (min(spread), max(spread)),
        )  # fmt: skip

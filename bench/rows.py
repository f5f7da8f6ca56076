"""What the bench says: bars, and rows with what was measured."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Bar:
    """What a row must reach: at least or at most ``value``, of its ratio to the peer or of our own figure."""

    sign: Literal[">=", "<="]
    value: float
    of: Literal["ratio", "ours"] = "ratio"

    def holds(self, figure: float) -> bool:
        """Whether a figure reaches it."""
        return figure >= self.value if self.sign == ">=" else figure <= self.value

    def words(self, unit: str) -> str:
        """``>= 5 x``, or ``<= 250 ms``."""
        return f"{self.sign} {self.value:,g} x" if self.of == "ratio" else f"{self.sign} {self.value:,g} {unit}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``ours``, ``peer`` and ``ratio`` are medians of the rounds, each of its own list.

    ``spread`` is the least and the greatest ratio of a round, or of our own figure where there is no peer. ``holds`` is
    None where there is no bar.
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
        """As it stands in ``bench/results.json``."""
        return {
            "id": self.id, "work": self.work, "unit": self.unit, "ours": self.ours, "peer": self.peer,
            "peer_name": self.peer_name, "ratio": self.ratio, "bar": self.bar, "holds": self.holds,
            "spread": list(self.spread),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Title:
    """A row before it is measured: its id, what is done, in which unit, beside whom, and what must hold."""

    id: str
    work: str
    unit: str
    peer_name: str | None = None
    bar: Bar | None = None

    def row(self, ours: Sequence[float], peer: Sequence[float] | None = None) -> Row:
        """The row of the figures of all rounds. Ratios are taken round by round, for both met the same machine then."""
        ratios = None if peer is None else [left / right for left, right in zip(ours, peer, strict=True)]
        mine, ratio = statistics.median(ours), None if ratios is None else statistics.median(ratios)
        spread = ours if ratios is None else ratios
        bar, holds = None, None
        if self.bar is not None:
            figure = mine if self.bar.of == "ours" else ratio
            if figure is None:
                raise ValueError(f"{self.id} has a bar for a ratio, and no peer")
            bar, holds = self.bar.words(self.unit), self.bar.holds(figure)
        return Row(
            self.id, self.work, self.unit, mine, None if peer is None else statistics.median(peer), self.peer_name,
            ratio, bar, holds, (min(spread), max(spread)),
        )  # fmt: skip

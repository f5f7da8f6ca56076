"""The chart of growth as SVG: costs on the left, memory on the right, both over the number of declarations."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

_COLOURS = ("#1f5fa8", "#b3541e", "#2e7d4f")
_WIDTH, _HEIGHT = 380, 250
_LEFT, _TOP, _GAP = 70, 40, 90
_INSET = 0.06  # of the width, left of the first point and right of the last
_STYLE = "font-family='system-ui, sans-serif' font-size='12' fill='#222'"
Scale = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class _Panel:
    """One pair of axes. ``y`` maps a value to 0 (bottom) to 1 (top)."""

    left: float
    title: str
    sizes: Sequence[int]
    y: Scale
    ticks: Sequence[float]

    def at(self, size: float, value: float) -> tuple[float, float]:
        low, high = (math.log10(self.sizes[index]) for index in (0, -1))
        share = (math.log10(size) - low) / (high - low)
        return self.left + (_INSET + share * (1 - 2 * _INSET)) * _WIDTH, _TOP + (1 - self.y(value)) * _HEIGHT

    def frame(self) -> list[str]:
        """The title, the axes and the ticks."""
        parts = [f"<text x='{self.left}' y='{_TOP - 16}' font-weight='600'>{self.title}</text>"]
        for value in self.ticks:
            x, y = self.left, _TOP + (1 - self.y(value)) * _HEIGHT
            parts.append(f"<line x1='{x}' x2='{x + _WIDTH}' y1='{y:.1f}' y2='{y:.1f}' stroke='#ddd'/>")
            parts.append(f"<text x='{x - 8}' y='{y + 4:.1f}' text-anchor='end'>{value:,g}</text>")
        for size in self.sizes:
            x, _ = self.at(size, self.ticks[0])
            parts.append(f"<text x='{x:.1f}' y='{_TOP + _HEIGHT + 20}' text-anchor='middle'>{size:,}</text>")
        middle = self.left + _WIDTH / 2
        parts.append(
            f"<text x='{middle}' y='{_TOP + _HEIGHT + 42}' text-anchor='middle'>declarations in the store</text>"
        )
        return parts

    def line(self, name: str, values: Sequence[float], colour: str) -> list[str]:
        points = [self.at(size, value) for size, value in zip(self.sizes, values, strict=True)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts = [f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='2'/>"]
        for (x, y), value in zip(points, values, strict=True):
            parts.append(f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3' fill='{colour}'/>")
            parts.append(f"<text x='{x:.1f}' y='{y - 8:.1f}' text-anchor='middle' fill='{colour}'>{value:,.0f}</text>")
        if name:
            x, y = points[0]
            parts.append(f"<text x='{x + 8:.1f}' y='{y + 18:.1f}' fill='{colour}'>{name}</text>")
        return parts


def draw(sizes: Sequence[int], costs: Mapping[str, Sequence[float]], memory: Sequence[float]) -> str:
    """:param costs: microseconds for one declaration at each size, by what is done; ``memory`` in MiB at each size."""
    values = [value for line in costs.values() for value in line]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    most = 100 * math.ceil(max(memory) * 1.2 / 100)
    left = _Panel(
        _LEFT, "microseconds for one declaration (logarithmic)", sizes,
        lambda value: (math.log10(value) - low) / (high - low), [10**power for power in range(low, high + 1)],
    )  # fmt: skip
    right = _Panel(
        _LEFT + _WIDTH + _GAP, "memory of the process, MiB", sizes, lambda value: value / most,
        [most * quarter / 4 for quarter in range(5)],
    )  # fmt: skip
    parts = [*left.frame(), *right.frame(), *right.line("", memory, _COLOURS[0])]
    for (name, line), colour in zip(costs.items(), _COLOURS, strict=True):
        parts += left.line(name, line, colour)
    width, height = 2 * _WIDTH + _LEFT + _GAP + 40, _TOP + _HEIGHT + 60
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' {_STYLE}>\n"
        f"<rect width='{width}' height='{height}' fill='white'/>\n" + "\n".join(parts) + "\n</svg>\n"
    )

"""``python -m bench.page`` writes the latest whole run into ``docs/performance.md``."""

from __future__ import annotations

import json
import shutil
import sys
from typing import Any

from bench import report
from bench.__main__ import ORDER
from bench.growth import CHART
from bench.rows import Row
from bench.runner import ROOT

PAGE = ROOT / "docs" / "performance.md"
PICTURE = ROOT / "docs" / "growth.svg"
MARK = "<!-- results -->\n"


def render(rows: list[Row], machine: dict[str, Any]) -> str:
    """The part of the page below ``MARK``."""
    days = sorted({when[:10] for when in machine["measured"].values()})
    where = (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_mib']:,} MiB, {machine['kernel']}; "
        f"Python {machine['python']}, node {machine['node']}; {', '.join(machine['peers'])}. "
        f"Measured {' to '.join(dict.fromkeys((days[0], days[-1])))}, load {machine['load']:.1f}."
    )
    head = ("row", "ours", "peer", "unit", "ratio", "spread", "bar")
    lines = [where, "", f"| {' | '.join(head)} |", "|---|--:|--:|---|--:|---|---|"]
    for row in rows:
        id_, unit, ours, peer, ratio, spread, bar, work = report.cells(row)
        lines.append(f"| `{id_}`: {work} | {ours} | {peer} | {unit} | {ratio} | {spread} | {bar} |")
    return "\n".join(lines) + f"\n\n![Growth from 1,000 to 1,000,000 declarations]({PICTURE.name})\n"


def main() -> int:
    """Write the page. Return 1 if a row was never measured."""
    rows = report.read()
    missing = [id_ for id_ in ORDER if id_ not in {row.id for row in rows}]
    if missing:
        print(f"not in bench/results.json: {', '.join(missing)}; run `make bench`", file=sys.stderr)
        return 1
    text = PAGE.read_text().partition(MARK)[0]
    PAGE.write_text(text + MARK + "\n" + render(rows, json.loads(report.MACHINE.read_text())))
    shutil.copyfile(CHART, PICTURE)
    return 0


if __name__ == "__main__":
    sys.exit(main())

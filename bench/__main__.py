"""``make bench``, ``make bench ROW=id``: measure, print a table, write ``bench/results.json``."""

from __future__ import annotations

import argparse
import signal
import sys

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bench import (
    documents,
    floors,
    gas,
    growth,
    intake,
    latency,
    peer_programs,
    replay,
    report,
    served,
    signatures,
    tree,
)
from bench.rows import Row
from bench.runner import Bench, Work

GROUPS = (floors, documents, signatures, gas, tree, intake, latency, served, replay, growth)
WORKS: list[Work] = [work for group in GROUPS for work in group.WORKS]
ORDER = [id_ for work in WORKS for id_ in work.ids]
PACKAGES = {documents.PACKAGE, signatures.PACKAGE, tree.PACKAGE, *gas.PACKAGES}
NARROWEST = 150  # columns: below that a table is folded beyond reading, and a file has no width of its own
console = Console()
if not console.is_terminal:
    console = Console(width=NARROWEST)


def _interrupted(*_: object) -> None:
    """A bench that is told to end ends what it started, as if somebody had pressed Ctrl-C."""
    raise KeyboardInterrupt


def run(wanted: list[str], quick: bool) -> int:
    """Measure the rows that are wanted, or all; 1 where something could not be measured."""
    works = [work for work in WORKS if not wanted or set(wanted) & set(work.ids)]
    rows: list[Row] = []
    failed: list[str] = []
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with (
        Progress(*columns, console=console, transient=True) as progress,
        Bench(quick, progress) as bench,
    ):
        whole = progress.add_task("", total=sum(work.seconds for work in works))
        for work in works:
            about = f"{work.ids[0]} and {len(work.ids) - 1} more" if len(work.ids) > 1 else work.ids[0]
            progress.update(whole, description=f"{about}, about {work.seconds} s")
            try:
                for row in work.measure(bench):
                    if not wanted or row.id in wanted:
                        rows.append(row)
                        bench.say(report.line(row))
            except KeyboardInterrupt:
                failed.append(f"{about} and what follows: interrupted")
                break
            except Exception as error:  # one peer that fails leaves the other rows standing
                failed.append(f"{about}: {type(error).__name__}: {error}")
                bench.say(f"not measured: {failed[-1]}")
            progress.advance(whole, work.seconds)
    console.print(report.table(rows))
    if not quick:
        report.write(rows, PACKAGES, order=ORDER)
    for words in failed:
        console.print(f"not measured: {words}", style="red", markup=False)
    return 1 if failed else 0


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--row", action="append", default=[], choices=ORDER, metavar="ID", help="measure this row alone"
    )
    parser.add_argument("--quick", action="store_true", help="try everything at small sizes; writes no results")
    parser.add_argument("--list", action="store_true", help="name all rows")
    asked = parser.parse_args()
    if asked.list:
        for work in WORKS:
            console.print(f"about {work.seconds:3} s: {' '.join(work.ids)}")
        return 0
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        peer_programs.install()
    except peer_programs.PeerFailed as error:
        console.print(f"[red]{error}[/]")
        return 1
    return run(asked.row, asked.quick)


if __name__ == "__main__":
    sys.exit(main())

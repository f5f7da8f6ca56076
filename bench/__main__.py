"""``make bench``, ``make bench ROW=id``: measure, print a table, write ``bench/results.json``."""

from __future__ import annotations

import argparse
import signal
import sys

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bench import (
    documents,
    flood,
    floors,
    folder,
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
from bench.runner import Bench, Measurement

GROUPS = (floors, documents, signatures, gas, tree, intake, folder, latency, served, flood, replay, growth)
MEASUREMENTS: list[Measurement] = [item for group in GROUPS for item in group.MEASUREMENTS]
ORDER = [id_ for item in MEASUREMENTS for id_ in item.ids]
PACKAGES = {documents.PACKAGE, signatures.PACKAGE, tree.PACKAGE, *gas.PACKAGES}
NARROWEST = 150  # columns; a narrower table cannot be read, and a file has no width of its own
console = Console()
if not console.is_terminal:
    console = Console(width=NARROWEST)


def _interrupted(*_: object) -> None:
    """Treat SIGTERM like Ctrl-C, so that the bench stops the processes that it started."""
    raise KeyboardInterrupt


def run(wanted: list[str], quick: bool) -> int:
    """Measure the wanted rows, or all rows. Return 1 if a row could not be measured, else 0."""
    chosen = [item for item in MEASUREMENTS if not wanted or set(wanted) & set(item.ids)]
    rows: list[Row] = []
    failed: list[str] = []
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with (
        Progress(*columns, console=console, transient=True) as progress,
        Bench(quick, progress) as bench,
    ):
        whole = progress.add_task("", total=sum(item.seconds for item in chosen))
        for measurement in chosen:
            ids = measurement.ids
            name = f"{ids[0]} and {len(ids) - 1} more" if len(ids) > 1 else ids[0]
            progress.update(whole, description=f"{name}, about {measurement.seconds} s")
            try:
                for row in measurement.measure(bench):
                    if not wanted or row.id in wanted:
                        rows.append(row)
                        bench.say(report.line(row))
            except KeyboardInterrupt:
                failed.append(f"{name} and everything after it: interrupted")
                break
            except Exception as error:  # the other rows are measured even if one peer fails
                failed.append(f"{name}: {type(error).__name__}: {error}")
                bench.say(f"not measured: {failed[-1]}")
            progress.advance(whole, measurement.seconds)
    console.print(report.table(rows))
    if not quick:
        report.write(rows, PACKAGES, order=ORDER)
    for problem in failed:
        console.print(f"not measured: {problem}", style="red", markup=False)
    return 1 if failed else 0


def main() -> int:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--row", action="append", default=[], choices=ORDER, metavar="ID", help="measure only this row; repeat for more"
    )
    parser.add_argument("--quick", action="store_true", help="try every row at a small size; write no results")
    parser.add_argument("--list", action="store_true", help="list all rows")
    options = parser.parse_args()
    if options.list:
        for item in MEASUREMENTS:
            console.print(f"about {item.seconds:3} s: {' '.join(item.ids)}")
        return 0
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        peer_programs.install()
    except peer_programs.PeerFailed as error:
        console.print(f"[red]{error}[/]")
        return 1
    return run(options.row, options.quick)


if __name__ == "__main__":
    sys.exit(main())

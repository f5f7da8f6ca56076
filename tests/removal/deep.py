"""The long run of removals: ``make deep``, or ``python -m tests.removal.deep --count 100000 --seed 1``.

Exit code 1: somebody won something by removing it; the evidence is kept.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import islice
from pathlib import Path
from tempfile import mkdtemp

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.removal.removals import Removal, question, seeds_of, tried

CHUNK = 5  # histories


def chunk(first: int) -> tuple[Counter[tuple[str, str]], list[tuple[Removal, str]]]:
    """Try all removals from a few histories; returns how each kind was met, and what was won."""
    met: Counter[tuple[str, str]] = Counter()
    bad = []
    for seed in islice(seeds_of(first), CHUNK):
        for removal, after, wrong in tried(question(seed)):
            met[removal.kind, after.conclusion] += 1
            if wrong is not None:
                bad.append((removal, f"{wrong}, seed {seed}"))
    return met, bad


def main() -> int:
    parser = argparse.ArgumentParser(description="Remove parts of evidence; nobody may win by it.")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    given = parser.parse_args()
    console = Console()
    console.print(f"seed {given.seed}")
    met: Counter[tuple[str, str]] = Counter()
    bad: list[tuple[Removal, str]] = []
    number = given.seed * 1_000_000
    with ProcessPoolExecutor(os.cpu_count()) as pool, Progress(console=console) as progress:
        task = progress.add_task("removals tried", total=given.count)
        while met.total() < given.count:
            waiting = [pool.submit(chunk, number + more) for more in range(2 * (os.cpu_count() or 1))]
            number += len(waiting)
            for done in as_completed(waiting):
                found, wrong = done.result()
                met.update(found)
                bad.extend(wrong)
                progress.advance(task, found.total())
    outcomes = sorted({name for _, name in met})
    table = Table("removed", *outcomes, title=f"{met.total():,} removals")
    for kind in sorted({kind for kind, _ in met}):
        table.add_row(kind, *(f"{met[kind, name]:,}" for name in outcomes))
    console.print(table)
    for removal, wrong in bad[:10]:
        file = Path(mkdtemp(prefix="removal-")) / "evidence.json"
        file.write_bytes(removal.evidence)
        console.print(f"[red]{wrong}[/]: without {removal.kind}, see {file}")
    console.print("[bold red]something was won by a removal[/]" if bad else "[bold green]nothing was won[/]")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

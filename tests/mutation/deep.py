"""The long run of changes: ``make deep``, or ``python -m tests.mutation.deep --count 100000 --seed 1``.

Exit code 1: a change was accepted, something crashed, or the browser's verifier judges otherwise; the files are kept.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import islice
from pathlib import Path
from tempfile import mkdtemp

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.mutation.mutants import Mutant, asked, bases, mutants, outcome
from tests.verifier import browser
from tests.verifier.both import by_ledger

CHUNK = 500
FINE = ("MALFORMED", "NOT_GOOD", "UNDECIDED", "NOTICED")
DIFFERS = "JUDGED OTHERWISE IN THE BROWSER"


def met_by_all(mutant: Mutant) -> str:
    """How the ledger's verifier met the change, or that the browser's verifier met it otherwise."""
    found = outcome(mutant)
    return found if found not in FINE or browser.by_browser(asked(mutant)) == by_ledger(asked(mutant)) else DIFFERS


def chunk(seed: int, count: int, in_browser: bool) -> tuple[Counter[tuple[str, str]], list[Mutant]]:
    """Try ``count`` changes; returns how each kind was met, and those that should not be."""
    met: Counter[tuple[str, str]] = Counter()
    bad = []
    for mutant in islice(mutants(random.Random(seed), bases()), count):
        found = met_by_all(mutant) if in_browser else outcome(mutant)
        met[mutant.kind, found] += 1
        if found not in FINE:
            bad.append(mutant)
    return met, bad


def keep(mutant: Mutant) -> Path:
    """Write the files of a mutant somewhere, so that it can be looked at."""
    folder = Path(mkdtemp(prefix="mutant-"))
    for name, content in {**mutant.base.files, mutant.file: mutant.content}.items():
        (folder / name).write_bytes(content)
    (folder / "README").write_text(f"{mutant.kind}: {mutant.file} of base {mutant.base.name}, as at {mutant.base.at}\n")
    return folder


def seeds(first: int, count: int) -> Iterator[tuple[int, int]]:
    for number, begin in enumerate(range(0, count, CHUNK)):
        yield first * 1_000_000 + number, min(CHUNK, count - begin)


def main() -> int:
    parser = argparse.ArgumentParser(description="Try changes that no verifier may accept.")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--without-browser", action="store_true", help="do not ask the browser's verifier")
    given = parser.parse_args()
    console = Console()
    in_browser = not given.without_browser
    if in_browser and not browser.is_installed():
        console.print(f"the browser's verifier {browser.MISSING}; without it: --without-browser")
        return 1
    console.print(f"seed {given.seed}")
    met: Counter[tuple[str, str]] = Counter()
    bad: list[Mutant] = []
    with ProcessPoolExecutor(os.cpu_count()) as pool, Progress(console=console) as progress:
        task = progress.add_task("changes tried", total=given.count)
        waiting = [pool.submit(chunk, seed, size, in_browser) for seed, size in seeds(given.seed, given.count)]
        for done in as_completed(waiting):
            found, wrong = done.result()
            met.update(found)
            bad.extend(wrong)
            progress.advance(task, found.total())
    outcomes = sorted({name for _, name in met})
    table = Table("change", *outcomes, title=f"{met.total():,} changes")
    for kind in sorted({kind for kind, _ in met}):
        table.add_row(kind, *(f"{met[kind, name]:,}" for name in outcomes))
    console.print(table)
    for mutant in bad[:10]:
        console.print(
            f"[red]{met_by_all(mutant) if in_browser else outcome(mutant)}[/]: {mutant.kind}, files in {keep(mutant)}"
        )
    console.print("[bold red]not as it should be[/]" if bad else "[bold green]none was accepted, none crashed[/]")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

"""The verifiers for long: ``make deep``, or ``python -m tests.differential.deep --questions N --documents M``.

Exit code 1: they differ somewhere, one of them crashed, or a code of an offline verdict was never reached. The files of
what differs are kept. The browser's verifier, which takes longer, is asked more seldom; see ``--browser-every``.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ledger.core.verification.cache import VerificationCache
from tests.differential import documents
from tests.differential.compare import asked_by, compare, judged, read_by_ledger, reads_differ, remembering, seeds
from tests.verifier import browser
from tests.verifier.both import alone

CHUNK = {"questions": 500, "documents": 5_000}
KEPT = 20


class Difference(NamedTuple):
    """What differs: the seed, in one line how, and the document where it is about one."""

    seed: str
    how: str
    document: bytes | None = None


class Found(NamedTuple):
    """What a part of the run found: outcomes, codes and differences."""

    outcomes: Counter[str]
    codes: Counter[str]
    different: list[Difference]


def questions(first: str, count: int, browser_every: int = 0) -> Found:
    """Compare the verdicts on ``count`` sealed histories. Every other one is judged with a cache shared by all.

    :param browser_every: ask the browser's verifier too, every so many questions; 0 for never.
    """
    found, cache = Found(Counter(), Counter(), []), VerificationCache()
    with remembering():
        for number, seed in enumerate(seeds(first, count)):
            in_browser = browser_every > 0 and number % browser_every == 0
            one = compare(seed, cache if number % 2 else None, in_browser)
            found.outcomes[one.outcome] += 1
            found.codes.update(one.codes)
            if one.differs:
                found.different.append(Difference(one.seed, one.difference))
    return found


def papers(first: str, count: int, browser_every: int = 0) -> Found:
    """Compare the readings of ``count`` documents, copies that show a part of one among them.

    :param browser_every: as for ``questions``.
    """
    found = Found(Counter(), Counter(), [])
    for number in range(count):
        seed = f"{first}-{number}"
        chance = random.Random(seed)
        data = documents.document(chance)
        kind = data[7:].split(b"/", 1)[0].decode()
        if number % 3 == 2 and (shown := documents.copy(chance, data)) is not None:
            data, kind = shown, f"copy of {kind}"
        how = reads_differ(data, browser_every > 0 and number % browser_every == 0)
        found.outcomes[f"{kind}, {'refused' if read_by_ledger(data).digest is None else 'read'}"] += 1
        if how is not None:
            found.different.append(Difference(seed, how, data))
    return found


WORK: dict[str, Callable[[str, int, int], Found]] = {"questions": questions, "documents": papers}


def parts(seed: int, kind: str, count: int) -> Iterator[tuple[str, int]]:
    for begin in range(0, count, CHUNK[kind]):
        yield f"{seed}.{begin}", min(CHUNK[kind], count - begin)


def keep(one: Difference) -> Path:
    """Write the files of a difference somewhere, so that it can be looked at."""
    folder = Path(mkdtemp(prefix="differs-"))
    (folder / "README").write_text(f"{one.seed}\n{one.how}\n")
    if one.document is not None:
        (folder / "document").write_bytes(one.document)
        return folder
    asked = asked_by(one.seed)
    for name in ("evidence", "document", "trust", "policy"):
        if (content := getattr(asked, name)) is not None:
            (folder / name).write_bytes(content)
    (folder / "times").write_text(f"at {asked.at}, clock {asked.clock}\n")
    return folder


def run(seed: int, kind: str, count: int, processes: int, browser_every: int, console: Console) -> Found:
    """All parts of one kind of work, over so many processes."""
    total, began = Found(Counter(), Counter(), []), time.monotonic()
    with ProcessPoolExecutor(processes) as pool, Progress(console=console) as progress:
        task = progress.add_task(f"{kind} compared", total=count)
        waiting = [pool.submit(WORK[kind], *part, browser_every) for part in parts(seed, kind, count)]
        for done in as_completed(waiting):
            found = done.result()
            total.outcomes.update(found.outcomes)
            total.codes.update(found.codes)
            total.different.extend(found.different)
            progress.advance(task, found.outcomes.total())
    seconds = time.monotonic() - began
    table = Table("outcome", "count", title=f"{count:,} {kind}, {count / seconds:,.0f} a second, {processes} processes")
    for name, number in sorted(total.outcomes.items()):
        table.add_row(name, f"{number:,}")
    console.print(table)
    return total


def report(found: Found, console: Console) -> None:
    for one in found.different[:KEPT]:
        console.print(f"[red]differs[/]: {one.seed} in {keep(one)}", soft_wrap=True)
        console.print(f"  {one.how[:500]}", markup=False, soft_wrap=True)
    console.print(f"{len(found.different)} differences")


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the ledger's verifier with the others.")
    parser.add_argument("--questions", type=int, default=100_000, help="sealed histories, each with one question")
    parser.add_argument("--documents", type=int, default=100_000, help="documents and redacted copies")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    help_ = "how seldom to ask the browser's verifier too: every so many; 0 for never"
    parser.add_argument("--browser-every", type=int, default=10, help=help_)
    parser.add_argument("--one", help="only the question of this seed, as it was reported")
    given = parser.parse_args()
    console = Console()
    if given.browser_every and not browser.is_installed():
        console.print(f"the browser's verifier {browser.MISSING}; without it: --browser-every 0")
        return 1
    if given.one is not None:
        question = judged(given.one, asked_by(given.one), in_browser=given.browser_every > 0)
        console.print(question.outcome, question.difference if question.differs else "no difference", markup=False)
        return 1 if question.differs else 0
    console.print(f"seed {given.seed}")
    bad = False
    for kind, count in [("questions", given.questions), ("documents", given.documents)]:
        if not count:
            continue
        found = run(given.seed, kind, count, given.processes, given.browser_every, console)
        bad = bad or bool(found.different)
        if kind == "questions":
            table = Table("code", "questions", title="codes reached")
            for code in alone.CODES:
                table.add_row(code, f"{found.codes[code]:,}")
            console.print(table)
            missing = sorted(alone.CODES.keys() - found.codes.keys())
            console.print(f"codes never reached: {', '.join(missing) or 'none'}")
            bad = bad or (bool(missing) and count >= CHUNK[kind])
        report(found, console)
    console.print("[bold red]not alike[/]" if bad else "[bold green]alike in all of them[/]")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

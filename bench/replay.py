"""History replay: every rule and signature, head and root, from entries in a file, in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator

from bench.audit import replay_apart, replayed
from bench.made_history import MIX, kept
from bench.rows import Bar, Row, Title
from bench.runner import ROOT, Bench, Work

SIZE, QUICK_SIZE = 100_000, 500


def measure(bench: Bench) -> Iterator[Row]:
    """One row. The history is made once and kept under ``build/``, which is not counted."""
    size = QUICK_SIZE if bench.quick else SIZE
    file = kept(ROOT / "build" / f"history-{size}.bin", size)
    title = Title("replay", f"replay a history of {size:,} entries: {MIX}", "1/s", bar=Bar(">=", 20_000, "ours"))
    row = title.row([replay_apart(file, size)["entries_per_second"] for _ in range(bench.rounds)])
    if row.holds is False:
        bench.profile(title.id, lambda: replayed(file, size // 10))
    yield row


WORKS = [Work(("replay",), 45, measure)]

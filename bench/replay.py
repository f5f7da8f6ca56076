"""Measure the replay of a history: every rule and signature, head and root, from entries in a file."""

from __future__ import annotations

from collections.abc import Iterator

from bench.audit import replay_file, replay_in_process
from bench.rows import Bar, Row, RowSpec
from bench.runner import ROOT, Bench, Measurement
from bench.synthetic_history import MIX, history_file
from ledger.testing.world import ORIGIN

SIZE, QUICK_SIZE = 100_000, 500


def measure(bench: Bench) -> Iterator[Row]:
    """Measure one row. The history is made once and kept under ``build/``; making it does not count."""
    size = QUICK_SIZE if bench.quick else SIZE
    file = history_file(ROOT / "build" / f"history-{size}-{ORIGIN.salt.hex()[:8]}.bin", size)
    spec = RowSpec("replay", f"replay a history of {size:,} entries: {MIX}", "1/s", bar=Bar(">=", 20_000, "ours"))
    row = spec.row([replay_in_process(file, size)["entries_per_second"] for _ in range(bench.rounds)])
    if row.holds is False:
        bench.profile(spec.id, lambda: replay_file(file, size // 10))
    yield row


MEASUREMENTS = [Measurement(("replay",), 45, measure)]

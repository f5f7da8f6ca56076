"""Measure the replay of a history: every rule and signature, head and root, from entries in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from bench.audit import replay_file, replay_in_process
from bench.rows import Bar, Row, RowSpec
from bench.runner import ROOT, Bench, Measurement
from bench.synthetic_history import LINES, MIX, contents, history_file, postings
from ledger.core.history.entry import Content
from ledger.testing.world import ORIGIN

SIZE, QUICK_SIZE = 100_000, 500


def measure_mix(bench: Bench) -> Iterator[Row]:
    """Measure the row of a mixed history."""
    spec = RowSpec("replay", f"replay a history of {{size:,}} entries: {MIX}", "1/s", bar=Bar(">=", 20_000, "ours"))
    yield _row(bench, spec, "history", contents)


def measure_postings(bench: Bench) -> Iterator[Row]:
    """Measure the row of a history of postings. Each is signed, as is only part of a mixed history."""
    work = f"replay a history of {{size:,}} entries: postings, of {LINES:,} lines in turn"
    yield _row(bench, RowSpec("replay-post", work, "1/s"), "postings", postings)


def _row(bench: Bench, spec: RowSpec, name: str, make: Callable[[int], Iterator[Content]]) -> Row:
    """The history is made once and kept under ``build/``; making it does not count."""
    size = QUICK_SIZE if bench.quick else SIZE
    spec = replace(spec, work=spec.work.format(size=size))
    file = history_file(ROOT / "build" / f"{name}-{size}-{ORIGIN.salt.hex()[:8]}.bin", size, make)
    row = spec.row([replay_in_process(file, size)["entries_per_second"] for _ in range(bench.rounds)])
    if row.holds is False:
        bench.profile(spec.id, lambda: replay_file(file, size // 10, indexed=False))
    return row


MEASUREMENTS = [Measurement(("replay",), 45, measure_mix), Measurement(("replay-post",), 45, measure_postings)]

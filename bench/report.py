"""The results of a run: the table, ``bench/results.json`` and ``bench/machine.json``."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from rich.table import Table

from bench import peer_programs
from bench.rows import Row
from bench.runner import ROOT

RESULTS = ROOT / "bench" / "results.json"
MACHINE = ROOT / "bench" / "machine.json"
_OURS = ("coincurve", "cryptography", "safe-pysha3", "sqlalchemy", "fastapi", "uvicorn", "pydantic")


def figure(value: float | None) -> str:
    """Three significant digits; from 100 on, whole numbers."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


_MEMBERS = {item.name for item in fields(Row)}
HEADS = ("id", "unit", "ours", "peer", "ratio", "spread", "bar", "work; peer")


def cells(row: Row) -> list[str]:
    """The cells of a row, in the order of ``HEADS``."""
    holds = {None: "", True: ": holds", False: ": does not hold"}[row.holds]
    spread = f"{figure(row.spread[0])} to {figure(row.spread[1])}"
    work = row.work if row.peer_name is None else f"{row.work}; {row.peer_name}"
    return [
        row.id, row.unit, figure(row.ours), figure(row.peer), figure(row.ratio), spread,
        "" if row.bar is None else row.bar + holds, work,
    ]  # fmt: skip


def line(row: Row) -> str:
    """A row in one line, to show while other rows are measured."""
    beside = "" if row.ratio is None else f", peer {figure(row.peer)}: {figure(row.ratio)} x"
    return f"{row.id}: {figure(row.ours)} {row.unit}{beside}" + ("" if row.bar is None else f" ({cells(row)[6]})")


def table(rows: Sequence[Row]) -> Table:
    """The rows as a table for a terminal."""
    shown, lines = Table(), [cells(row) for row in rows]
    for number, head in enumerate(HEADS):
        last = head == HEADS[-1]
        widest = max((len(line[number]) for line in lines), default=0)
        right = head in {"ours", "peer", "ratio"}
        shown.add_column(
            head, min_width=None if last else widest, no_wrap=not last, justify="right" if right else "left"
        )
    for row, line in zip(rows, lines, strict=True):
        shown.add_row(*line, style={None: None, True: "green", False: "red"}[row.holds])
    return shown


def read() -> list[Row]:
    """The rows of the last run. Rows with other members, of an older bench, are left out."""
    if not RESULTS.exists():
        return []
    found = json.loads(RESULTS.read_text())
    return [Row(**item | {"spread": tuple(item["spread"])}) for item in found if item.keys() == _MEMBERS]


def write(rows: Sequence[Row], packages: Iterable[str], *, order: Sequence[str]) -> None:
    """Write results and machine. Rows that this run did not measure stay; ``machine.json`` has the date of each row."""
    dates = json.loads(MACHINE.read_text())["measured"] if MACHINE.exists() else {}
    kept = {row.id: row for row in read() if row.id in order}
    kept.update({row.id: row for row in rows})
    now = datetime.now(UTC).isoformat(timespec="seconds")
    dates = {name: dates.get(name) for name in kept} | {row.id: now for row in rows}
    sorted_rows = sorted(kept.values(), key=lambda row: order.index(row.id))
    RESULTS.write_text(json.dumps([row.to_json() for row in sorted_rows], indent=2) + "\n")
    MACHINE.write_text(json.dumps(machine(packages) | {"measured": dates}, indent=2) + "\n")


def machine(packages: Iterable[str]) -> dict[str, Any]:
    """The machine and the versions. ``load`` is the kernel's average over a minute, the bench included."""
    model = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "")
    memory = next(int(line.split()[1]) // 1024 for line in _lines("/proc/meminfo") if line.startswith("MemTotal"))
    node = subprocess.run(
        ["node", "--version"], env=peer_programs.environment(), capture_output=True, text=True, check=False
    )
    return {
        "processor": model or platform.machine(),
        "cores": os.cpu_count(),
        "memory_mib": memory,
        "kernel": f"{platform.system()} {platform.release()}",
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "node": node.stdout.strip(),
        "libraries": {name: version(name) for name in _OURS},
        "peers": [peer_programs.version(name) for name in sorted(packages)],
    }


def _lines(path: str) -> list[str]:
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 (a file of the kernel's)
        return file.read().splitlines()

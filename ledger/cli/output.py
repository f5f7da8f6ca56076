"""What a command prints: tables for people, JSON for machines, one line and an exit code for errors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from ledger.cli.files import is_standard_output
from ledger.errors import DefiniteNo, LedgerError, Malformed, NotRelayed, Refused

out = Console(highlight=False)


err = Console(stderr=True, highlight=False)


_LONG_HEX = re.compile(r"(0x[0-9a-f]{6})[0-9a-f]{16,}([0-9a-f]{6})")


_NAMESPACE = re.compile(r"(?<=/)\{[^{}]*\}|(?<=@)\{[^{}]*\}")


_MARKUP = re.compile(r"\[/?[a-z ]*\]")


def show(as_json: bool, value: Any, human: Callable[[], None]) -> None:
    """Print ``value`` as JSON, or let ``human`` print it for people."""
    if as_json:
        typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
    else:
        human()


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table on the terminal; long ids are folded, not cut."""
    drawn = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(str(item) for item in row))
    out.print(drawn)


def facts(title: str, values: Mapping[str, object], console: Console = out) -> None:
    """Names and values, one a line; lines are never broken, so that an id can be copied."""
    width = max(map(len, values))
    console.print(f"[bold]{title}[/]")
    for name, value in values.items():
        console.print(f"  {name.ljust(width)}  {value}", soft_wrap=True, markup=False)


def report(written: Path, as_json: bool, title: str, values: Mapping[str, object]) -> None:
    """What was written, as JSON or in words; on stderr where standard output carries the file itself."""
    beside = is_standard_output(written)
    if as_json:
        typer.echo(json.dumps(values, indent=2, ensure_ascii=False), err=beside)
    else:
        facts(title, values, err if beside else out)


def lines(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Like ``table``, without a frame and with unbroken lines: for lists whose last column is an id."""
    cells = [list(columns), *([str(item) for item in row] for row in rows)]
    widths = [max(len(_MARKUP.sub("", row[place])) for row in cells) for place in range(len(columns))]
    out.print(f"[bold]{title}[/]")
    for number, row in enumerate(cells):
        padded = [cell + " " * (width - len(_MARKUP.sub("", cell))) for cell, width in zip(row, widths, strict=True)]
        text = "  " + "  ".join(padded).rstrip()
        out.print(f"[dim]{text}[/]" if number == 0 else text, soft_wrap=True)


def bar() -> Progress:
    """Progress on long work; on stderr, so that output can be piped."""
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=err, transient=True,
    )  # fmt: skip


class Stages:
    """One line of a bar for each stage of long work."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def stage(self, name: str, done: int, of: int) -> None:
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=None)
        self._progress.update(self._tasks[name], completed=done, total=of or None)


def warn(error: LedgerError) -> None:
    """Print a problem on stderr; the command goes on."""
    err.print(f"[yellow]{escape(str(error))}[/]", soft_wrap=True)


def say(words: str) -> None:
    """Print on stderr what is waited for."""
    err.print(f"[dim]{escape(words)}[/]", soft_wrap=True)


def short(text: str) -> str:
    """For reading: long hex cut in the middle, XML paths without namespaces. ``--json`` has all of it."""
    return _NAMESPACE.sub("", _LONG_HEX.sub(r"\1…\2", text))


def exit_code(error: LedgerError) -> int:
    """1 refused or contradicted, 2 malformed, 3 nobody could say."""
    if isinstance(error, Malformed):
        return 2
    return 1 if isinstance(error, DefiniteNo) else 3


def failure_json(error: LedgerError) -> str:
    """An error as one JSON object."""
    values = error.values if isinstance(error, Refused) else {}
    plain = {key: "0x" + value.hex() if isinstance(value, bytes) else value for key, value in values.items()}
    more = {"relay_yourself": own_transaction(error)} if isinstance(error, NotRelayed) else {}
    return json.dumps({"error": type(error).__name__, "message": str(error), "values": plain} | more)


def explain(error: LedgerError) -> None:
    """Print an error on stderr: one line, and what relays a statement that is not paid for here."""
    err.print(f"[bold red]{type(error).__name__}[/]: {escape(str(error))}", highlight=False, soft_wrap=True)
    own = own_transaction(error) if isinstance(error, NotRelayed) else {}
    if own:
        words = "To relay it yourself, send this transaction from any account that has coins for its gas:"
        err.print(words, soft_wrap=True)
        for name, value in own.items():
            err.print(f"  {name.ljust(8)}  {value}", soft_wrap=True, markup=False)


def own_transaction(error: NotRelayed) -> dict[str, object]:
    """The transaction that relays a statement without this relayer, by the names of its parts; empty if unknown."""
    made = error.transaction
    if made is None:
        return {}
    gas = {} if made.gas is None else {"gas": made.gas}
    to, data = "0x" + made.to.hex(), "0x" + made.data.hex()
    return {"chain_id": made.chain_id, "to": to, "value": 0, **gas, "data": data}

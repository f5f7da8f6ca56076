"""What a command prints: tables for people, JSON for machines, one line and an exit code for errors.

Every text is taken as it is: no markup is read in it, and what could steer a terminal or break a table is escaped
(``visible``). What is emphasised is a ``Styled``. With ``--plain`` there is neither table nor colour nor progress: one
fact a line, for those who hear the screen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from ledger.cli.files import is_standard_output
from ledger.cli.visible import shortened, visible
from ledger.core.verification.rules import MALFORMED
from ledger.errors import DefiniteNo, LedgerError, Malformed, NotRelayed, Refused

_LONGEST_CELL = 2_000  # characters of a table's cell; --json has all of them


class Styled(NamedTuple):
    """Text in a style, such as ``"bold red"``."""

    text: str
    style: str


Part = str | Styled
"""Text as it is, or in a style."""


class _Terminal(Console):
    """A console that reads no markup."""

    def __init__(self, *, stderr: bool) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)
        self.is_plain = False

    def text(self, parts: Sequence[object], style: str = "", keep: str = "") -> Text:
        """The parts as one text that is harmless to print here."""
        made = Text(style=style)
        for part in parts:
            text, of_part = part if isinstance(part, Styled) else (str(part), "")
            made.append(visible(text, self.encoding, keep=keep), of_part)
        return made

    def write_line(self, text: Text) -> None:
        """Print a text; its lines are not broken, so that an id can be copied."""
        if self.is_plain:
            self.file.write(f"{text.plain}\n")
            self.file.flush()
        else:
            self.print(text, soft_wrap=True)


out = _Terminal(stderr=False)


err = _Terminal(stderr=True)


_LONG_HEX = re.compile(r"(0x[0-9a-f]{6})[0-9a-f]{16,}([0-9a-f]{6})")


_NAMESPACE = re.compile(r"(?<=/)\{[^{}]*\}|(?<=@)\{[^{}]*\}")


def use_plain(is_plain: bool) -> None:
    """Print plainly from now on, or not."""
    out.is_plain = err.is_plain = is_plain


def print_line(*parts: Part) -> None:
    """Print one sentence, or one fact."""
    out.write_line(out.text(parts))


def say(*parts: Part) -> None:
    """Print on stderr, beside the result, such as what is waited for."""
    err.write_line(err.text(parts))


def show(as_json: bool, value: Any, human: Callable[[], None]) -> None:
    """Print ``value`` as JSON, or let ``human`` print it for people."""
    if as_json:
        print_json(value)
    else:
        human()


def print_json(value: Any, beside: bool = False) -> None:
    """Print a value as JSON; in ASCII, with escapes, where the stream cannot print all of it.

    :param beside: print on stderr, as standard output carries something else.
    """
    to = err if beside else out
    text = json.dumps(value, indent=2, ensure_ascii=False)
    try:
        text.encode(to.encoding)
    except (UnicodeEncodeError, LookupError):
        text = json.dumps(value, indent=2)
    to.file.write(f"{text}\n")
    to.file.flush()


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table on the terminal; long ids are folded, not cut. A cell is a ``Styled``, or anything else as it is.

    The title may have several lines.
    """
    if out.is_plain:
        _rows_in_words(title, columns, rows)
        return
    drawn = Table(title=out.text([title], keep="\n"), title_justify="left", header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*map(_cell, row))
    out.print(drawn)


def facts(title: str, values: Mapping[str, object], beside: bool = False) -> None:
    """Names and values, one a line; lines are never broken, so that an id can be copied.

    A list or tuple has a line for each of its items.

    :param beside: print on stderr, as standard output carries something else.
    """
    width, to = max(map(cell_len, values), default=0), err if beside else out
    to.write_line(to.text([title], "bold"))
    for name, value in values.items():
        items = [item if isinstance(item, Styled) else str(item) for item in _items(value)]
        if to.is_plain:
            for item in items:
                to.write_line(to.text([f"{name}: ", item]))
        else:
            begin = f"  {name}{' ' * (width - cell_len(name))}  "
            for item in items:
                to.write_line(to.text([begin, item]))
                begin = " " * cell_len(begin)


def report(
    written: Path,
    as_json: bool,
    title: str,
    values: Mapping[str, object],
    in_words: Mapping[str, object] | None = None,
) -> None:
    """What was written, as JSON or in words; on stderr where standard output carries the file itself.

    :param in_words: the values as people read them, where that differs.
    """
    beside = is_standard_output(written)
    if as_json:
        print_json(values, beside)
    else:
        facts(title, values if in_words is None else in_words, beside)


def _items(value: object) -> Sequence[object]:
    if isinstance(value, list | tuple) and not isinstance(value, Styled):
        return value or ["none"]
    return [value]


def lines(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Like ``table``, without a frame and with unbroken lines: for lists whose last column is an id."""
    if out.is_plain:
        _rows_in_words(title, columns, rows)
        return
    cells = [[out.text([column]) for column in columns], *([_cell(item) for item in row] for row in rows)]
    widths = [max(row[place].cell_len for row in cells) for place in range(len(columns))]
    out.write_line(out.text([title], "bold", keep="\n"))
    for number, row in enumerate(cells):
        line = Text("  ", style="dim" if number == 0 else "")
        for cell, width in zip(row, widths, strict=True):
            line.append_text(cell).append(" " * (width - cell.cell_len + 2))
        line.rstrip()
        out.write_line(line)


def _cell(item: object) -> Text:
    text, style = item if isinstance(item, Styled) else (str(item), "")
    return out.text([Styled(shortened(text, _LONGEST_CELL), style)])


def _rows_in_words(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Each row as one line: the names of the columns, and what stands there."""
    out.write_line(out.text([title], keep="\n"))
    for row in rows:
        said = [(column, _cell(item).plain) for column, item in zip(columns, row, strict=True)]
        out.write_line(Text("; ".join(f"{column}: {cell}" if column else cell for column, cell in said if cell)))
    if not rows:
        out.write_line(Text("none"))


def bar() -> Progress:
    """Progress on long work; on stderr, so that output can be piped."""
    return Progress(
        SpinnerColumn("line"), TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(),
        TimeElapsedColumn(), console=err, transient=True, disable=err.is_plain,
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


def warn(problem: LedgerError | str) -> None:
    """Print a problem on stderr; the command goes on."""
    err.write_line(err.text([_indented(str(problem))], "yellow", keep="\n"))


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
    more: dict[str, Any] = {"relay_yourself": own_transaction(error)} if isinstance(error, NotRelayed) else {}
    if isinstance(error, Malformed) and error.part:
        more |= {"code": f"malformed.{error.part}", "rule": MALFORMED[error.part]}
    return json.dumps({"error": type(error).__name__, "message": str(error), "values": plain} | more)


def explain(error: LedgerError) -> None:
    """Print an error on stderr: one line, and what relays a statement that is not paid for here."""
    name = Styled(type(error).__name__, "bold red")
    err.write_line(err.text([name, f": {_indented(str(error))}"], keep="\n"))
    own = own_transaction(error) if isinstance(error, NotRelayed) else {}
    if own:
        say("To relay it yourself, send this transaction from any account that has coins for its gas:")
        for name_, value in own.items():
            say(f"  {name_.ljust(8)}  {value}")


def explain_fault(error: Exception) -> None:
    """Print on stderr what nobody expected, and where in the program it happened."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = "" if place is None else f" ({place.tb_frame.f_code.co_filename}, line {place.tb_lineno})"
    say(Styled("Fault of this program", "bold red"), f": {type(error).__name__}: {shortened(str(error), 500)}{where}")
    say("Nothing was found out. Please report this, with what you did.")


def _indented(text: str) -> str:
    """Further lines of a message stand below the first, so that none looks like a line of its own."""
    return text.rstrip("\n").replace("\n", "\n  ")


def own_transaction(error: NotRelayed) -> dict[str, object]:
    """The transaction that relays a statement without this relayer, by the names of its parts; empty if unknown."""
    made = error.transaction
    if made is None:
        return {}
    gas = {} if made.gas is None else {"gas": made.gas}
    to, data = "0x" + made.to.hex(), "0x" + made.data.hex()
    return {"chain_id": made.chain_id, "to": to, "value": 0, **gas, "data": data}

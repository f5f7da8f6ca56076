"""``ledger history``: entries by number."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.markup import escape

from ledger.cli.inputs import Json
from ledger.cli.output import lines, short, show
from ledger.cli.terminal import open_app
from ledger.core.encoding.reading import hex_text
from ledger.core.encoding.text import when
from ledger.core.history.words import in_words
from ledger.journeys.history import read_entries, read_entry


def history(
    number: Annotated[int | None, typer.Argument(help="One entry by number; the latest entries if not given.")] = None,
    last: Annotated[int, typer.Option(help="How many of the latest entries.")] = 20,
    as_json: Json = False,
) -> None:
    """Show entries of the history: number, time, kind, what it says, hash. A list cuts long ids; one entry does not.

    Example: `ledger history 12`
    """
    app = open_app()
    replayed = app.follower.refresh()
    if number is None:
        entries = read_entries(app.follower, replayed, max(0, replayed.size - last), last)
    else:
        entries = [read_entry(app.follower, replayed, number)]
    rows: list[dict[str, Any]] = [
        {
            "number": entry.number,
            "time": when(entry.time),
            "kind": entry.kind.name.lower(),
            "words": in_words(entry.content),
            "hash": hex_text(entry.hash),
        }
        for entry in entries
    ]
    title = f"{app.origin}\nsize {replayed.size}, head 0x{replayed.head.hex()}"
    value = {"origin": str(app.origin), "size": replayed.size, "head": hex_text(replayed.head), "entries": rows}

    def human() -> None:
        shown = [row | {"words": escape(short(row["words"]) if number is None else row["words"])} for row in rows]
        lines(title, ("number", "time", "kind", "what it says", "hash"), [list(row.values()) for row in shown])

    show(as_json, value, human)

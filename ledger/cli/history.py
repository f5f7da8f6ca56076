"""``ledger history``: entries by number."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ledger.cli.inputs import Json
from ledger.cli.output import lines, show
from ledger.cli.terminal import open_app
from ledger.core.encoding.reading import hex_text
from ledger.core.verification.verdict import when
from ledger.errors import Malformed


def history(
    number: Annotated[int | None, typer.Argument(help="One entry by number; the latest entries if not given.")] = None,
    last: Annotated[int, typer.Option(help="How many of the latest entries.")] = 20,
    as_json: Json = False,
) -> None:
    """Show entries of the history: number, time, kind, hash.

    Example: `ledger history 12`
    """
    app = open_app()
    replayed = app.follower.refresh()
    numbers = range(max(0, replayed.size - last), replayed.size) if number is None else [number]
    if number is not None and not 0 <= number < replayed.size:
        raise Malformed(f"the history has the entries 0 to {replayed.size - 1}", f"entry {number}")
    rows: list[dict[str, Any]] = []
    for chosen in numbers:
        entry = app.follower.entry(chosen)
        name = entry.kind.name.lower()
        rows.append({"number": chosen, "time": when(entry.time), "kind": name, "hash": hex_text(entry.hash)})
    title = f"{app.origin}\nsize {replayed.size}, head 0x{replayed.head.hex()}"
    value = {"origin": str(app.origin), "size": replayed.size, "head": hex_text(replayed.head), "entries": rows}
    show(as_json, value, lambda: lines(title, ("number", "time", "kind", "hash"), [list(row.values()) for row in rows]))

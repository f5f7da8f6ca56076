"""``ledger history``: entries by number."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.markup import escape

from ledger.cli.inputs import Api, Json, ServerTrust
from ledger.cli.output import lines, short, show
from ledger.cli.terminal import open_app, open_service
from ledger.core.encoding.reading import hex_text
from ledger.core.encoding.text import when
from ledger.core.history.words import in_words


def history(
    number: Annotated[int | None, typer.Argument(help="One entry by number; the latest entries if not given.")] = None,
    last: Annotated[int, typer.Option(help="How many of the latest entries.")] = 20,
    api: Api = None,
    trust: ServerTrust = None,
    as_json: Json = False,
) -> None:
    """Show entries of the history: number, time, kind, what it says, hash. A list cuts long ids; one entry does not.

    Example: `ledger history 12`
    """
    service = open_service(open_app(), api, trust=trust)
    page = service.history(number, last if number is None else 1)
    rows: list[dict[str, Any]] = [
        {
            "number": entry.number,
            "time": when(entry.time),
            "kind": entry.kind.name.lower(),
            "words": in_words(entry.content),
            "hash": hex_text(entry.hash),
        }
        for entry in page.entries
    ]
    title = f"{page.origin}\nsize {page.size}, head 0x{page.head.hex()}"
    value = {"origin": str(page.origin), "size": page.size, "head": hex_text(page.head), "entries": rows}

    def human() -> None:
        shown = [row | {"words": escape(short(row["words"]) if number is None else row["words"])} for row in rows]
        lines(title, ("number", "time", "kind", "what it says", "hash"), [list(row.values()) for row in shown])

    show(as_json, value, human)

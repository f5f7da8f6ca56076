"""``ledger backup``: a copy of a SQLite store as of one moment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.desk import Desk
from ledger.cli.inputs import Json
from ledger.cli.output import facts, show
from ledger.edges.store import Store


def backup(
    file: Annotated[Path, typer.Argument(help="Where to: a file that is not there yet.")],
    as_json: Json = False,
) -> None:
    """Copy a SQLite store as of one moment, while servers go on writing. Keys are not in it: back them up apart.

    Example: `ledger backup /backup/ledger-2026-11-23.sqlite`
    """
    desk = Desk()
    store = Store.open(desk.settings.store_url_or_default(), None, create=False)
    length = store.backup.copy_to(file)
    last = store.entries.last()
    value = {
        "file": str(file),
        "bytes": length,
        "origin": str(store.origin),
        "entries": 0 if last is None else last.entry.number + 1,
        "pending": store.declarations.pending().total,
    }
    show(as_json, value, lambda: facts("Backed up", value))

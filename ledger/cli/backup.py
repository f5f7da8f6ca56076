"""``ledger backup``: a copy of a SQLite store as of one moment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.inputs import Json
from ledger.cli.output import facts, show
from ledger.cli.terminal import open_app
from ledger.journeys.backup import back_up


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist yet.")],
    as_json: Json = False,
) -> None:
    """Copy a SQLite store as of one moment, while servers go on writing. Keys are not in it: back them up apart.

    Example: `ledger backup /backup/ledger-2026-11-23.sqlite`
    """
    made = back_up(open_app().existing_store(), file)
    value = {
        "file": str(file),
        "bytes": made.length,
        "origin": str(made.origin),
        "entries": made.entries,
        "pending": made.pending,
    }
    show(as_json, value, lambda: facts("Backed up", value))

"""``ledger mirror``: a log as files that any static server can serve, every byte checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.files import read_trusts
from ledger.cli.inputs import Json
from ledger.cli.output import bar, facts, show
from ledger.cli.terminal import open_app
from ledger.journeys.mirror import mirror_log


def mirror(
    url: Annotated[str, typer.Argument(help="Where the log is served, e.g. http://127.0.0.1:8080/v1/log")],
    folder: Annotated[Path, typer.Argument(help="Folder for the files; it may hold an earlier copy.")],
    trust: Annotated[
        Path, typer.Option("--trust", "-t", help="Trust root (log keys, witnesses, threshold), or a folder of them.")
    ],
    with_index: Annotated[
        bool,
        typer.Option("--index/--no-index", help="Write the pages of the index of subjects, too: many small files."),
    ] = True,
    as_json: Json = False,
) -> None:
    """Copy a log into a folder that any static file server can serve. Every byte is checked; no node is needed.

    A second run fetches what is new. Exit 1: the log does not agree with its checkpoint, or with the earlier copy.

    Example: `ledger mirror https://ledger.example/v1/log /srv/ledger-log --trust trust.json`
    """
    root, proxy = read_trusts(trust), open_app().settings.proxy_url
    with bar() as progress:
        task = progress.add_task("entries", total=None)
        made = mirror_log(
            url,
            folder,
            root,
            lambda done, of: progress.update(task, completed=done, total=of),
            with_index=with_index,
            proxy=proxy,
        )
    value = {
        "folder": str(folder),
        "size": made.note.checkpoint.size,
        "new_entries": made.new,
        "cosigned_by": [item.witness.name for item in made.cosigned],
    }
    show(as_json, value, lambda: facts("Mirrored", value))

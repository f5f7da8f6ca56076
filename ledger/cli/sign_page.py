"""``ledger sign-page``: the page that signs with passkeys, for a host of its own."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.files import write_file
from ledger.cli.inputs import Json
from ledger.cli.output import report
from ledger.core.statements.origin import Origin
from ledger.journeys.sign_page import sign_page


def sign_page_(
    back: Annotated[list[str], typer.Option(metavar="URL", help="Site that a signature may go to; repeat for more.")],
    history: Annotated[
        list[str] | None,
        typer.Option(metavar="ORIGIN", help="History that it signs for; repeat for more. Not given: any history."),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where to write the page; - for standard output.")
    ] = Path("sign.html"),
    as_json: Json = False,
) -> None:
    """Write the page on which people sign with passkeys: one file, to be served at a host of its own.

    It shows in words what is signed, and reaches no server. docs/portal.md says which headers its host sends.

    Exit 0 written, 2 malformed.

    Example: `ledger sign-page --back https://portal.example -o sign.html`
    """
    page = sign_page(back, [Origin.parse(text) for text in history or []])
    write_file(output, page)
    value = {"file": str(output), "back": back, "histories": history or [], "sha256": sha256(page).hexdigest()}
    report(output, as_json, "The page", value)

"""``ledger print``: a page for print with the code that leads to evidence, and the evidence in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.files import write_file
from ledger.cli.held import HELP, evidence_of, link_to
from ledger.cli.inputs import Api, Json, SessionKey
from ledger.cli.output import report
from ledger.cli.qr import Site
from ledger.core.encoding.reading import hex_text
from ledger.journeys.print import accompanying_page


def print_(
    evidence: Annotated[str, typer.Argument(metavar="EVIDENCE", help=f"{HELP} - for standard input.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the PDF; - for standard output.")],
    at: Site = None,
    api: Api = None,
    key: SessionKey = None,
    as_json: Json = False,
) -> None:
    """Make the page that accompanies a document on paper: who declared it, what agencies said, and a QR code.

    The PDF has the evidence inside it, and `ledger verify` reads it there. The page itself proves nothing: anybody can
    print one like it.

    Example: `ledger print invoice.evidence.json --at https://ledger.example -o invoice.pdf`

    Example: `ledger verify invoice.pdf -d invoice.xml --trust trust.json`
    """
    found = evidence_of(evidence, api, key)
    link = link_to(found, evidence, at, api)
    made = accompanying_page(found, link)
    write_file(output, made)
    value = {
        "file": str(output),
        "link": str(link),
        "declaration": hex_text(link.id),
        "proves": "the attached evidence, not the page",
    }
    report(output, as_json, "Printed", value)

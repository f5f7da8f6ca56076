"""``ledger qr``: the link to evidence, and its code for print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.files import write_file
from ledger.cli.held import HELP, evidence_of, link_to
from ledger.cli.inputs import Api, Json, SessionKey
from ledger.cli.output import print_line, report, show
from ledger.core.encoding.reading import hex_text
from ledger.errors import Malformed
from ledger.journeys.qr import Image, image

Site = Annotated[
    str | None,
    typer.Option(
        "--at", metavar="URL", help="Address of the server under which readers get the evidence; else LEDGER_SITE."
    ),
]


def qr_(
    evidence: Annotated[str, typer.Argument(metavar="EVIDENCE", help=f"{HELP} - for standard input.")],
    at: Site = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to write the code: a file .svg or .png, or - for SVG."),
    ] = None,
    api: Api = None,
    key: SessionKey = None,
    as_json: Json = False,
) -> None:
    """Make the link under which a reader of paper gets the evidence, and its QR code as an image for print.

    The link holds the declaration's id and the document's digest after its #, which browsers send to no server. Print
    the code at least 30 mm wide. `ledger print` makes a whole page. A link of `ledger share` keeps its key here and
    there: whoever scans the code then reads the document that was shared.

    Example: `ledger qr invoice.evidence.json --at https://ledger.example -o code.svg`
    """
    kind = None if output is None else kind_of(output)
    found = evidence_of(evidence, api, key)
    link = link_to(found, evidence, at, api)
    value = {"link": str(link), "declaration": hex_text(link.id), "digest": hex_text(link.digest)}
    if output is None or kind is None:
        show(as_json, value, lambda: print_line(str(link)))
        return
    write_file(output, image(link, kind))
    report(output, as_json, "QR code", {"file": str(output), **value})


def kind_of(output: Path) -> Image:
    """What image a file is to be, by its ending; SVG on standard output."""
    ending = output.suffix.lower()
    if ending == ".png":
        return "png"
    if ending == ".svg" or str(output) == "-":
        return "svg"
    raise Malformed("must end with .svg or .png: these are the images that can be made", "--output")

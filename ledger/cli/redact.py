"""``ledger redact``: a copy with fields hidden, which keeps its digest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.files import DOCUMENT, output_beside, read_as, write_file
from ledger.cli.inputs import Json
from ledger.cli.output import report
from ledger.core.document import disclose, redact
from ledger.core.document.file_names import WRAPPED
from ledger.core.encoding.reading import hex_text
from ledger.errors import Malformed
from ledger.journeys.show import read_redactable


def redact_(
    file: Annotated[
        Path, typer.Argument(help="A wrapped or redacted document, or evidence that discloses it; - for stdin.")
    ],
    hide: Annotated[list[str] | None, typer.Option(help="Path of a field or container to hide; repeat.")] = None,
    only: Annotated[list[str] | None, typer.Option("--show", help="Hide everything but these paths; repeat.")] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to write; FILE.redacted else, and standard output for -."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a copy with fields hidden; it keeps its digest and verifies.

    Evidence that discloses the document, or some of it, will do where the wrapped file is lost.

    Example: `ledger redact invoice.xml.wrapped --hide //PriceAmount`
    """
    if bool(hide) == bool(only):
        raise Malformed("give either --hide or --show")
    document = read_as(DOCUMENT, file, read_redactable)
    redacted = redact(document, hide) if hide else disclose(document, only or [])
    target = output_beside(file, output, file.name.removesuffix(WRAPPED) + ".redacted")
    write_file(target, redacted.to_bytes())
    value = {
        "file": str(target),
        "shown": len(redacted.fields),
        "hidden": len(redacted.hidden),
        "digest": hex_text(redacted.digest),
    }
    report(target, as_json, "Redacted", value)

"""``ledger unwrap``: the document itself, out of its wrapped file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.files import STANDARD, name_of, output_beside, read_document, write_new
from ledger.cli.inputs import Json
from ledger.cli.output import report
from ledger.core.document import Redacted
from ledger.core.document.file_names import WRAPPED
from ledger.core.encoding.reading import hex_text
from ledger.errors import Malformed


def unwrap_(
    file: Annotated[Path, typer.Argument(help="A wrapped document; - for standard input.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to write; FILE without .wrapped else, and standard output for -."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Give a document back out of its wrapped file, byte for byte. Keep the wrapped file: it alone holds the seed.

    Example: `ledger unwrap invoice.xml.wrapped -o invoice.xml`
    """
    opened = read_document(file)
    if isinstance(opened, Redacted):
        raise Malformed(
            f"is a redacted copy: it shows {len(opened.fields)} fields, hides {len(opened.hidden)}, and does not hold "
            "the document's own bytes. Ask the owner for the document, or read the fields with `ledger show`",
            name_of(file),
        )
    if output is None and file != STANDARD and not file.name.endswith(WRAPPED):
        raise Malformed(f"is missing: the name of the file does not end with {WRAPPED}", "--output")
    target = output_beside(file, output, file.name.removesuffix(WRAPPED))
    write_new(target, opened.data, "it is not this document")
    value = {
        "file": str(target),
        "format": opened.format.value,
        "bytes": len(opened.data),
        "digest": hex_text(opened.digest),
    }
    report(target, as_json, "Unwrapped", value)

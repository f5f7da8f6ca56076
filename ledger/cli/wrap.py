"""``ledger wrap``: salt a document's fields and compute its digest."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.files import STANDARD, name_of, output_beside, read_file, write_file
from ledger.cli.inputs import FormatName, Json
from ledger.cli.output import report
from ledger.core.document.file_names import WRAPPED
from ledger.core.encoding.reading import hex_text
from ledger.errors import Malformed
from ledger.journeys.declare import wrap_as


def wrap_(
    file: Annotated[
        Path, typer.Argument(help="The document: JSON, XML, or anything else as an opaque file; - for standard input.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to write; FILE.wrapped else, and standard output for -."),
    ] = None,
    format_: FormatName = None,
    as_json: Json = False,
) -> None:
    """Wrap a document: salt its fields and compute the digest. Keep the result; it holds the seed of all salts.

    Example: `ledger wrap invoice.xml`

    Example: `cat order.xml | ledger wrap - -o order.xml.wrapped`
    """
    target = output_beside(file, output, file.name + WRAPPED)
    if target == STANDARD and output is None and sys.stdout.isatty():
        raise Malformed("is missing: the wrapped file holds the seed, so say where to keep it", "--output")
    name = name_of(file) if file == STANDARD else file.name
    wrapped = wrap_as(read_file(file), name, format_, secrets.token_bytes(32))
    if target.is_file():
        raise Malformed(
            "exists, and another seed would make another digest: choose another name, or remove the file", str(target)
        )
    write_file(target, wrapped.to_bytes(), is_private=True)
    value = {
        "file": str(target),
        "format": wrapped.format.value,
        "fields": len(wrapped.fields),
        "digest": hex_text(wrapped.digest),
    }
    report(target, as_json, "Wrapped", value)

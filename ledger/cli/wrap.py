"""``ledger wrap``: salt a document's fields and compute its digest."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.files import read_file, write_file
from ledger.cli.inputs import FormatName, Json
from ledger.cli.output import facts, show
from ledger.core.document.file_names import WRAPPED
from ledger.core.encoding.reading import hex_text
from ledger.errors import Malformed
from ledger.journeys.declare import wrap_as


def wrap_(
    file: Annotated[Path, typer.Argument(help="The document: JSON, XML, or anything else as an opaque file.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where to write; FILE.wrapped else.")] = None,
    format_: FormatName = None,
    as_json: Json = False,
) -> None:
    """Wrap a document: salt its fields and compute the digest. Keep the result; it holds the seed of all salts.

    Example: `ledger wrap invoice.xml`
    """
    data = read_file(file)
    wrapped = wrap_as(data, file.name, format_, secrets.token_bytes(32))
    target = output or file.with_name(file.name + WRAPPED)
    if target.exists():
        raise Malformed(
            "exists, and another seed would make another digest: choose another name, or remove the file", str(target)
        )
    write_file(target, wrapped.to_bytes())
    value = {
        "file": str(target),
        "format": wrapped.format.value,
        "fields": len(wrapped.fields),
        "digest": hex_text(wrapped.digest),
    }
    show(as_json, value, lambda: facts("Wrapped", value))

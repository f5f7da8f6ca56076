"""``ledger unwrap``: the document itself, out of its wrapped file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.files import DOCUMENT, STANDARD, name_of, output_beside, read_as, write_new
from ledger.cli.inputs import Json
from ledger.cli.output import report
from ledger.core.document import Redacted, Wrapped, open_document
from ledger.core.document.file_names import WRAPPED
from ledger.core.encoding.reading import hex_text
from ledger.core.evidence.pdf import carries_evidence, original_of
from ledger.errors import Malformed


def unwrap_(
    file: Annotated[Path, typer.Argument(help="A wrapped document, or a PDF that carries evidence; - for stdin.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to write; FILE without .wrapped else, and standard output for -."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Give a document back out of its wrapped file, byte for byte. Keep the wrapped file: it alone holds the seed.

    Out of a PDF that carries evidence it gives the PDF as it was before.

    Example: `ledger unwrap invoice.xml.wrapped -o invoice.xml`
    """
    opened = read_as(DOCUMENT, file, _read)
    if isinstance(opened, bytes):
        _write(file, output, opened, {"format": "opaque", "from": "a PDF that carries evidence"}, as_json)
        return
    if isinstance(opened, Redacted):
        raise Malformed(
            f"is a redacted copy: it shows {len(opened.fields)} fields, hides {len(opened.hidden)}, and does not hold "
            "the document's own bytes. Ask the owner for the document, or read the fields with `ledger show`",
            name_of(file),
        )
    _write(file, output, opened.data, {"format": opened.format.value, "digest": hex_text(opened.digest)}, as_json)


def _read(data: bytes) -> Wrapped | Redacted | bytes:
    """A document; or the original of a PDF that carries evidence, whose own bytes are at its beginning."""
    return original_of(data) if carries_evidence(data) else open_document(data)


def _write(file: Path, output: Path | None, data: bytes, more: dict[str, object], as_json: bool) -> None:
    if output is None and file != STANDARD and not file.name.endswith(WRAPPED):
        raise Malformed(f"is missing: the name of the file does not end with {WRAPPED}", "--output")
    target = output_beside(file, output, file.name.removesuffix(WRAPPED))
    write_new(target, data, "it is not this document")
    report(target, as_json, "Unwrapped", {"file": str(target), "bytes": len(data), **more})

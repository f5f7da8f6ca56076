"""``ledger embed``: evidence into a PDF, where ``ledger verify`` reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.files import DOCUMENT, EVIDENCE, PDF, name_of, read_as, write_file
from ledger.cli.inputs import Json
from ledger.cli.output import report
from ledger.core.document import open_document
from ledger.core.evidence.pdf import carries_evidence, embed, original_of
from ledger.core.evidence.reading import read_evidence
from ledger.errors import Malformed


def embed_(
    evidence: Annotated[Path, typer.Argument(help="The evidence file; - for standard input.")],
    pdf: Annotated[Path, typer.Argument(help="The PDF; evidence that it carries already is replaced.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where to write the PDF that carries it; - for standard output.")
    ],
    document: Annotated[
        Path | None,
        typer.Option("--document", "-d", help="Where the PDF itself was declared: its wrapped document."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Attach evidence to a PDF. Its own bytes stay as they are, at the beginning of the file.

    Without --document the PDF only carries the evidence: what its pages show is not proven, only the data that the
    evidence discloses. With it, the PDF as it was before is the document that is proven.

    Example: `ledger embed certificate.evidence.json certificate.pdf -o proven.pdf -d certificate.pdf.wrapped`
    """
    original = read_as(PDF, pdf, lambda data: original_of(data) if carries_evidence(data) else data)
    read, proof = read_as(EVIDENCE, evidence, lambda data: (read_evidence(data), data))
    wrapped = None
    if document is not None:
        opened, wrapped = read_as(DOCUMENT, document, lambda data: (open_document(data), data))
        if opened.digest != read.declaration.digest:
            raise Malformed("is not the document that the evidence is about", name_of(document))
    try:
        made = embed(original, proof, wrapped)
    except Malformed as error:
        raise Malformed(str(error), str(document if error.where == "document" else pdf)) from None
    write_file(output, made)
    value = {
        "file": str(output),
        "original_bytes": len(original),
        "added_bytes": len(made) - len(original),
        "proves": "the data that the evidence discloses, not the pages" if wrapped is None else "the original PDF",
    }
    report(output, as_json, "Embedded", value)

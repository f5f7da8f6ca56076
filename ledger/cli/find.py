"""``ledger find``: the declarations of a document, or those that a reference leads to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.cli.files import DOCUMENT, read_as, read_document, read_file
from ledger.cli.inputs import DECLARED, Api, DeclaredFolder, Json, ServerTrust, SessionKey, identifier
from ledger.cli.output import lines, show
from ledger.cli.terminal import open_app, open_service
from ledger.core.document import Wrapped, open_document
from ledger.core.document.file_names import WRAPPED
from ledger.core.encoding.ids import Digest
from ledger.core.encoding.reading import hex_text
from ledger.core.encoding.text import when
from ledger.core.statements.code_lists import type_in_words
from ledger.errors import Malformed
from ledger.journeys.service import DeclarationView


def find(
    file: Annotated[
        Path | None,
        typer.Argument(help="A wrapped or redacted document, or a plain one whose .wrapped file is beside it."),
    ] = None,
    digest: Annotated[str | None, typer.Option(help="Digest of the document in the place of a file.")] = None,
    reference: Annotated[
        str | None, typer.Option(help="An MRN, bill of lading, waybill or container number that the party disclosed.")
    ] = None,
    declared: DeclaredFolder = DECLARED,
    api: Api = None,
    trust: ServerTrust = None,
    key: SessionKey = None,
    as_json: Json = False,
) -> None:
    """Find declarations by a document or a reference. Of a file, only the digest is asked for: its contents stay here.

    A server shows what the key may read. Exit code 1: there is none.

    Example: `ledger find invoice.xml.wrapped`

    Example: `ledger find --reference MSKU9070323`
    """
    if sum(given is not None for given in (file, digest, reference)) != 1:
        raise Malformed("give one of FILE, --digest and --reference")
    wanted = None
    if file is not None:
        wanted = _digest_of(file, declared)
    elif digest is not None:
        wanted = Digest(identifier(digest, "--digest"))
    service = open_service(open_app(), api, trust=trust, key=key)
    found = service.find(wanted, reference)
    told = [_json(one) for one in found]
    value = {"digest": None if wanted is None else hex_text(wanted), "reference": reference, "declarations": told}
    what = "this document" if reference is None else f"the reference {reference}"
    rows = [(one["state"], type_in_words(one["document_type"]), when(one["received_at"]), one["id"]) for one in told]
    title = "Declarations" if found else f"No declaration of {what} is known, or yours to see, at {service.name}"
    show(as_json, value, lambda: lines(title, ("state", "type", "received", "id"), rows))
    if not found:
        raise typer.Exit(1)


def _digest_of(file: Path, declared: Path) -> Digest:
    """The digest of a document: of a wrapped or redacted one, or of a plain one by the wrapped file that has its seed.

    :raises Malformed: it is no document of the ledger, and no wrapped file has these bytes.
    """
    beside = [folder / f"{file.name}{WRAPPED}" for folder in (file.parent, declared)]
    if file.name.endswith(WRAPPED) or not any(path.is_file() for path in beside):
        return read_document(file).digest
    data = read_file(file)
    for path in beside:
        if path.is_file():
            wrapped = read_as(DOCUMENT, path, open_document)
            if isinstance(wrapped, Wrapped) and wrapped.data == data:
                return wrapped.digest
    raise Malformed(
        f"the wrapped file of this name, {next(path for path in beside if path.is_file())}, has other contents: give "
        "the wrapped file that was declared",
        str(file),
    )


def _json(view: DeclarationView) -> dict[str, Any]:
    assert view.declaration is not None
    return {
        "id": hex_text(view.id),
        "state": view.state,
        "received_at": view.received_at,
        **view.declaration.to_json(),
    }

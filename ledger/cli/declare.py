"""``ledger declare``: wrap, sign and anchor documents as a party."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from ledger.cli.files import read_file
from ledger.cli.inputs import Api, FormatName, Json, KeyName, ServerTrust, identifier
from ledger.cli.output import bar, lines, out, show, table
from ledger.cli.terminal import open_app, open_service
from ledger.core.document import Format
from ledger.core.encoding.ids import DeclarationId
from ledger.core.encoding.reading import hex_text
from ledger.errors import Malformed, Unavailable
from ledger.journeys.declare import Declared, DocumentFile, Rejected, declare_files
from ledger.journeys.progress import no_progress
from ledger.journeys.service import Anchored


def _sources(
    paths: list[Path], document_type: int | None, index: Path | None, format_: Format | None
) -> list[DocumentFile]:
    """Files named one by one, all below a folder, or those of an index; types from one number or from the index."""
    found: dict[Path, DocumentFile] = {}
    if index is not None:
        listed = _read_index(index)
        wanted = [path.resolve() for path in paths]
        for file, (kind, stated) in listed.items():
            path = index.parent / file
            if not wanted or any(path.resolve().is_relative_to(place) for place in wanted):
                found[path.resolve()] = DocumentFile(path, file, kind, format=stated or format_)
    for path in paths:
        if not path.exists():
            raise Malformed("does not exist", str(path))
        base, files = (path, sorted(path.rglob("*"))) if path.is_dir() else (path.parent, [path])
        for item in files:
            if not item.is_file() or item.resolve() in found or (index is not None and path.is_dir()):
                continue
            if document_type is None:
                raise Malformed("has no document type: give --type, or an --index that lists it", str(item))
            found[item.resolve()] = DocumentFile(item, str(item.relative_to(base)), document_type, format=format_)
    if not found:
        raise Malformed("nothing to declare: name files, folders or an --index")
    return list(found.values())


def _read_index(path: Path) -> dict[str, tuple[int, Format | None]]:
    """Document type and, where it is stated, format of each file."""
    try:
        return {
            item["file"]: (int(item["type"]), Format(item["format"]) if "format" in item else None)
            for item in json.loads(read_file(path))
        }
    except (ValueError, KeyError, TypeError):
        raise Malformed(
            'must be a JSON list of {"file": name, "type": number}; an item may have a "format": json, xml or opaque',
            str(path),
        ) from None


def declare(
    key: KeyName,
    paths: Annotated[list[Path] | None, typer.Argument(help="Documents, or folders of documents.")] = None,
    document_type: Annotated[int | None, typer.Option("--type", "-t", help="UNCL 1001 code, e.g. 380.")] = None,
    index: Annotated[
        Path | None,
        typer.Option(
            help="JSON list of {file, type} or {file, type, format}; file names are relative to the index's folder."
        ),
    ] = None,
    format_: FormatName = None,
    folder: Annotated[Path, typer.Option("--output", "-o", help="Folder for wrapped documents.")] = Path("declared"),
    replaces: Annotated[
        str | None, typer.Option(help="Id of the declaration that a single file replaces; it must be known.")
    ] = None,
    anchor: Annotated[
        bool,
        typer.Option(
            help="Anchor now, or wait until the server has; without, they are handed in and wait for `ledger serve`."
        ),
    ] = True,
    api: Api = None,
    trust: ServerTrust = None,
    as_json: Json = False,
) -> None:
    """Declare documents as a party: wrap, sign, and anchor all of them in one batch, here or through a server.

    Documents never leave this machine, nor do keys. An interrupted run that is started again goes on.

    Example: `ledger declare --index shipment/index.json --key trader`

    Example: `ledger declare invoice.xml --type 380 --key trader --api https://ledger.example`
    """
    app = open_app()
    service = open_service(app, api, trust=trust, key=key)
    sources = _sources(paths or [], document_type, index, format_)
    if replaces is not None:
        if len(sources) != 1:
            raise Malformed("needs exactly one file", "--replaces")
        replaced = DeclarationId(identifier(replaces, "--replaces"))
        service.declaration(replaced)
        sources = [replace(sources[0], replaces=replaced)]
    _ = service.origin  # believed before a key is opened, and before the bar
    party, done, rejected = app.key(key), [], []
    batches: list[Anchored] = []
    left: Unavailable | None = None
    with bar() as progress:
        task = progress.add_task("declaring", total=len(sources))
        try:
            for item in declare_files(sources, folder, party, service, lambda: secrets.token_bytes(32)):
                progress.advance(task)
                if isinstance(item, Declared):
                    done.append(item)
                else:
                    rejected.append(item)
        except Unavailable as error:
            raise Unavailable(_interrupted(error, len(done), len(sources)), source=error.source) from None
        if anchor and done:
            progress.update(task, description="anchoring")
            try:
                batches = service.anchor([item.id for item in done], no_progress)
            except Unavailable as error:
                if not service.is_server:
                    raise
                left = error
    value = {
        "declarations": [
            {
                "file": item.source.name,
                "type": item.source.document_type,
                "id": hex_text(item.id),
                "digest": hex_text(item.declaration.digest),
                "wrapped": str(item.wrapped),
                "new": item.is_new,
            }
            for item in done
        ],
        "rejected": [{"file": item.source.name, "error": str(item.error)} for item in rejected],
        "service": service.name,
        "anchored": bool(anchor and done and left is None),
        "batches": [{"root": hex_text(batch.root), "size": batch.size, **batch.transaction} for batch in batches],
    }
    show(as_json, value, lambda: _show_declared(done, rejected, value, None if left is None else str(left)))
    if rejected:
        raise typer.Exit(2)


def _interrupted(error: Unavailable, done: int, of: int) -> str:
    return f"{error}; {done} of {of} files are declared, and none is lost: start the same command again, and it goes on"


def _show_declared(done: list[Declared], rejected: list[Rejected], value: dict[str, Any], left: str | None) -> None:
    rows = [
        (item.source.name, item.source.document_type, "new" if item.is_new else "known", hex_text(item.id))
        for item in done
    ]
    lines("Declared", ("file", "type", "", "declaration id"), rows)
    if rejected:
        table("Not declared", ("file", "why"), [(item.source.name, str(item.error)) for item in rejected])
    for batch in value["batches"]:
        gas = f", {batch['gas']} gas, {batch['gas'] // batch['size']} a document" if "gas" in batch else ""
        out.print(f"batch of {batch['size']} anchored under root {batch['root']}{gas}", soft_wrap=True)
    if not done:
        return
    if left is not None:
        out.print(f"Not anchored yet: {escape(left)}", soft_wrap=True)
    elif not value["anchored"]:
        where = "in this store for `ledger serve`, or for the next `ledger declare`"
        if value["service"] != "here":
            where = f"at {escape(value['service'])} for its anchorer"
        out.print(f"Nothing is anchored: what is declared waits {where}. `ledger status ID` says more.", soft_wrap=True)
    elif value["service"] != "here":
        out.print(f"{escape(value['service'])} has taken them in and anchored them", soft_wrap=True)

"""``ledger declare``: wrap, sign and anchor documents as a party."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.cli.files import read_file
from ledger.cli.inputs import FormatName, Json, KeyName, identifier, now
from ledger.cli.output import bar, lines, out, show, table
from ledger.cli.terminal import open_app
from ledger.core.document import Format
from ledger.core.encoding.ids import DeclarationId
from ledger.core.encoding.reading import hex_text
from ledger.errors import Malformed
from ledger.journeys.declare import Declared, DocumentFile, Rejected, declare_files
from ledger.journeys.relay import receipt_json


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
    replaces: Annotated[str | None, typer.Option(help="Declaration id that a single file replaces.")] = None,
    anchor: Annotated[bool, typer.Option(help="Anchor now; else `ledger serve` does.")] = True,
    as_json: Json = False,
) -> None:
    """Declare documents as a party: wrap, sign, and anchor all of them in one batch.

    An interrupted run that is started again goes on.

    Example: `ledger declare --index shipment/index.json --key trader`
    """
    app = open_app()
    sources = _sources(paths or [], document_type, index, format_)
    if replaces is not None:
        if len(sources) != 1:
            raise Malformed("needs exactly one file", "--replaces")
        sources = [replace(sources[0], replaces=DeclarationId(identifier(replaces, "--replaces")))]
    party, done, rejected = app.key(key), [], []
    with bar() as progress:
        task = progress.add_task("declaring", total=len(sources))
        for item in declare_files(
            sources, folder, party, app.origin, app.store, now(), lambda: secrets.token_bytes(32)
        ):
            progress.advance(task)
            if isinstance(item, Declared):
                done.append(item)
            else:
                rejected.append(item)
        if anchor and done:
            progress.update(task, description="anchoring")
            reports = app.anchorer.run(app.settings.anchor_batch_size, now())
            app.witnesses.cosign_newest(app.follower, now())
        else:
            reports = []
    value = {
        "declarations": [
            {
                "file": item.source.name,
                "type": item.source.document_type,
                "id": hex_text(item.id),
                "wrapped": str(item.wrapped),
                "new": item.is_new,
            }
            for item in done
        ],
        "rejected": [{"file": item.source.name, "error": str(item.error)} for item in rejected],
        "batches": [
            {"root": hex_text(report.batch.root), "size": report.batch.size, **(receipt_json(report.receipt) or {})}
            for report in reports
        ],
    }
    show(as_json, value, lambda: _show_declared(done, rejected, value))
    if rejected:
        raise typer.Exit(2)


def _show_declared(done: list[Declared], rejected: list[Rejected], value: dict[str, Any]) -> None:
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

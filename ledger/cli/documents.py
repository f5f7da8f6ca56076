"""``ledger wrap``, ``redact``, ``declare``, ``status``, ``evidence``: documents and their declarations."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.cli.desk import (
    Desk,
    Json,
    KeyName,
    bar,
    facts,
    identifier,
    lines,
    now,
    out,
    read_file,
    receipt_json,
    show,
    table,
    write_file,
)
from ledger.core.document import Redacted, disclose, open_document, redact, sniff, wrap
from ledger.core.encoding.reading import hex_text
from ledger.core.history.history import Standing
from ledger.core.statements.members import ZERO
from ledger.core.verification.verdict import when
from ledger.errors import Malformed, UnknownDeclaration
from ledger.journeys.attest import set_of
from ledger.journeys.declare import WRAPPED, Declared, Rejected, Source, declare_files
from ledger.journeys.verify import evidence_of


def register(root: typer.Typer) -> None:
    """Add these commands to the root."""
    root.command("wrap")(wrap_)
    root.command("redact")(redact_)
    for command in (declare, status, evidence):
        root.command()(command)


def wrap_(
    file: Annotated[Path, typer.Argument(help="The document: JSON, XML, or anything else as an opaque file.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where to write; FILE.wrapped else.")] = None,
    as_json: Json = False,
) -> None:
    """Wrap a document: salt its fields and compute the digest. Keep the result; it holds the seed of all salts.

    Example: `ledger wrap invoice.xml`
    """
    data = read_file(file)
    wrapped = wrap(data, sniff(data, file.name), secrets.token_bytes(32))
    target = output or file.with_name(file.name + WRAPPED)
    if target.exists():
        raise Malformed("exists; another seed would make another digest: choose another name or remove it", str(target))
    write_file(target, wrapped.to_bytes())
    value = {
        "file": str(target),
        "format": wrapped.format.value,
        "fields": len(wrapped.fields),
        "digest": hex_text(wrapped.digest),
    }
    show(as_json, value, lambda: facts("Wrapped", value))


def redact_(
    file: Annotated[Path, typer.Argument(help="A wrapped or redacted document.")],
    hide: Annotated[list[str] | None, typer.Option(help="Path of a field or container to hide; repeat.")] = None,
    only: Annotated[list[str] | None, typer.Option("--show", help="Hide everything but these paths; repeat.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where to write; FILE.redacted else.")] = None,
    as_json: Json = False,
) -> None:
    """Make a copy with fields hidden; it keeps its digest and verifies.

    Example: `ledger redact invoice.xml.wrapped --hide //PriceAmount`
    """
    if bool(hide) == bool(only):
        raise Malformed("give either --hide or --show")
    document = open_document(read_file(file))
    redacted = redact(document, hide) if hide else disclose(document, only or [])
    target = output or file.with_name(file.name.removesuffix(WRAPPED) + ".redacted")
    write_file(target, redacted.to_bytes())
    value = {
        "file": str(target),
        "shown": len(redacted.fields),
        "hidden": len(redacted.hidden),
        "digest": hex_text(redacted.digest),
    }
    show(as_json, value, lambda: facts("Redacted", value))


def _sources(paths: list[Path], document_type: int | None, manifest: Path | None) -> list[Source]:
    """Files named one by one, all below a folder, or those of a manifest; types from one number or the manifest."""
    found: dict[Path, Source] = {}
    if manifest is not None:
        listed = _manifest(manifest)
        wanted = [path.resolve() for path in paths]
        for file, kind in listed.items():
            path = manifest.parent / file
            if not wanted or any(path.resolve().is_relative_to(place) for place in wanted):
                found[path.resolve()] = Source(path, file, kind)
    for path in paths:
        if not path.exists():
            raise Malformed("does not exist", str(path))
        base, files = (path, sorted(path.rglob("*"))) if path.is_dir() else (path.parent, [path])
        for item in files:
            if not item.is_file() or item.resolve() in found or (manifest is not None and path.is_dir()):
                continue
            if document_type is None:
                raise Malformed("has no document type: give --type, or a --manifest that lists it", str(item))
            found[item.resolve()] = Source(item, str(item.relative_to(base)), document_type)
    if not found:
        raise Malformed("nothing to declare: name files, folders or a --manifest")
    return list(found.values())


def _manifest(path: Path) -> dict[str, int]:
    try:
        return {item["file"]: int(item["type"]) for item in json.loads(read_file(path))}
    except (ValueError, KeyError, TypeError):
        raise Malformed('must be a JSON list of {"file": name, "type": number}', str(path)) from None


def declare(
    key: KeyName,
    paths: Annotated[list[Path] | None, typer.Argument(help="Documents, or folders of documents.")] = None,
    document_type: Annotated[int | None, typer.Option("--type", "-t", help="UNCL 1001 code, e.g. 380.")] = None,
    manifest: Annotated[Path | None, typer.Option(help="JSON list of {file, type}; files lie beside it.")] = None,
    folder: Annotated[Path, typer.Option("--output", "-o", help="Folder for wrapped documents.")] = Path("declared"),
    replaces: Annotated[str | None, typer.Option(help="Declaration id that a single file replaces.")] = None,
    anchor: Annotated[bool, typer.Option(help="Anchor now; else leave it to the anchorer of `ledger serve`.")] = True,
    as_json: Json = False,
) -> None:
    """Declare documents as a party: wrap, sign, and anchor all of them in one batch. Run again, it goes on.

    Example: `ledger declare --manifest shipment/index.json --key trader`
    """
    desk = Desk()
    sources = _sources(paths or [], document_type, manifest)
    if replaces is not None:
        if len(sources) != 1:
            raise Malformed("goes with exactly one file", "--replaces")
        sources = [replace(sources[0], replaces=identifier(replaces, "--replaces"))]
    party, done, rejected = desk.key(key), [], []
    with bar() as progress:
        task = progress.add_task("declaring", total=len(sources))
        for item in declare_files(
            sources, folder, party, desk.origin, desk.store, now(), lambda: secrets.token_bytes(32)
        ):
            progress.advance(task)
            if isinstance(item, Declared):
                done.append(item)
            else:
                rejected.append(item)
        if anchor and done:
            progress.update(task, description="anchoring")
            reports = desk.anchorer.run(desk.settings.anchor_batch_size, now())
            desk.witnesses.cosign_newest(desk.follower, now())
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


def status(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Id of a declaration or an attestation.")],
    as_json: Json = False,
) -> None:
    """Say where a declaration or an attestation stands now.

    Example: `ledger status 0x…`
    """
    desk = Desk()
    wanted, at = identifier(id_, "id"), now()
    history = desk.follower.refresh()
    if wanted in history.attestations:
        recorded = history.attestations[wanted]
        standing, mark = history.standing(wanted, ZERO, at)
        value: dict[str, Any] = {
            "attestation": hex_text(wanted),
            "entry": recorded.mark.number,
            "standing": standing.value,
            "decided_by_entry": mark and mark.number,
            **recorded.attested.attestation.to_json(),
        }
        show(as_json, value, lambda: facts("Attestation", value))
        return
    row = desk.store.declaration(wanted)
    if row is None and wanted not in history.withdrawals:
        raise UnknownDeclaration(wanted)
    state = row.state if row else "not in this store"
    value = {"declaration": hex_text(wanted), "state": state}
    if row is not None:
        value |= row.declaration.to_json()
    sets = [(batch.root, batch.size) for batch in [row and row.batch_id and desk.store.batch(row.batch_id)] if batch]
    sets += desk.store.set_names_of(wanted)
    value["attestations"] = []
    for attestation in history.attestations_of(dict.fromkeys([*sets, set_of([wanted])])):
        standing, _ = history.standing(attestation, wanted, at)
        said = history.attestations[attestation].attested.attestation
        value["attestations"].append(
            {
                "id": hex_text(attestation),
                "agency": said.agency,
                "kind": said.kind,
                "outcome": said.outcome,
                "standing": standing.value,
            }
        )
    if wanted in history.withdrawals:
        mark, withdrawn = history.withdrawals[wanted]
        value["withdrawn"] = {
            "entry": mark.number,
            "time": when(mark.time),
            "reason": withdrawn.withdrawal.reason,
            "replacement": hex_text(withdrawn.withdrawal.replacement),
        }

    def human() -> None:
        plain = {key: item for key, item in value.items() if key != "attestations"}
        facts("Declaration", plain)
        rows = [
            (item["agency"], item["kind"], item["outcome"], _coloured(item["standing"]), item["id"])
            for item in value["attestations"]
        ]
        lines("Attestations", ("agency", "kind", "outcome", "standing", "id"), rows)

    show(as_json, value, human)


def _coloured(standing: str) -> str:
    return f"[green]{standing}[/]" if standing == Standing.IN_FORCE.value else f"[red]{standing}[/]"


def evidence(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Declaration id.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the evidence.")],
    document: Annotated[
        Path | None,
        typer.Option(
            "--document",
            "-d",
            help="Its wrapped document, of which the evidence then holds the salted hashes of all fields, so that a "
            "changed field can be named; or a redacted copy, which goes into the evidence as it is.",
        ),
    ] = None,
    disclose_: Annotated[
        list[str] | None, typer.Option("--disclose", help="Path of a field or container to disclose; repeat.")
    ] = None,
    everything: Annotated[bool, typer.Option("--disclose-all", help="Disclose the whole document.")] = False,
    as_json: Json = False,
) -> None:
    """Write the evidence of a declaration: one file that proves it, offline too.

    Example: `ledger evidence 0x… -o invoice.evidence.json --document invoice.xml.wrapped --disclose-all`
    """
    if document is None and (disclose_ or everything):
        raise Malformed("goes with --document, which is disclosed", "--disclose")
    desk, shown = Desk(), None
    if document is not None:
        opened = open_document(read_file(document))
        shown = redact(opened, []) if everything else disclose(opened, disclose_ or [])
        if isinstance(opened, Redacted) and not disclose_:
            shown = opened
    desk.settle_for_the_store()
    made = evidence_of(identifier(id_, "id"), desk.store, desk.follower, desk.log_key, now(), shown, desk.witnesses)
    write_file(output, made.to_bytes())
    value = {
        "file": str(output),
        "entries": len(made.entries),
        "checkpoint_size": made.checkpoint.checkpoint.size,
        "fields_disclosed": len(shown.fields) if shown else 0,
    }
    show(as_json, value, lambda: facts("Evidence", value))

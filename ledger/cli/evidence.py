"""``ledger evidence``: one file that proves a declaration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.evidence_folder import SIDE_BY_SIDE, evidence_of_all
from ledger.cli.files import STANDARD, is_standard_output, read_document, read_trusts, write_file
from ledger.cli.held import evidence_of
from ledger.cli.inputs import DECLARED, Api, DeclaredFolder, Json, SessionKey, identifier, is_id, mapped_file, now
from ledger.cli.output import facts, report, show
from ledger.cli.terminal import open_app, open_service
from ledger.core.document import Redacted, disclose, redact
from ledger.core.encoding.ids import DeclarationId, Digest
from ledger.core.evidence.evidence import Evidence
from ledger.core.evidence.link import is_link
from ledger.errors import Malformed
from ledger.journeys.refresh import refresh_file


def evidence(
    id_: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID|FILE]",
            help="Declaration id, the name of a declared file, or a code's link; with --refresh, a server's address.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Where to write the evidence, - for standard output; with --all a folder; with --refresh, FILE.",
        ),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Of all files that the map of declared files knows.")] = False,
    declared: DeclaredFolder = DECLARED,
    document: Annotated[
        Path | None,
        typer.Option(
            "--document",
            "-d",
            help="Its wrapped document: the evidence then holds the salted hashes of all fields, so that a changed "
            "field can be named. Or a redacted copy, which goes into the evidence as it is.",
        ),
    ] = None,
    disclose_: Annotated[
        list[str] | None, typer.Option("--disclose", help="Path of a field or container to disclose; repeat.")
    ] = None,
    everything: Annotated[bool, typer.Option("--disclose-all", help="Disclose the whole document.")] = False,
    refresh: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Renew this evidence through a server's API; needs no account and no chain."),
    ] = None,
    trust: Annotated[
        Path | None,
        typer.Option(
            "--trust",
            "-t",
            help="With --refresh or a server: trust root that says who must have signed, or a folder of them.",
        ),
    ] = None,
    digest: Annotated[
        str | None,
        typer.Option(help="With a server: digest of the document, as --document has it; its holder needs no session."),
    ] = None,
    api: Api = None,
    key: SessionKey = None,
    as_json: Json = False,
) -> None:
    """Write the evidence of a declaration: one file that proves it, offline too.

    The document is disclosed on this machine: a server gets nothing of it.

    Example: `ledger evidence 0x… -o invoice.evidence.json --document invoice.xml.wrapped --disclose-all`

    Example: `ledger evidence --all -o evidence/` after `ledger declare shipment/`

    Example: `ledger evidence "https://ledger.example/q#1.….…" -o invoice.evidence.json`

    Example: `ledger evidence --refresh invoice.evidence.json https://ledger.example`
    """
    if refresh is not None:
        if document is not None or disclose_ or everything:
            raise Malformed("does not go with --document: what the file discloses stays disclosed", "--refresh")
        if api is not None or digest is not None or key is not None:
            raise Malformed("takes the address of the server as its argument, and needs nothing else", "--refresh")
        if refresh == STANDARD or (output is not None and is_standard_output(output)):
            raise Malformed(
                "takes files, and no -: the old file is kept until the fresh evidence is whole", "--refresh"
            )
        if id_ is None or all_:
            raise Malformed("takes the address of a server, and one file", "--refresh")
        _refresh(refresh, output or refresh, id_, trust, as_json)
        return
    if (id_ is None) is not all_:
        raise Malformed("give the id of a declaration or the name of its file, or else --all")
    if output is None:
        raise Malformed("is missing: it says where to write the evidence", "--output")
    if all_:
        if document is not None or digest is not None:
            raise Malformed("takes documents and digests from the map of declared files: give --declared", "--all")
        if is_standard_output(output):
            raise Malformed("writes many files: give a folder", "--all")
        app = open_app()
        services = [open_service(app, api, trust=trust, key=key)]
        if services[0].is_server:
            services += [open_service(app, api, trust=trust, key=key) for _ in range(SIDE_BY_SIDE - 1)]
        raise typer.Exit(evidence_of_all(services, declared, output, disclose_ or [], everything, as_json))
    file = None if id_ is None or is_id(id_) or is_link(id_) else mapped_file(id_, declared)
    if file is not None and document is None and (declared / file.wrapped).exists():
        document = declared / file.wrapped
    if file is not None and document is None and (disclose_ or everything):
        raise Malformed(
            "is missing, and it alone holds the seed, without which nothing is disclosed: put it back from a copy; or "
            "make the evidence without --disclose",
            str(declared / file.wrapped),
        )
    if document is None and (disclose_ or everything):
        raise Malformed("goes with --document, which is disclosed", "--disclose")
    shown = None
    if document is not None:
        opened = read_document(document)
        shown = redact(opened, []) if everything else disclose(opened, disclose_ or [])
        if isinstance(opened, Redacted) and not disclose_:
            shown = opened
    if id_ is not None and is_link(id_):
        made = _by_link(id_, shown, document)
    else:
        service = open_service(open_app(), api, trust=trust, key=key)
        given = Digest(identifier(digest, "--digest")) if digest is not None else None if file is None else file.digest
        wanted = DeclarationId(identifier(id_ or "", "id")) if file is None else file.id
        made = service.evidence(wanted, shown, given)
    write_file(output, made.to_bytes())
    value = {
        "file": str(output),
        "entries": len(made.entries),
        "checkpoint_size": made.checkpoint.checkpoint.size,
        "fields_disclosed": len(shown.fields) if shown else 0,
    }
    report(output, as_json, "Evidence", value)


def _by_link(link: str, shown: Redacted | None, document: Path | None) -> Evidence:
    made = evidence_of(link)
    if shown is not None and shown.digest != made.declaration.digest:
        raise Malformed("is not the document that the link names", str(document))
    return replace(made, document=shown)


def _refresh(file: Path, output: Path, url: str, trust: Path | None, as_json: bool) -> None:
    proxy = open_app().settings.proxy_url
    old, new = refresh_file(file, output, url, now(), None if trust is None else read_trusts(trust), proxy)
    value = {
        "file": str(output),
        "entries": len(new.entries),
        "checkpoint_size": new.checkpoint.checkpoint.size,
        "checkpoint_size_before": old.checkpoint.checkpoint.size,
    }
    show(as_json, value, lambda: facts("Evidence renewed", value))

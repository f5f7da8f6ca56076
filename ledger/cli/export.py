"""``ledger export``: everything that a successor needs, as plain files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.app import App
from ledger.cli.files import PUBLIC_KEYS, read_as, read_trusts
from ledger.cli.inputs import Json, now
from ledger.cli.output import Stages, Styled, bar, facts, print_line, say, show, warn
from ledger.cli.terminal import open_app
from ledger.core.checkpoints.trust_folder import trust_root_of
from ledger.errors import Malformed, Unavailable
from ledger.journeys.checkpoint import publish_checkpoint
from ledger.journeys.export import Exported, PublicKeys, export_ledger, read_public_keys


def export(
    folder: Annotated[Path, typer.Argument(help="An empty folder, or an export to bring up to date.")],
    documents: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of wrapped documents to include, confidential ones too; repeat."),
    ] = None,
    evidence: Annotated[bool, typer.Option(help="Make the evidence of every anchored declaration.")] = True,
    trust: Annotated[
        Path | None,
        typer.Option(
            "--trust", "-t", help="Trust root to include, or a folder of them; else one of log key and witnesses_file."
        ),
    ] = None,
    keys: Annotated[
        Path | None, typer.Option(help="keys/ of an earlier export, if the keystore is not on this machine.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write everything a successor needs as plain files. A second run goes on, or brings the export up to date.

    Works without the chain too, with what the store holds. Secret keys are never written.

    Example: `ledger export /backup/ledger --documents declared`
    """
    app = open_app().use_stored_history(warn)
    public = _handed_on(app, keys, trust) if keys else _own(app, trust)
    try:
        app.follower.refresh()
        publish_checkpoint(app.follower, app.store, app.log_key, now())
        app.witnesses.cosign_newest(app.follower, now())
    except Unavailable as error:
        warn(error)
        say("Going on with what the store holds.")
    with bar() as progress, app.follower.known_history() as history:
        stage = Stages(progress).stage
        exported = export_ledger(folder, app.store, history, public, documents or (), evidence, stage)
    manifest = exported.manifest
    value: dict[str, Any] = {
        "folder": str(folder),
        "origin": str(manifest.origin),
        "entries": manifest.size,
        "checkpoint": manifest.checkpoint,
        **asdict(manifest.counts),
        "files": manifest.files.number,
        "bytes": manifest.files.length,
        "evidence_bytes": exported.evidence_bytes,
        "undeclared_documents": [str(path) for path in exported.undeclared],
        "without_evidence": exported.without_evidence,
    }

    def human() -> None:
        facts("Exported", {name: item for name, item in value.items() if name != "undeclared_documents"})
        if exported.evidence_bytes:
            print_line(_share(exported))
        for path in exported.undeclared:
            print_line(Styled("left out, because nobody declared it here:", "yellow"), f" {path}")

    show(as_json, value, human)


def _share(exported: Exported) -> str:
    """What evidence adds to the size of an export, in words."""
    number, files = exported.manifest.counts.evidence, exported.manifest.files
    added, total = exported.evidence_bytes, files.length
    return (
        f"Evidence adds {added:,} of these {total:,} bytes ({added / total:.0%}), {added // number:,} for each of "
        f"{number:,} declarations. It follows from the rest: --no-evidence leaves it out."
    )


def _own(app: App, trust: Path | None) -> PublicKeys:
    if trust is not None:
        root = trust_root_of(read_trusts(trust), app.origin)
    elif app.settings.log_key is not None:
        root = app.trust_root(app.settings.witnesses_file)
    else:
        raise Malformed("there is no log key to make a trust root from: give --trust, or --keys of an earlier export")
    return PublicKeys(root, tuple(app.keystore.list()))


def _handed_on(app: App, folder: Path, trust: Path | None) -> PublicKeys:
    """The keys as an earlier export lists them."""
    root = trust_root_of(read_trusts(trust or folder / "trust.json"), app.origin)
    return read_as(PUBLIC_KEYS, folder / "keystore.json", lambda data: read_public_keys(data, root))

"""``ledger export``: everything that a successor needs, as plain files."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.cli.desk import Desk
from ledger.cli.inputs import Json, now, read_file
from ledger.cli.output import Stages, bar, err, facts, out, show
from ledger.cli.trust import trust_root
from ledger.core.checkpoints.trust import read_trust_root
from ledger.edges.keys.keystore import Algorithm, KeyInfo
from ledger.errors import Malformed, Unavailable
from ledger.journeys.checkpoint import publish_checkpoint
from ledger.journeys.export import PublicKeys, leave


def export(
    folder: Annotated[Path, typer.Argument(help="Where to: an empty folder, or an export to bring up to date.")],
    documents: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of wrapped documents to take along, confidential ones included; repeat."),
    ] = None,
    evidence: Annotated[bool, typer.Option(help="Make the evidence of every anchored declaration.")] = True,
    trust: Annotated[
        Path | None,
        typer.Option("--trust", "-t", help="Trust root to hand on; else log key and witnesses_file."),
    ] = None,
    keys: Annotated[
        Path | None, typer.Option(help="keys/ of an earlier export, where its keystore is not on this machine.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write everything a successor needs as plain files. Run again, it goes on, or brings the export up to date.

    Works without the chain too, with what the store holds. Secret keys are never written.

    Example: `ledger export /backup/ledger --documents declared`
    """
    desk = Desk()
    desk.settle_for_the_store()
    public = _handed_on(keys, trust) if keys else _own(desk, trust)
    try:
        desk.follower.refresh()
        publish_checkpoint(desk.follower, desk.store, desk.log_key, now())
        desk.witnesses.cosign_newest(desk.follower, now())
        desk.witnesses.cosign_newest(desk.follower, now())
    except Unavailable as error:
        err.print(f"[yellow]{error}[/]\nGoing on with what the store holds.")
    with bar() as progress, desk.follower.facts(fresh=False) as history:
        left = leave(folder, desk.store, history, public, documents or (), evidence, Stages(progress).stage)
    manifest = left.manifest
    value: dict[str, Any] = {
        "folder": str(folder),
        "origin": str(manifest.origin),
        "entries": manifest.size,
        "checkpoint": manifest.checkpoint,
        **asdict(manifest.counts),
        "files": manifest.files.number,
        "bytes": manifest.files.length,
        "undeclared_documents": [str(path) for path in left.strangers],
        "without_evidence": left.unproven,
    }

    def human() -> None:
        facts("Exported", {name: item for name, item in value.items() if name != "undeclared_documents"})
        for path in left.strangers:
            out.print(f"[yellow]left out, for it is not declared here:[/] {path}", soft_wrap=True)

    show(as_json, value, human)


def _own(desk: Desk, trust: Path | None) -> PublicKeys:
    if trust is not None:
        root = read_trust_root(read_file(trust))
    elif desk.settings.log_key is not None:
        root = trust_root(desk, desk.settings.witnesses_file)
    else:
        raise Malformed("no log key is here to make a trust root of: give --trust, or --keys of an earlier export")
    return PublicKeys(root, tuple(desk.keystore.list()))


def _handed_on(folder: Path, trust: Path | None) -> PublicKeys:
    """As an earlier export has them."""
    file = folder / "keystore.json"
    try:
        listed = json.loads(read_file(file))
        keystore = tuple(KeyInfo(item["name"], Algorithm(item["algorithm"]), item["public"]) for item in listed)
    except (ValueError, KeyError, TypeError):
        raise Malformed("is no list of public keys", str(file)) from None
    return PublicKeys(read_trust_root(read_file(trust or folder / "trust.json")), keystore)

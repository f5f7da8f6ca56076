"""``ledger export``, ``import``: leave with everything, and begin again from it elsewhere."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.cli.chain import trust_root
from ledger.cli.desk import Desk, Json, Stages, bar, err, facts, now, out, read_file, show
from ledger.core.checkpoints.trust import read_trust_root
from ledger.core.encoding.reading import hex_text
from ledger.edges.keys.keystore import Algorithm, KeyInfo
from ledger.errors import Malformed, Unavailable
from ledger.journeys.anchor import publish_checkpoint
from ledger.journeys.export import PublicKeys, leave
from ledger.journeys.import_ import Arrived, arrive


def register(root: typer.Typer) -> None:
    """Add these commands to the root."""
    root.command("export")(export)
    root.command("import")(import_)


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


def import_(
    folder: Annotated[Path, typer.Argument(help="The export.")],
    trust: Annotated[
        Path | None,
        typer.Option("--trust", "-t", help="Trust root that you got elsewhere; else the export's own is believed."),
    ] = None,
    accept_wallets: Annotated[
        bool, typer.Option("--accept-wallets", help="Take signatures that only a wallet contract could judge.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Rebuild the store from an export, with every file, rule, signature and proof checked.

    Exit 1: a difference; no store is left then that was not there. Run again, it changes nothing.

    Example: `ledger import /backup/ledger --trust trust.json`
    """
    desk = Desk()
    root = None if trust is None else read_trust_root(read_file(trust))
    desk.settings.state_dir.mkdir(parents=True, exist_ok=True)
    with bar() as progress:
        stage = Stages(progress).stage
        arrived = arrive(folder, desk.settings.store_url_or_default(), now(), root, accept_wallets, stage)
    _note_contract(desk, arrived)
    value = _arrived(arrived)

    def human() -> None:
        facts("Imported", value)
        for line in _words(value, trust is None):
            out.print(line, soft_wrap=True)

    show(as_json, value, human)


def _arrived(arrived: Arrived) -> dict[str, Any]:
    manifest = arrived.manifest
    return {
        "origin": str(manifest.origin),
        "entries": manifest.size,
        "head": hex_text(manifest.head),
        "root": hex_text(manifest.root),
        "checkpoint": manifest.checkpoint,
        **asdict(manifest.counts),
        "entries_after_the_checkpoint": arrived.uncovered,
        "wallet_signatures": arrived.wallets,
        "contradicting_checkpoints": list(arrived.contradicting),
    }


def _words(value: dict[str, Any], believed: bool) -> list[str]:
    """What the figures mean for whoever goes on from here."""
    said = []
    if value["entries_after_the_checkpoint"]:
        said.append("Entries after the checkpoint are signed by nobody: compare with the chain (`ledger audit`).")
    if value["wallet_signatures"]:
        said.append("Signatures by wallet contracts were taken as they are: only their chain can judge them.")
    if value["contradicting_checkpoints"]:
        said.append(
            "[bold red]The log key signed checkpoints of another history too[/]: before a reorganisation of the chain, "
            f"or because it showed two histories: sizes {value['contradicting_checkpoints']}."
        )
    if believed:
        said.append("The log key was taken from the export itself: compare keys/trust.json with one from elsewhere.")
    return said


def _note_contract(desk: Desk, arrived: Arrived) -> None:
    """Let later commands find the contract, as `ledger deploy` does."""
    if desk.settings.contract is None and not desk.contract_file.exists():
        desk.contract_file.write_text(f"0x{arrived.manifest.origin.contract.hex()}\n")


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

"""``ledger import``: fill a store from an export, with everything checked."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.cli.files import read_trusts
from ledger.cli.inputs import Json, now
from ledger.cli.output import Stages, bar, facts, print_line, show
from ledger.cli.terminal import open_app
from ledger.core.encoding.reading import hex_text
from ledger.journeys.import_ import Imported, import_ledger


def import_(
    folder: Annotated[Path, typer.Argument(help="The export.")],
    trust: Annotated[
        Path | None,
        typer.Option(
            "--trust",
            "-t",
            help="Trust root from another source, or a folder of them; else the export's own is believed.",
        ),
    ] = None,
    accept_wallets: Annotated[
        bool,
        typer.Option(
            "--accept-wallets",
            help="Take entries that a wallet contract may have signed; only the contract could judge.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Rebuild the store from an export, with every file, rule, signature and proof checked.

    Exit 1: something is wrong; then no new store is left. A second run changes nothing.

    Example: `ledger import /backup/ledger --trust trust.json`
    """
    app = open_app()
    root = None if trust is None else read_trusts(trust)
    app.settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with bar() as progress:
        stage = Stages(progress).stage
        arrived = import_ledger(folder, app.settings.store_address(), now(), root, accept_wallets, stage)
    if app.settings.origin is None and app.settings.contract is None and not app.origin_file.exists():
        app.note_origin(arrived.manifest.origin)
    value = _arrived(arrived)

    def human() -> None:
        facts("Imported", value)
        for line in _words(value, trust is None):
            print_line(line)

    show(as_json, value, human)


def _arrived(arrived: Imported) -> dict[str, Any]:
    manifest = arrived.manifest
    return {
        "origin": str(manifest.origin),
        "entries": manifest.size,
        "head": hex_text(manifest.head),
        "root": hex_text(manifest.root),
        "checkpoint": manifest.checkpoint,
        **asdict(manifest.counts),
        "uncovered_entries": arrived.uncovered,
        "wallet_signatures": arrived.wallets,
        "contradicting_checkpoints": list(arrived.contradicting),
    }


def _words(value: dict[str, Any], believed: bool) -> list[str]:
    """What the figures mean for what is to be done next."""
    said = []
    if value["uncovered_entries"]:
        said.append(
            f"No checkpoint that the trust root accepts covers the last {value['uncovered_entries']} entries: "
            "compare them with the chain (`ledger audit`)."
        )
    if value["wallet_signatures"]:
        said.append(
            "Signatures by wallet contracts were taken as they are: compare the entries with the contract's head "
            "(`ledger audit`)."
        )
    if value["contradicting_checkpoints"]:
        said.append(
            "The log key signed checkpoints of another history too: before a reorganisation of the chain, "
            f"or because it showed two histories: sizes {value['contradicting_checkpoints']}."
        )
    if believed:
        said.append(
            "The log key was taken from the export itself: compare keys/trust.json with one from another source."
        )
    return said

"""``ledger deploy``: the contract with its first council."""

from __future__ import annotations

from typing import Annotated

import typer

from ledger.cli.inputs import Json
from ledger.cli.output import facts, show
from ledger.cli.terminal import open_app
from ledger.journeys.deploy import deploy_contract
from ledger.journeys.relay import receipt_json


def deploy(
    member: Annotated[list[str], typer.Option("--member", "-m", help="Key name or 0x signer of a council member.")],
    threshold: Annotated[int, typer.Option(help="How many members decide.")] = 1,
    as_json: Json = False,
) -> None:
    """Deploy the contract with its first council. Only the shipped artifact is deployed, and then checked.

    Example: `ledger deploy --member council`
    """
    app = open_app()
    origin, receipt = deploy_contract(
        app.settings.rpc_url, member, threshold, app.keystore, app.relayer, app.chain_limits
    )
    app.note_origin(origin)
    value = {"origin": str(origin), **(receipt_json(receipt) or {})}
    show(as_json, value, lambda: facts("Deployed", value))

"""``ledger witness``: cosign a log's checkpoints, each compared with our own node."""

from __future__ import annotations

from typing import Annotated

import typer

from ledger.cli.inputs import Json
from ledger.cli.output import facts, print_line, show
from ledger.cli.serving import allow_connections, uvicorn_options
from ledger.cli.terminal import open_app
from ledger.core.checkpoints.witnesses_file import KnownWitness


def witness(
    show_key: Annotated[
        bool, typer.Option("--show-key", help="Print the verifier key and do not serve; needs no passphrase.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Cosign a log's checkpoints, each only if it follows on the last one and our own node has the same history.

    The settings are witness_name, witness_key, trust_file and rpc_url. Give the printed line to the log's operator,
    with an address under which the log reaches this machine, and give the key to those who verify.

    Example: `LEDGER_WITNESS_NAME=witness.agency.example LEDGER_TRUST_FILE=trust.json ledger witness`
    """
    app = open_app()
    settings = app.settings
    key = app.witness_key
    line = KnownWitness(key, f"http://{settings.api_host}:{settings.api_port}")
    if show_key:
        show(as_json, {"key": str(key), "line": str(line)}, lambda: print_line(str(key)))
        return
    _ = app.witnessed  # read now, so that the command says what is wrong with it, not the server
    import uvicorn

    value = {"key": str(key), "line": str(line)}
    show(as_json, value, lambda: facts("Witness (the line is for the log's witnesses_file)", value))
    allow_connections(settings)
    uvicorn.run("api.witness:from_settings", factory=True, **uvicorn_options(settings))

"""``ledger witness`` and ``ledger mirror``: hold a log to what it says, by its signature or by all its bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.desk import Desk, Json, bar, facts, out, read_file, show
from ledger.cli.serving import logging_config
from ledger.core.checkpoints.note import KeyType, NoteKey
from ledger.core.checkpoints.trust import read_trust_root
from ledger.core.checkpoints.witnessing import KnownWitness
from ledger.edges.keys.keystore import Algorithm
from ledger.edges.mirror_folder import MirrorFolder
from ledger.edges.web import Web
from ledger.errors import Malformed
from ledger.journeys.mirror import Mirror

_TIMEOUT_SECONDS = 30.0


def register(root: typer.Typer) -> None:
    """Add these commands to the root."""
    root.command()(witness)
    root.command()(mirror)


def witness(
    show_key: Annotated[
        bool, typer.Option("--show-key", help="Print the verifier key and do not serve; needs no passphrase.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Cosign a log's checkpoints, each only if it follows on the last one and our own node has the same history.

    By the settings witness_name, witness_key, trust_file and rpc_url. Give the line that it prints to the log's
    operator, with an address under which the log reaches this machine, and the key to those who verify.

    Example: `LEDGER_WITNESS_NAME=witness.agency.example LEDGER_TRUST_FILE=trust.json ledger witness`
    """
    desk = Desk()
    settings = desk.settings
    key = _verifier_key(desk)
    line = KnownWitness(key, f"http://{settings.api_host}:{settings.api_port}")
    if show_key:
        show(as_json, {"key": str(key), "line": str(line)}, lambda: out.print(str(key), soft_wrap=True, markup=False))
        return
    read_trust_root(read_file(settings.trust_file))
    import uvicorn

    value = {"key": str(key), "line": str(line)}
    show(as_json, value, lambda: facts("Witness (the line is for the log's witnesses_file)", value))
    uvicorn.run(
        "api.witness:create_witness",
        factory=True,
        host=settings.api_host,
        port=settings.api_port,
        log_level=settings.log_level,
        log_config=logging_config(settings),
        access_log=False,
        server_header=False,
        ws="none",
    )


def _verifier_key(desk: Desk) -> NoteKey:
    settings = desk.settings
    if settings.witness_name is None:
        raise Malformed("no name to cosign under: set LEDGER_WITNESS_NAME, e.g. witness.agency.example")
    info = desk.keystore.info(settings.witness_key)
    if info.algorithm is not Algorithm.ED25519:
        raise Malformed("a witness cosigns with Ed25519: `ledger keys new witness -a ed25519`", f"key {info.name}")
    return NoteKey(settings.witness_name, bytes.fromhex(info.public.removeprefix("0x")), KeyType.WITNESS)


def mirror(
    url: Annotated[str, typer.Argument(help="Where the log is served, e.g. http://127.0.0.1:8080/v1/log")],
    folder: Annotated[Path, typer.Argument(help="Folder for the files; what is there already is kept.")],
    trust: Annotated[Path, typer.Option("--trust", "-t", help="Trust root: log key, witnesses, threshold.")],
    as_json: Json = False,
) -> None:
    """Copy a log into a folder that any static file server can serve; every byte is checked, and needs no node.

    Run again, it fetches what is new. Exit 1: the log is not what its checkpoint says, or not as it was mirrored.

    Example: `ledger mirror https://ledger.example/v1/log /srv/ledger-log --trust trust.json`
    """
    root = read_trust_root(read_file(trust))
    with bar() as progress:
        task = progress.add_task("entries", total=None)
        made = Mirror(Web(url, _TIMEOUT_SECONDS), MirrorFolder(folder), root).run(
            lambda done, of: progress.update(task, completed=done, total=of)
        )
    value = {
        "folder": str(folder),
        "size": made.note.checkpoint.size,
        "new_entries": made.new,
        "cosigned_by": [key.name for key in made.cosigned],
    }
    show(as_json, value, lambda: facts("Mirrored", value))

"""``ledger keys``: encrypted keystore files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.files import read_file
from ledger.cli.inputs import Json
from ledger.cli.output import lines, show
from ledger.cli.terminal import ask_twice, open_app
from ledger.core.statements.signature import Algorithm

keys = typer.Typer(
    no_args_is_help=True, help="Create, list and import keys; files are encrypted (Ethereum v3, scrypt)."
)
_COLUMNS = ("name", "algorithm", "address or public key")
AlgorithmOption = Annotated[
    Algorithm,
    typer.Option("--algorithm", "-a", help="secp256k1 to sign statements, p256 too, ed25519 for checkpoints."),
]


@keys.command("new")
def new(name: str, algorithm: AlgorithmOption = Algorithm.SECP256K1, as_json: Json = False) -> None:
    """Create a key.

    Example: `ledger keys new trader`
    """
    app = open_app()
    info = app.keystore.create(name, algorithm, app.new_passphrase(ask_twice))
    show(as_json, info.to_json(), lambda: lines("Created", _COLUMNS, [tuple(info.to_json().values())]))


@keys.command("list")
def list_(as_json: Json = False) -> None:
    """List keys; needs no passphrase.

    Example: `ledger keys list`
    """
    found = [info.to_json() for info in open_app().keystore.list()]
    show(as_json, found, lambda: lines("Keys", _COLUMNS, [tuple(item.values()) for item in found]))


@keys.command("import")
def import_(
    name: str,
    file: Annotated[Path, typer.Argument(help="An Ethereum v3 keystore file, or a file with 64 hex digits.")],
    algorithm: AlgorithmOption = Algorithm.SECP256K1,
    as_json: Json = False,
) -> None:
    """Import a key from a file, never from the command line, where others could read it.

    Example: `ledger keys import officer officer-v3.json`
    """
    app = open_app()
    info = app.keystore.import_key(name, algorithm, read_file(file), app.new_passphrase(ask_twice), where=str(file))
    show(as_json, info.to_json(), lambda: lines("Imported", _COLUMNS, [tuple(info.to_json().values())]))

"""``ledger keys``: encrypted keystore files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.files import read_file
from ledger.cli.inputs import Json
from ledger.cli.output import facts, lines, show, warn
from ledger.cli.terminal import ask_twice, can_ask, open_app
from ledger.core.statements.signature import Algorithm
from ledger.errors import Malformed, WrongPassphrase
from ledger.journeys.keys import wallet_passphrase
from ledger.journeys.log_keys import end_log_key, last_signed

keys = typer.Typer(
    no_args_is_help=True, help="Create, list and import keys; files are encrypted (Ethereum v3, scrypt)."
)
_WALLET_OPTION = "--wallet-passphrase-file"
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
    app.keystore.check_free(name)
    info = app.keystore.create(name, algorithm, app.new_passphrase(ask_twice, warn))
    show(as_json, info.to_json(), lambda: lines("Created", _COLUMNS, [tuple(info.to_json().values())]))


@keys.command("list")
def list_(as_json: Json = False) -> None:
    """List keys; needs no passphrase.

    Example: `ledger keys list`
    """
    keystore = open_app().keystore
    found = [info.to_json() for info in keystore.list()]
    show(as_json, found, lambda: lines("Keys", _COLUMNS, [tuple(item.values()) for item in found]))
    for path in keystore.damaged():
        warn(Malformed("is no key, or a damaged one: if it was a key, put the file back from a copy", str(path)))


@keys.command("import")
def import_(
    name: str,
    file: Annotated[Path, typer.Argument(help="An Ethereum v3 keystore file, or a file with 64 hex digits.")],
    algorithm: AlgorithmOption = Algorithm.SECP256K1,
    wallet_passphrase_file: Annotated[
        Path | None,
        typer.Option(
            _WALLET_OPTION,
            help="File whose first line is the wallet's own passphrase; asked for if not given. An empty file: none.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Import a key from a file, never from the command line, where others could read it.

    A wallet's file has a passphrase of its own. In the keystore the key gets the keystore's.

    Example: `ledger keys import officer officer-v3.json --wallet-passphrase-file wallet.txt`
    """
    app, data, where = open_app(), read_file(file), str(file)
    app.keystore.check_free(name)
    theirs = wallet_passphrase(data, wallet_passphrase_file, can_ask(), where, _WALLET_OPTION)
    ours = app.new_passphrase(ask_twice, warn)
    try:
        info = app.keystore.import_key(name, algorithm, data, ours, theirs, where=where)
    except WrongPassphrase as error:
        if theirs is not None:
            raise
        raise WrongPassphrase(f"{error.what}: give the wallet's own with {_WALLET_OPTION}", where) from None
    show(as_json, info.to_json(), lambda: lines("Imported", _COLUMNS, [tuple(info.to_json().values())]))


@keys.command("end")
def end(
    name: Annotated[str, typer.Argument(help="The log key: its name in the keystore, or its verifier key.")],
    up_to: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="The greatest size at which it counts; that of its newest checkpoint in the store if not given.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """End a log key: note in `earlier_log_keys_file` up to which size it counts. Stop the servers first.

    Example: `ledger keys end log`
    """
    app = open_app()
    file = app.settings.earlier_log_keys_file
    if file is None:
        raise Malformed("is not set: it names the file in which ended keys are noted", "earlier_log_keys_file")
    key = app.named_log_key(name)
    if up_to is None:
        with app.follower.fresh_history() as history:
            up_to = last_signed(history, app.store, key)
        if up_to == 0:
            raise Malformed("not given, and the store has no checkpoint of this history by this key", "--up-to")
    ended = end_log_key(file, app.origin, key, up_to)
    value = {"file": str(file), "key": str(key), "up_to": up_to, "earlier_keys": len(ended)}
    show(as_json, value, lambda: facts("Ended", value))

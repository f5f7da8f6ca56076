"""The app of one command, which may ask the person at the terminal for a passphrase."""

from __future__ import annotations

import getpass

import click

from ledger.app import App
from ledger.errors import Malformed
from ledger.settings import load_settings


def open_app() -> App:
    """The app by environment and settings file; closed when the command ends."""
    app = App(load_settings(), getpass.getpass)
    command = click.get_current_context(silent=True)
    if command is not None:
        command.call_on_close(app.close)
    return app


def ask_twice(prompt: str) -> str:
    """Ask for the passphrase of a new key twice, because a slip would lose the key."""
    first = getpass.getpass(prompt)
    if getpass.getpass("Once more: ") != first:
        raise Malformed("the two differ", "passphrase")
    return first

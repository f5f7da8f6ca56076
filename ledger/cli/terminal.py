"""The app of one command, and the service that it asks; both may ask the person at the terminal."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from pathlib import Path

import click
import typer

from ledger.app import App
from ledger.cli.files import read_trusts
from ledger.cli.inputs import now
from ledger.cli.output import say, warn
from ledger.errors import Malformed
from ledger.journeys.login import SeenServer
from ledger.journeys.service import LedgerService
from ledger.settings import load_settings

NO_LEDGER = (
    "no ledger is named. There are two ways: a server's API (--api URL, LEDGER_API, or `ledger login URL` once), or a "
    "node and a store of your own (`ledger deploy`, or LEDGER_ORIGIN and LEDGER_RPC_URL)"
)


def open_app() -> App:
    """The app by environment and settings file; closed when the command ends."""
    app = App(load_settings(), getpass.getpass)
    command = click.get_current_context(silent=True)
    if command is not None:
        command.call_on_close(app.close)
    return app


def open_service(app: App, api: str | None, *, trust: Path | None = None, key: str | None = None) -> LedgerService:
    """The service that a command asks: the server at ``api``, or by the settings.

    In this order: ``api``; the setting ``api``; one's own node and store, if they are configured; the one server that
    ``ledger login`` knows.

    :param trust: trust root of the server's history, or a folder of them.
    :param key: name of the key to sign in with, where the server shows something only to who is signed in.
    :raises Malformed: there is none of these, or there are several servers.
    """
    url = api or app.settings.api
    if url is None and not app.has_own_ledger:
        known = [profile.url for profile in app.profiles.all()]
        if not known:
            raise Malformed(NO_LEDGER)
        if len(known) > 1:
            raise Malformed(f"several servers are known here, {', '.join(known)}: choose one with --api or LEDGER_API")
        (url,) = known
    if url is None:
        if trust is not None:
            raise Malformed("goes with a server's API: --api URL", "--trust")
        return app.own_service(warn, now)
    trusted = None if trust is None else read_trusts(trust)
    return app.server_service(url, confirm_server, now, say, trust=trusted, key=key)


def confirm_server(seen: SeenServer) -> None:
    """Show which history a server is about, and ask whether it is the right one.

    :raises Malformed: nobody says so.
    """
    for name, value in seen.fingerprints().items():
        say(f"{name:>12}  {value}")
    say("Compare this with what the operator published elsewhere, on paper for example.")
    try:
        agreed = typer.confirm("Is it the same?", default=False, err=True)
    except typer.Abort:
        agreed = False
    if not agreed:
        raise Malformed("was not confirmed: nothing was signed. Give --trust FILE where nobody can be asked", "server")


def can_ask() -> Callable[[str], str] | None:
    """Asks the person at the terminal for a passphrase; None if nobody is there."""
    return getpass.getpass if sys.stdin is not None and sys.stdin.isatty() else None


def ask_twice(prompt: str) -> str:
    """Ask for the passphrase of a new key twice, because a slip would lose the key."""
    first = getpass.getpass(prompt)
    if getpass.getpass("Once more: ") != first:
        raise Malformed("the two differ", "passphrase")
    return first

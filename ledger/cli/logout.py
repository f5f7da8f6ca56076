"""``ledger logout``: end a session at a server of the API."""

from __future__ import annotations

from ledger.cli.inputs import Json
from ledger.cli.login import Url
from ledger.cli.output import facts, show
from ledger.cli.terminal import open_app
from ledger.journeys.login import site_of
from ledger.journeys.logout import log_out


def logout(url: Url, as_json: Json = False) -> None:
    """Sign out of a server: its session ends there, and is forgotten here.

    Example: `ledger logout https://ledger.example`
    """
    app = open_app()
    ended = log_out(url, app.profiles, app.settings.proxy_url)
    value = {"server": site_of(url), "signed_out": ended}
    show(as_json, value, lambda: facts("Signed out" if ended else "There was no session", {"server": value["server"]}))

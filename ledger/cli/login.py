"""``ledger login``: a session at a server of the API, with a key of the keystore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.files import read_trusts
from ledger.cli.inputs import Json, KeyName, now
from ledger.cli.output import facts, show
from ledger.cli.terminal import confirm_server, open_app
from ledger.core.checkpoints.trust_folder import trust_root_of
from ledger.core.encoding.text import when
from ledger.journeys.login import check_believed, log_in, look_at

Url = Annotated[str, typer.Argument(metavar="URL", help="Address of the server, without a path.")]


def login(
    url: Url,
    key: KeyName,
    trust: Annotated[
        Path | None,
        typer.Option(
            "--trust", "-t", help="Trust root of the server's log, or a folder of them: nothing is asked then."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Sign in to a server, to read there what is not for everybody. The session lasts 8 hours at most.

    Afterwards, `declare`, `status` and others ask this server, where no node and store of your own are configured.

    Without a trust root, the first login shows which history the server is about, and asks whether it is the right one.

    Example: `ledger login https://ledger.example --key trader --trust trust.json`
    """
    app = open_app()
    trusted = None if trust is None else read_trusts(trust)
    seen = look_at(url, app.settings.proxy_url)
    believed = None if trusted is None else trust_root_of(trusted, seen.origin)
    if not check_believed(seen, believed, app.profiles.get(seen.url)):
        confirm_server(seen)
    opened = log_in(seen, app.key(key), app.profiles, now)
    header = app.profiles.header_path(seen.url)
    shown = {
        "server": seen.url,
        "signer": opened.get("signer"),
        "roles": ", ".join(map(str, opened.get("roles") or [])),
        "agency": opened.get("agency"),
        "until": when(int(opened["ends_at"])),
        "for other programs": f"curl -H @{header}",
    }
    show(as_json, opened | {"server": seen.url, "header_file": str(header)}, lambda: facts("Signed in", shown))

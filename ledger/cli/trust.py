"""``ledger trust``: the trust root file of a log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.files import write_file
from ledger.cli.inputs import Api, Json
from ledger.cli.output import report
from ledger.cli.terminal import open_app, open_service
from ledger.core.checkpoints.log_keys import LogKey
from ledger.core.checkpoints.tlog_policy import tlog_policy
from ledger.errors import Malformed
from ledger.journeys.server_service import ServerService
from ledger.journeys.trust import own_trust_root


def trust(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where to write the trust root; - for standard output.")
    ] = Path("trust.json"),
    witnesses: Annotated[
        Path | None, typer.Option(help="Witnesses file: one verifier key a line; the rest of the line is ignored.")
    ] = None,
    threshold: Annotated[
        int | None, typer.Option(help="How many of them must have cosigned; more than half if not given.")
    ] = None,
    policy_text: Annotated[
        Path | None, typer.Option("--policy-text", help="Write it as a C2SP tlog-policy too, for other programs.")
    ] = None,
    api: Api = None,
    as_json: Json = False,
) -> None:
    """Write the trust root file that verifiers use offline: origin, log keys, witnesses and how many must cosign.

    Of a server it is what you believed when you signed in, or confirm now: its history, and its log's present key.

    Example: `ledger trust -o trust.json --witnesses witnesses.txt --threshold 2`
    """
    app = open_app()
    service = open_service(app, api)
    if isinstance(service, ServerService):
        if service.log_key is None:
            raise Malformed("signs no checkpoints, so there is no key to trust", service.name)
        root = own_trust_root(service.origin, (LogKey(service.log_key),), witnesses, threshold)
    else:
        root = app.trust_root(witnesses, threshold)
    write_file(output, root.to_bytes())
    if policy_text is not None:
        write_file(policy_text, tlog_policy(root).encode())
    value = {
        "file": str(output),
        "origin": str(root.origin),
        "log_keys": [{"key": str(key), "up_to": up_to} for key, up_to in root.log_keys],
        "witnesses": [str(key) for key in root.witnesses],
        "threshold": root.threshold,
    }
    names = [key.name for key in root.witnesses]
    keys = [str(key) + ("" if up_to is None else f" up to {up_to}") for key, up_to in root.log_keys]
    report(output, as_json, "Trust root", value, value | {"log_keys": keys, "witnesses": names})

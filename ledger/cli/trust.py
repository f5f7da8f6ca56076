"""``ledger trust``: the trust root file of this log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.files import write_file
from ledger.cli.inputs import Json
from ledger.cli.output import report
from ledger.cli.terminal import open_app
from ledger.core.checkpoints.tlog_policy import tlog_policy


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
    as_json: Json = False,
) -> None:
    """Write the trust root file that verifiers use offline: origin, log keys, witnesses and how many must cosign.

    Example: `ledger trust -o trust.json --witnesses witnesses.txt --threshold 2`
    """
    root = open_app().trust_root(witnesses, threshold)
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

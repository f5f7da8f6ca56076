"""``ledger trust``: the trust root file of this log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.desk import Desk
from ledger.cli.inputs import Json, write_file
from ledger.cli.output import facts, show
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.checkpoints.witnessing import tlog_policy
from ledger.edges.witness_http import witnesses_in
from ledger.errors import Malformed
from ledger.journeys.checkpoint import note_key


def trust(
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the trust root.")] = Path("trust.json"),
    witnesses: Annotated[
        Path | None, typer.Option(help="Witnesses file: a verifier key a line; what follows it is passed over.")
    ] = None,
    threshold: Annotated[
        int | None, typer.Option(help="How many of them must have cosigned; more than half if not given.")
    ] = None,
    policy_text: Annotated[
        Path | None, typer.Option("--policy-text", help="Write it as a C2SP tlog-policy too, for other programs.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the trust root file that verifiers use offline: origin, checkpoint key, witnesses and how many must cosign.

    Example: `ledger trust -o trust.json --witnesses witnesses.txt --threshold 2`
    """
    root = trust_root(Desk(), witnesses, threshold)
    write_file(output, root.to_bytes())
    if policy_text is not None:
        write_file(policy_text, tlog_policy(root).encode())
    value = {
        "file": str(output),
        "origin": str(root.origin),
        "log_key": str(root.log_key),
        "witnesses": [str(key) for key in root.witnesses],
        "threshold": root.threshold,
    }
    names = ", ".join(key.name for key in root.witnesses)
    show(as_json, value, lambda: facts("Trust root", value | {"witnesses": names}))


def trust_root(desk: Desk, witnesses: Path | None, threshold: int | None = None) -> TrustRoot:
    """The trust root of this log: its own key, a file's witnesses, and how many must cosign (most, if not given)."""
    if desk.log_key is None:
        raise Malformed("no checkpoint key: create one (`ledger keys new log -a ed25519`) and set LEDGER_LOG_KEY=log")
    keys = tuple(item.key for item in witnesses_in(witnesses)) if witnesses is not None else ()
    enough = len(keys) // 2 + 1 if keys and threshold is None else threshold or 0
    return TrustRoot(desk.origin, note_key(desk.origin, desk.log_key), keys, enough)

"""``ledger verify-page``: the page that checks documents in a browser, with one's own trust inside."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.files import POLICY, read_as, read_trusts, write_file
from ledger.cli.inputs import Json
from ledger.cli.output import report
from ledger.core.encoding.canonical_json import read_file
from ledger.core.encoding.json_text import Json as Value
from ledger.core.verification.policy import POLICY_FORMAT, policy_from_value
from ledger.journeys.verify_page import origins, verify_page


def verify_page_(
    trust: Annotated[Path, typer.Option("--trust", "-t", help="Trust root, or a folder of them.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where to write the page; - for standard output.")
    ] = Path("check.html"),
    policy: Annotated[Path | None, typer.Option("--policy", "-p", help="Policy file.")] = None,
    as_json: Json = False,
) -> None:
    """Write a page that checks documents in a browser: one file, which needs no network and sends nothing.

    It holds your trust root, so whoever opens it needs only the evidence and the document. Give it to your colleagues,
    or put it on a server of your own. The same page from the server of a ledger proves less: its operator made it.

    Exit 0 written, 2 malformed.

    Example: `ledger verify-page --trust trust.json --policy bank.json -o check.html`
    """
    believed = read_trusts(trust)
    demanded = None if policy is None else read_as(POLICY, policy, _policy_value)
    page = verify_page(believed, demanded)
    write_file(output, page)
    value = {
        "file": str(output),
        "histories": list(origins(believed)),
        "has_policy": demanded is not None,
        "sha256": sha256(page).hexdigest(),
    }
    report(output, as_json, "The page", value)


def _policy_value(data: bytes) -> Value:
    """The JSON value of a policy file, once it has been read as one."""
    value: Value = read_file(data, POLICY_FORMAT)
    policy_from_value(value)
    return value

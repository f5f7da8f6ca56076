"""``ledger signer``: what a signer is, and for whom it speaks."""

from __future__ import annotations

from typing import Annotated

import typer

from ledger.cli.agency import span
from ledger.cli.inputs import Json
from ledger.cli.output import facts, show
from ledger.cli.terminal import open_app
from ledger.core.encoding.text import when
from ledger.core.statements.signer import signer_from_text
from ledger.journeys.signer import SignerView, view_signer


def signer(
    given: Annotated[str, typer.Argument(metavar="SIGNER", help="A signer: 0x and 40 to 256 hex digits.")],
    as_json: Json = False,
) -> None:
    """Say what a signer is (account key, P-256 key, passkey, contract), and for whom it speaks.

    Example: `ledger signer 0x70997970c51812dc3a010c7d01b50e0d17dc79c8`
    """
    app = open_app()
    wanted = signer_from_text(given)
    found = view_signer(wanted, app.origin, app.follower.refresh().agencies, app.chain.has_code)
    value = found.to_json()
    shown = {"signer": value["signer"], "is": found.words, "speaks for": _speaks_for(found)}
    if value["verifier"] is not None:
        shown["verifier"] = value["verifier"]
    show(as_json, value, lambda: facts("Signer", shown))


def _speaks_for(found: SignerView) -> str:
    council = ["the council"] if found.seated else []
    if found.attester is None:
        return ", ".join(council) or "no agency, and not the council"
    words = f"{found.attester.agency}, {span(found.attester.period)}"
    if found.attester.compromised_from is not None:
        words += f", declared compromised from {when(found.attester.compromised_from)}"
    return "; ".join([*council, words])

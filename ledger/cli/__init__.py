"""The door for people at a terminal: ``ledger COMMAND``. Colours and tables for them, ``--json`` for machines.

Exit codes: 0 done or good, 1 refused or not good, 2 malformed input, 3 nobody could say.
"""

from __future__ import annotations

import sys

import typer

from ledger import __version__
from ledger.cli import (
    audit,
    chain,
    council,
    documents,
    keys,
    moving,
    pdf,
    proofs,
    recovery,
    statements,
    verdicts,
    witness,
)
from ledger.cli.desk import err, exit_code, failure_json
from ledger.errors import LedgerError

app = typer.Typer(
    name="ledger",
    help="Declare, attest, verify and audit trade documents on a blockchain-backed ledger.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
keys.register(app)
chain.register(app)
audit.register(app)
council.register(app)
documents.register(app)
moving.register(app)
pdf.register(app)
proofs.register(app)
recovery.register(app)
statements.register(app)
verdicts.register(app)
witness.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Declare, attest, verify and audit trade documents on a blockchain-backed ledger."""


def main() -> None:
    """Entry point; every ledger error becomes one clear line and an exit code."""
    try:
        app()
    except LedgerError as error:
        if "--json" in sys.argv:
            typer.echo(failure_json(error))
        else:
            err.print(f"[bold red]{type(error).__name__}[/]: {error}", highlight=False)
        sys.exit(exit_code(error))

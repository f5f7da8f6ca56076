"""``ledger agency``: agencies, their attesters and mandates."""

from __future__ import annotations

from typing import Any

import typer

from ledger.cli.council import Code
from ledger.cli.inputs import Json
from ledger.cli.output import lines, out, show, table
from ledger.cli.terminal import open_app
from ledger.core.encoding.reading import hex_text
from ledger.core.history.agencies import Agency, Period
from ledger.core.statements.members import NO_END
from ledger.core.verification.verdict import when

agency = typer.Typer(no_args_is_help=True, help="See agencies, their attesters and mandates.")


def span(period: Period) -> str:
    """A period in words."""
    return f"{when(period.from_)} to {'further notice' if period.until == NO_END else when(period.until)}"


def _agency_json(found: Agency, attesters: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "code": found.code,
        "name": found.name,
        "jurisdiction": found.jurisdiction,
        "uri": found.uri,
        "active": found.periods[-1].until == NO_END,
        "mandates": {str(kind): [list(period) for period in periods] for kind, periods in found.mandates.items()},
        "attesters": attesters,
    }


@agency.command("list")
def list_agencies(as_json: Json = False) -> None:
    """List agencies.

    Example: `ledger agency list`
    """
    found = open_app().follower.refresh().agencies.agencies.values()
    value = [_agency_json(item, []) | {"attesters": None} for item in found]
    rows = [(item.code, item.name, item.jurisdiction, ", ".join(map(str, item.mandates))) for item in found]
    show(as_json, value, lambda: table("Agencies", ("code", "name", "jurisdiction", "kinds"), rows))


@agency.command("show")
def show_agency(code: Code, as_json: Json = False) -> None:
    """Show one agency with its attesters and mandates.

    Example: `ledger agency show NZ-MPI`
    """
    register_ = open_app().follower.refresh().agencies
    found = register_.agency(code)
    attesters = [
        {
            "signer": hex_text(item.signer),
            "from": item.period.from_,
            "until": item.period.until,
            "compromised_from": item.compromised_from,
        }
        for item in register_.attesters.values()
        if item.agency == code
    ]

    def human() -> None:
        out.print(f"[bold]{found.name}[/] ({found.code}, {found.jurisdiction}) {found.uri}")
        table("Active", ("period",), [[span(period)] for period in found.periods])
        mandates = [(kind, span(period)) for kind, periods in found.mandates.items() for period in periods]
        table("Mandates", ("kind", "period"), mandates)
        rows = [
            (span(item.period), when(item.compromised_from) if item.compromised_from else "", hex_text(item.signer))
            for item in register_.attesters.values()
            if item.agency == code
        ]
        lines("Attesters", ("period", "compromised from", "signer"), rows)

    show(as_json, _agency_json(found, attesters), human)

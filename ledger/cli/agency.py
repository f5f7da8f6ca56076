"""``ledger agency``: agencies, their attesters and mandates."""

from __future__ import annotations

import typer

from ledger.cli.council import Code
from ledger.cli.inputs import Json
from ledger.cli.output import Styled, lines, print_line, show, table
from ledger.cli.terminal import open_app
from ledger.core.encoding.reading import hex_text
from ledger.core.encoding.text import when
from ledger.core.history.agencies import Period
from ledger.core.statements.code_lists import type_in_words
from ledger.core.statements.member_types import NO_END
from ledger.journeys.agency import view_agencies, view_agency

agency = typer.Typer(no_args_is_help=True, help="See agencies, their attesters and mandates.")


def span(period: Period) -> str:
    """A period in words."""
    return f"{when(period.from_)} to {'further notice' if period.until == NO_END else when(period.until)}"


@agency.command("list")
def list_agencies(as_json: Json = False) -> None:
    """List agencies.

    Example: `ledger agency list`
    """
    found = view_agencies(open_app().follower.refresh().agencies)
    value = [view.to_json() for view in found]
    rows = [
        (item.code, item.name, item.jurisdiction, ", ".join(f"{kind} {type_in_words(kind)}" for kind in item.mandates))
        for item in (view.agency for view in found)
    ]
    show(as_json, value, lambda: table("Agencies", ("code", "name", "jurisdiction", "kinds"), rows))


@agency.command("show")
def show_agency(code: Code, as_json: Json = False) -> None:
    """Show one agency with its attesters and mandates.

    Example: `ledger agency show NZ-MPI`
    """
    view = view_agency(open_app().follower.refresh().agencies, code)
    found = view.agency

    def human() -> None:
        print_line(Styled(found.name, "bold"), f" ({found.code}, {found.jurisdiction}) {found.uri}")
        table("Active", ("period",), [[span(period)] for period in found.periods])
        mandates = [
            (f"{kind} {type_in_words(kind)}", span(period))
            for kind, periods in found.mandates.items()
            for period in periods
        ]
        table("Mandates", ("kind", "period"), mandates)
        rows = [
            (span(item.period), when(item.compromised_from) if item.compromised_from else "", hex_text(item.signer))
            for item in view.attesters
        ]
        lines("Attesters", ("period", "compromised from", "signer"), rows)

    show(as_json, view.to_json(), human)

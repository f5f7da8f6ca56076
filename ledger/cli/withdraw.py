"""``ledger withdraw``: end your own declaration."""

from __future__ import annotations

from typing import Annotated

import typer

from ledger.cli.attest import _show
from ledger.cli.inputs import Json, KeyName, identifier
from ledger.cli.terminal import open_app
from ledger.core.encoding.ids import DeclarationId
from ledger.core.statements.member_types import NO_DECLARATION
from ledger.core.statements.withdrawal import Withdrawal
from ledger.errors import UnknownDeclaration
from ledger.journeys.withdraw import relay_withdrawal


def withdraw(
    declaration: Annotated[str, typer.Argument(help="Declaration id.")],
    key: KeyName,
    replacement: Annotated[str | None, typer.Option(help="Id of the declaration that replaces it.")] = None,
    reason: Annotated[int | None, typer.Option(help="UNCL 1225 code; 5 replaced, or 1 cancelled.")] = None,
    as_json: Json = False,
) -> None:
    """Withdraw your declaration: a cancellation, or with a replacement an amendment.

    Example: `ledger withdraw 0x… --replacement 0x… --key trader`
    """
    app = open_app()
    party = app.key(key)
    id_ = DeclarationId(identifier(declaration, "declaration"))
    row = app.store.declarations.get(id_)
    if row is None:
        raise UnknownDeclaration(id_)
    by = NO_DECLARATION if replacement is None else DeclarationId(identifier(replacement, "replacement"))
    statement = Withdrawal(id_, reason if reason is not None else 5 if replacement else 1, by)
    done = relay_withdrawal(app.relay, row.declaration, statement, party.sign(statement.id(app.origin)))
    _show("Withdrawn", done, as_json)

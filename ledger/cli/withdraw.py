"""``ledger withdraw``: end your own declaration."""

from __future__ import annotations

from typing import Annotated

import typer

from ledger.cli.attest import show_recorded
from ledger.cli.inputs import Api, Json, KeyName, ServerTrust, identifier, withdrawal_reason_code
from ledger.cli.terminal import open_app, open_service
from ledger.core.encoding.ids import DeclarationId
from ledger.core.statements.member_types import NO_DECLARATION
from ledger.core.statements.withdrawal import Withdrawal
from ledger.errors import UnknownDeclaration


def withdraw(
    declaration: Annotated[str, typer.Argument(help="Declaration id.")],
    key: KeyName,
    replacement: Annotated[
        str | None, typer.Option(help="Id of the declaration that replaces it; it must be known.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="UNCL 1225 code or name: 5 replaced, or 1 cancelled.")] = None,
    api: Api = None,
    trust: ServerTrust = None,
    as_json: Json = False,
) -> None:
    """Withdraw your declaration: a cancellation, or with a replacement an amendment.

    Example: `ledger withdraw 0x… --replacement 0x… --key trader`
    """
    code = (5 if replacement else 1) if reason is None else withdrawal_reason_code(reason)
    app = open_app()
    service = open_service(app, api, trust=trust, key=key)
    id_ = DeclarationId(identifier(declaration, "declaration"))
    by = NO_DECLARATION if replacement is None else DeclarationId(identifier(replacement, "replacement"))
    known = service.declaration(id_).declaration
    if known is None:
        raise UnknownDeclaration(id_)
    if by != NO_DECLARATION:
        service.declaration(by)
    statement, origin = Withdrawal(id_, code, by), service.origin
    done = service.withdraw(known, statement, app.key(key).sign(statement.id(origin)))
    show_recorded("Withdrawn", done, as_json)

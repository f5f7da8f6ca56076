"""``ledger withdraw``: end your own declaration."""

from __future__ import annotations

from typing import Annotated

import typer

from ledger.cli.attest import show_recorded
from ledger.cli.inputs import (
    DECLARED,
    Api,
    DeclaredFolder,
    Json,
    KeyName,
    ServerTrust,
    declaration_id,
    withdrawal_reason_code,
)
from ledger.cli.terminal import open_app, open_service
from ledger.core.history.entry import Withdrawn
from ledger.core.history.sentences import sentence
from ledger.core.statements.member_types import NO_DECLARATION
from ledger.core.statements.withdrawal import Withdrawal
from ledger.errors import UnknownDeclaration


def withdraw(
    declaration: Annotated[str, typer.Argument(metavar="ID|FILE", help="Declaration id, or the name of its file.")],
    key: KeyName,
    replacement: Annotated[
        str | None,
        typer.Option(help="Id of the declaration that replaces it, or the name of its file; it must be known."),
    ] = None,
    reason: Annotated[str | None, typer.Option(help="UNCL 1225 code or name: 5 replaced, or 1 cancelled.")] = None,
    declared: DeclaredFolder = DECLARED,
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
    id_ = declaration_id(declaration, "declaration", declared)
    by = NO_DECLARATION if replacement is None else declaration_id(replacement, "replacement", declared)
    known = service.declaration(id_).declaration
    if known is None:
        raise UnknownDeclaration(id_)
    if by != NO_DECLARATION:
        service.declaration(by)
    statement, origin = Withdrawal(id_, code, by), service.origin
    signature = app.key(key).sign(statement.id(origin))
    done = service.withdraw(known, statement, signature)
    show_recorded("Withdrawn", done, as_json, {"says": sentence(Withdrawn(known, statement, signature))})

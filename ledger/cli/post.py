"""``ledger post``: move a line of a certificate from one sheet to the next."""

from __future__ import annotations

from typing import Annotated

import typer

from ledger.cli.attest import show_recorded
from ledger.cli.inputs import Api, Json, KeyName, ServerTrust, identifier
from ledger.cli.terminal import open_app, open_service
from ledger.core.encoding.ids import AttestationId, DeclarationId
from ledger.core.history.entry import Posted
from ledger.core.history.sentences import sentence
from ledger.core.statements.member_types import ZERO
from ledger.core.statements.posting import Posting


def post(
    attestation: Annotated[str, typer.Argument(help="Id of the attestation that issued the certificate.")],
    member: Annotated[str, typer.Option(help="Id of the certificate's declaration.")],
    line: Annotated[int, typer.Option(help="Number of the line of the certificate.")],
    agency: Annotated[str, typer.Option(help="Agency code that the key speaks for; it needs a mandate for kind 182.")],
    to: Annotated[str, typer.Option(help="Hash of the sheet to which the line moves.")],
    key: KeyName,
    from_: Annotated[
        str | None,
        typer.Option("--from", help="Hash of the line's present sheet; if not given, the posting opens the line."),
    ] = None,
    api: Api = None,
    trust: ServerTrust = None,
    as_json: Json = False,
) -> None:
    """Move a line of a certificate from one sheet to the next, as an agency's officer.

    It is refused if the line's present sheet is another one than `--from`; the words name the present one.

    Example: `ledger post 0x… --member 0x… --line 1 --agency NZ-MPI --from 0x… --to 0x… --key officer`
    """
    app = open_app()
    service = open_service(app, api, trust=trust, key=key)
    statement = Posting(
        agency,
        AttestationId(identifier(attestation, "attestation")),
        DeclarationId(identifier(member, "member")),
        line,
        ZERO if from_ is None else identifier(from_, "from"),
        identifier(to, "to"),
    )
    origin, officer = service.origin, app.key(key)
    signer, signature = officer.signer(origin), officer.sign(statement.id(origin))
    done = service.post(statement, signer, signature)
    show_recorded("Posted", done, as_json, {"says": sentence(Posted(statement, signer, signature))})

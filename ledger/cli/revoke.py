"""``ledger revoke``: end an attestation, or one member of its set."""

from __future__ import annotations

from typing import Annotated

import typer

from ledger.cli.attest import show_recorded
from ledger.cli.inputs import Api, Json, KeyName, ServerTrust, identifier, revocation_reason_code
from ledger.cli.terminal import open_app, open_service
from ledger.core.encoding.ids import AttestationId, DeclarationId
from ledger.core.statements.member_types import NO_DECLARATION
from ledger.core.statements.revocation import Revocation


def revoke(
    attestation: Annotated[str, typer.Argument(help="Attestation id.")],
    key: KeyName,
    member: Annotated[str | None, typer.Option(help="One declaration of its set; the whole set if not given.")] = None,
    reason: Annotated[str, typer.Option(help="UNCL 1373 code or name: 41 validity revoked, 42 in error.")] = "41",
    api: Api = None,
    trust: ServerTrust = None,
    as_json: Json = False,
) -> None:
    """Revoke an attestation, or one member of its set, forever.

    Example: `ledger revoke 0x… --key officer --reason 42`
    """
    code = revocation_reason_code(reason)
    app = open_app()
    service = open_service(app, api, trust=trust, key=key)
    id_ = AttestationId(identifier(attestation, "attestation"))
    whom = NO_DECLARATION if member is None else DeclarationId(identifier(member, "member"))
    service.attestation(id_)
    statement, origin = Revocation(id_, whom, code), service.origin
    officer = app.key(key)
    done = service.revoke(statement, officer.signer(origin), officer.sign(statement.id(origin)))
    show_recorded("Revoked", done, as_json)

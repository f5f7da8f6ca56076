"""``ledger revoke``: end an attestation, or one member of its set."""

from __future__ import annotations

from typing import Annotated

import typer

from ledger.cli.attest import _show
from ledger.cli.inputs import Json, KeyName, identifier
from ledger.cli.terminal import open_app
from ledger.core.encoding.ids import AttestationId, DeclarationId
from ledger.core.statements.member_types import NO_DECLARATION
from ledger.core.statements.revocation import Revocation
from ledger.errors import AttestationUnknown
from ledger.journeys.revoke import relay_revocation


def revoke(
    attestation: Annotated[str, typer.Argument(help="Attestation id.")],
    key: KeyName,
    member: Annotated[str | None, typer.Option(help="One declaration of its set; the whole set if not given.")] = None,
    reason: Annotated[int, typer.Option(help="UNCL 1373 code: 41 validity revoked, 42 in error.")] = 41,
    as_json: Json = False,
) -> None:
    """Revoke an attestation, or one member of its set, forever.

    Example: `ledger revoke 0x… --key officer --reason 42`
    """
    app = open_app()
    officer = app.key(key)
    id_ = AttestationId(identifier(attestation, "attestation"))
    if id_ not in app.follower.refresh().attestations:
        raise AttestationUnknown(id_)
    statement = Revocation(
        id_, NO_DECLARATION if member is None else DeclarationId(identifier(member, "member")), reason
    )
    signature = officer.sign(statement.id(app.origin))
    _show("Revoked", relay_revocation(app.relay, statement, officer.signer(app.origin), signature), as_json)

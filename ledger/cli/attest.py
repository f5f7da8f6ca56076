"""``ledger attest``: sign an attestation as an agency's officer, and relay it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from ledger.cli.inputs import Api, Json, KeyName, ServerTrust, identifier, moment, outcome_code, type_code
from ledger.cli.output import facts, show
from ledger.cli.terminal import open_app, open_service
from ledger.core.encoding.ids import DeclarationId, Digest
from ledger.core.encoding.reading import hex_text
from ledger.core.evidence.inclusion import set_of
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.code_lists import check_outcome, outcome_in_words, type_in_words
from ledger.core.statements.detail import detail_of_notices
from ledger.core.statements.member_types import NO_END
from ledger.errors import Malformed
from ledger.journeys.service import Recorded


def show_recorded(title: str, done: Recorded, as_json: bool, more: Mapping[str, str] | None = None) -> None:
    """Show a statement that is in the history."""
    value: dict[str, Any] = {"id": hex_text(done.id), "entry": done.entry, **(more or {}), **done.transaction}
    show(as_json, value, lambda: facts(title, value))


def attest(
    declaration: Annotated[list[str], typer.Argument(help="Declaration ids; several in order make one set.")],
    agency: Annotated[str, typer.Option(help="Agency code that the key speaks for.")],
    kind: Annotated[str, typer.Option(help='What is attested: UNCL 1001 code or name, e.g. 851 or "phytosanitary".')],
    key: KeyName,
    outcome: Annotated[
        str,
        typer.Option(help="Code or name of the kind's list, UNCL 1373, 4405 or 7365, e.g. 1 or accepted."),
    ] = "1",
    detail: Annotated[
        list[str] | None,
        typer.Option(help="Digest of the agency's own document; for several declarations once for each, in order."),
    ] = None,
    valid_from: Annotated[str | None, typer.Option(help="Begin of validity; now if not given.")] = None,
    valid_until: Annotated[str | None, typer.Option(help="End of validity; none if not given.")] = None,
    api: Api = None,
    trust: ServerTrust = None,
    as_json: Json = False,
) -> None:
    """Attest declarations as an agency's officer. One id is a set of one; a whole batch is one entry.

    An adverse outcome, such as 7 goods detained, is about one declaration and has no end.

    Example: `ledger attest 0x… --agency NZ-MPI --kind 851 --key officer`

    Example: `ledger attest 0x… --agency NZ-MPI --kind 851 --key officer --api https://ledger.example`
    """
    kind_code = type_code(kind, "--kind")
    said = outcome_code(kind_code, outcome)
    app = open_app()
    service = open_service(app, api, trust=trust, key=key)
    ids = [DeclarationId(identifier(text, "declaration")) for text in declaration]
    root, size = set_of(ids)
    notices = [Digest(identifier(text, "detail")) for text in detail or ()]
    if notices and len(notices) != size:
        raise Malformed(f"{len(notices)} digests for {size} declarations: give one for each, in order", "detail")
    statement = Attestation(
        agency,
        kind_code,
        said,
        detail_of_notices(notices),
        moment(valid_from) if valid_from else 0,
        NO_END if valid_until is None else moment(valid_until),
        root,
        size,
        secrets.token_bytes(32),
    )
    check_outcome(statement)
    origin, officer = service.origin, app.key(key)
    done = service.attest(statement, officer.signer(origin), officer.sign(statement.id(origin)), ids)
    says = f"{type_in_words(kind_code)}, {outcome_in_words(kind_code, said)}"
    show_recorded("Attested", done, as_json, {"says": says})

"""``ledger inbox``: what an agency has not attested yet."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any

import typer

from ledger.cli.chosen import each_of_inbox
from ledger.cli.inputs import Api, Json, ServerTrust, SessionKey, moment, now, type_code
from ledger.cli.output import lines, print_line, say, show
from ledger.cli.terminal import open_app, open_service
from ledger.core.encoding.reading import hex_text
from ledger.core.history.standing import Standing
from ledger.core.statements.code_lists import is_adverse, outcome_in_words, type_in_words
from ledger.errors import Malformed
from ledger.journeys.service import AttestationView, DeclarationView, InboxQuery

_SHORT = 14  # characters of an id: enough to name one in an inbox
_TYPE, _SAID = 26, 28  # characters of a column: all together fit into a line of 80
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def inbox(
    agency: Annotated[str, typer.Option(help="Agency code, e.g. NZ-MPI.")],
    document_type: Annotated[
        str | None, typer.Option("--type", "-t", help='Only this type: UNCL 1001 code or name, e.g. "invoice".')
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(help="Only what is not attested under this kind (code or name); the agency needs its mandate."),
    ] = None,
    since: Annotated[str | None, typer.Option(help="Received at this time or later: ISO 8601 with a zone.")] = None,
    until: Annotated[str | None, typer.Option(help="Received before this time.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the oldest.")] = 500,
    ids: Annotated[bool, typer.Option("--ids", help="Print ids only, one a line.")] = False,
    key: SessionKey = None,
    api: Api = None,
    trust: ServerTrust = None,
    as_json: Json = False,
) -> None:
    """List what an agency has not attested yet, oldest first: anchored, not withdrawn; and what others said of it.

    The short ids may be given to `ledger attest`.

    Example: `ledger inbox --agency NZ-MPI --type invoice --api https://ledger.example --key officer`

    Example: `ledger inbox --agency NZ-MPI --ids | ledger attest - --agency NZ-MPI --kind 851 --key officer`
    """
    if ids and as_json:
        raise Malformed("goes without --json, which has the ids too", "--ids")
    asked = InboxQuery(
        agency,
        None if kind is None else type_code(kind, "--kind"),
        None if document_type is None else type_code(document_type),
        None if since is None else moment(since),
        None if until is None else moment(until),
    )
    service, at = open_service(open_app(), api, trust=trust, key=key), now()
    found = list(islice(each_of_inbox(service, asked, limit + 1), limit + 1))
    more, found = len(found) > limit, found[:limit]
    if ids:
        for view in found:
            print_line(hex_text(view.id))
    else:
        value = {
            "agency": agency,
            "at": at,
            "service": service.name,
            "inbox": [_item(view, at) for view in found],
            "more": more,
        }
        show(as_json, value, lambda: _table(agency, found, at))
    if more and not as_json:
        say(f"and more: these are the oldest {limit}. Give a higher --limit")


def _item(view: DeclarationView, at: int) -> dict[str, Any]:
    declaration, received = view.declaration, view.received_at or at
    assert declaration is not None
    return {
        "id": hex_text(view.id),
        "document_type": declaration.document_type,
        "type_in_words": type_in_words(declaration.document_type),
        "age_seconds": max(0, at - received),
        "received_at": received,
        "anchored_at": view.entry_time,
        "state": view.state,
        "party": hex_text(declaration.party),
        "digest": hex_text(declaration.digest),
        "said": [
            {
                "agency": one.attestation.agency,
                "kind": one.attestation.kind,
                "kind_in_words": type_in_words(one.attestation.kind),
                "outcome": one.attestation.outcome,
                "outcome_in_words": outcome_in_words(one.attestation.kind, one.attestation.outcome),
                "adverse": is_adverse(one.attestation.kind, one.attestation.outcome),
                "standing": one.standing,
                "attestation": hex_text(one.id),
            }
            for one in view.attestations
        ],
    }


def _table(agency: str, found: list[DeclarationView], at: int) -> None:
    if not found:
        print_line(f"Nothing of this is in the inbox of {agency}")
        return
    rows = []
    for view in found:
        type_ = 0 if view.declaration is None else view.declaration.document_type
        said = ", ".join(map(_said, view.attestations)) or "-"
        age = in_words(max(0, at - (view.received_at or at)))
        rows.append((_cut(type_in_words(type_), _TYPE), age, _cut(said, _SAID), hex_text(view.id)[:_SHORT]))
    plural = "" if len(found) == 1 else "s"
    lines(f"Inbox of {agency}: {len(found)} declaration{plural}", ("type", "age", "others said", "id"), rows)


def _said(one: AttestationView) -> str:
    said = one.attestation
    words = f"{said.agency}: {outcome_in_words(said.kind, said.outcome)}"
    return words if one.standing == Standing.IN_FORCE.value else f"{words} ({one.standing})"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def in_words(seconds: int) -> str:
    """A span of time in its largest unit, e.g. "3 d"."""
    size, unit = next((size, unit) for size, unit in _UNITS if seconds >= size or size == 1)
    return f"{seconds // size} {unit}"

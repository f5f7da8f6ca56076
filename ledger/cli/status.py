"""``ledger status``: where a declaration or an attestation stands, and what waits."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

import typer

from ledger.cli.inputs import (
    DECLARED,
    Api,
    DeclaredFolder,
    Json,
    ServerTrust,
    SessionKey,
    identifier,
    is_id,
    mapped_file,
)
from ledger.cli.output import Styled, facts, lines, print_line, show
from ledger.cli.terminal import open_app, open_service
from ledger.core.encoding.ids import AttestationId, DeclarationId, Digest
from ledger.core.encoding.reading import hex_text
from ledger.core.encoding.text import when
from ledger.core.history.standing import Standing
from ledger.core.statements.code_lists import outcome_in_words, type_in_words, withdrawal_reason_in_words
from ledger.core.statements.member_types import NO_DECLARATION
from ledger.errors import AttestationUnknown, Unavailable
from ledger.journeys.service import AttestationView, DeclarationView, Waiting, attestation_json

NOBODY = "no statement by anybody yet"


def status(
    id_: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID|FILE]",
            help="Id of a declaration or an attestation, or the name of a declared file; without it, what waits.",
        ),
    ] = None,
    digest: Annotated[
        str | None,
        typer.Option(help="With a server: digest of the declaration's document; who has it needs no session."),
    ] = None,
    declared: DeclaredFolder = DECLARED,
    api: Api = None,
    trust: ServerTrust = None,
    key: SessionKey = None,
    as_json: Json = False,
) -> None:
    """Say where a declaration or an attestation stands now, what it waits for and for whom.

    Example: `ledger status 0x…`

    Example: `ledger status` for all that waits here, or at the server

    Example: `ledger status invoice.xml`
    """
    file = None if id_ is None or is_id(id_) else mapped_file(id_, declared)
    service = open_service(open_app(), api, trust=trust, key=key)
    if file is not None:
        _show_declaration(service.declaration(file.id, file.digest), as_json)
        return
    if id_ is None:
        _show_waiting(service.name, service.waiting(), as_json)
        return
    wanted = identifier(id_, "id")
    given = None if digest is None else Digest(identifier(digest, "--digest"))
    found: AttestationView | None = None
    if given is None:
        with suppress(AttestationUnknown, Unavailable):  # then it is a declaration, or the store alone may know it
            found = service.attestation(AttestationId(wanted))
    if found is not None:
        _show_attestation(found, as_json)
    else:
        _show_declaration(service.declaration(DeclarationId(wanted), given), as_json)


def _show_waiting(name: str, waiting: Waiting, as_json: bool) -> None:
    value = {
        "service": name,
        "pending": waiting.pending,
        "oldest_seconds": waiting.oldest_seconds,
        "under_way": waiting.under_way,
        "anchorer": waiting.anchorer,
        "problems": list(waiting.problems),
    }

    def human() -> None:
        shown: dict[str, object] = {"wait for a batch": waiting.pending}
        if waiting.oldest_seconds is not None:
            shown["the oldest since"] = f"{waiting.oldest_seconds} s"
        if waiting.under_way is not None:
            shown["wait for the chain"] = waiting.under_way
        shown["for whom"] = waiting.anchorer
        if waiting.problems:
            shown["what is wrong"] = "; ".join(waiting.problems)
        facts(f"Declarations that wait {name if name == 'here' else f'at {name}'}", shown)

    show(as_json, value, human)


def _show_attestation(view: AttestationView, as_json: bool) -> None:
    value = attestation_json(view)
    show(as_json, value, lambda: facts("Attestation", value))


def _show_declaration(view: DeclarationView, as_json: bool) -> None:
    value: dict[str, Any] = {"declaration": hex_text(view.id), "state": view.state or "not in this store"}
    value["waits"] = view.waits
    if view.declaration is not None:
        value |= view.declaration.to_json()
    if view.entry is not None:
        value |= {"entry": view.entry, "entry_time": None if view.entry_time is None else when(view.entry_time)}
    value["attestations"] = [
        {
            "id": hex_text(one.id),
            "agency": one.attestation.agency,
            "kind": one.attestation.kind,
            "outcome": one.attestation.outcome,
            "standing": one.standing,
        }
        for one in view.attestations
    ]
    ended = view.withdrawn
    if ended is not None:
        value["withdrawn"] = {
            "entry": ended.entry,
            "time": when(ended.time),
            "reason": ended.reason,
            "reason_in_words": withdrawal_reason_in_words(ended.reason),
            "replacement": hex_text(ended.replacement),
        }

    def human() -> None:
        shown = {key: item for key, item in value.items() if key != "attestations"}
        shown["waits"] = view.waits or "for nothing"
        if view.declaration is not None:
            kind = view.declaration.document_type
            shown["document_type"] = f"{kind} {type_in_words(kind)}"
            if view.declaration.replaces == NO_DECLARATION:
                shown["replaces"] = "nothing"
        if "withdrawn" in shown:
            about = shown["withdrawn"]
            shown["withdrawn"] = f"by entry {about['entry']} at {about['time']}, {about['reason_in_words']}"
        facts("Declaration", shown)
        rows = [
            (
                item["agency"],
                f"{item['kind']} {type_in_words(item['kind'])}",
                f"{item['outcome']} {outcome_in_words(item['kind'], item['outcome'])}",
                _coloured(item["standing"]),
                item["id"],
            )
            for item in value["attestations"]
        ]
        if rows:
            lines("Attestations", ("agency", "kind", "outcome", "standing", "id"), rows)
        else:
            print_line(Styled("Attestations", "bold"))
            print_line(f"  {NOBODY}")

    show(as_json, value, human)


def _coloured(standing: str) -> Styled:
    return Styled(standing, "green" if standing == Standing.IN_FORCE.value else "red")

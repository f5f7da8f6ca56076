"""``ledger status``: where a declaration or an attestation stands."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ledger.cli.inputs import Json, identifier, now
from ledger.cli.output import facts, lines, show
from ledger.cli.terminal import open_app
from ledger.core.encoding.ids import AttestationId, DeclarationId
from ledger.core.encoding.reading import hex_text
from ledger.core.encoding.text import when
from ledger.core.history.standing import Standing
from ledger.core.statements.code_lists import outcome_in_words, type_in_words, withdrawal_reason_in_words
from ledger.journeys.status import AttestationStatus, DeclarationStatus, attestation_status, declaration_status


def status(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Id of a declaration or an attestation.")],
    as_json: Json = False,
) -> None:
    """Say where a declaration or an attestation stands now.

    Example: `ledger status 0x…`
    """
    app = open_app()
    wanted, at = identifier(id_, "id"), now()
    history = app.follower.refresh()
    if wanted in history.attestations:
        _show_attestation(attestation_status(AttestationId(wanted), history, at), as_json)
    else:
        _show_declaration(declaration_status(DeclarationId(wanted), app.store, history, at), as_json)


def _show_attestation(status: AttestationStatus, as_json: bool) -> None:
    value: dict[str, Any] = {
        "attestation": hex_text(status.id),
        "entry": status.entry.number,
        "standing": status.standing.value,
        "decided_by_entry": status.decided_by and status.decided_by.number,
        **status.attested.attestation.to_json(),
    }
    show(as_json, value, lambda: facts("Attestation", value))


def _show_declaration(status: DeclarationStatus, as_json: bool) -> None:
    value: dict[str, Any] = {"declaration": hex_text(status.id), "state": status.state or "not in this store"}
    if status.declaration is not None:
        value |= status.declaration.to_json()
    value["attestations"] = [
        {
            "id": hex_text(one.id),
            "agency": one.attested.attestation.agency,
            "kind": one.attested.attestation.kind,
            "outcome": one.attested.attestation.outcome,
            "standing": one.standing.value,
        }
        for one in status.attestations
    ]
    if status.withdrawn is not None:
        entry, withdrawn = status.withdrawn
        value["withdrawn"] = {
            "entry": entry.number,
            "time": when(entry.time),
            "reason": withdrawn.withdrawal.reason,
            "reason_in_words": withdrawal_reason_in_words(withdrawn.withdrawal.reason),
            "replacement": hex_text(withdrawn.withdrawal.replacement),
        }

    def human() -> None:
        shown = {key: item for key, item in value.items() if key != "attestations"}
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
        lines("Attestations", ("agency", "kind", "outcome", "standing", "id"), rows)

    show(as_json, value, human)


def _coloured(standing: str) -> str:
    return f"[green]{standing}[/]" if standing == Standing.IN_FORCE.value else f"[red]{standing}[/]"

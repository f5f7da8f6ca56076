"""``ledger status``: where a declaration or an attestation stands."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ledger.cli.inputs import Json, identifier, now
from ledger.cli.output import facts, lines, show
from ledger.cli.terminal import open_app
from ledger.core.encoding.reading import hex_text
from ledger.core.history.history import Standing
from ledger.core.statements.members import ZERO
from ledger.core.verification.verdict import when
from ledger.errors import UnknownDeclaration
from ledger.journeys.attest import set_of


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
        recorded = history.attestations[wanted]
        standing, mark = history.standing(wanted, ZERO, at)
        value: dict[str, Any] = {
            "attestation": hex_text(wanted),
            "entry": recorded.mark.number,
            "standing": standing.value,
            "decided_by_entry": mark and mark.number,
            **recorded.attested.attestation.to_json(),
        }
        show(as_json, value, lambda: facts("Attestation", value))
        return
    row = app.store.declarations.get(wanted)
    if row is None and wanted not in history.withdrawals:
        raise UnknownDeclaration(wanted)
    state = row.state if row else "not in this store"
    value = {"declaration": hex_text(wanted), "state": state}
    if row is not None:
        value |= row.declaration.to_json()
    batch = app.store.batches.get(row.batch_id) if row and row.batch_id else None
    sets = [(batch.root, batch.size)] if batch else []
    sets += app.store.sets.names_of(wanted)
    value["attestations"] = []
    for attestation in history.attestations_of(dict.fromkeys([*sets, set_of([wanted])])):
        standing, _ = history.standing(attestation, wanted, at)
        said = history.attestations[attestation].attested.attestation
        value["attestations"].append(
            {
                "id": hex_text(attestation),
                "agency": said.agency,
                "kind": said.kind,
                "outcome": said.outcome,
                "standing": standing.value,
            }
        )
    if wanted in history.withdrawals:
        mark, withdrawn = history.withdrawals[wanted]
        value["withdrawn"] = {
            "entry": mark.number,
            "time": when(mark.time),
            "reason": withdrawn.withdrawal.reason,
            "replacement": hex_text(withdrawn.withdrawal.replacement),
        }

    def human() -> None:
        plain = {key: item for key, item in value.items() if key != "attestations"}
        facts("Declaration", plain)
        rows = [
            (item["agency"], item["kind"], item["outcome"], _coloured(item["standing"]), item["id"])
            for item in value["attestations"]
        ]
        lines("Attestations", ("agency", "kind", "outcome", "standing", "id"), rows)

    show(as_json, value, human)


def _coloured(standing: str) -> str:
    return f"[green]{standing}[/]" if standing == Standing.IN_FORCE.value else f"[red]{standing}[/]"

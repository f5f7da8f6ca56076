"""``ledger history``: entries by number."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ledger.cli.inputs import Api, Json, ServerTrust
from ledger.cli.output import facts, lines, short, show
from ledger.cli.terminal import open_app, open_service
from ledger.core.encoding.reading import hex_text
from ledger.core.encoding.text import when
from ledger.core.history.agencies import Agencies
from ledger.core.history.entry import Entry
from ledger.core.history.sentences import sentence, signers_of_entry, statement_id
from ledger.core.statements.origin import Origin


def history(
    number: Annotated[int | None, typer.Argument(help="One entry by number; the latest entries if not given.")] = None,
    last: Annotated[int, typer.Option(help="How many of the latest entries.")] = 20,
    api: Api = None,
    trust: ServerTrust = None,
    as_json: Json = False,
) -> None:
    """Say what happened: the latest entries, or one by its number. A list cuts long ids; one entry does not.

    Example: `ledger history 12`
    """
    service = open_service(open_app(), api, trust=trust)
    page = service.history(number, last if number is None else 1)
    rows = [_row(entry, page.origin, page.agencies) for entry in page.entries]
    title = f"{page.origin}\nsize {page.size}, head 0x{page.head.hex()}"
    value = {"origin": str(page.origin), "size": page.size, "head": hex_text(page.head), "entries": rows}

    def human() -> None:
        if number is None:
            shown = [(row["number"], row["time"], short(row["words"]), row["hash"]) for row in rows]
            lines(title, ("entry", "time", "what happened", "hash"), shown)
        else:
            _show_one(rows[0])

    show(as_json, value, human)


def _row(entry: Entry, origin: Origin, agencies: Agencies | None) -> dict[str, Any]:
    content = entry.content
    id_ = statement_id(content, origin)
    return {
        "number": entry.number,
        "time": when(entry.time),
        "kind": entry.kind.name.lower(),
        "words": sentence(content, agencies),
        "signers": [hex_text(signer) for signer in signers_of_entry(content)],
        "id": None if id_ is None else hex_text(id_),
        "hash": hex_text(entry.hash),
    }


def _show_one(row: dict[str, Any]) -> None:
    signed = row["signers"] or "nobody: an anchor and the first council need no signature"
    told = {"what": row["words"], "when": row["time"], "signed by": signed}
    if row["id"] is not None:
        told["id of the statement"] = row["id"]
    facts(f"Entry {row['number']}", told | {"kind": row["kind"], "hash of the entry": row["hash"]})

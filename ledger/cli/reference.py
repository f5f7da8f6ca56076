"""``ledger reference``: by which MRN, transport document or containers a declaration is found."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.cli.files import read_file
from ledger.cli.inputs import (
    DECLARED,
    Api,
    DeclaredFolder,
    Json,
    ServerTrust,
    SessionKey,
    declaration_id,
)
from ledger.cli.output import lines, show
from ledger.cli.terminal import open_app, open_service
from ledger.core.encoding.ids import DeclarationId
from ledger.core.encoding.reading import hex_text
from ledger.core.encoding.text import when
from ledger.journeys.service import References

reference = typer.Typer(no_args_is_help=True, help="Have a declaration found by its references, or no longer.")

Id = Annotated[str, typer.Argument(metavar="ID|FILE", help="Id of the declaration, or the name of its declared file.")]


@reference.command("add")
def add(
    id_: Id,
    copy: Annotated[Path, typer.Argument(help="A redacted copy that shows the references, and best nothing else.")],
    declared: DeclaredFolder = DECLARED,
    api: Api = None,
    trust: ServerTrust = None,
    key: SessionKey = None,
    as_json: Json = False,
) -> None:
    """Have a declaration found by the references that a redacted copy shows. The references are kept, not the copy.

    Example: `ledger reference add 0x… copy.json` after `ledger redact FILE --show '$.transportDocumentReference' -o
    copy.json`
    """
    name = declaration_id(id_, "declaration", declared)
    data = read_file(copy)
    done = open_service(open_app(), api, trust=trust, key=key).add_references(name, data)
    _show(name, done, as_json, f"{done.added} added")


@reference.command("list")
def list_(
    id_: Id,
    declared: DeclaredFolder = DECLARED,
    api: Api = None,
    trust: ServerTrust = None,
    key: SessionKey = None,
    as_json: Json = False,
) -> None:
    """List the references by which a declaration is found.

    Example: `ledger reference list 0x…`
    """
    name = declaration_id(id_, "declaration", declared)
    _show(name, open_service(open_app(), api, trust=trust, key=key).references(name), as_json, "References")


@reference.command("remove")
def remove(
    id_: Id,
    number: Annotated[str | None, typer.Argument(help="This one; all if it is not given.")] = None,
    declared: DeclaredFolder = DECLARED,
    api: Api = None,
    trust: ServerTrust = None,
    key: SessionKey = None,
    as_json: Json = False,
) -> None:
    """Erase a reference of a declaration, or all of them.

    Example: `ledger reference remove 0x… MSKU9070323`
    """
    name = declaration_id(id_, "declaration", declared)
    left = open_service(open_app(), api, trust=trust, key=key).remove_references(name, number)
    _show(name, left, as_json, "Left")


def _show(id_: DeclarationId, found: References, as_json: bool, title: str) -> None:
    value: dict[str, Any] = {
        "declaration": hex_text(id_),
        "added": found.added,
        "references": [
            {"kind": item.kind.value, "number": item.number, "added_at": added_at} for item, added_at in found.kept
        ],
    }
    rows = [(item.kind.replace("_", " "), when(added_at), item.number) for item, added_at in found.kept]
    show(as_json, value, lambda: lines(title, ("kind", "since", "reference"), rows))

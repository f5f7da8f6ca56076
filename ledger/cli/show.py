"""``ledger show``: the fields that were verified."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.files import SHOWABLE, read_as, read_document
from ledger.cli.inputs import Json
from ledger.cli.output import Styled, print_line, show, table
from ledger.core.encoding.reading import hex_text
from ledger.journeys.show import read_showable, shown_fields

_TYPES = {
    "s": "text", "n": "number", "b": "true or false", "z": "null", "o": "empty object", "a": "empty list",
    "t": "text", "e": "empty element", "p": "instruction", "x": "bytes",
}  # fmt: skip


def show_(
    file: Annotated[Path, typer.Argument(help="Evidence, a PDF that carries it, a wrapped or a redacted document.")],
    document: Annotated[
        Path | None, typer.Option("--document", "-d", help="Beside evidence: the wrapped or redacted document.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the fields of a document that the digest binds: what `ledger verify` speaks of, and nothing else.

    Fields that do not have the declared digest are not printed. Whether the evidence is good, `ledger verify` says.

    Example: `ledger show invoice.evidence.json -d invoice.redacted`
    """
    found = shown_fields(read_as(SHOWABLE, file, read_showable), None if document is None else read_document(document))
    value = {
        "digest": hex_text(found.digest),
        "declared": found.declared,
        "format": found.format.value,
        "fields": [
            {"path": item.path, "type": item.type, "value": _text(item.type, item.value)} for item in found.fields
        ],
        "hidden": found.hidden,
    }

    def human() -> None:
        rows = [(item.path, _TYPES[item.type], _for_people(item.type, item.value)) for item in found.fields]
        table(f"Digest {hex_text(found.digest)}", ("path", "type", "value"), rows)
        print_line(f"{len(rows)} fields are shown and {found.hidden} are hidden")
        if not found.declared:
            print_line(Styled("No evidence was given: nothing says that this document was declared", "yellow"))

    show(as_json, value, human)


def _text(type_: str, value: bytes) -> str:
    return b64encode(value).decode() if type_ == "x" else value.decode()


def _for_people(type_: str, value: bytes) -> str:
    return f"{len(value)} bytes" if type_ == "x" else value.decode()

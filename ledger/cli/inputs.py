"""What a command is given on its line: options that many share, ids, times."""

from __future__ import annotations

import re
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ledger.core.document import Format
from ledger.core.encoding.ids import DeclarationId
from ledger.core.encoding.reading import hex_bytes
from ledger.core.statements.code_names import (
    outcome_named,
    revocation_reason_named,
    type_named,
    withdrawal_reason_named,
)
from ledger.errors import Malformed
from ledger.journeys.file_map import FILE_MAP, MappedFile, read_file_map

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines instead of tables.")]


FormatName = Annotated[
    Format | None,
    typer.Option(
        "--format", help="What the document is; else its name or first character says. opaque: the bytes as they are."
    ),
]


KeyName = Annotated[str, typer.Option("--key", "-k", help="Name of the key in the keystore that signs.")]


Api = Annotated[
    str | None,
    typer.Option(
        "--api",
        metavar="URL",
        help="Ask the API of this server, without a node, a store or gas; keys and documents stay here. Else: "
        "LEDGER_API; your own node and store, if they are configured; the server that `ledger login` knows.",
    ),
]


ServerTrust = Annotated[
    Path | None,
    typer.Option(
        "--trust",
        metavar="FILE",
        help="With a server: the trust root of its history, or a folder of them. Nobody is asked then.",
    ),
]


SessionKey = Annotated[
    str | None,
    typer.Option(
        "--key",
        "-k",
        help="With a server: key to sign in with, if it shows this only to who is signed in, and you are not.",
    ),
]


DECLARED = Path("declared")
"""The folder into which `ledger declare` writes if none is given."""


DeclaredFolder = Annotated[
    Path, typer.Option("--declared", metavar="FOLDER", help="Where a file's name is looked up: its map of files.")
]


def now() -> int:
    """Seconds since 1970; the core gets it as an argument."""
    return int(time.time())


def identifier(text: str, what: str) -> bytes:
    """A 32-byte id from the command line; Malformed says what was expected."""
    value = hex_bytes(text.lower(), what)
    if len(value) != 32:
        raise Malformed("must be 32 bytes: 0x and 64 hex digits", what)
    return value


def declaration_id(text: str, what: str, folder: Path = DECLARED) -> DeclarationId:
    """A declaration by its id, or by the name of its file in the map of a folder that was declared into.

    :raises Malformed: it is neither, or several files have this name.
    """
    return DeclarationId(identifier(text, what)) if is_id(text) else mapped_file(text, folder).id


def mapped_file(name: str, folder: Path = DECLARED) -> MappedFile:
    """The one file that somebody means by ``name``, by the map in ``folder``; Malformed if none or several."""
    files = read_file_map(folder)
    if files is None:
        raise Malformed(f'"{name}" is no id (0x and 64 hex digits), and {folder / FILE_MAP} is no map of files')
    return files.named(name)


def is_id(text: str) -> bool:
    """Whether a text is meant as an id: hex with 0x, or 64 hex digits, or nothing."""
    return re.fullmatch("0[xX][0-9a-fA-F]*|[0-9a-fA-F]{64}|", text) is not None


def type_code(text: str, option: str = "--type") -> int:
    """The UNCL 1001 code of a document type or a kind, given by code or by name, such as "invoice"."""
    return type_named(text, option)


def outcome_code(kind: int, text: str, option: str = "--outcome") -> int:
    """The code of an outcome in the list of its kind, given by code or by name, such as "goods released"."""
    return outcome_named(kind, text, option)


def revocation_reason_code(text: str, option: str = "--reason") -> int:
    """The UNCL 1373 code of why an attestation ends, given by code or by name, such as "in error"."""
    return revocation_reason_named(text, option)


def withdrawal_reason_code(text: str, option: str = "--reason") -> int:
    """The UNCL 1225 code of why a declaration ends, given by code or by name, such as "replaced"."""
    return withdrawal_reason_named(text, option)


def moment(text: str | None) -> int:
    """A time from the command line, ISO 8601 with zone or seconds; now if not given."""
    if text is None:
        return now()
    if text.isdigit():
        return int(text)
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise Malformed('a time looks like "2026-11-22T10:00:00Z" or is a number of seconds', "time") from None
    if parsed.tzinfo is None:
        raise Malformed('a time needs its zone, e.g. "2026-11-22T10:00:00Z"', "time")
    return int(parsed.timestamp())


_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def exact_moment(text: str | None, option: str) -> int | None:
    """Seconds since 1970 of a time in the one form that every verifier takes (docs/evidence-format.md, "The program").

    None if not given. Malformed, naming the option, for another form, or a time before 1970.
    """
    if text is None:
        return None
    try:
        if _MOMENT.fullmatch(text) is None:
            raise ValueError(text)
        seconds = int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        seconds = -1
    if seconds < 0:
        raise Malformed("a time looks like 2026-11-22T10:00:00Z", option)
    return seconds

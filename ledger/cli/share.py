"""``ledger share``: leave a document at a server, sealed, for whoever has its link."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.cli.files import read_document, write_file
from ledger.cli.held import reader_site
from ledger.cli.inputs import (
    DECLARED,
    Api,
    DeclaredFolder,
    Json,
    ServerTrust,
    SessionKey,
    declaration_id,
    identifier,
    now,
)
from ledger.cli.output import lines, print_line, report, say, show
from ledger.cli.qr import Site, kind_of
from ledger.cli.terminal import open_app, open_service
from ledger.core.encoding.ids import ShareId
from ledger.core.encoding.reading import hex_text
from ledger.core.encoding.text import when
from ledger.core.evidence.link import is_link, read_link
from ledger.core.evidence.share import Share, share_id
from ledger.errors import Malformed
from ledger.journeys.qr import image
from ledger.journeys.shares import make_share, open_share

share = typer.Typer(no_args_is_help=True, help="Leave a document at a server, sealed, for whoever has its link.")

_DAY = 24 * 3600
Link = Annotated[str, typer.Argument(metavar="LINK", help="The link to the share, in quotes.")]


@share.command("add")
def add(
    id_: Annotated[
        str, typer.Argument(metavar="ID|FILE", help="Id of the declaration, or the name of its declared file.")
    ],
    copy: Annotated[
        Path, typer.Argument(help="What the reader gets: a redacted copy, or the wrapped file, which shows everything.")
    ],
    days: Annotated[int, typer.Option("--days", min=1, max=365, help="For how many days it is kept.")] = 30,
    at: Site = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to write the link as a QR code: a file .svg or .png, or -."),
    ] = None,
    declared: DeclaredFolder = DECLARED,
    api: Api = None,
    trust: ServerTrust = None,
    key: SessionKey = None,
    as_json: Json = False,
) -> None:
    """Seal a document on this machine, leave it at the server, and print the link that opens it.

    The key is in the link alone, after its #: the server cannot open what it keeps. Whoever has the link reads the
    document, so hand it on as you would the document. Only the declaration's party may share.

    Example: `ledger share add 0x… copy.json --days 14 -o code.svg`
    """
    kind = None if output is None else kind_of(output)
    name, document = declaration_id(id_, "declaration", declared), read_document(copy)
    service = open_service(open_app(), api, trust=trust, key=key)
    site = reader_site(at, service.name if service.is_server else api)
    service.declaration(name, document.digest)
    new, link = make_share(document, site, name, now() + days * _DAY)
    made = service.add_share(new)
    hidden = len(document.hidden)
    value = {"link": str(link), "fields": {"shown": len(document.fields), "hidden": hidden}, **_json(made)}
    if output is not None and kind is not None:
        write_file(output, image(link, kind))
        report(output, as_json, "QR code", {"file": str(output), **value})
        return
    show(as_json, value, lambda: print_line(str(link)))
    if not as_json:
        what = f"{len(document.fields)} fields are shown and {hidden} hidden" if hidden else "every field is shown"
        say(f"Whoever has this link reads the document until {when(made.until)}: {what}.")


@share.command("open")
def open_(
    link: Link,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the document.")],
    as_json: Json = False,
) -> None:
    """Get the document that a link opens, and check that it is the one that the link names. Needs no account.

    Get the evidence by the same link, and verify both: `ledger evidence LINK -o evidence.json`, then `ledger verify
    evidence.json -d copy.json --trust trust.json`.

    Example: `ledger share open "https://ledger.example/q#1.…" -o copy.json`
    """
    found = open_share(read_link(link), open_app().settings.proxy_url)
    write_file(output, found.to_bytes(), is_private=True)
    shown = {"shown": len(found.fields), "hidden": len(found.hidden)}
    report(output, as_json, "shared document", {"file": str(output), "digest": hex_text(found.digest), "fields": shown})


@share.command("list")
def list_(api: Api = None, trust: ServerTrust = None, key: SessionKey = None, as_json: Json = False) -> None:
    """List what you have shared and not removed.

    Example: `ledger share list`
    """
    found = open_service(open_app(), api, trust=trust, key=key).shares()
    rows = [(hex_text(one.id), hex_text(one.declaration), f"{one.size:,}", when(one.until)) for one in found]
    show(
        as_json,
        {"shares": list(map(_json, found))},
        lambda: lines("Shares", ("share", "declaration", "bytes", "until"), rows),
    )


@share.command("remove")
def remove(
    id_: Annotated[str, typer.Argument(metavar="SHARE|LINK", help="Id of the share, or its link in quotes.")],
    api: Api = None,
    trust: ServerTrust = None,
    key: SessionKey = None,
    as_json: Json = False,
) -> None:
    """Have the server erase a share. Whoever read it before may have kept a copy.

    Example: `ledger share remove 0x…`
    """
    name = _name(id_)
    open_service(open_app(), api, trust=trust, key=key).remove_share(name)
    show(as_json, {"removed": hex_text(name)}, lambda: print_line("Removed: the link opens nothing any more."))


def _name(text: str) -> ShareId:
    if not is_link(text):
        return ShareId(identifier(text, "share"))
    link = read_link(text)
    if link.key is None:
        raise Malformed("opens no share: it ends without a key", "link")
    return share_id(link.key, link.id)


def _json(share: Share) -> dict[str, Any]:
    return {
        "share": hex_text(share.id),
        "declaration": hex_text(share.declaration),
        "size": share.size,
        "made_at": share.made_at,
        "until": share.until,
    }

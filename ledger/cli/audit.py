"""``ledger audit``: replay the whole history, compare it with everything else, report, and cosign."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ledger.app import App
from ledger.cli.audit_page import page
from ledger.cli.files import CHECKPOINT, read_as, read_trusts, write_file
from ledger.cli.inputs import Json, now
from ledger.cli.output import Styled, bar, print_line, short, show, table
from ledger.cli.terminal import open_app
from ledger.core.checkpoints.note import SignedNote
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.checkpoints.trust_folder import trust_root_of
from ledger.core.encoding.text import when
from ledger.core.statements.origin import Origin
from ledger.core.verification.verdict import Status
from ledger.errors import HistoryBroken, Malformed
from ledger.journeys.audit.audit import Audited, Scope
from ledger.journeys.audit.audit import audit as run_audit
from ledger.journeys.audit.checkpoints import NamedCheckpoint
from ledger.journeys.audit.cosigner import Cosigner
from ledger.journeys.audit.findings import AuditReport, Finding

_COLOURS = {Status.VALID: "green", Status.INVALID: "bold red", Status.ERROR: "bold yellow", Status.SKIPPED: "dim"}
_DIFFERENCE, _UNDECIDED = 1, 3


def audit(
    first_block: Annotated[int, typer.Option("--from", min=0, help="Block to begin at: of entry 0, or before.")] = 0,
    last_block: Annotated[
        int | None, typer.Option("--to", min=0, help="Audit as of this block; the latest if not given.")
    ] = None,
    rpc: Annotated[
        list[str] | None,
        typer.Option(help="Node to read. The first is replayed, others are compared with it, entry by entry."),
    ] = None,
    checkpoint: Annotated[list[Path] | None, typer.Option(help="Checkpoint file to compare with the history.")] = None,
    trust: Annotated[
        Path | None, typer.Option(help="Trust root (the keys of log and witnesses), or a folder of them.")
    ] = None,
    log: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Where the log is served. Its newest checkpoint is compared, and its pages name a wrong subject.",
        ),
    ] = None,
    with_store: Annotated[bool, typer.Option("--store/--no-store", help="Compare the store, if there is one.")] = True,
    report: Annotated[
        Path | None, typer.Option(help="Folder to write audit-report.json and audit-report.html into.")
    ] = None,
    cosign_key: Annotated[
        str | None, typer.Option("--cosign", metavar="KEY", help="On success, cosign the newest checkpoint audited.")
    ] = None,
    name: Annotated[
        str, typer.Option(help="The cosigner's name in its verifier key; the key's own if not given.")
    ] = "",
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the cosigned checkpoint.")] = Path(
        "checkpoint.cosigned"
    ),
    as_json: Json = False,
) -> None:
    """Replay the whole history and compare it with chain, code, other nodes, store and checkpoints.

    Exit 1: a difference, the first named with both sides. Exit 3: something could not be compared.

    Example: `ledger audit --rpc http://127.0.0.1:8545 --rpc https://node.example --checkpoint seen.txt --report audit`
    """
    app = open_app()
    urls = rpc or [app.settings.rpc_url]
    chain = app.connect(urls[0], check_code=False)
    believed = _trust(app, chain.origin, trust)
    cosigner = None if cosign_key is None else Cosigner.of(name or cosign_key, app.key(cosign_key), believed)
    scope = Scope(
        first_block, last_block, [app.other_node(url) for url in urls[1:]],
        app.existing_store(chain.origin) if with_store and app.has_store else None, _notes(checkpoint or []), believed,
        None if log is None else app.published_log(log),
    )  # fmt: skip
    begun = time.monotonic()
    with bar() as progress:
        task = progress.add_task("replaying entries", total=None)
        audited = run_audit(chain, scope, lambda done, of: progress.update(task, completed=done, total=of))
    found, made_at, seconds = audited.report, when(now()), round(time.monotonic() - begun, 1)
    value = found.to_json() | {"made_at": made_at, "seconds": seconds}
    if report is not None:
        write_file(report / "audit-report.json", json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n")
        write_file(report / "audit-report.html", page(found, made_at, seconds).encode())
    cosigned = cosigner.cosign(audited, now()) if cosigner is not None and found.good else None
    if cosigned is not None:
        write_file(output, str(cosigned).encode())
    value["cosigned"] = None if cosigned is None else str(output)
    show(as_json, value, lambda: _show(audited, cosigned, output))
    if not found.good:
        raise typer.Exit(_DIFFERENCE if found.with_status(Status.INVALID) else _UNDECIDED)


def _trust(app: App, origin: Origin, trust: Path | None) -> TrustRoot | None:
    """The trust root of the file, or else of the log's own keys if the present one is here; None if neither is."""
    if trust is not None:
        root = trust_root_of(read_trusts(trust), origin)
        if root.origin != origin:
            raise HistoryBroken("the trust root is of another history", expected=root.origin, found=origin)
        return root
    return None if app.log_key is None else TrustRoot(origin, app.log_keys(origin))


def _notes(paths: Sequence[Path]) -> list[NamedCheckpoint]:
    return [NamedCheckpoint(path.name, read_as(CHECKPOINT, path, _note)) for path in paths]


def _note(data: bytes) -> SignedNote:
    try:
        return SignedNote.parse(data.decode())
    except UnicodeDecodeError:
        raise Malformed("is not UTF-8", "checkpoint") from None


def _show(audited: Audited, cosigned: SignedNote | None, output: Path) -> None:
    report = audited.report
    rows = [(_coloured(item.status), item.name, short(item.words)) for item in report.findings]
    title = f"Audit of {report.origin}: {report.size} entries as of block {report.block}"
    table(title, ("", "compared", "finding"), rows)
    first = report.first_difference
    if first is not None:
        for line in _sides(report, first):
            print_line(line)
    if cosigned is not None:
        print_line(f"Cosigned the checkpoint of {cosigned.checkpoint.size} entries: {output}")


def _coloured(status: Status) -> Styled:
    return Styled(status.value, _COLOURS[status])


def _sides(report: AuditReport, first: Finding) -> list[str]:
    where = "" if first.number is None else f" (entry {first.number})"
    text = f"First difference: {first.name}{where}"
    return [text, f"  expected  {first.expected}", f"  found     {first.found}"] if first.expected else [text]

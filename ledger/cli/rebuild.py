"""``ledger rebuild``: fill a store again, from the chain and holders' evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.app import App
from ledger.cli.files import read_file, read_trusts
from ledger.cli.inputs import Json, now
from ledger.cli.output import Stages, Styled, bar, facts, lines, print_line, show
from ledger.cli.terminal import open_app
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.checkpoints.trust_folder import trust_root_of
from ledger.core.encoding.reading import hex_text
from ledger.journeys.rebuild import Gap, Rebuilt, rebuild

_SHOWN = 20
_KINDS = ("*.json", "*.pdf")


def rebuild_(
    evidence: Annotated[
        list[Path] | None,
        typer.Argument(help="Evidence that holders kept: files, or folders of .json and .pdf. None: the chain alone."),
    ] = None,
    trust: Annotated[
        Path | None,
        typer.Option(
            "--trust", "-t", help="Trust root of that time, or a folder of them; else log key and witnesses_file."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring a store that is empty, or restored from a backup, up to what chain and evidence show.

    Run it before any server starts: pending declarations of an older store may be anchored already. Exit 1: some
    evidence was refused; it is named, changed nothing, and did not stop the rest. A second run goes on.

    Example: `ledger rebuild evidence/ --trust trust.json`
    """
    app = open_app()
    root = _trust(app, trust)
    with bar() as progress:
        stage = Stages(progress).stage
        rebuilt = rebuild(app.store, app.follower, _files(evidence or ()), root, now(), stage)
    value = _value(app, rebuilt)
    show(as_json, value, lambda: _print(value, root))
    if rebuilt.refused:
        raise typer.Exit(1)


def _trust(app: App, file: Path | None) -> TrustRoot | None:
    if file is not None:
        return trust_root_of(read_trusts(file), app.origin)
    return app.trust_root(app.settings.witnesses_file) if app.settings.log_key is not None else None


def _files(places: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    """The files that are named, and all files in folders that may be evidence."""
    for place in places:
        found = sorted(path for kind in _KINDS for path in place.rglob(kind)) if place.is_dir() else [place]
        for path in found:
            yield str(path), read_file(path)


def _value(app: App, rebuilt: Rebuilt) -> dict[str, Any]:
    return {
        "origin": str(app.origin),
        "entries": rebuilt.size,
        "head": hex_text(rebuilt.head),
        "batches": rebuilt.batches,
        "attested_sets": rebuilt.sets,
        "declarations_restored": rebuilt.restored,
        "pending_found_anchored": rebuilt.placed + rebuilt.recognised,
        "declarations_known_before": rebuilt.known,
        "declarations_anchored_twice": rebuilt.elsewhere,
        "pending": rebuilt.pending,
        "checkpoints_restored": rebuilt.checkpoints,
        "batches_incomplete": [_gap(gap) for gap in rebuilt.missing],
        "sets_incomplete": [_gap(gap) for gap in rebuilt.missing_members],
        "refused": [{"file": name, "why": why} for name, why in rebuilt.refused],
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {"entry": gap.number, "size": gap.size, "known": gap.known, "root": hex_text(gap.root)}


def _print(value: dict[str, Any], trust: TrustRoot | None) -> None:
    listed = ("batches_incomplete", "sets_incomplete", "refused")
    facts("Rebuilt", {name: len(item) if name in listed else item for name, item in value.items()})
    for name, title in (
        ("batches_incomplete", "Batches of which declarations are missing"),
        ("sets_incomplete", "Attested sets of which members are missing"),
    ):
        rows = [[gap["entry"], gap["size"], gap["known"], gap["root"]] for gap in value[name]]
        if rows:
            lines(f"{title}{_more(rows)}", ["entry", "size", "known", "root"], rows[:_SHOWN])
    for item in value["refused"]:
        print_line(Styled("refused", "bold red"), f" {item['file']}: {item['why']}")
    for words in _words(value, trust):
        print_line(words)


def _more(rows: Sequence[object]) -> str:
    return f" (the first {_SHOWN} of {len(rows)}; all with --json)" if len(rows) > _SHOWN else ""


def _words(value: dict[str, Any], trust: TrustRoot | None) -> Iterator[str]:
    """What the figures mean for what is to be done next."""
    if value["batches_incomplete"]:
        missing = sum(gap["size"] - gap["known"] for gap in value["batches_incomplete"])
        yield (
            f"{missing} anchored declarations are known to their holders only. Ask them for their evidence, and run "
            "this again. Their evidence stays good either way. Other ledgers may have anchored some of these batches."
        )
    if value["declarations_restored"]:
        yield "The times of receipt of restored declarations are lost; the times of anchoring stand in for them."
    if trust is None:
        yield "No log key and no --trust: checkpoints in the evidence were compared with the chain, and not stored."
    yield (
        "Neither chain nor evidence has two things: declarations that were accepted and not anchored (their parties "
        "send them again, and they are the same), and responses that were kept for Idempotency-Key."
    )

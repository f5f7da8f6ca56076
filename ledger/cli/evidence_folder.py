"""``ledger evidence --all``: the evidence of all declared files, one file each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ledger.cli.output import bar, exit_code, lines, print_line, show
from ledger.core.document import Redacted, Wrapped, disclose, redact
from ledger.core.encoding.reading import hex_text
from ledger.errors import Malformed, Unavailable
from ledger.journeys.evidence_folder import MadeEvidence, make_evidence
from ledger.journeys.file_map import FILE_MAP, read_file_map
from ledger.journeys.service import LedgerService
from ledger.journeys.verify_folder import worst

SIDE_BY_SIDE = 4
"""Requests to a server at once."""

_SHOWN = 100  # files that are listed one by one


def evidence_of_all(
    services: Sequence[LedgerService],
    declared: Path,
    output: Path,
    patterns: Sequence[str],
    everything: bool,
    as_json: bool,
) -> int:
    """Write the evidence of all files in the map of ``declared`` into ``output``; returns the exit code.

    :param services: each makes one at a time; several for a server.
    :param patterns: of the fields that each document discloses. ``everything``: all of them.
    """
    files = read_file_map(declared)
    if files is None or not len(files):
        raise Malformed("has no map of declared files: `ledger declare FOLDER` writes it", str(declared / FILE_MAP))
    origin = services[0].origin
    if files.origin != origin:
        raise Malformed(f"is of another history, {files.origin}, than {services[0].name} has", str(declared / FILE_MAP))

    def shown(document: Wrapped | Redacted) -> Redacted:
        return redact(document, []) if everything else disclose(document, patterns)

    made: list[MadeEvidence] = []
    with bar() as progress:
        task = progress.add_task("evidence", total=len(files))
        try:
            for item in make_evidence(
                sorted(files, key=lambda file: file.name),
                declared,
                output,
                [service.evidence for service in services],
                shown,
            ):
                made.append(item)
                progress.advance(task)
        except Unavailable as error:
            written = sum(item.error is None for item in made)
            words = f"{error}; {written} of {len(files)} are written: start the same command again"
            raise Unavailable(words, source=error.source) from None
    done = [item for item in made if item.error is None]
    failed = [item for item in made if item.error is not None]
    value = {
        "folder": str(output),
        "evidence": [_json(item) for item in done],
        "without": [{"file": item.file.name, "error": str(item.error)} for item in failed],
    }
    show(as_json, value, lambda: _show(done, failed, declared, output))
    return worst([exit_code(item.error) for item in failed if item.error is not None])


def _json(item: MadeEvidence) -> dict[str, Any]:
    return {
        "file": item.file.name,
        "evidence": str(item.path),
        "id": hex_text(item.file.id),
        "entries": item.entries,
        "checkpoint_size": item.checkpoint_size,
        "without_document": item.without_document or None,
    }


def _show(done: Sequence[MadeEvidence], failed: Sequence[MadeEvidence], declared: Path, output: Path) -> None:
    if done and len(done) <= _SHOWN:
        rows = [(item.file.name, item.path, hex_text(item.file.id)) for item in done]
        lines("Evidence", ("file", "evidence", "declaration id"), rows)
    lacking = [item for item in done if item.without_document]
    _others("With less of its document", [(item.file.name, item.without_document) for item in lacking])
    _others("No evidence", [(item.file.name, str(item.error)) for item in failed])
    print_line(f"{len(done)} written, {len(failed)} not")
    if done:
        print_line(f"To verify them: ledger verify {output} -d {declared} -t TRUST_ROOT")


def _others(title: str, rows: Sequence[tuple[str, str]]) -> None:
    if rows:
        more = [("…", f"and {len(rows) - _SHOWN} more: --json has all")] if len(rows) > _SHOWN else []
        lines(title, ("file", "why"), [*rows[:_SHOWN], *more])

"""``ledger verify FOLDER``: a line for each piece of evidence in a folder, and the worst exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ledger.cli.output import Styled, bar, lines, print_line, show
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.checkpoints.trust_folder import TrustRoots
from ledger.core.verification.policy import VerificationPolicy
from ledger.core.verification.verdict import Verdict
from ledger.journeys.verify import VerificationRequest
from ledger.journeys.verify_folder import FileVerdict, contents_of, verify_folder, worst

_WORDS = {0: "GOOD", 1: "NOT GOOD", 2: "MALFORMED", 3: "UNDECIDED"}
_COLOURS = {0: "green", 1: "red", 2: "red", 3: "magenta"}


def verify_all(
    folder: Path,
    documents: Path | None,
    judge: Callable[[VerificationRequest], Verdict],
    trust: TrustRoot | TrustRoots | None,
    policy: VerificationPolicy | None,
    as_json: bool,
) -> int:
    """Verify all evidence in ``folder`` and print it; returns the exit code.

    :param documents: another folder in which documents are looked for.
    """
    found: list[FileVerdict] = []
    with bar() as progress:
        task = progress.add_task("reading", total=None)
        contents = contents_of(folder, documents)
        progress.update(task, description="verifying", total=len(contents.evidence))
        for item in verify_folder(contents, judge, trust, policy):
            found.append(item)
            progress.advance(task)
    codes = [item.exit_code for item in found] + [2] * len(contents.unreadable)
    counts = Counter(_WORDS[code] for code in codes)
    value = {
        "conclusion": _WORDS[worst(codes)].replace(" ", "_"),
        "counts": {_WORDS[code].replace(" ", "_"): counts[_WORDS[code]] for code in _WORDS},
        "files": [_json(item) for item in found],
        "unreadable": [{"file": name, "error": str(error)} for name, error in contents.unreadable],
    }

    def human() -> None:
        rows = [(_verdict(item.exit_code), item.name, _document(item, folder), _says(item)) for item in found]
        rows += [(_verdict(2), name, "", str(error)) for name, error in contents.unreadable]
        lines(f"Evidence in {folder}", ("verdict", "file", "document", "says"), rows)
        said = ", ".join(f"{number} {word.lower()}" for word, number in counts.items())
        print_line(f"{len(codes)} files: {said}")
        if trust is None:
            print_line(Styled("Nobody said whose signatures count: give --trust, the trust root of the log", "yellow"))

    show(as_json, value, human)
    return worst(codes)


def _json(item: FileVerdict) -> dict[str, Any]:
    return {
        "file": item.name,
        "document": None if item.document is None else str(item.document),
        "conclusion": _WORDS[item.exit_code].replace(" ", "_"),
        "error": None if item.error is None else str(item.error),
        "verdict": None if item.verdict is None else item.verdict.to_json(),
    }


def _verdict(code: int) -> Styled:
    return Styled(_WORDS[code], _COLOURS[code])


def _document(item: FileVerdict, folder: Path) -> str:
    if item.document is None:
        return "none here" if item.verdict is not None else ""
    return str(item.document.relative_to(folder) if item.document.is_relative_to(folder) else item.document)


def _says(item: FileVerdict) -> str:
    if item.verdict is None:
        return str(item.error)
    return item.verdict.first_line.partition(": ")[2] if item.exit_code == 0 else item.verdict.first_line

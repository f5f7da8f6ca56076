"""Hold any verifier to the conformance cases: ``python -m tests.conformance.run --verifier "COMMAND"``.

Given twice, ``--verifier`` also compares the two: each check must have the same step, name, code and status.

Standard library only, so that it runs beside any implementation. README.md has the protocol.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CONCLUSIONS = {0: "GOOD", 1: "NOT_GOOD", 3: "UNDECIDED"}
MALFORMED = 2
WORD = ("agency", "kind", "outcome", "adverse")


def cases(wanted: Sequence[str] = ()) -> list[Path]:
    """Folders of the cases, by name; all, or those named."""
    found = sorted(file.parent for file in HERE.glob("*/case.json"))
    return [folder for folder in found if not wanted or folder.name in wanted]


def command_of(folder: Path) -> list[str]:
    """What is put after the verifier's own command."""
    said = json.loads((folder / "case.json").read_bytes())
    words = [str(folder / "evidence.json"), "--clock", said["clock"], "--json"]
    words += [] if said["at"] is None else ["--at", said["at"]]
    for option, name in [
        ("--document", "document"),
        ("--trust", "trust.json"),
        ("--trust", "trust"),
        ("--policy", "policy.json"),
    ]:
        if (folder / name).exists():
            words += [option, str(folder / name)]
    return words


def difference(folder: Path, code: int, printed: str) -> str | None:
    """What is not as the case says; None where all is."""
    said = json.loads((folder / "case.json").read_bytes())
    if code != said["exit"]:
        return f"exit code {code} instead of {said['exit']}"
    if code == MALFORMED:
        return None
    try:
        found = _answer(json.loads(printed))
    except (ValueError, KeyError, TypeError) as error:
        return f"no verdict in JSON: {type(error).__name__}"
    wanted = {"conclusion": CONCLUSIONS[code], "failed": said["failed"], "questions": said["questions"]}
    if "attested_by" in said:
        wanted["attested_by"] = said["attested_by"]
    wrong = [f"{name} {found[name]} instead of {wanted[name]}" for name in wanted if found[name] != wanted[name]]
    return "; ".join(wrong) or None


def _answer(verdict: dict[str, Any]) -> dict[str, Any]:
    """What is compared of a verdict."""
    failed = {item["name"] for item in verdict["checks"] if item["decisive"] and item["status"] in ("INVALID", "ERROR")}
    return {
        "conclusion": verdict["conclusion"],
        "failed": sorted(failed),
        "questions": verdict["questions"],
        "attested_by": [{name: word[name] for name in WORD} for word in verdict["attested_by"]],
    }


def rows(printed: str) -> list[tuple[Any, ...]]:
    """What two verifiers must have in common: every check, in order, but for its parameters and its words."""
    members = ("step", "name", "question", "status", "code", "decisive")
    return [tuple(item[member] for member in members) for item in json.loads(printed)["checks"]]


def words(printed: str) -> list[tuple[Any, ...]]:
    """What agencies say, but for the English."""
    return [
        tuple(word[name] for name in (*WORD, "name", "jurisdiction")) for word in json.loads(printed)["attested_by"]
    ]


def fields(printed: str) -> str:
    """How many fields are shown and how many hidden."""
    counts = json.loads(printed)["fields"]
    return "no document" if counts is None else f"{counts['shown']} fields shown, {counts['hidden']} hidden"


def disagreement(first: str, second: str) -> str | None:
    """The first check, word of an agency or number of fields that two verifiers print differently; None if none is."""
    try:
        left, right = [[*rows(one), *words(one)] for one in (first, second)]
        counts = fields(first), fields(second)
    except (ValueError, KeyError, TypeError) as error:
        return f"no checks in JSON: {type(error).__name__}"
    if len(left) != len(right):
        return f"{len(left)} checks and words of agencies, and {len(right)}"
    pairs = zip(left, right, strict=True)
    return next((f"{one} and {other}" for one, other in [*pairs, counts] if one != other), None)


def main() -> int:
    parser = argparse.ArgumentParser(description="Hold a verifier to the conformance cases.")
    help_ = 'its command, e.g. "python verifier/verify.py"; given twice, the two are compared'
    parser.add_argument("--verifier", required=True, action="append", help=help_)
    parser.add_argument("case", nargs="*", help="names of cases; all if none is given")
    given = parser.parse_args()
    wrong = 0
    for folder in cases(given.case):
        commands = [[*shlex.split(verifier), *command_of(folder)] for verifier in given.verifier]
        done = [subprocess.run(one, capture_output=True, text=True, check=False, timeout=120) for one in commands]
        found = next(filter(None, (difference(folder, one.returncode, one.stdout) for one in done)), None)
        if found is None and done[0].returncode != MALFORMED:
            found = next(filter(None, (disagreement(done[0].stdout, one.stdout) for one in done[1:])), None)
        wrong += found is not None
        print(f"{'ok' if found is None else 'NO':3} {folder.name}" + (f": {found}" if found else ""))
    print(f"{len(cases(given.case))} cases, {wrong} not as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""Hold any verifier to the conformance cases: ``python run.py --verifier "COMMAND"``.

Given twice, ``--verifier`` also compares the two: each check must have the same step, name, code and status.

Standard library only, so that it runs beside any implementation. README.md has the protocol.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FOLDER = HERE / "cases" if (HERE / "cases").is_dir() else HERE
PATIENCE = 120  # seconds for one answer
CONCLUSIONS = {0: "GOOD", 1: "NOT_GOOD", 3: "UNDECIDED"}
MALFORMED = 2
WORD = ("agency", "kind", "outcome", "adverse")


def cases(wanted: Sequence[str] = ()) -> list[Path]:
    """Folders of the cases, by name; all, or those named."""
    found = sorted(file.parent for file in FOLDER.glob("*/case.json"))
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


def index() -> dict[str, dict[str, str]]:
    """For each case its group, and the rule that it stands for, as ``index.json`` says."""
    file = HERE / "index.json"
    return json.loads(file.read_bytes()) if file.is_file() else {}


def problem(folder: Path, verifiers: Sequence[str]) -> str | None:
    """What one or two verifiers answer wrongly in one case; None where all is right."""
    try:
        done = [_asked([*shlex.split(verifier), *command_of(folder)]) for verifier in verifiers]
    except subprocess.TimeoutExpired:
        return f"no answer within {PATIENCE} seconds"
    except OSError as error:
        return f"the verifier cannot be started: {error.strerror}"
    found = next(filter(None, (difference(folder, one.returncode, one.stdout) for one in done)), None)
    if found is None and done[0].returncode != MALFORMED:
        found = next(filter(None, (disagreement(done[0].stdout, one.stdout) for one in done[1:])), None)
    return found


def _asked(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", check=False, timeout=PATIENCE
    )


def report(found: dict[str, str | None]) -> str:
    """A line for each group of cases, with those that are wrong and the rule that each stands for."""
    known, groups = index(), dict[str, list[str]]()
    for name in found:
        groups.setdefault(known.get(name, {}).get("group", "other cases"), []).append(name)
    lines = ["", f"{'group':<26} {'cases':>5} {'right':>5}"]
    for group, names in groups.items():
        wrong = [name for name in names if found[name] is not None]
        lines.append(f"{group:<26} {len(names):>5} {len(names) - len(wrong):>5}{'   <-' if wrong else ''}")
        for name in wrong:
            about = json.loads((FOLDER / name / "case.json").read_bytes())["about"]
            lines += [f"  {name}: {about}", f"    rule: {known.get(name, {}).get('rule', '?')}", f"    {found[name]}"]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Hold a verifier to the conformance cases.",
        epilog="Exit codes: 0 all cases are right, 1 some are not, 2 there is no such case.",
    )
    help_ = 'its command, e.g. "python verifier/verify.py"; given twice, the two are compared'
    parser.add_argument("--verifier", required=True, action="append", help=help_)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many to run at once")
    parser.add_argument("--json", action="store_true", help="print JSON: for each case null, or what is wrong")
    parser.add_argument("case", nargs="*", help="names of cases; all if none is given")
    given = parser.parse_args()
    folders = cases(given.case)
    if missing := sorted({*given.case} - {folder.name for folder in folders}):
        print(f"there is no case {', '.join(missing)} in {FOLDER}", file=sys.stderr)
        return 2
    with ThreadPoolExecutor(max(1, given.jobs)) as pool:
        answers = pool.map(lambda folder: problem(folder, given.verifier), folders)
        found: dict[str, str | None] = {}
        for folder, answer in zip(folders, answers, strict=True):
            found[folder.name] = answer
            if not given.json and (given.case or answer is not None):
                print(
                    f"{'ok' if answer is None else 'NO':3} {folder.name}" + (f": {answer}" if answer else ""),
                    flush=True,
                )
    wrong = sum(answer is not None for answer in found.values())
    if given.json:
        print(json.dumps(found, indent=1))
    else:
        print(report(found))
        print(f"{len(found)} cases, {wrong} not as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

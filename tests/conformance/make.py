"""Make the conformance cases: ``python -m tests.conformance.make``. The same files every time.

A case is a folder with ``case.json`` (what it is about, what must come out), ``evidence.json`` and, where they are
given, ``document``, ``trust.json`` and ``policy.json``. ``index.json`` has the group of each case, and the rule that it
stands for. What must come out is written by hand in ``tables``, from the documents; no verifier is asked.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

from ledger.core.verification.codes import STEPS
from ledger.core.verification.rules import RULES
from tests.conformance.parts import BROKEN, CASES, GOOD, Case
from tests.conformance.tables import TABLES

HERE = Path(__file__).parent
_FILE, _TRUST, _DOCUMENT = (
    'evidence-format.md "The file"',
    'evidence-format.md "The trust root"',
    "formats.md section 2",
)
# What a group of cases is about: the rule of those that end GOOD, or in which nothing can be read.
GROUPS = {
    "files": _FILE, "inclusions": RULES["batch.*"], "sets": RULES["sets.*"], "checkpoints": RULES["checkpoint.*"],
    "trust_roots": _TRUST, "log_keys": _TRUST, "trust_folders": _TRUST, "entries": RULES["entries.*"],
    "forgeries": RULES["authority.*"], "signatures_by_passkeys": RULES["signature.*"], "clocks": RULES["anchor.*"],
    "force": RULES["in_force.*"], "adverse": 'formats.md section 3, "Code lists"',
    "marks": 'formats.md section 3, "Code lists"', "outcomes": 'formats.md section 3, "Code lists"',
    "lifted_by_others": RULES["revocation.*"], "withdrawals": RULES["withdrawal.*"],
    "others": 'evidence-format.md "The checks", what is not judged', "postings": "formats.md section 5, rule 11",
    "policies": 'evidence-format.md "The policy"', "documents": _DOCUMENT, "one_reading": _DOCUMENT,
    "twins": 'evidence-format.md "The checks"', "pages": RULES["pages.*"], "complete": RULES["complete.*"],
    "ending": 'evidence-format.md "The checks", where the verdict ends', "plain": RULES["document.plain_*"],
}  # fmt: skip


def main(folder: Path = HERE) -> int:
    """Write all cases into ``folder``, in the place of those that are there."""
    CASES.clear()
    known: dict[str, dict[str, str]] = {}
    for table in TABLES:
        before = set(CASES)
        table()
        for name in [name for name in CASES if name not in before]:
            known[name] = {"group": table.__name__.replace("_", " "), "rule": rule_of(CASES[name], table.__name__)}
    for old in folder.glob("*/case.json"):
        shutil.rmtree(old.parent)
    for name, made in CASES.items():
        made.write(folder / name)
    (folder / "index.json").write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
    print(f"{len(CASES)} cases, {sum(made.exit != GOOD for made in CASES.values())} of them to be refused")
    return 0


def rule_of(case: Case, group: str) -> str:
    """The rules of the checks that must fail; where none does, what the group is about."""
    if case.exit == BROKEN or not case.failed:
        return GROUPS[group]
    kinds = [re.sub(r"^[A-Z]{2}-\S+ \d+ ", "", name).replace(" ", "_") for name in sorted(case.failed)]
    ordered = sorted(kinds, key=lambda kind: STEPS[kind].number)
    return "; ".join(dict.fromkeys(RULES[f"{kind}.*"] for kind in ordered))


if __name__ == "__main__":
    sys.exit(main())

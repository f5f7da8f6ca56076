"""Make the conformance cases: ``python -m tests.conformance.make``. The same files every time.

A case is a folder with ``case.json`` (what it is about, what must come out), ``evidence.json`` and, where they are
given, ``document``, ``trust.json`` and ``policy.json``. What must come out is written by hand in ``tables``, from the
documents; no verifier is asked.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.conformance.parts import CASES, GOOD
from tests.conformance.tables import TABLES

HERE = Path(__file__).parent


def main(folder: Path = HERE) -> int:
    """Write all cases into ``folder``, in the place of those that are there."""
    CASES.clear()
    for table in TABLES:
        table()
    for old in folder.glob("*/case.json"):
        shutil.rmtree(old.parent)
    for name, made in CASES.items():
        made.write(folder / name)
    print(f"{len(CASES)} cases, {sum(made.exit != GOOD for made in CASES.values())} of them to be refused")
    return 0


if __name__ == "__main__":
    sys.exit(main())

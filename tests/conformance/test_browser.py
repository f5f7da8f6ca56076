"""The browser's verifier gives every case its answer, and says what the ledger's verifier says: each check with its
code, parameters and words.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ledger.core.checkpoints.trust_folder import trust_files
from tests.conformance.run import cases, difference
from tests.verifier import browser
from tests.verifier.both import BESIDE, FILE, alone, asked_in, ledger_verdict

if not browser.is_installed():
    pytest.skip(browser.MISSING, allow_module_level=True)

CASES = [folder for folder in cases() if not folder.name.startswith("time_")]
TIMES = [folder for folder in cases() if folder.name.startswith("time_")]
EXIT_CODES = {"GOOD": 0, "NOT_GOOD": 1, "UNDECIDED": 3}


@pytest.mark.parametrize("folder", CASES, ids=[folder.name for folder in CASES])
def test_case(folder: Path) -> None:
    asked, roots = asked_in(folder), folder / "trust"
    names = trust_files(file.name for file in roots.iterdir() if file.is_file()) if roots.is_dir() else None
    trusts = None if names is None else {name: (roots / name).read_bytes() for name in names}
    found = browser.browser().verdict(asked, trusts)
    code = 2 if "error" in found else EXIT_CODES[found["conclusion"]]
    assert difference(folder, code, json.dumps(found)) is None, found.get("error")
    if code == 2:
        assert found["error"].startswith("malformed: ")
    elif trusts is None:
        ledger = ledger_verdict(asked).to_json()
        assert [found[name] for name in BESIDE] == [ledger[name] for name in BESIDE]
        assert [_told(check) for check in found["checks"]] == [_told(check) for check in ledger["checks"]]


def _told(check: dict[str, Any]) -> dict[str, Any]:
    """All of a check but the rule, which another verifier may leave out, and the cause, which it may say otherwise."""
    params = {name: value for name, value in check["params"].items() if name != "reason"}
    is_cause_said = "reason" in check["params"]
    return {**check, "rule": None, "params": params, "words": None if is_cause_said else check["words"]}


def test_the_program_takes_the_files_folders_and_times_of_the_protocol() -> None:
    """Every case about times, some with a folder of trust roots, and one with each option, as a process."""
    verifier = shlex.join(["node", str(browser.program())])
    named = [*TIMES, *(folder for folder in CASES if (folder / "trust").is_dir()), *CASES[:: len(CASES) // 8]]
    runner = [sys.executable, "-m", "tests.conformance.run", "--verifier", verifier]
    both = [*runner, "--verifier", shlex.join([sys.executable, "-I", "-S", str(FILE)])]
    done = subprocess.run([*both, *(folder.name for folder in named)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_verdict_has_the_members_of_the_verifier_that_stands_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """And no other, in the same order; its checks have their parameters besides."""
    folder = next(folder for folder in CASES if folder.name == "attested")
    found = browser.browser().verdict(asked_in(folder))
    words = [str(folder / "evidence.json"), "--trust", str(folder / "trust.json"), "--json"]
    said = json.loads((folder / "case.json").read_bytes())
    alone.main([*words, "--clock", said["clock"]])
    other = json.loads(capsys.readouterr().out)
    assert list(found) == list(other)
    assert [name for name in found["checks"][0] if name != "params"] == list(other["checks"][0])

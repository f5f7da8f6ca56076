"""Both verifiers give every case its answer, and give it alike."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ledger.cli import main
from tests.conformance import make, run
from tests.conformance.run import HERE, cases, command_of, difference, disagreement
from tests.verifier.both import BESIDE, alone

CASES = cases()
NAMES = [folder.name for folder in CASES]
SAMPLE = CASES[:: len(CASES) // 8]


def test_there_are_enough_and_names_tell_what_must_come_out() -> None:
    assert len(CASES) >= 80
    for folder in CASES:
        said = json.loads((folder / "case.json").read_bytes())
        assert folder.name.endswith("_fail") == (said["exit"] != 0)


def test_made_again_they_are_the_same(tmp_path: Path) -> None:
    make.main(tmp_path)
    made = {file.relative_to(tmp_path): file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    kept = {
        file.relative_to(HERE): file.read_bytes() for folder in CASES for file in folder.rglob("*") if file.is_file()
    } | {Path("index.json"): (HERE / "index.json").read_bytes()}
    assert made == kept


@pytest.mark.parametrize("folder", CASES, ids=NAMES)
def test_case(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    words = command_of(folder)
    monkeypatch.setattr(sys, "argv", ["ledger", "verify", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    code, printed = int(ended.value.code or 0), capsys.readouterr().out
    assert difference(folder, code, printed) is None
    by_itself = alone.main(words)
    printed_by_itself = capsys.readouterr().out
    assert difference(folder, by_itself, printed_by_itself) is None
    if code != 2:
        ours, theirs = json.loads(printed), json.loads(printed_by_itself)
        assert disagreement(printed, printed_by_itself) is None
        assert [ours[name] for name in BESIDE] == [theirs[name] for name in BESIDE]


OURS = [sys.executable, "-m", "ledger.cli", "verify"]
ALONE = [sys.executable, "-I", "-S", "verifier/verify.py"]


@pytest.mark.parametrize("commands", [[OURS, ALONE], [ALONE]], ids=["both", "alone"])
def test_as_a_stranger_runs_them(commands: list[list[str]]) -> None:
    """The runner with whole processes, on a sample of the cases."""
    verifiers = [word for command in commands for word in ("--verifier", shlex.join(command))]
    runner = [sys.executable, "-m", "tests.conformance.run", *verifiers]
    done = subprocess.run([*runner, *(folder.name for folder in SAMPLE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("attested", {}),
        ("attested", {"conclusion": "UNDECIDED"}),
        ("attested", {"questions": {"intact": "VALID", "in_force": "SKIPPED", "authority": "VALID"}}),
        ("attested", {"checks": [{"name": "anchor", "decisive": True, "status": "INVALID"}]}),
        ("attested", {"checks": None}),
        ("hold_in_force", {}),
        ("anchor_not_shown_fail", {}),
    ],
)
def test_the_runner_tells_a_verifier_that_answers_otherwise(
    name: str, said: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    questions = {"intact": "SKIPPED", "in_force": "SKIPPED", "authority": "VALID"}
    verdict = {"conclusion": "GOOD", "questions": questions, "attested_by": [], "checks": []} | said
    lax = shlex.join([sys.executable, "-c", f"print({json.dumps(json.dumps(verdict))})"])
    monkeypatch.setattr(sys, "argv", ["run", "--verifier", lax, name])
    right = name == "attested" and not said
    assert run.main() == (0 if right else 1)
    assert ("ok  " in capsys.readouterr().out) == right


@pytest.mark.parametrize("member", ["step", "name", "question", "status", "code", "decisive"])
def test_the_runner_tells_two_verifiers_that_disagree(member: str) -> None:
    row = {"step": 8, "name": "entries", "question": "intact", "status": "VALID", "code": "entries.included"}
    one, other = row | {"decisive": True, "words": "a"}, row | {"decisive": True, "words": "b"}
    assert disagreement(printed([one]), printed([other])) is None
    other[member] = "another"
    assert "another" in (disagreement(printed([one]), printed([other])) or "")
    assert disagreement(printed([one]), printed([])) == "1 checks and words of agencies, and 0"


@pytest.mark.parametrize("member", ["agency", "kind", "outcome", "adverse", "name", "jurisdiction"])
def test_the_runner_tells_two_verifiers_that_hear_other_words(member: str) -> None:
    word = {"agency": "NZ-MPI", "kind": 851, "outcome": 1, "adverse": False, "name": "Plants", "jurisdiction": "NZ"}
    other = word | {"words": "free"}
    assert disagreement(printed([], [word]), printed([], [other])) is None
    other[member] = "another"
    assert "another" in (disagreement(printed([], [word]), printed([], [other])) or "")


@pytest.mark.parametrize("member", ["shown", "hidden"])
def test_the_runner_tells_two_verifiers_that_count_fields_otherwise(member: str) -> None:
    counts = {"shown": 3, "hidden": 1}
    assert disagreement(printed([], fields=counts), printed([], fields=dict(counts))) is None
    assert "7" in (disagreement(printed([], fields=counts), printed([], fields=counts | {member: 7})) or "")
    assert disagreement(printed([], fields=counts), printed([])) == "3 fields shown, 1 hidden and no document"


def printed(
    checks: list[dict[str, Any]],
    attested_by: list[dict[str, Any]] | None = None,
    fields: dict[str, int] | None = None,
) -> str:
    return json.dumps({"checks": checks, "attested_by": attested_by or [], "fields": fields})

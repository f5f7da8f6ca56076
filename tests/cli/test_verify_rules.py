"""``ledger verify --json``: the rule behind each code, and behind a file that cannot be read."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ledger.cli import main
from ledger.core.verification.rules import MALFORMED, rule_of

CASES = Path(__file__).parents[1] / "conformance"


@pytest.fixture
def verify(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: object) -> tuple[int, Any]:
        monkeypatch.setattr(sys, "argv", ["ledger", "verify", *map(str, words), "--json"])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), json.loads(capsys.readouterr().out)

    return run


def test_what_decided_and_by_which_rule(verify: Any) -> None:
    case = CASES / "anchor_not_shown_fail"
    clock = json.loads((case / "case.json").read_bytes())["clock"]
    code, said = verify(case / "evidence.json", "--trust", case / "trust.json", "--clock", clock)
    assert code == 1
    decided = {item["code"]: item["rule"] for item in said["decided_by"]}
    assert decided["anchor.none"] == "evidence-format.md check 9; formats.md section 5"
    assert all(check["rule"] == rule_of(check["code"]) for check in said["checks"])


@pytest.mark.parametrize("part", list(MALFORMED))
def test_a_file_that_cannot_be_read(verify: Any, tmp_path: Path, part: str) -> None:
    case = CASES / "attested"
    wrong = tmp_path / "wrong"
    wrong.write_text('{"ledger": "trade-ledger/redacted/1"}')
    evidence = wrong if part == "evidence" else case / "evidence.json"
    code, said = verify(evidence, *([] if part == "evidence" else [f"--{part}", wrong]))
    assert (code, said["code"], said["rule"]) == (2, f"malformed.{part}", MALFORMED[part])
    assert str(wrong) in said["message"]

"""`ledger verify --online` with settings that name a history, and a node that has another one."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.cli import main
from ledger.testing.local_ledger import LocalLedger

CASE = Path(__file__).parents[1] / "conformance" / "attested"


@pytest.mark.parametrize("elsewhere", ["on another chain", "begun anew", "without the contract"])
def test_the_verdict_says_only_that(
    house: LocalLedger,
    elsewhere: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    here = house.chain.origin
    named = {
        "on another chain": (replace(here, chain_id=7), "chain 31337"),
        "begun anew": (replace(here, salt=bytes(32)), f"entry 0 with the hash 0x{here.salt.hex()}"),
        "without the contract": (replace(here, contract=b"\x42" * 20), "no contract at this address"),
    }
    origin, found = named[elsewhere]
    monkeypatch.setenv("LEDGER_ORIGIN", str(origin))
    monkeypatch.setenv("LEDGER_RPC_URL", house.devchain.url)
    monkeypatch.setenv("LEDGER_STATE_DIR", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["ledger", "verify", str(CASE / "evidence.json"), "--online", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    verdict = json.loads(capsys.readouterr().out)
    (check,) = verdict["checks"]
    assert (ended.value.code, check["code"], check["params"]["found"]) == (3, "origin.another_chain", found)
    assert verdict["first_line"].startswith("UNDECIDED, for the chain that was asked has another history: ")

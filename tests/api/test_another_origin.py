"""`--online` with a node of another origin: through both doors the verdict says only that."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from ledger.cli import main
from tests.api.conftest import Served

CASE = Path(__file__).parents[1] / "conformance" / "compromise_safe"
"""Evidence of a history that is not the served one's."""


@pytest.mark.parametrize("trust", [False, True])
def test_a_node_of_another_origin_says_only_that(
    served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, trust: bool
) -> None:
    evidence, root = json.loads((CASE / "evidence.json").read_bytes()), json.loads((CASE / "trust.json").read_bytes())
    asked = {"evidence": evidence, "at": 1_800_000_000} | ({"trust": root} if trust else {})
    over_http = served.client.post("/v1/verifications", json=asked).json()

    monkeypatch.setenv("LEDGER_ORIGIN", str(served.house.chain.origin))
    monkeypatch.setenv("LEDGER_RPC_URL", served.house.devchain.url)
    monkeypatch.setenv("LEDGER_STATE_DIR", str(tmp_path))
    words = ["ledger", "verify", str(CASE / "evidence.json"), "--online", "--at", "2027-01-15T08:00:00Z", "--json"]
    monkeypatch.setattr(sys, "argv", [*words, *(["--trust", str(CASE / "trust.json")] if trust else [])])
    with pytest.raises(SystemExit) as ended:
        main()
    by_command = json.loads(capsys.readouterr().out)
    assert (ended.value.code, by_command | {"clock": 0}) == (3, over_http | {"clock": 0})  # a second may have passed

    (check,) = over_http["checks"]
    assert (check["name"], check["status"], check["code"]) == ("origin", "ERROR", "origin.another_chain")
    assert check["params"] == {"origin": evidence["origin"], "found": str(served.house.chain.origin)}
    assert f"ask a node of {evidence['origin']}, or verify offline" in check["words"]
    assert over_http["conclusion"] == "UNDECIDED"
    assert over_http["questions"] == {"intact": "ERROR", "in_force": "SKIPPED", "authority": "SKIPPED"}


def test_offline_the_same_evidence_is_judged(served: Served) -> None:
    evidence, root = json.loads((CASE / "evidence.json").read_bytes()), json.loads((CASE / "trust.json").read_bytes())
    asked = {"evidence": evidence, "trust": root, "online": False}
    answer = served.client.post("/v1/verifications", json=asked).json()
    assert "origin.trusted" in {check["code"] for check in answer["checks"]}

"""``ledger verify-page``: a checking page with one's own trust and policy inside, whose own rules stay true."""

from __future__ import annotations

import base64
import json
import re
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.checkpoints.trust_folder import TrustRoots
from ledger.core.verification.policy import read_policy
from ledger.journeys.verify_page import page_with, verify_page
from ledger.testing.world import COUNCIL, PLANT, World
from tests.cli.in_process import InProcess

ROOT = Path(__file__).resolve().parents[2]
POLICY = ROOT / "samples" / "policies" / "bank.json"


def settings_in(page: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="settings">(.*?)</script>', page, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> InProcess:
    return InProcess(monkeypatch, capsys)


@pytest.fixture
def trust(tmp_path: Path) -> TrustRoot:
    root = World().trust
    (tmp_path / "trust.json").write_bytes(root.to_bytes())
    return root


def test_holds_trust_and_policy(run: InProcess, trust: TrustRoot, tmp_path: Path) -> None:
    page = tmp_path / "check.html"
    trust_file = str(tmp_path / "trust.json")
    said = run.json("verify-page", "--trust", trust_file, "--policy", str(POLICY), "-o", str(page))
    assert said["histories"] == [str(trust.origin)]
    assert said["sha256"] == sha256(page.read_bytes()).hexdigest()
    settings = settings_in(page.read_text())
    assert settings["trusts"] == [json.loads(trust.to_bytes())]
    assert settings["policy"] == json.loads(POLICY.read_text())
    assert settings["served"] is False
    read_policy(json.dumps(settings["policy"]).encode())


def test_holds_a_folder_of_trust_roots(trust: TrustRoot) -> None:
    other = World(council=(COUNCIL, PLANT)).trust
    page = verify_page(TrustRoots.of_files({"one.json": trust, "two.json": other})).decode()
    assert settings_in(page)["trusts"] == [json.loads(root.to_bytes()) for root in (trust, other)]


def test_the_rules_of_the_page_still_name_its_scripts_and_its_style(trust: TrustRoot) -> None:
    page = verify_page(trust).decode()
    named = set(re.findall(r"'sha256-([^']+)'", page))
    ran = [
        *re.findall(r"<style>(.*?)</style>", page, re.DOTALL),
        *re.findall(r"<script>(.*?)</script>", page, re.DOTALL),
    ]
    hashes = {base64.b64encode(sha256(text.encode()).digest()).decode() for text in ran}
    assert len(ran) == 2
    assert hashes < named


def test_a_text_in_the_settings_cannot_end_their_block() -> None:
    page = page_with({"trusts": ["</script><script>alert(1)</script><!--"]}).decode()
    assert settings_in(page) == {"trusts": ["</script><script>alert(1)</script><!--"]}
    assert page.count("<script>") == 1


@pytest.mark.usefixtures("trust")
def test_what_is_no_policy_is_refused(run: InProcess, tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_text("{}")
    page = tmp_path / "check.html"
    files = ["--trust", str(tmp_path / "trust.json"), "--policy", str(tmp_path / "policy.json"), "-o", str(page)]
    code, _, errors = run("verify-page", *files)
    assert code == 2
    assert "policy" in errors
    assert not page.exists()

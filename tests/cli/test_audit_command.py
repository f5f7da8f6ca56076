"""``ledger audit`` as an auditor uses it: options, exit codes, the report as JSON and as a page, the cosignature."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ledger.cli.audit_page import page as render
from ledger.core.checkpoints.checkpoint import Checkpoint
from ledger.core.checkpoints.note import KeyType, NoteKey, SignedNote, signed
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.statements.signature import Algorithm
from ledger.core.verification.verdict import Status
from ledger.journeys.audit.findings import AuditReport, Finding
from ledger.journeys.checkpoint import note_key
from ledger.testing.local_ledger import LocalLedger
from tests import houses
from tests.cli.test_cli import Shell
from tests.published import served


@pytest.fixture
def shell(house: LocalLedger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    houses.anchored(house, 2)
    house.key("auditor", Algorithm.ED25519)
    return Shell(house, monkeypatch, capsys)


def written(house: LocalLedger, path: Path, root: bytes | None = None) -> str:
    """A checkpoint of the whole history in a file, of another root if told so."""
    history = house.follower.refresh()
    checkpoint = Checkpoint(
        house.chain.origin, history.size, root or history.log.root(), house.follower.index.root(history, history.size)
    )
    key = note_key(house.chain.origin, house.log_key)
    path.write_text(str(signed(checkpoint, key, house.log_key.sign_note(checkpoint.text.encode()))))
    return str(path)


def trusted(house: LocalLedger, path: Path) -> str:
    path.write_bytes(TrustRoot.of(house.chain.origin, note_key(house.chain.origin, house.log_key)).to_bytes())
    return str(path)


class Page(HTMLParser):
    """What a reader and a browser get out of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_log_where_it_is_served_is_compared(shell: Shell, tmp_path: Path) -> None:
    house = shell.house
    written(house, tmp_path / "checkpoint")
    with served(tmp_path) as url:
        value = shell.json("audit", "--log", url, "--no-store", "--trust", trusted(house, tmp_path / "trust"))
        (finding,) = [item for item in value["findings"] if item["name"] == f"checkpoint of {url}"]
        assert (finding["status"], value["good"]) == ("VALID", True)
        written(house, tmp_path / "checkpoint", bytes(32))
        assert shell("audit", "--log", url, "--no-store")[0] == 1
    assert shell("audit", "--log", url, "--no-store")[0] == 3, "it is away"
    assert shell("audit", "--log", "ledger.example", "--no-store")[0] == 2


def test_a_good_audit_is_written_down_and_cosigned(shell: Shell, tmp_path: Path) -> None:
    house, out = shell.house, tmp_path / "cosigned"
    url = house.devchain.url
    value = shell.json(
        "audit", "--rpc", url, "--rpc", url, "--checkpoint", written(house, tmp_path / "seen"),
        "--trust", trusted(house, tmp_path / "trust"), "--report", str(tmp_path / "report"),
        "--cosign", "auditor", "--name", "auditor.example", "-o", str(out),
    )  # fmt: skip
    assert value["good"] is True
    assert value["nodes"] == [url, url]
    assert value["cosigned"] == str(out)
    report = json.loads((tmp_path / "report" / "audit-report.json").read_text())
    assert report["findings"] == value["findings"]
    assert {item["status"] for item in report["findings"]} == {"VALID"}
    assert report["not_shown"]
    page = Page((tmp_path / "report" / "audit-report.html").read_text())
    assert page.open == []
    assert not page.tags & {"script", "link", "img", "iframe"}
    for words in (report["origin"], report["head"], report["root"], "Every comparison held.", *report["not_shown"]):
        assert words in page.text
    key = house.key("auditor", Algorithm.ED25519)
    assert SignedNote.parse(out.read_text()).cosigned_at(NoteKey("auditor.example", key.public_key, KeyType.WITNESS))


def test_a_difference_is_told_with_both_sides_and_never_cosigned(shell: Shell, tmp_path: Path) -> None:
    house, out, name = shell.house, tmp_path / "cosigned", "<script>alert(1)&.txt"
    root = house.follower.refresh().log.root()
    given = [
        "--no-store",
        "--checkpoint",
        written(house, tmp_path / name, bytes(32)),
        "--report",
        str(tmp_path / "report"),
    ]
    value = shell.json("audit", *given, "--cosign", "auditor", "-o", str(out), code=1)
    assert value["good"] is False
    assert value["first_difference"]["name"] == f"checkpoint {name}"
    assert value["first_difference"]["expected"] == "0x" + root.hex()
    assert value["first_difference"]["found"] == "0x" + "00" * 32
    assert value["cosigned"] is None
    assert not out.exists()
    page = Page((tmp_path / "report" / "audit-report.html").read_text())
    assert "script" not in page.tags
    assert f"checkpoint {name}" in page.text
    assert "0x" + root.hex() in page.text
    code, printed, _ = shell("audit", *given)
    assert code == 1
    assert "First difference: checkpoint" in printed
    assert "0x" + root.hex() in printed


def test_a_second_node_that_is_away_ends_with_three(shell: Shell, tmp_path: Path) -> None:
    value = shell.json("audit", "--rpc", shell.house.devchain.url, "--rpc", "http://127.0.0.1:1", code=3)
    assert [item["status"] for item in value["findings"] if item["name"].startswith("node")] == ["ERROR"]


def test_an_auditor_may_have_no_store(shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert not [item for item in shell.json("audit", "--no-store")["findings"] if item["name"].startswith("store")]
    monkeypatch.setenv("LEDGER_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("LEDGER_LOG_KEY", "")
    assert not [item for item in shell.json("audit")["findings"] if item["name"].startswith("store")]
    assert list(tmp_path.iterdir()) == [], "an audit leaves nothing behind"


def test_what_an_audit_cannot_begin_with(shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    house = shell.house
    (tmp_path / "no note").write_text("hello")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(Path(trusted(house, tmp_path / "trust")).read_bytes().replace(b"31337", b"5"))
    for words, code, said in [
        (["--checkpoint", str(tmp_path / "no note")], 2, "cannot be read as a checkpoint"),
        (["--from", str(house.chain.head()[2] + 1)], 2, "block of entry 0"),
        (["--to", str(house.chain.head()[2] + 1000)], 3, "says"),
        (["--cosign", "council", "--checkpoint", written(house, tmp_path / "seen")], 2, ""),
    ]:
        found, _, errors = shell("audit", *words)
        assert found == code, (words, errors)
        assert said in " ".join(errors.split())
    monkeypatch.setenv("LEDGER_LOG_KEY", "")
    found, _, errors = shell("audit", "--cosign", "auditor")
    assert (found, "log's key is not known" in errors) == (2, True)


@pytest.mark.parametrize("member", ["name", "words", "expected", "found"])
def test_nothing_in_a_report_becomes_markup(member: str) -> None:
    hostile = "<img src=x onerror=alert(1)>&amp;\"'"
    texts = dict.fromkeys(["name", "words", "expected", "found"], "as it is") | {member: hostile}
    report = AuditReport("eip155:1:0x", findings=[Finding(status=Status.INVALID, **texts)])
    page = Page(render(report, "2026-11-22T10:00:00Z", 1.5))
    assert hostile in page.text
    assert "img" not in page.tags

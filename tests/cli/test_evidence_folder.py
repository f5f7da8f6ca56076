"""Evidence of a whole folder, and the verdicts about it: here and through a server."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ledger.core.checkpoints.trust import TrustRoot
from ledger.journeys.checkpoint import note_key
from ledger.testing.local_ledger import LocalLedger
from tests.cli.test_cli import Shell
from tests.cli.test_through_a_server import Served, served, trader  # noqa: F401 - fixtures
from tests.cli.traders import Trader


@pytest.fixture
def shell(house: LocalLedger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(house, monkeypatch, capsys)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write(tmp_path)


def write(folder: Path) -> Path:
    for name in ("a.json", "A.json", "in/b.json"):
        path = folder / "ship" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"documentType": 380, "number": name}))
    return folder


def trust(shell: Shell, folder: Path) -> None:
    origin = shell.house.chain.origin
    (folder / "trust.json").write_bytes(TrustRoot.of(origin, note_key(origin, shell.house.log_key)).to_bytes())


def test_a_folder_is_declared_proven_and_verified_by_three_commands(shell: Shell, folder: Path) -> None:
    trust(shell, folder)
    declared = shell.json("declare", "ship", "-k", "trader")["declarations"]
    made = shell.json("evidence", "--all", "-o", "evidence")
    assert {item["id"] for item in made["evidence"]} == {item["id"] for item in declared}
    assert len({item["evidence"].casefold() for item in made["evidence"]}) == 3
    assert not any(item["without_document"] for item in made["evidence"])
    found = shell.json("verify", "evidence", "-d", "declared", "-t", "trust.json")
    assert (found["conclusion"], found["counts"]["GOOD"]) == ("GOOD", 3)
    assert {item["document"] for item in found["files"]} == {item["wrapped"] for item in declared}
    assert {item["verdict"]["declaration"] for item in found["files"]} == {item["id"] for item in declared}
    # The folder is not declared again by what lies in it now.
    shutil.move("evidence", "ship/evidence")
    shutil.move("declared", "ship/declared")
    again = shell.json("declare", "ship", "-o", "ship/declared", "-k", "trader")
    assert [item["new"] for item in again["declarations"]] == [False] * 3
    assert {item["why"] for item in again["left_out"]} == {
        "the output or the state of the ledger",
        "a file of the ledger's own, such as evidence",
    }


def test_the_exit_code_is_the_worst_and_each_file_has_a_line(shell: Shell, folder: Path) -> None:
    trust(shell, folder)
    verify = ("verify", "all", "-t", "trust.json")
    shell.json("declare", "ship", "-k", "trader")
    shell.json("evidence", "--all", "-o", "all")
    code, printed, _ = shell(*verify)
    assert (code, "3 files: 3 good" in printed) == (0, True)
    assert printed.count("none here") == 3
    (folder / "all" / "bad.evidence.json").write_bytes(b"{}")
    assert shell.json(*verify, code=2)["counts"] == {"GOOD": 3, "NOT_GOOD": 0, "MALFORMED": 1, "UNDECIDED": 0}
    # One whose declaration is not what it was, beside what is malformed: not good is worse.
    path = folder / "all" / "in" / "b.json.evidence.json"
    value = json.loads(path.read_bytes())
    value["declaration"]["document_type"] = 381
    path.write_bytes(json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n")
    code, printed, _ = shell(*verify)
    assert code == 1
    words = " ".join(printed.split())
    assert "NOT GOOD in/b.json.evidence.json none here" in words
    assert "MALFORMED bad.evidence.json cannot be read as evidence" in words
    # What nobody could say is worse than good, and better than malformed.
    (folder / "all" / "bad.evidence.json").unlink()
    path.unlink()
    code, printed, _ = shell("verify", "all")
    assert (code, "2 files: 2 undecided" in printed, "give --trust" in printed) == (3, True, True)


def test_a_folder_without_evidence_is_malformed(shell: Shell, folder: Path) -> None:
    code, _, errors = shell("verify", "ship")
    assert (code, "has no evidence: give the folder that `ledger evidence --all` wrote" in errors) == (2, True)


def test_documents_are_taken_by_digest_and_a_damaged_one_is_told(shell: Shell, folder: Path) -> None:
    trust(shell, folder)
    verify = ("verify", "all", "-t", "trust.json")
    (first, *_) = shell.json("declare", "ship", "-k", "trader")["declarations"]
    shell.json("evidence", "--all", "-o", "all")
    shell.json("redact", first["wrapped"], "--hide", "$.number", "-o", "all/some name")
    found = shell.json(*verify)
    assert {item["verdict"]["declaration"]: item["document"] for item in found["files"]}[first["id"]] == "all/some name"
    (folder / "all" / "some name").write_bytes((folder / "all" / "some name").read_bytes().replace(b"380", b"381"))
    assert shell.json(*verify)["files"][0]["document"] is None, "another digest is another document"
    (folder / "all" / "x.wrapped").write_bytes(b"ledger/json/1 x\n{}")
    broken = shell.json(*verify, code=2)
    assert broken["unreadable"][0]["file"] == "x.wrapped"


def test_evidence_is_asked_for_by_the_name_of_a_file(shell: Shell, folder: Path) -> None:
    shell.json("declare", "ship", "-k", "trader")
    shell.json("evidence", "in/b.json", "-o", "b.evidence.json", "--disclose-all")
    value = json.loads((folder / "b.evidence.json").read_bytes())
    assert value["document"]["fields"]
    for words, said in [
        (["--all"], "--output: is missing"),
        (["-o", "x"], "give the id of a declaration or the name of its file"),
        (["a.json", "--all", "-o", "x"], "or else --all"),
        (["--all", "-d", "x", "-o", "x"], "give --declared"),
        (["--all", "-o", "x", "--declared", "nowhere"], "has no map of declared files"),
    ]:
        code, _, errors = shell("evidence", *words)
        assert (code, said in " ".join(errors.split())) == (2, True), errors


def test_what_waits_has_no_evidence_yet_and_the_rest_is_written(shell: Shell, folder: Path) -> None:
    shell.json("declare", "ship/a.json", "-k", "trader")
    shell.json("declare", "ship/in/b.json", "-k", "trader", "--no-anchor")
    made = shell.json("evidence", "--all", "-o", "all", code=1)
    assert ([item["file"] for item in made["evidence"]], [item["file"] for item in made["without"]]) == (
        ["a.json"],
        ["b.json"],
    )


def test_a_lost_wrapped_document_is_told(shell: Shell, folder: Path) -> None:
    shell.json("declare", "ship/a.json", "-k", "trader")
    (folder / "declared" / "a.json.wrapped").unlink()
    ((made,)) = shell.json("evidence", "--all", "-o", "all")["evidence"]
    assert "cannot be read" in made["without_document"]


def test_a_pattern_that_fits_one_document_only_is_told_for_the_others(shell: Shell, folder: Path) -> None:
    (folder / "ship" / "a.json").write_text('{"documentType": 380, "price": 3}')
    shell.json("declare", "ship", "-k", "trader")
    made = shell.json("evidence", "--all", "-o", "all", "--disclose", "$.price")["evidence"]
    assert [item["file"] for item in made if item["without_document"] is None] == ["a.json"]
    assert all("nothing of it is disclosed: $.price" in item["without_document"] for item in made[:1] + made[2:])


def test_a_trader_without_a_chain_does_the_same_through_a_server(served: Served, trader: Trader) -> None:  # noqa: F811
    write(trader.folder)
    through = ("--api", served.url, "--trust", "trust.json")
    declared = trader.json("declare", "ship", "-k", "trader", *through)["declarations"]
    assert [item["new"] for item in declared] == [True] * 3
    made = trader.json("evidence", "--all", "-o", "evidence", *through)
    assert {item["id"] for item in made["evidence"]} == {item["id"] for item in declared}
    found = trader.json("verify", "evidence", "-d", "declared", "-t", "trust.json")
    assert (found["conclusion"], found["counts"]["GOOD"]) == ("GOOD", 3)
    assert trader.json("status", "in/b.json", *through)["state"] in ("anchored", "final")
    assert not any(item["new"] for item in trader.json("declare", "ship", "-k", "trader", *through)["declarations"])

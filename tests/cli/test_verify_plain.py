"""``ledger verify EVIDENCE -d FILE`` with the plain file: the bank's natural act, and what it may not say."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.cli import main
from ledger.core.document import Format, disclose, redact, wrap
from ledger.testing.world import World

INVOICE = b"""<?xml version="1.0"?>
<Invoice xmlns="urn:x">
  <ID>42</ID>
  <Seller>Kim \xed\x95\x9c</Seller>
  <Amount currency="EUR">100.00</Amount>
</Invoice>
"""
Verify = Callable[..., tuple[int, str, str]]


@pytest.fixture
def verify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Verify:
    """Verifies a file beside evidence that hides some fields: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)

    def run(content: bytes, *words: str, hide: list[str] | None = None, shown: bool = True) -> tuple[int, str, str]:
        document, world = wrap(INVOICE, Format.XML, bytes(range(32))), World()
        declaration, signature = world.declare(document.digest, 380)
        part = redact(document, hide or []) if shown else disclose(document, [])
        made = world.evidence(declaration, signature, world.anchor([declaration]), document=part)
        Path("e.json").write_bytes(made.to_bytes())
        Path("t.json").write_bytes(world.trust.to_bytes())
        Path("invoice.xml").write_bytes(content)
        given = ["verify", "e.json", "-d", "invoice.xml", "-t", "t.json", "--clock", "2030-01-01T00:00:00Z", *words]
        monkeypatch.setattr(sys, "argv", ["ledger", *given])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), " ".join(printed.out.split()), printed.err

    return run


def compared(verify: Verify, content: bytes, **more: Any) -> tuple[int, Any]:
    code, printed, _ = verify(content, "--json", **more)
    return code, json.loads(printed)


def test_the_declared_file_is_good_where_all_is_disclosed(verify: Verify) -> None:
    code, printed, _ = verify(INVOICE)
    assert code == 0
    assert "invoice.xml is the declared document: all 4 fields are as the evidence discloses them" in printed
    code, value = compared(verify, INVOICE)
    assert (code, value["comparison"]["match"], value["fields"]) == (0, "same", {"shown": 4, "hidden": 0})


def test_a_changed_field_is_shown_with_both_values_and_its_line(verify: Verify) -> None:
    changed = INVOICE.replace(b"100.00", b"900.00")
    code, printed, _ = verify(changed)
    assert code == 1
    assert printed.startswith("NOT GOOD")
    assert "invoice.xml is not the declared document: 1 fields differ, and 3 are the same" in printed
    code, value = compared(verify, changed)
    (bad,) = [item for item in value["comparison"]["fields"] if item["likeness"] != "same"]
    assert (bad["declared"]["value"], bad["found"]["value"], bad["line"]) == ("100.00", "900.00", 5)
    assert code == 1


def test_a_file_that_cannot_be_compared_whole_is_undecided_and_says_what_to_ask_for(verify: Verify) -> None:
    for content in (INVOICE, INVOICE.replace(b"Kim", b"Lee")):
        code, printed, _ = verify(content, hide=["//Seller"])
        assert code == 3
        assert printed.startswith("UNDECIDED")
        assert "3 fields of invoice.xml are as declared, and 1 fields cannot be compared" in printed
        assert "Ask the trader for the wrapped file" in printed


def test_nothing_disclosed_says_which_file_to_ask_for(verify: Verify) -> None:
    code, printed, _ = verify(INVOICE, shown=False)
    assert code == 3
    assert "cannot be compared: the evidence hides all 4 fields" in printed


def test_another_document_altogether(verify: Verify) -> None:
    code, printed, _ = verify(b"<Order><Number>7</Number></Order>")
    assert code == 1
    assert "no field is the same, so this may be another file altogether" in printed
    code, _, errors = verify(b"%PDF-1.7 \xff")
    assert code == 2
    assert "invoice.xml: cannot be read as a document beside this evidence: " in errors
    assert "the declared document is xml" in errors


def test_a_value_cannot_steer_the_terminal(verify: Verify) -> None:
    code, printed, _ = verify(INVOICE.replace(b"<ID>42", "<ID>[bold]\u202e42".encode()))
    assert code == 1
    assert "[bold]\\u202e42" in printed
    assert "\u202e" not in printed


def test_in_a_folder_the_plain_file_of_the_same_name_is_compared(verify: Verify, tmp_path: Path) -> None:
    verify(INVOICE)
    evidence, trust = Path("e.json").read_bytes(), Path("t.json").read_bytes()
    for name, content in (("good", INVOICE), ("changed", INVOICE.replace(b"100.00", b"900.00")), ("alone", None)):
        folder = tmp_path / "from trader" / name
        folder.mkdir(parents=True)
        (folder / "invoice.xml.evidence.json").write_bytes(evidence)
        if content is not None:
            (folder / "invoice.xml").write_bytes(content)
    (tmp_path / "t.json").write_bytes(trust)
    code, value = ledger_json("verify", "from trader", "-t", "t.json", "--clock", "2030-01-01T00:00:00Z")
    assert code == 1
    found = {item["file"].partition("/")[0]: (item["conclusion"], item["document"]) for item in value["files"]}
    assert found["good"] == ("GOOD", "from trader/good/invoice.xml")
    assert found["changed"] == ("NOT_GOOD", "from trader/changed/invoice.xml")
    assert found["alone"] == ("GOOD", None)


def ledger_json(*words: str) -> tuple[int, Any]:
    """Exit code and answer of the command, in a process of its own."""
    command = [sys.executable, "-m", "ledger.cli", *words, "--json"]
    done = subprocess.run(command, capture_output=True, check=False)
    return done.returncode, json.loads(done.stdout)

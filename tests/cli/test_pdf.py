"""``ledger embed``: evidence goes into a PDF, and comes out of it as it went in."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ledger.cli import main
from ledger.core.document import Format, redact, wrap
from ledger.core.evidence.evidence import Evidence
from ledger.core.evidence.pdf import original_of, read_pdf
from ledger.testing.world import World
from tests.core.evidence.pdf.pdfs import GOOD

PDF = GOOD["reportlab"]
WRAPPED = wrap(PDF, Format.OPAQUE, bytes(32))


def evidence(digest: bytes = WRAPPED.digest, *, disclosed: bool = False) -> Evidence:
    """Evidence of one declaration, anchored alone."""
    world = World()
    declaration, signature = world.declare(digest, 861)
    batch = world.anchor([declaration])
    return world.evidence(declaration, signature, batch, document=redact(WRAPPED, []) if disclosed else None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "c.pdf").write_bytes(PDF)
    (tmp_path / "c.pdf.wrapped").write_bytes(WRAPPED.to_bytes())
    (tmp_path / "c.evidence.json").write_bytes(evidence().to_bytes())
    return tmp_path


class Shell:
    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._patch, self._capsys = monkeypatch, capsys
        monkeypatch.chdir(folder)

    def __call__(self, *words: str) -> tuple[int, Any]:
        """Exit code, and the answer or error as JSON."""
        self._patch.setattr(sys, "argv", ["ledger", *words, "--json"])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        return code, json.loads(self._capsys.readouterr().out)


@pytest.fixture
def ledger(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(folder, monkeypatch, capsys)


def test_a_declared_pdf(ledger: Shell, folder: Path) -> None:
    code, answer = ledger("embed", "c.evidence.json", "c.pdf", "-o", "made.pdf", "-d", "c.pdf.wrapped")
    made = (folder / "made.pdf").read_bytes()
    assert (code, answer["proves"]) == (0, "the original PDF")
    assert answer["original_bytes"] + answer["added_bytes"] == len(made)
    assert read_pdf(made) == ((folder / "c.evidence.json").read_bytes(), WRAPPED.to_bytes())


def test_a_carrier(ledger: Shell, folder: Path) -> None:
    code, answer = ledger("embed", "c.evidence.json", "c.pdf", "-o", "made.pdf")
    assert (code, answer["proves"]) == (0, "the data that the evidence discloses, not the pages")
    assert read_pdf((folder / "made.pdf").read_bytes()).document is None


def test_newer_evidence_takes_the_place_of_older(ledger: Shell, folder: Path) -> None:
    newer = evidence(disclosed=True).to_bytes()
    (folder / "newer.json").write_bytes(newer)
    ledger("embed", "c.evidence.json", "c.pdf", "-o", "made.pdf")
    assert ledger("embed", "newer.json", "made.pdf", "-o", "made.pdf", "-d", "c.pdf.wrapped")[0] == 0
    made = (folder / "made.pdf").read_bytes()
    assert read_pdf(made).evidence == newer
    assert original_of(made) == PDF


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("c.pdf", "c.pdf"), "not UTF-8"),
        (("c.evidence.json", "c.evidence.json"), "not a complete PDF"),
        (("c.evidence.json", "nowhere.pdf"), "cannot be read"),
        (("c.evidence.json", "c.pdf", "-d", "c.pdf"), "wrapped"),
        (("other.json", "c.pdf", "-d", "c.pdf.wrapped"), "not the document that the evidence is about"),
        (("c.evidence.json", "other.pdf", "-d", "c.pdf.wrapped"), "must wrap exactly this PDF"),
    ],
    ids=["no evidence", "no PDF", "no file", "no wrapped document", "another document's evidence", "another PDF"],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(
    ledger: Shell, folder: Path, words: tuple[str, ...], error: str
) -> None:
    (folder / "other.json").write_bytes(evidence(bytes(32)).to_bytes())
    (folder / "other.pdf").write_bytes(GOOD["table"])
    code, answer = ledger("embed", *words, "-o", "made.pdf")
    assert code == 2
    assert error in json.dumps(answer)
    assert not (folder / "made.pdf").exists()

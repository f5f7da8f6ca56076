"""A file that cannot be read is named, with what is wrong in it and which file to give instead."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from ledger.core.document import Format, redact, wrap
from ledger.core.evidence.pdf import embed
from ledger.core.proofs.tlog_proof import TlogProof
from ledger.core.statements.signature import Algorithm
from ledger.testing.local_ledger import LocalLedger
from tests import exports
from tests.cli.test_cli import INVOICE, Shell

EVIDENCE, DOCUMENT, TRUST = "`ledger evidence` wrote", "`ledger redact` wrote", "`ledger trust` wrote"
STATEMENT, RESOLUTION = "`ledger proof make -f scitt` wrote", "`ledger council` command wrote"
KEY = "an Ethereum "


class Case(NamedTuple):
    """A command, whose files stand in the folder; ``bad`` is the one that is damaged; what the error advises."""

    command: str
    bad: str
    advice: str


VERIFY = "verify evidence.json -d invoice.redacted -t trust.json -p policy.json"
EMBED = "embed evidence.json inspection.pdf -o out.pdf -d inspection.wrapped"
CASES = [
    Case(VERIFY, "evidence.json", EVIDENCE),
    Case(VERIFY, "invoice.redacted", DOCUMENT),
    Case(VERIFY, "trust.json", TRUST),
    Case(VERIFY, "policy.json", "docs/evidence-format.md"),
    Case("verify proven.pdf -t trust.json", "proven.pdf", EVIDENCE),
    Case("show evidence.json -d invoice.redacted", "evidence.json", DOCUMENT),
    Case("show evidence.json -d invoice.redacted", "invoice.redacted", DOCUMENT),
    Case("redact invoice.redacted --hide //ID", "invoice.redacted", DOCUMENT),
    Case("evidence 0x00 -o out.json -d invoice.redacted --disclose-all", "invoice.redacted", DOCUMENT),
    Case(EMBED, "evidence.json", EVIDENCE),
    Case(EMBED, "inspection.wrapped", DOCUMENT),
    Case("embed evidence.json inspection.pdf -o out.pdf", "inspection.pdf", "print or save it again"),
    Case("proof make evidence.json -f tlog-proof -o out", "evidence.json", EVIDENCE),
    Case("proof check a.tlog-proof -t trust.json", "a.entry", "the ending .entry"),
    Case("proof check a.tlog-proof -t trust.json", "trust.json", TRUST),
    Case("proof check a.scitt -t trust.json", "a.scitt", STATEMENT),
    Case("proof key a.scitt -t trust.json -o out.pem", "a.scitt", STATEMENT),
    Case("mirror http://127.0.0.1:9 out -t trust.json", "trust.json", TRUST),
    Case("audit --trust trust.json", "trust.json", TRUST),
    Case("audit --checkpoint checkpoint", "checkpoint", "a checkpoint that the log published"),
    Case("rebuild --trust trust.json", "trust.json", TRUST),
    Case("import out --trust trust.json", "trust.json", TRUST),
    Case("export out --trust trust.json", "trust.json", TRUST),
    Case("export out --trust trust.json --keys keys", "keys/keystore.json", "keys/ of an earlier export"),
    Case("council sign enrolment.json --key council", "enrolment.json", RESOLUTION),
    Case("council submit enrolment.json", "enrolment.json", RESOLUTION),
    Case("keys import another v3.json", "v3.json", KEY),
    Case("declare --index index.json -k trader", "index.json", "a JSON list"),
    Case("witness", "trust.json", "set LEDGER_TRUST_FILE"),
    Case("trust -o out.json --witnesses witnesses.txt", "witnesses.txt", "line 1"),
]


POLICY = {
    "ledger": "trade-ledger/policy/2", "allow_skipped": True, "clock_tolerance": 15, "max_age": None,
    "max_hidden": None, "refuse": [], "require": [], "show": [], "witnesses": None,
}  # fmt: skip
PDF = Path(__file__).parents[2] / "samples" / "avocado" / "inspection-certificate.pdf"


@pytest.fixture
def shell(
    house: LocalLedger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Shell:
    """The command line in a folder with one file of each kind."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEDGER_WITNESS_NAME", "w.example")
    (tmp_path / "keys").mkdir()
    evidence, pdf, seed = exports.evidence(4), PDF.read_bytes(), bytes(32)
    for name, data in {
        "evidence.json": evidence.to_bytes(),
        "trust.json": exports.trust().to_bytes(),
        "policy.json": json.dumps(POLICY).encode(),
        "invoice.redacted": redact(wrap(INVOICE, Format.XML, seed), ["//ID"]).to_bytes(),
        "inspection.pdf": pdf,
        "inspection.wrapped": wrap(pdf, Format.OPAQUE, seed).to_bytes(),
        "proven.pdf": embed(pdf, evidence.to_bytes()),
        "a.tlog-proof": TlogProof.of(evidence).to_bytes(),
        "a.entry": exports.entry(4),
        "a.scitt": exports.statement_of(4),
        "checkpoint": str(evidence.checkpoint).encode(),
        "keys/keystore.json": b'[{"name": "log"}]',
        "enrolment.json": b'{"ledger": "trade-ledger/resolution/1"}',
        "v3.json": b'{"version": 3}',
        "index.json": b'[{"file": "invoice.xml"}]',
        "witnesses.txt": b"harbour.example/w+key",
    }.items():
        (tmp_path / name).write_bytes(data)
    house.key("witness", Algorithm.ED25519)
    return Shell(house, monkeypatch, capsys)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.command.split()[0]} {case.bad}")
def test_the_malformed_file_is_named(shell: Shell, case: Case) -> None:
    good = Path(case.bad).read_bytes()
    for bad in (good[:10], b"ledger/no such thing\n"):  # a document that is nothing of ours is a plain one
        Path(case.bad).write_bytes(bad)
        code, _, errors = shell(*case.command.split())
        assert (code, errors.startswith(f"Malformed: {case.bad}: ")) == (2, True), errors
        assert case.advice in errors
        assert shell.json(*case.command.split(), code=2)["message"] in errors


def test_a_wrapped_document_of_an_earlier_run_is_named(shell: Shell) -> None:
    Path("invoice.xml").write_bytes(INVOICE)
    Path("out").mkdir()
    Path("out/invoice.xml.wrapped").write_bytes(b"no such thing")
    errors = "".join(shell("declare", "invoice.xml", "-t", "380", "-k", "trader", "-o", "out")[1:])
    assert "out/invoice.xml.wrapped: cannot be read as a wrapped document" in " ".join(errors.split())


def test_the_four_files_of_a_verdict_can_be_read(shell: Shell) -> None:
    """So that it was the damage that was named above."""
    assert {item["status"] for item in shell.json(*VERIFY.split(), code=1)["checks"]} >= {"VALID", "INVALID"}


def test_a_name_with_brackets_is_printed_as_it_is(shell: Shell) -> None:
    Path("trust.json").rename("[bold]trust[1].json")
    Path("[bold]trust[1].json").write_bytes(b"{}")
    assert "Malformed: [bold]trust[1].json: " in shell("verify", "evidence.json", "-t", "[bold]trust[1].json")[2]

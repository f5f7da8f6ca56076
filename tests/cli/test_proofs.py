"""``ledger proof``: exports from evidence, our own check of them, and the receipt key for other programs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.cli import main
from ledger.core.encoding.reading import hex_text
from ledger.core.proofs.receipt_key import ReceiptKey
from ledger.core.proofs.scitt import TransparentStatement
from ledger.core.statements.signature import Algorithm
from ledger.edges.keys.keystore import Keystore
from ledger.testing.world import ORIGIN
from tests import exports

Ledger = Callable[..., tuple[int, Any]]


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ledger:
    """The command line in a folder with evidence, trust root and keys, but no chain and no store."""
    monkeypatch.chdir(tmp_path)
    Path("e.json").write_bytes(exports.evidence(4).to_bytes())
    Path("trust.json").write_bytes(exports.trust().to_bytes())
    monkeypatch.setenv("LEDGER_PASSPHRASE", "of this test")
    store = Keystore(tmp_path / "state" / "keys", light=True)
    for name, algorithm in (("log", Algorithm.ED25519), ("receipts", Algorithm.P256), ("card", Algorithm.P256)):
        held = exports.sha256(name.encode()).hexdigest().encode()
        store.import_key(name, algorithm, held, "of this test")

    def run(*words: str) -> tuple[int, Any]:
        monkeypatch.setattr(sys, "argv", ["ledger", *words])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        printed = capsys.readouterr()
        return code, json.loads(printed.out) if "--json" in words else printed.out + printed.err

    return run


def test_a_tlog_proof_and_its_check(ledger: Ledger) -> None:
    code, made = ledger("proof", "make", "e.json", "-f", "tlog-proof", "-o", "p.tlog-proof", "--json")
    assert (code, made) == (0, {"file": "p.tlog-proof", "entry_file": "p.entry", "entry": 4})
    assert Path("p.entry").read_bytes() == exports.entry(4)
    code, found = ledger("proof", "check", "p.tlog-proof", "-t", "trust.json", "--json")
    assert code == 0
    assert (found["format"], found["entry"], found["kind"], found["size"]) == ("tlog-proof", 4, "ANCHORED", 6)
    assert found["declaration"] == hex_text(exports.evidence(4).declaration.id(ORIGIN))
    assert [item["witness"] for item in found["cosigned"]] == ["harbour.example/w", "bank.example/w"]


def test_a_tlog_proof_of_another_entry(ledger: Ledger) -> None:
    ledger("proof", "make", "e.json", "-f", "tlog-proof", "-o", "p.tlog-proof", "--entry", "5")
    code, found = ledger("proof", "check", "p.tlog-proof", "-t", "trust.json", "--json")
    assert (code, found["kind"], found["declaration"]) == (0, "ATTESTED", None)


def test_a_statement_and_its_check(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_LOG_KEY", "log")
    monkeypatch.setenv("LEDGER_RECEIPT_KEY", "receipts")
    assert ledger("proof", "make", "e.json", "-f", "scitt", "-o", "s.scitt")[0] == 0
    code, found = ledger("proof", "check", "s.scitt", "-t", "trust.json", "--json")
    assert (code, found["format"], found["issuer"], found["entry"]) == (0, "scitt", "the log", 4)
    assert ledger("proof", "key", "s.scitt", "-t", "trust.json", "-o", "k.pem")[0] == 0
    assert Path("k.pem").read_text() == ReceiptKey(ORIGIN, exports.RECEIPTS.public_key).pem


def test_a_statement_by_the_party(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_LOG_KEY", "log")
    words = ("-o", "s.scitt", "--key", "receipts", "--issuer", "card")
    assert ledger("proof", "make", "e.json", "-f", "scitt", *words)[0] == 0
    assert TransparentStatement.parse(Path("s.scitt").read_bytes()).by_party
    code, said = ledger("proof", "check", "s.scitt", "-t", "trust.json")
    assert code == 0
    assert "the party" in said
    assert "harbour.example/w 2026-" in said


def test_the_receipt_key_is_what_openssl_reads(ledger: Ledger) -> None:
    Path("s.scitt").write_bytes(exports.statement_of())
    ledger("proof", "key", "s.scitt", "-t", "trust.json", "-o", "k.pem")
    try:
        run = subprocess.run(
            ["openssl", "pkey", "-pubin", "-in", "k.pem", "-text", "-noout"], check=True, capture_output=True
        )
    except FileNotFoundError:
        pytest.skip("openssl is not here")
    digits = "".join(run.stdout.decode().split("pub:")[1].split("ASN1")[0].split()).replace(":", "")
    assert digits == exports.RECEIPTS.public_key.hex()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("check", "wrong.tlog-proof"), 1, "cosigned by 1 of 2 known witnesses"),
        (("check", "wrong.scitt"), 1, "relabelled"),
        (("check", "good.tlog-proof", "--entry", "e.json"), 2, "entry bytes are"),
        (("check", "good.tlog-proof"), 2, "good.entry: cannot be read"),
        (("check", "e.json"), 2, "statement: "),
        (("check", "nowhere.scitt"), 2, "cannot be read"),
        (("check", "good.scitt", "-t", "e.json"), 2, "not of the format"),
        (("key", "other.scitt", "-o", "k.pem"), 1, "the receipt key is signed by another key"),
        (("make", "e.json", "-f", "tlog-proof", "-o", "p.entry"), 2, "must not end in .entry"),
        (("make", "e.json", "-f", "tlog-proof", "-o", "p", "--entry", "9"), 2, "and not 9"),
        (("make", "e.json", "-f", "scitt", "-o", "s", "--entry", "5"), 2, "about the entry that anchors"),
        (("make", "e.json", "-f", "scitt", "-o", "s"), 2, "a receipt needs the log"),
        (("make", "trust.json", "-f", "scitt", "-o", "s"), 2, "not of the format"),
    ],
)
def test_what_is_refused(ledger: Ledger, words: tuple[str, ...], code: int, said: str) -> None:
    proofs, statements = exports.proof_cases(), exports.statement_cases()
    Path("good.tlog-proof").write_bytes(proofs["good"].file)
    Path("wrong.tlog-proof").write_bytes(proofs["cosignature missing"].file)
    Path("wrong.entry").write_bytes(proofs["cosignature missing"].entry)
    Path("good.scitt").write_bytes(statements["good"].file)
    Path("wrong.scitt").write_bytes(statements["relabelled"].file)
    Path("other.scitt").write_bytes(statements["log key"].file)
    if words[0] != "make" and "-t" not in words:
        words = (*words, "-t", "trust.json")
    before = set(Path().iterdir())
    found, answer = ledger("proof", *words, "--json")
    assert (found, said in answer["message"]) == (code, True), answer
    assert set(Path().iterdir()) == before


def test_a_log_without_a_receipt_key(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_LOG_KEY", "log")
    code, answer = ledger("proof", "make", "e.json", "-f", "scitt", "-o", "s", "--json")
    assert (code, "set receipt_key" in answer["message"]) == (2, True)


def test_a_check_with_the_network_off(ledger: Ledger, unshared: Callable[[list[str]], list[str]]) -> None:
    Path("s.scitt").write_bytes(exports.statement_of())
    command = [sys.executable, "-m", "ledger.cli", "proof", "check", "s.scitt", "-t", "trust.json"]
    subprocess.run(unshared(command), check=True, capture_output=True)

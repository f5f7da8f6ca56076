"""The command line as a person and a script meet it: the whole job, exit codes, JSON, and what goes wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.cli import app, main
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.signature import Algorithm
from ledger.core.statements.signer import passkey_signer
from ledger.testing.local_ledger import LocalLedger
from tests import houses
from tests.cli.in_process import InProcess
from tests.passkeys import Passkey

INVOICE = b'<Invoice xmlns="urn:x"><ID>42</ID><PayableAmount currencyID="EUR">100.00</PayableAmount></Invoice>'


class Shell(InProcess):
    """Commands over a house."""

    def __init__(self, house: LocalLedger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        super().__init__(monkeypatch, capsys)
        self.house = house
        for name, value in {
            "RPC_URL": house.devchain.url,
            "ORIGIN": str(house.chain.origin),
            "STATE_DIR": str(house.folder),
            "PASSPHRASE_FILE": str(house.passphrase_file),
            "RELAYER_KEY": "relayer",
            "LOG_KEY": "log",
        }.items():
            monkeypatch.setenv(f"LEDGER_{name}", value)
        assert house.log_key
        house.key("trader")


@pytest.fixture
def shell(house: LocalLedger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(house, monkeypatch, capsys)


ZEROS, ONES = "0x" + "00" * 32, "0x" + "11" * 32


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "invoice.xml").write_bytes(INVOICE)
    (tmp_path / "in" / "list.json").write_bytes(b'{"packages": [1, 2]}')
    (tmp_path / "in" / "scan.pdf").write_bytes(b"%PDF-1.7 \xff")
    return tmp_path


def test_the_whole_job(shell: Shell, folder: Path) -> None:
    out = str(folder / "out")
    done = shell.json("declare", str(folder / "in"), "--type", "380", "--key", "trader", "-o", out)
    assert [item["new"] for item in done["declarations"]] == [True] * 3
    assert [batch["size"] for batch in done["batches"]] == [3]
    again = shell.json("declare", str(folder / "in"), "--type", "380", "--key", "trader", "-o", out)
    assert [item["id"] for item in again["declarations"]] == [item["id"] for item in done["declarations"]]
    assert (again["batches"], [item["new"] for item in again["declarations"]]) == ([], [False] * 3)

    id_ = next(item["id"] for item in done["declarations"] if item["file"] == "invoice.xml")
    attested = shell.json("attest", id_, "--agency", "NZ-MPI", "--kind", "phytosanitary", "--key", "plant-officer")
    assert attested["says"] == "phytosanitary certificate, accepted"
    assert shell.json("status", id_)["attestations"][0]["standing"] == "in force"
    assert "accepted" in shell("status", id_)[1]
    assert shell.json("status", attested["id"])["standing"] == "in force"

    wrapped, copy = f"{out}/invoice.xml.wrapped", str(folder / "copy.redacted")
    evidence, trust = str(folder / "evidence.json"), str(folder / "trust.json")
    assert shell.json("redact", wrapped, "--hide", "//ID", "-o", copy)["hidden"] == 1
    shell.json("evidence", id_, "-o", evidence, "--document", wrapped)
    shell.json("trust", "-o", trust)
    verdict = shell.json("verify", evidence, "-d", copy, "-t", trust)
    assert (verdict["conclusion"], verdict["questions"]["in_force"]) == ("GOOD", "SKIPPED")
    printed = shell("verify", evidence, "-d", copy, "-t", trust)[1]
    assert printed.startswith(f"{verdict['first_line']}\n")
    assert "says phytosanitary certificate: accepted" in verdict["first_line"]
    slow = shell.json("verify", evidence, "-t", trust, "--clock", "2026-01-01T00:00:00Z", code=3)
    assert "anchor.clock_behind" in {check["code"] for check in slow["checks"]}
    verdict = shell.json("verify", evidence, "-d", copy, "-t", trust, "--online")
    assert (verdict["conclusion"], verdict["questions"]["in_force"]) == ("GOOD", "VALID")

    Path(copy).write_bytes(Path(copy).read_bytes().replace(b"100.00", b"900.00"))
    verdict = shell.json("verify", evidence, "-d", copy, "-t", trust, code=1)
    changed = next(check["words"] for check in verdict["checks"] if check["name"] == "document")
    assert "PayableAmount" in changed

    shell.json("revoke", attested["id"], "--reason", "in error", "--key", "plant-officer")
    verdict = shell.json("verify", evidence, "-d", wrapped, "-t", trust, "--online", code=1)
    assert verdict["questions"] == {"intact": "VALID", "in_force": "INVALID", "authority": "VALID"}
    shell.json("withdraw", id_, "--reason", "cancelled", "--key", "trader")
    withdrawn = shell.json("status", id_)["withdrawn"]
    assert (withdrawn["reason"], withdrawn["reason_in_words"]) == (1, "cancelled")
    assert f"by entry {withdrawn['entry']} at {withdrawn['time']}, cancelled\n" in shell("status", id_)[1]
    assert shell.json("history", "--last", "1")["entries"][0]["words"].endswith(
        f" withdrew declaration {id_}: cancelled"
    )
    assert shell.json("audit")["good"] is True


def test_evidence_travels_in_a_pdf(shell: Shell, folder: Path) -> None:
    """The PDF that was declared proves itself; another one only carries data, and the words say so."""
    out, evidence, trust = str(folder / "out"), str(folder / "e.json"), str(folder / "t.json")
    pdf = Path("samples/avocado/inspection-certificate.pdf")
    done = shell.json("declare", str(pdf), "-t", "271", "-k", "trader", "-o", out)
    wrapped = f"{out}/{pdf.name}.wrapped"
    shell.json("evidence", done["declarations"][0]["id"], "-o", evidence, "-d", wrapped)
    shell.json("trust", "-o", trust)
    proven, carrier = folder / "proven.pdf", folder / "carrier.pdf"
    shell.json("embed", evidence, str(pdf), "-o", str(proven), "-d", wrapped)
    shell.json("embed", evidence, str(pdf), "-o", str(carrier))

    verdict = shell.json("verify", str(proven), "-t", trust)
    assert (verdict["conclusion"], verdict["questions"]["intact"], verdict["proves_pages"]) == ("GOOD", "VALID", True)
    verdict = shell.json("verify", str(carrier), "-t", trust)
    assert (verdict["conclusion"], verdict["questions"]["intact"], verdict["proves_pages"]) == (
        "GOOD",
        "SKIPPED",
        False,
    )
    assert "The pages of this PDF are not proven" in shell("verify", str(carrier), "-t", trust)[1]

    data = bytearray(proven.read_bytes())
    data[pdf.stat().st_size // 2] ^= 1
    proven.write_bytes(data)
    assert shell("verify", str(proven), "-t", trust)[0] in (1, 2)
    assert shell("verify", str(pdf), "-t", trust)[0] == 2


def test_show_prints_the_fields_that_were_verified(shell: Shell, folder: Path) -> None:
    out, evidence = folder / "out", str(folder / "evidence.json")
    (folder / "in" / "list.json").write_bytes(b'{"marks":"[red]\\u001b[2J","n":1E20,"none":null,"seals":[]}')
    done = shell.json("declare", str(folder / "in"), "--type", "380", "--key", "trader", "-o", str(out))
    ids = {item["file"]: item["id"] for item in done["declarations"]}
    wrapped, copy = str(out / "list.json.wrapped"), str(folder / "copy")
    shell.json("redact", wrapped, "--hide", "$.n", "-o", copy)
    shell.json("evidence", ids["list.json"], "-o", evidence)

    whole = shell.json("show", wrapped)
    assert [(item["path"], item["type"], item["value"]) for item in whole["fields"]] == [
        ("$['marks']", "s", "[red]\x1b[2J"),
        ("$['n']", "n", "100000000000000000000"),
        ("$['none']", "z", ""),
        ("$['seals']", "a", ""),
    ]
    assert (whole["hidden"], whole["declared"], whole["format"]) == (0, False, "json")
    redacted = shell.json("show", evidence, "-d", copy)
    assert redacted == whole | {"declared": True, "hidden": 1, "fields": [whole["fields"][0], *whole["fields"][2:]]}
    assert shell.json("show", copy) == redacted | {"declared": False}
    code, printed, _ = shell("show", evidence, "-d", copy)
    assert code == 0
    assert "3 fields are shown and 1 are hidden" in printed
    assert "[red]\\x1b[2J" in printed
    assert "\x1b[2J" not in printed

    # Nothing is printed that does not have the declared digest.
    Path(copy).write_bytes(Path(copy).read_bytes().replace(b"[red]", b"[blue"))
    code, printed, errors = shell("show", evidence, "-d", copy)
    assert (code, printed) == (1, "")
    assert "not those of the declared document" in " ".join(errors.split())
    code, _, errors = shell("show", evidence)
    assert (code, "--document" in errors) == (2, True)
    assert shell("show", wrapped, "-d", wrapped)[0] == 2

    disclosing, pdf = str(folder / "disclosing.json"), str(folder / "proven.pdf")
    shell.json("evidence", ids["list.json"], "-o", disclosing, "--document", wrapped, "--disclose", "$.none")
    assert [item["path"] for item in shell.json("show", disclosing)["fields"]] == ["$['none']"]
    sample = "samples/avocado/certificate-of-origin.pdf"
    shell.json("embed", disclosing, sample, "-o", pdf)
    assert shell.json("show", pdf) == shell.json("show", disclosing)
    assert shell.json("show", pdf, "-d", wrapped)["hidden"] == 0


def test_verify_exit_codes(shell: Shell, folder: Path) -> None:
    done = shell.json("declare", str(folder / "in" / "list.json"), "-t", "271", "-k", "trader", "-o", str(folder / "o"))
    evidence, trust = str(folder / "e.json"), str(folder / "t.json")
    shell.json("evidence", done["declarations"][0]["id"], "-o", evidence)
    shell.json("trust", "-o", trust)
    assert shell("verify", evidence, "-t", trust)[0] == 0
    policy = folder / "policy.json"
    demand = {"kind": 851, "jurisdictions": [], "outcomes": []}
    said = json.loads(Path("samples/policies/bank.json").read_bytes()) | {"witnesses": None, "require": [demand]}
    policy.write_text(json.dumps(said))
    assert shell("verify", evidence, "-t", trust, "-p", str(policy))[0] == 1
    assert shell("verify", trust, "-t", trust)[0] == 2
    assert shell("verify", str(folder / "missing"), "-t", trust)[0] == 2
    assert shell("verify", evidence)[0] == 3
    policy.write_text(json.dumps(said | {"allow_skipped": False, "require": []}))
    assert shell("verify", evidence, "-t", trust, "-p", str(policy))[0] == 3


def test_a_broken_document_is_refused_and_the_others_go_on(shell: Shell, folder: Path) -> None:
    (folder / "in" / "broken.json").write_bytes(b'{"a": 1,\n "a": 2}')
    code, printed, _ = shell(
        "declare", str(folder / "in"), "-t", "380", "-k", "trader", "-o", str(folder / "o"), "--json"
    )
    done = json.loads(printed)
    assert code == 2
    assert [item["file"] for item in done["rejected"]] == ["broken.json"]
    assert "line 2, column" in done["rejected"][0]["error"]
    assert len(done["declarations"]) == 3


OPAQUE = {
    "cert.ini": b"[CO]\nnumber=17\n",
    "cert.rtf": rb"{\rtf1\ansi Certificate of origin No. 1}",
    "list.html": b"<!DOCTYPE html><html><body>Packing list</body></html>",
    "two.json": b'{"a":1}\n{"a":2}\n',
    "latin1.xml": b'<?xml version="1.0" encoding="ISO-8859-1"?><Name>Caf\xe9</Name>',
    "signed.xml": b"<Name>user@example.org<!-- -->.evil.example</Name>",
    "name.xml": "<a\u0132/>".encode(),
    "long.json": b'{"total":9007199254740993.0}',
}


@pytest.mark.parametrize("name", OPAQUE)
def test_what_is_refused_can_be_declared_as_opaque(shell: Shell, tmp_path: Path, name: str) -> None:
    """Its whole way: wrapped, declared, redacted and verified; the error of the refused file says how."""
    file, out = tmp_path / name, tmp_path / "out"
    file.write_bytes(OPAQUE[name])
    declare = ("declare", str(file), "-t", "861", "-k", "trader", "-o", str(out), "--json")
    code, printed, _ = shell(*declare)
    assert code == 2
    assert "--format opaque" in json.loads(printed)["rejected"][0]["error"]
    code, _, errors = shell("wrap", str(file))
    assert (code, "--format opaque" in " ".join(errors.split()), name in errors) == (2, True, True)
    assert shell.json("wrap", str(file), "--format", "opaque")["fields"] == 1

    done = shell.json(*declare[:-1], "--format", "opaque")
    wrapped, evidence, trust = Path(done["declarations"][0]["wrapped"]), tmp_path / "e.json", tmp_path / "t.json"
    assert wrapped.read_bytes().endswith(b"\n" + OPAQUE[name])
    shell.json("evidence", done["declarations"][0]["id"], "-o", str(evidence))
    shell.json("trust", "-o", str(trust))
    assert shell.json("redact", str(wrapped), "--hide", "*", "-o", str(tmp_path / "copy"))["hidden"] == 1
    for document in (wrapped, tmp_path / "copy"):
        verdict = shell.json("verify", str(evidence), "-d", str(document), "-t", str(trust))
        assert (verdict["conclusion"], verdict["questions"]["intact"]) == ("GOOD", "VALID")
    wrapped.write_bytes(wrapped.read_bytes()[:-1] + b"?")
    assert shell.json("verify", str(evidence), "-d", str(wrapped), "-t", str(trust), code=1)["conclusion"] == "NOT_GOOD"


def test_an_opaque_file_says_nothing_of_a_format(shell: Shell, tmp_path: Path) -> None:
    """Where the file is over every limit, there is no other way to declare it."""
    large = tmp_path / "large.json"
    large.write_bytes(b'"' + b"x" * (64 * 1024 * 1024) + b'"')
    code, _, errors = shell("wrap", str(large))
    assert (code, "--format" in errors) == (2, False)
    large.write_bytes(b'"' + b"x" * (16 * 1024 * 1024) + b'"')
    code, _, errors = shell("wrap", str(large))
    assert (code, "--format opaque" in " ".join(errors.split())) == (2, True)
    assert shell.json("wrap", str(large), "--format", "opaque")["format"] == "opaque"


def test_an_index_says_which_files_are_opaque(shell: Shell, folder: Path) -> None:
    index = folder / "in" / "index.json"
    items = [{"file": "invoice.xml", "type": 380, "format": "opaque"}, {"file": "list.json", "type": 271}]
    index.write_text(json.dumps(items))
    declare = ("declare", "--index", str(index), "-k", "trader", "-o", str(folder / "o"), "--no-anchor")
    done = shell.json(*declare)
    heads = [Path(item["wrapped"]).read_bytes().split(b"/")[1] for item in done["declarations"]]
    assert heads == [b"opaque", b"json"]
    assert [item["new"] for item in shell.json(*declare)["declarations"]] == [False, False]
    index.write_text(json.dumps([items[0] | {"format": "xml"}]))
    code, printed, _ = shell(*declare, "--json")
    assert (code, "holds it as opaque" in json.loads(printed)["rejected"][0]["error"]) == (2, True)
    index.write_text(json.dumps([items[0] | {"format": "pdf"}]))
    code, _, errors = shell(*declare)
    assert (code, "json, xml or opaque" in " ".join(errors.split())) == (2, True)


def test_a_manifest_gives_types_in_folders(shell: Shell, folder: Path) -> None:
    manifest = folder / "in" / "index.json"
    manifest.write_text(json.dumps([{"file": "invoice.xml", "type": 380}, {"file": "list.json", "type": 271}]))
    done = shell.json("declare", "--index", str(manifest), "-k", "trader", "-o", str(folder / "o"), "--no-anchor")
    assert [(item["file"], item["type"]) for item in done["declarations"]] == [("invoice.xml", 380), ("list.json", 271)]
    assert shell.json("status", done["declarations"][0]["id"])["state"] == "pending"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["status", "0x12"], 2, "must be 32 bytes"),
        (["status", "0x" + "00" * 32], 1, "there is no declaration"),
        (
            ["attest", ZEROS, "--elsewhere", "--agency", "NZ-MPI", "--kind", "132", "--key", "plant-officer"],
            1,
            "no mandate",
        ),
        (
            ["attest", ZEROS, "--agency", "NZ-MPI", "--kind", "132", "--outcome", "200", "--key", "plant-officer"],
            2,
            "200 is not in UNCL 7365",
        ),
        (
            ["attest", ZEROS, ONES, "--agency", "NZ-MPI", "--kind", "851", "--outcome", "8", "--key", "plant-officer"],
            1,
            "2 of 2 cannot be attested, so nothing was signed",
        ),
        (
            ["attest", ZEROS, ONES, "--agency", "NZ-MPI", "--kind", "851", "--detail", ZEROS, "--key", "plant-officer"],
            2,
            "1 digests for 2 declarations",
        ),
        (["attest", "0x" + "00" * 32, "--agency", "nz", "--kind", "132", "--key", "plant-officer"], 2, "agency code"),
        (["attest", "0x" + "00" * 32, "--agency", "NZ-MPI", "--kind", "851", "--key", "nobody"], 2, "nobody"),
        (
            ["attest", ZEROS, "--agency", "NZ-MPI", "--kind", "phitosanitary", "--key", "plant-officer"],
            2,
            'no document type is called "phitosanitary"; the nearest: 851 phytosanitary certificate',
        ),
        (["council", "grant", "NZ-MPI", "85100", "-k", "council"], 2, "85100 is not in UNCL 1001"),
        (["revoke", ZEROS, "--reason", "eror", "--key", "plant-officer"], 2, "the nearest: 42 in error"),
        (["withdraw", ZEROS, "--reason", "99", "--key", "trader"], 2, "99 is not in UNCL 1225"),
        (["revoke", "0x" + "00" * 32, "--key", "plant-officer"], 1, "not in the history"),
        (["withdraw", "0x" + "00" * 32, "--key", "trader"], 1, "there is no declaration"),
        (["declare", "README.md", "-t", "380", "-k", "trader", "--replaces", ONES], 1, f"no declaration {ONES}"),
        (
            f"post {ONES} --member {ONES} --line 1 --agency NZ-MPI --to {ONES} -k plant-officer".split(),
            1,
            f"attestation {ONES} is not in the history",
        ),
        (
            f"post {ONES} --member {ONES} --line 1 --agency NZ-MPI --to 0x12 -k plant-officer".split(),
            2,
            "to: must be 32 bytes",
        ),
        (f"post {ONES} --member {ONES} --line -1 --agency NZ-MPI --to {ONES} -k plant-officer".split(), 2, "line"),
        (
            ["council", "enrol", "NZ-MPI", "--name", "x", "--jurisdiction", "NZ", "--uri", "x", "-k", "council"],
            1,
            "already",
        ),
        (["council", "suspend", "NZ-MPI"], 1, "too few endorsements: 0"),
        (["agency", "show", "NZ-X"], 1, "not enrolled"),
        (["history", "99999"], 2, "the history has the entries"),
        (["declare", "nowhere", "-t", "380", "-k", "trader"], 2, "does not exist"),
        (["keys", "new", "trader"], 1, "never overwritten"),
        (["verify", "README.md", "--at", "yesterday"], 2, "a time looks like"),
    ],
)
def test_what_goes_wrong_is_said(shell: Shell, words: list[str], code: int, said: str) -> None:
    found, printed, errors = shell(*words)
    assert (found, said in " ".join(errors.split())) == (code, True), (found, printed, errors)
    assert "Traceback" not in errors
    found, printed, _ = shell(*words, "--json")
    assert found == code
    assert set(json.loads(printed)) == {"error", "message", "values"}


def test_a_node_that_is_away_is_unavailable(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_RPC_URL", "http://127.0.0.1:1")
    code, _, errors = shell("audit")
    assert code == 3
    assert "127.0.0.1:1" in errors


def test_a_resolution_goes_from_hand_to_hand(shell: Shell, folder: Path) -> None:
    shell.json("keys", "new", "second")
    shell.json("council", "change", "-m", "council", "-m", "second", "--threshold", "2", "-k", "council")
    file = str(folder / "resolution.json")
    shell.json("council", "suspend", "NZ-CHAMBER", "-k", "council", "-o", file)
    assert shell("council", "submit", file)[0] == 1
    signed = shell.json("council", "sign", file, "--key", "second")
    assert (signed["file"], signed["endorsements"]) == (file, 2)
    assert shell.json("council", "submit", file)["kind"] == "AgencySuspension"
    assert shell.json("agency", "show", "NZ-CHAMBER")["active"] is False
    shell.json("council", "reinstate", "NZ-CHAMBER", "-k", "council", "-k", "second")
    shell.json("council", "change", "-m", "council", "--threshold", "1", "-k", "council", "-k", "second")


def commands() -> list[list[str]]:
    """Every command of the tree."""
    from typer.main import get_command

    def walk(command: Any, words: list[str]) -> list[list[str]]:
        if not hasattr(command, "commands"):
            return [words]
        return [found for name, child in command.commands.items() for found in walk(child, [*words, name])]

    return walk(get_command(app), [])


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_help_has_an_example(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["ledger", *words, "--help"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert "Example" in capsys.readouterr().out


def test_offline_verification_needs_no_network(
    shell: Shell, folder: Path, unshared: Callable[[list[str]], list[str]]
) -> None:
    """In a network namespace without any interface, where one may be made; else in a process of its own."""
    done = shell.json("declare", str(folder / "in" / "scan.pdf"), "-t", "861", "-k", "trader", "-o", str(folder / "o"))
    evidence, trust = str(folder / "e.json"), str(folder / "t.json")
    wrapped = str(folder / "o/scan.pdf.wrapped")
    shell.json("evidence", done["declarations"][0]["id"], "-o", evidence, "--document", wrapped, "--disclose-all")
    shell.json("trust", "-o", trust)

    def alone(*more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ledger.cli", "verify", evidence, "-t", trust, *more]
        return subprocess.run(unshared(command), capture_output=True, text=True, check=False, timeout=60)

    for more in ([], ["-d", wrapped]):
        found = alone(*more)
        assert found.returncode == 0, found.stderr
        assert "GOOD" in found.stdout
    assert alone("--online").returncode == 3, "the namespace has no network, so the chain cannot be asked"


def test_a_new_key_asks_twice(shell: Shell, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEDGER_PASSPHRASE_FILE")
    answers = ["open sesame", "open sesam"]
    monkeypatch.setattr("getpass.getpass", lambda _: answers.pop(0))
    code, _, errors = shell("keys", "new", "careless")
    assert (code, "the two differ" in errors, answers) == (2, True, [])
    assert "careless" not in [item["name"] for item in shell.json("keys", "list")]


def test_a_key_is_imported_from_a_file(shell: Shell, folder: Path) -> None:
    file = folder / "secret"
    file.write_text("11" * 32 + "\n")
    made = shell.json("keys", "import", "known", str(file))
    assert made["public"] == "0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a"
    assert shell("keys", "import", "other", str(folder / "in" / "invoice.xml"))[0] == 2


def test_what_a_signer_is(shell: Shell) -> None:
    origin, card = shell.house.chain.origin, shell.house.key("card-of-somebody", Algorithm.P256)
    code = "0x" + origin.p256_verifier.hex()
    for signer, kind, words in [
        (hex_text(shell.house.key("trader").address), "address", "account key (secp256k1)"),
        (code, "address", "address of a contract"),
        (hex_text(card.signer(origin)), "p256_key", "P-256 key"),
        (hex_text(passkey_signer(origin, Passkey("x").point)), "passkey", "passkey (WebAuthn)"),
        (code + "00" * 63, "other_verifier", "a verifier contract (ERC-7913) that is not one of this ledger's"),
        ("0x" + "11" * 20 + "22" * 64, "other_verifier", "a verifier contract"),
    ]:
        found = shell.json("signer", signer)
        assert (found["kind"], found["signer"], found["speaks_for"], found["in_council"]) == (kind, signer, None, False)
        assert words in found["words"]
        assert words in shell("signer", signer)[1]
    officer = shell.json("signer", hex_text(shell.house.key("plant-officer").address))
    assert (officer["speaks_for"]["agency"], officer["speaks_for"]["until"]) == ("NZ-MPI", None)
    assert "NZ-MPI, 20" in shell("signer", officer["signer"])[1]
    assert shell.json("signer", hex_text(shell.house.key("council").address))["in_council"]
    for wrong in ("0x1234", "0x" + "11" * 129, "trader"):
        assert shell("signer", wrong)[0] == 2


def test_a_line_moves_from_sheet_to_sheet(shell: Shell) -> None:
    (declared,) = houses.anchored(shell.house)
    id_ = hex_text(declared.id(shell.house.chain.origin))
    attestation = hex_text(houses.attest(shell.house, [declared.id(shell.house.chain.origin)]))
    first, second, third = (f"0x{digit * 64}" for digit in "789")
    line = ("post", attestation, "--member", id_, "--line", "2", "-k")

    customs = (*line, "customs-officer", "--agency", "NZ-CUSTOMS", "--to", first)
    code, _, said = shell(*customs)
    assert (code, "NZ-CUSTOMS has no mandate for kind 182" in said) == (1, True), said
    if "182" not in shell.json("agency", "show", "NZ-MPI")["mandates"]:
        shell.json("council", "grant", "NZ-MPI", "182", "-k", "council")

    post = (*line, "plant-officer", "--agency", "NZ-MPI")
    code, _, said = shell(*post, "--from", first, "--to", second)
    assert (code, f"has the sheet {ZEROS} (zero" in said) == (1, True), "the line is not opened yet"
    opened = shell.json(*post, "--to", first)
    about = f"line 2 of certificate {id_} under attestation {attestation}"
    assert opened["says"] == f"NZ-MPI opened {about}, with sheet {first}"
    assert (
        shell.json("history", str(opened["entry"]))["entries"][0]["words"]
        == f"Agency {opened['says'].replace('NZ-MPI', 'NZ-MPI (NZ-MPI)', 1)}"
    )
    moved = shell.json(*post, "--from", first, "--to", second)
    assert (moved["says"], moved["entry"] > opened["entry"]) == (
        f"NZ-MPI moved {about} from sheet {first} to sheet {second}",
        True,
    )
    assert moved["transaction"]

    code, _, said = shell(*post, "--from", first, "--to", third)
    assert code == 1
    assert "SheetStale: this posting moves from another sheet than the present one: line 2 of attestation" in said
    assert f"has the sheet {second} (zero if it was never opened); somebody else may have posted first" in said
    again = shell.json(*post, "--from", first, "--to", second)
    assert (again["id"], again["entry"], "transaction" in again) == (moved["id"], moved["entry"], False)
    printed = shell(*post, "--from", second, "--to", third)[1]
    assert printed.startswith("Posted\n")
    assert f"moved {about} from sheet {second} to sheet {third}" in printed


def test_a_posting_is_about_a_member_of_the_attested_set(shell: Shell) -> None:
    """Where the set is known: it always is for a set of one, and for batches and sets that were attested here."""
    house = shell.house
    if "182" not in shell.json("agency", "show", "NZ-MPI")["mandates"]:
        shell.json("council", "grant", "NZ-MPI", "182", "-k", "council")
    first, second, other = (item.id(house.chain.origin) for item in houses.anchored(house, 3))
    alone, pair = houses.attest(house, [first]), houses.attest(house, [first, second])
    before = house.chain.head()[0]
    words = ("--line", "1", "--agency", "NZ-MPI", "--to", ONES, "-k", "plant-officer")
    for attestation, member in ((alone, second), (pair, other)):
        code, _, said = shell("post", hex_text(attestation), "--member", hex_text(member), *words)
        assert (code, "member: is no declaration of the attested set" in said) == (2, True), said
    assert house.chain.head()[0] == before
    for attestation, member in ((alone, first), (pair, second)):
        assert shell("post", hex_text(attestation), "--member", hex_text(member), *words)[0] == 0


def test_the_history_lists_postings(shell: Shell) -> None:
    (declared,) = houses.anchored(shell.house)
    id_ = declared.id(shell.house.chain.origin)
    attestation = houses.attest(shell.house, [id_])
    opened = houses.post(shell.house, attestation, id_, bytes(32), b"\x07" * 32)
    moved = houses.post(shell.house, attestation, id_, b"\x07" * 32, b"\x08" * 32)
    line = f"line 1 of certificate {hex_text(id_)} under attestation {hex_text(attestation)}"
    for done, words in [
        (opened, f"opened {line}, with sheet 0x{'07' * 32}"),
        (moved, f"moved {line} from sheet 0x{'07' * 32} to sheet 0x{'08' * 32}"),
    ]:
        (row,) = shell.json("history", str(done.number))["entries"]
        assert (row["kind"], row["words"]) == ("posted", f"Agency NZ-MPI (NZ-MPI) {words}")
        told = shell("history", str(done.number))[1]
        assert told.startswith(f"Entry {done.number}\n")
        assert f"{row['words']}\n" in told
        assert f"id of the statement  {hex_text(done.id)}\n" in told
    listed = shell("history", "--last", "1")[1]
    assert "from sheet 0x070707…070707 to sheet 0x080808…080808" in listed


def test_the_history_says_what_entries_of_other_kinds_are(shell: Shell) -> None:
    listed = shell("history", "--last", "1000")[1]
    for sentence in (
        "The council took its seat: its one member decides",
        "The council enrolled the agency Agency NZ-MPI (NZ-MPI, NZ)",
        "The council let Agency NZ-MPI (NZ-MPI) attest kind 851, phytosanitary certificate, from then until further",
    ):
        assert sentence in listed

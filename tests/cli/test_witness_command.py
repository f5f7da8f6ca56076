"""``ledger witness``, ``mirror`` and ``trust``: a witness in its own process, from its key to cosigned evidence."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from ledger.core.checkpoints.note import NoteKey
from ledger.core.checkpoints.trust import read_trust_root
from ledger.core.statements.signature import Algorithm
from ledger.edges.keys.keystore import Keystore
from ledger.testing.local_ledger import LocalLedger
from ledger.testing.world import Witness
from tests.cli.test_cli import INVOICE, Shell
from tests.published import LOG_KEY, TRUST, WITNESS, entries, files_of, served, write_log

NAME = "witness.agency.example"


@pytest.fixture
def shell(house: LocalLedger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(house, monkeypatch, capsys)


def environment(house: LocalLedger, folder: Path) -> dict[str, str]:
    """The settings of a witness on another machine: a store, a keystore and a port of its own, and no contract."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    Keystore(folder / "keys", light=True).create(
        "witness", Algorithm.ED25519, house.passphrase_file.read_text().strip()
    )
    return {
        "LEDGER_RPC_URL": house.devchain.url,
        "LEDGER_STATE_DIR": str(folder),
        "LEDGER_PASSPHRASE_FILE": str(house.passphrase_file),
        "LEDGER_WITNESS_NAME": NAME,
        "LEDGER_TRUST_FILE": str(folder / "trust.json"),
        "LEDGER_API_PORT": str(port),
    }


@contextmanager
def running(settings: dict[str, str]) -> Iterator[str]:
    """``ledger witness`` in a process of its own; the line that it prints for the log's witnesses file."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "ledger.cli", "witness"], env=kept | settings | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        line = next(text for text in process.stdout if text.strip().startswith("line")).split(maxsplit=1)[1].strip()
        while True:
            try:
                httpx.get(line.split()[1])
                break
            except httpx.TransportError:
                assert process.poll() is None
        yield line
    finally:
        process.terminate()
        process.communicate()


def test_from_the_witness_to_the_evidence(
    shell: Shell, house: LocalLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away, witnesses = tmp_path / "witness", tmp_path / "witnesses.txt"
    settings = environment(house, away)
    shell.json("trust", "-o", settings["LEDGER_TRUST_FILE"])
    with running(settings) as line:
        witnesses.write_text(f"{line}\n")
        monkeypatch.setenv("LEDGER_WITNESSES_FILE", str(witnesses))
        document, trust, evidence = tmp_path / "invoice.xml", str(tmp_path / "t.json"), str(tmp_path / "e.json")
        document.write_bytes(INVOICE)
        declared = shell.json("declare", str(document), "-t", "380", "-k", "trader", "-o", str(tmp_path / "out"))
        made = shell.json("trust", "-o", trust, "--witnesses", str(witnesses), "--policy-text", f"{trust}.policy")
        assert (made["threshold"], made["witnesses"]) == (1, [line.split()[0]])
        assert (tmp_path / "t.json.policy").read_text().endswith("quorum enough\n")
        shell.json("evidence", declared["declarations"][0]["id"], "-o", evidence)
    verdict = shell.json("verify", evidence, "-t", trust, code=0)
    assert next(check["status"] for check in verdict["checks"] if check["name"] == "witnesses") == "VALID"


def test_its_key_is_shown_without_a_passphrase(
    shell: Shell, house: LocalLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(house, tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("LEDGER_PASSPHRASE_FILE")
    code, printed, _ = shell("witness", "--show-key")
    assert code == 0
    assert NoteKey.parse(printed.strip()).name == NAME
    assert shell.json("witness", "--show-key")["line"].startswith(f"{printed.strip()} http://127.0.0.1:")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"LEDGER_WITNESS_NAME": ""}, "set LEDGER_WITNESS_NAME"),
        ({"LEDGER_WITNESS_NAME": "two words"}, "LEDGER_WITNESS_NAME: must be text without spaces"),
        ({"LEDGER_WITNESS_KEY": "nobody"}, "there is no such key"),
        ({"LEDGER_WITNESS_KEY": "trader"}, "ledger keys new witness -a ed25519"),
        ({}, "trust.json: cannot be read"),
    ],
)
def test_a_witness_that_lacks_something_says_so(
    shell: Shell,
    house: LocalLedger,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, str],
    words: str,
) -> None:
    settings = environment(house, tmp_path)
    Keystore(tmp_path / "keys", light=True).create("trader", Algorithm.SECP256K1, "open sesame")
    for name, value in (settings | change).items():
        monkeypatch.setenv(name, value)
    code, _, errors = shell("witness")
    assert code == 2
    assert words.replace(" ", "") in "".join(errors.split()), "a narrow terminal breaks lines anywhere"


def test_a_threshold_is_more_than_half_unless_said(shell: Shell, tmp_path: Path) -> None:
    file, trust = tmp_path / "witnesses", tmp_path / "trust.json"
    file.write_text("".join(f"{Witness(name).key}\n" for name in ("a", "b", "c", "d")))
    for more, threshold in [((), 3), (("--threshold", "1"), 1), (("--threshold", "0"), 0)]:
        shell.json("trust", "-o", str(trust), "--witnesses", str(file), *more)
        assert read_trust_root(trust.read_bytes()).threshold == threshold
    assert shell("trust", "-o", str(trust), "--witnesses", str(file), "--threshold", "5")[0] == 2
    assert shell("trust", "-o", str(trust), "--threshold", "1")[0] == 2


def test_mirror(shell: Shell, tmp_path: Path) -> None:
    trust, copy = tmp_path / "trust.json", tmp_path / "copy"
    trust.write_bytes(TRUST.to_bytes())
    note = write_log(tmp_path / "log", entries(300))
    with served(tmp_path / "log") as url:
        made = shell.json("mirror", url, str(copy), "--trust", str(trust))
        assert made == {"folder": str(copy), "size": 300, "new_entries": 300, "cosigned_by": [WITNESS.name]}
        (tmp_path / "log/checkpoint").write_text(str(note).replace("\n300\n", "\n299\n"))
        code, _, errors = shell("mirror", url, str(copy), "--trust", str(trust))
        assert (code, LOG_KEY.name in errors.replace("\n", "")) == (1, True)
    assert shell("mirror", url, str(copy), "--trust", str(trust))[0] == 3, "the server is away"
    assert files_of(copy)["checkpoint"] == str(note).encode()

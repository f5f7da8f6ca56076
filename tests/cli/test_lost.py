"""What is lost, or of another version: each command says what is missing and what to do, and loses nothing more."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.core.document import Format, wrap
from ledger.testing.local_ledger import LocalLedger
from tests.cli.test_cli import INVOICE, Shell, shell

__all__ = ["shell"]


@pytest.fixture
def declared(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder with a declared invoice; its id."""
    monkeypatch.chdir(tmp_path)
    Path("invoice.xml").write_bytes(INVOICE)
    return str(shell.json("declare", "invoice.xml", "--type", "380", "--key", "trader")["declarations"][0]["id"])


def one_line(shell: Shell, *words: str) -> tuple[int, str]:
    """Exit code and all that is said, in one line."""
    code, printed, errors = shell(*words)
    return code, " ".join((printed + errors).split())


# --------------------------------------------------------------------------------------------------------- the key


def test_a_lost_key_signs_nothing_and_hides_nothing(shell: Shell, declared: str) -> None:
    key = shell.house.folder / "keys" / "trader.json"
    key.rename("copy")
    code, words = one_line(shell, "withdraw", declared, "--key", "trader")
    assert code == 2
    assert "there is no such key" in words
    assert "put its file back from a copy: nobody can make it again" in words
    assert shell("status", declared)[0] == 0, "reading needs no key"
    assert shell("evidence", declared, "-o", "e.json")[0] == 0
    assert shell("keys", "new", "trader-2")[0] == 0
    again = shell.json("declare", "invoice.xml", "--type", "380", "--key", "trader-2", "-o", "second")
    assert again["declarations"][0]["id"] != declared
    shutil.copy("copy", key)
    assert shell("withdraw", declared, "--key", "trader")[0] == 0


@pytest.mark.parametrize(
    "damage", [lambda data: data[:50], lambda data: data.replace(b'"version": 3', b'"version": 4')]
)
def test_a_damaged_key_is_named_and_listed_as_that(
    shell: Shell, declared: str, damage: Callable[[bytes], bytes]
) -> None:
    key = shell.house.folder / "keys" / "trader.json"
    good = key.read_bytes()
    key.write_bytes(damage(good))
    code, words = one_line(shell, "withdraw", declared, "--key", "trader")
    assert code == 2
    assert "key trader: is not an Ethereum keystore file of version 3" in words
    _, printed, errors = shell("keys", "list")
    assert "trader.json: is no key, or a damaged one" in " ".join(errors.split())
    assert "plant-officer" in printed, "the others are listed"
    key.write_bytes(good)
    assert shell("keys", "list")[2] == ""


# -------------------------------------------------------------------------------------------- the seed (wrapped file)


def test_a_lost_seed_is_told_and_not_replaced_by_another_unasked(shell: Shell, declared: str) -> None:
    wrapped = Path("declared/invoice.xml.wrapped")
    kept = wrapped.read_bytes()
    wrapped.unlink()
    assert shell("evidence", "invoice.xml", "-o", "e.json")[0] == 0, "the evidence itself needs no seed"
    code, words = one_line(shell, "evidence", "invoice.xml", "-o", "all.json", "--disclose-all")
    assert code == 2
    assert f"{wrapped}: is missing, and it alone holds the seed" in words
    code, words = one_line(shell, "redact", "invoice.xml", "--hide", "//ID")
    assert code == 2
    assert "the document itself has no seed" in words
    before = Path("declared/files.json").read_bytes()
    done = shell.json("declare", "invoice.xml", "--type", "380", "--key", "trader", code=2)
    (rejected,) = done["rejected"]
    assert f"was declared before, by {declared}" in rejected["error"]
    assert f"--replaces {declared}" in rejected["error"]
    assert Path("declared/files.json").read_bytes() == before, "the map still knows the first"
    again = shell.json("declare", "invoice.xml", "--type", "380", "--key", "trader", "--replaces", declared)
    assert again["declarations"][0]["new"]
    wrapped.write_bytes(kept)


def test_evidence_that_discloses_all_stands_in_for_a_lost_seed(shell: Shell, declared: str) -> None:
    shell.json("evidence", declared, "-o", "all.json", "-d", "declared/invoice.xml.wrapped", "--disclose-all")
    Path("declared/invoice.xml.wrapped").unlink()
    assert shell.json("redact", "all.json", "--hide", "//ID", "-o", "copy.redacted")["hidden"] == 1
    shell.json("trust", "-o", "t.json")
    assert shell.json("verify", "all.json", "-d", "invoice.xml", "-t", "t.json")["conclusion"] == "GOOD"
    assert shell.json("verify", "all.json", "-d", "copy.redacted", "-t", "t.json")["conclusion"] == "GOOD"
    shell.json("evidence", declared, "-o", "none.json")
    code, words = one_line(shell, "redact", "none.json", "--hide", "//ID")
    assert code == 2
    assert "none.json: cannot be read as a wrapped or redacted document: the evidence discloses nothing" in words


# ------------------------------------------------------------------------------------------------- the state folder


def test_an_empty_store_says_that_it_cannot_know(
    shell: Shell, declared: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.json("evidence", declared, "-o", "e.json")
    shell.json("trust", "-o", "t.json")
    monkeypatch.setenv("LEDGER_STORE_URL", f"sqlite:///{tmp_path / 'gone.sqlite'}")
    for words in (("status", declared), ("evidence", declared, "-o", "again.json")):
        code, said = one_line(shell, *words)
        assert (code, "this store has no declaration at all" in said, "ledger rebuild" in said) == (3, True, True), said
    assert shell("rebuild", "e.json", "--trust", "t.json")[0] == 0
    assert shell("status", declared)[0] == 0
    code, said = one_line(shell, "status", "0x" + "11" * 32)
    assert (code, "there is no declaration" in said) == (1, True)


@pytest.mark.parametrize("words", [("status", "0x" + "11" * 32), ("history",), ("audit",)])
def test_a_store_of_a_newer_version_is_refused_and_stays_as_it_is(
    shell: Shell, house: LocalLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    assert shell("history")[0] == 0
    newer = tmp_path / "newer.sqlite"
    with sqlite3.connect(house.folder / "ledger.sqlite") as store, sqlite3.connect(newer) as copy:
        store.backup(copy)
        copy.execute("update alembic_version set version_num = 'r9999'")
    digest = sha256(newer.read_bytes()).digest()
    monkeypatch.setenv("LEDGER_STORE_URL", f"sqlite:///{newer}")
    code, said = one_line(shell, *words)
    assert code == 2
    assert "was written by another version of this program" in said
    assert "Install the newer version; the store was not changed" in said
    assert sha256(newer.read_bytes()).digest() == digest


# -------------------------------------------------------------------------------------------- files of other versions


def test_files_of_other_versions_say_which_program_reads_them(shell: Shell, declared: str) -> None:
    shell.json("evidence", declared, "-o", "e.json")
    evidence = Path("e.json").read_bytes()
    Path("new.json").write_bytes(evidence.replace(b"/evidence/2", b"/evidence/3"))
    Path("old.json").write_bytes(evidence.replace(b"/evidence/2", b"/evidence/1"))
    Path("policy.json").write_text(json.dumps({"ledger": "trade-ledger/policy/1"}))
    wrapped = wrap(INVOICE, Format.XML, bytes(32)).to_bytes()
    Path("new.wrapped").write_bytes(wrapped.replace(b"/xml/1", b"/xml/2"))
    for words, said in (
        (("verify", "new.json"), "of the newer version 3: install a newer version"),
        (("verify", "old.json"), "of the older version 1: have it made anew"),
        (("verify", "e.json", "-p", "policy.json"), "of the older version 1"),
        (("unwrap", "new.wrapped", "-o", "x"), "a wrapped document of version 2: install a newer version"),
    ):
        code, printed = one_line(shell, *words)
        assert (code, said in printed) == (2, True), printed


def test_standard_input_is_not_declared_without_a_name(shell: Shell, declared: str) -> None:
    code, words = one_line(shell, "declare", "-", "--type", "380", "--key", "trader")
    assert code == 2
    assert "standard input: has no name" in words

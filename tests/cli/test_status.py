"""``ledger status`` in words: what waits, and for whom."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ledger.app import App
from ledger.settings import load_settings
from tests.cli.test_cli import ONES, Shell, shell
from tests.faults.node import Chain as Breakable

__all__ = ["shell"]


def declared(shell: Shell, folder: Path, name: str) -> str:
    """A document that is declared and not anchored; the id."""
    file = folder / f"{name}.json"
    file.write_text(f'{{"name": "{name}"}}')
    code, printed, errors = shell(
        "declare", str(file), "-t", "380", "-k", "trader", "-o", str(folder / "out"), "--no-anchor"
    )
    assert (code, "Nothing is anchored" in printed) == (0, True), errors
    assert "waits in this store for `ledger serve`" in " ".join(printed.split())
    return printed.split("0x")[1][:64].join(("0x", ""))


def test_each_state_says_what_it_waits_for(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_CONFIRMATIONS", "5")
    before = shell.json("status")["pending"]
    id_ = declared(shell, tmp_path, "first")
    waiting = shell.json("status")
    assert (waiting["service"], waiting["pending"], waiting["problems"]) == ("here", before + 1, [])
    assert "ledger serve" in shell("status")[1]
    pending = shell.json("status", id_)
    assert (pending["state"], "`ledger serve` anchors it" in pending["waits"]) == ("pending", True)

    node = Breakable(shell.house.devchain)
    with App(load_settings()) as app:
        node.automine(False)
        app.anchorer.step(10_000, 0, int(time.time()))
        sent = shell.json("status", id_)
        assert (sent["state"], "for a block" in sent["waits"]) == ("sent", True)
        assert "sent to the chain, as transaction 0x" in sent["waits"]
        assert shell.json("status")["under_way"] == before + 1
        node.automine(True)
        node.mine()
        app.anchorer.step(10_000, None, int(time.time()))
        anchored = shell.json("status", id_)
        block = app.store.entries.by_number(anchored["entry"]).block_number
        assert (anchored["state"], f"for block {block + 4}," in anchored["waits"]) == ("anchored", True)
        node.mine(5)
        app.anchorer.step(10_000, None, int(time.time()))
    final = shell.json("status", id_)
    assert (final["state"], final["waits"]) == ("final", None)
    assert "no statement by anybody yet" in shell("status", id_)[1]


def test_the_store_answers_while_the_node_is_away(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = declared(shell, tmp_path, "second")
    monkeypatch.setenv("LEDGER_RPC_URL", "http://127.0.0.1:1")

    code, printed, errors = shell("status", id_)
    assert (code, "pending" in printed, "127.0.0.1:1" in errors) == (0, True, True), errors
    assert shell("status")[0] == 0


def test_without_a_key_that_pays_the_ways_are_said(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is wrapped or stored."""
    monkeypatch.setenv("LEDGER_ANCHOR_KEY", "purse")
    monkeypatch.setenv("LEDGER_RELAYER_KEY", "purse")
    file, before = tmp_path / "fourth.json", shell.json("status")["pending"]
    file.write_text("{}")
    words = ("declare", str(file), "-t", "380", "-k", "trader", "-o", str(tmp_path / "out"))
    code, _, errors = shell(*words)
    said = " ".join(errors.split())
    assert (code, "ledger keys new purse" in said, "--no-anchor" in said, "--api URL" in said) == (2, True, True, True)
    assert (shell.json("status")["pending"], (tmp_path / "out").exists()) == (before, False)
    assert shell(*words, "--no-anchor")[0] == 0
    code, _, errors = shell("attest", ONES, "--elsewhere", "--agency", "NZ-MPI", "--kind", "851", "-k", "plant-officer")
    assert (code, "key purse: there is no such key here" in " ".join(errors.split())) == (2, True), errors


def test_what_replaces_must_be_known(shell: Shell, tmp_path: Path) -> None:
    id_ = declared(shell, tmp_path, "third")
    for words in (
        ["declare", str(tmp_path / "third.json"), "-t", "380", "-k", "trader", "--replaces", ONES],
        ["withdraw", id_, "-k", "trader", "--replacement", ONES],
    ):
        code, _, errors = shell(*words, "-o", str(tmp_path / "other")) if words[0] == "declare" else shell(*words)
        assert (code, f"no declaration {ONES}" in " ".join(errors.split())) == (1, True), errors
    assert not (tmp_path / "other").exists(), "nothing is wrapped for it"

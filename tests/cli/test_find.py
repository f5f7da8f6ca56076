"""Finding declarations by file and by reference, through a server and over one's own store."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ledger.cli import main
from tests.cli.test_through_a_server import Served, served, trader  # noqa: F401 (fixtures)
from tests.cli.traders import Trader

BILL = b'{"transportDocumentReference": "LWLQTRG2610077", "equipmentReference": "MSKU9070323", "price": "S3CR3T-42"}'


def declare(trader: Trader, served: Served, name: str, data: bytes = BILL) -> str:  # noqa: F811
    words = ["-t", "705", "-k", "trader", "--api", served.url, "--trust", "trust.json"]
    (item,) = trader.json("declare", trader.file(name, data), *words)["declarations"]
    return str(item["id"])


def test_a_party_is_found_by_what_it_discloses(trader: Trader, served: Served) -> None:  # noqa: F811
    id_ = declare(trader, served, "bill.json")
    begin = len(served.wire.sent)
    trader("redact", "declared/bill.json.wrapped", "--show", "$.equipmentReference", "-o", "copy.json")
    added = trader.json("reference", "add", id_, "copy.json", "-k", "trader")
    assert [(item["kind"], item["number"]) for item in added["references"]] == [("container", "MSKU9070323")]
    assert added["added"] == 1
    assert trader.json("reference", "add", "bill.json", "copy.json")["added"] == 0, "by the file's name, again"
    for words in (
        ["--reference", "msku 907032-3"], ["bill.json"], ["declared/bill.json.wrapped"], ["copy.json"],
        ["--digest", trader.json("status", id_)["digest"]],
    ):  # fmt: skip
        found = trader.json("find", *words)
        assert [item["id"] for item in found["declarations"]] == [id_], words
    code, printed, _ = trader("find", "--reference", "MSKU9070323")
    assert (code, "bill of lading" in printed.lower(), id_ in printed) == (0, True, True)
    assert trader.json("find", "--reference", "LWLQTRG2610077", code=1)["declarations"] == [], "it was not disclosed"
    assert trader.json("reference", "list", id_)["references"] == added["references"]
    left = trader.json("reference", "remove", id_)
    assert left["references"] == []
    code, printed, _ = trader("find", "--reference", "MSKU9070323")
    assert (code, "No declaration" in printed) == (1, True)
    sent = bytes(served.wire.sent[begin:])
    assert b"MSKU9070323" in sent
    assert b"S3CR3T-42" not in sent
    assert b"LWLQTRG2610077" not in sent.replace(b"reference=LWLQTRG2610077", b"")


def test_what_is_given_wrongly(trader: Trader, served: Served) -> None:  # noqa: F811
    id_ = declare(trader, served, "bill.json", BILL.replace(b"S3CR3T-42", b"9"))
    for words, code, said in [
        (["find"], 2, "give one of FILE, --digest and --reference"),
        (["find", "bill.json", "--reference", "X12"], 2, "give one of"),
        (["find", "--reference", "!"], 2, "3 to 35 letters and digits"),
        (["find", "nowhere.json"], 2, "nowhere.json"),
        (["find", trader.file("plain.json", b"{}")], 2, "has no seed"),
        (["reference", "add", id_, trader.file("none.json", b"{}")], 2, "must have exactly the members"),
        (["reference", "add", "0x" + "11" * 32, "declared/bill.json.wrapped"], 2, ""),
    ]:
        found, _, errors = trader(*words)
        assert (found, said in errors) == (code, True), (words, errors)
    trader.file("bill.json", b'{"other": "contents"}')
    found, _, errors = trader("find", "bill.json")
    assert (found, "has other contents" in errors) == (2, True)
    trader("redact", "declared/bill.json.wrapped", "--show", "$.price", "-o", "price.json")
    assert "shows no reference" in trader("reference", "add", id_, "price.json")[2]
    other = declare(trader, served, "other.json", BILL.replace(b"S3CR3T-42", b"8"))
    trader("redact", "declared/other.json.wrapped", "--show", "$.equipmentReference", "-o", "copy.json")
    found, _, errors = trader("reference", "add", id_, "copy.json", "-k", "trader")
    assert (found, "is of another document" in errors) == (1, True), errors
    assert other != id_


def test_over_ones_own_store(
    served: Served,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    house = served.house
    house.key("trader")

    def run(*words: str, code: int = 0) -> Any:
        monkeypatch.setattr(sys, "argv", ["ledger", *words, "--json"])
        try:
            main()
            found = 0
        except SystemExit as ended:
            found = int(ended.code or 0)
        printed = capsys.readouterr()
        assert found == code, printed
        return json.loads(printed.out)

    monkeypatch.chdir(tmp_path)
    for name, value in {
        "ORIGIN": str(house.chain.origin), "RPC_URL": house.devchain.url, "STATE_DIR": str(house.folder),
        "PASSPHRASE_FILE": str(house.passphrase_file),
    }.items():  # fmt: skip
        monkeypatch.setenv(f"LEDGER_{name}", value)
    (tmp_path / "bill.json").write_bytes(BILL.replace(b"9070323", b"9070302").replace(b"S3CR3T-42", b"7"))
    done = run("declare", "bill.json", "-t", "705", "-k", "trader", "--no-anchor")
    id_ = done["declarations"][0]["id"]
    run("redact", "declared/bill.json.wrapped", "--show", "$.transportDocumentReference", "-o", "copy.json")
    assert run("reference", "add", id_, "copy.json")["added"] == 1
    for words in (["--reference", "LWLQTRG2610077"], ["bill.json"]):
        assert id_ in [item["id"] for item in run("find", *words)["declarations"]]
    assert run("reference", "remove", id_, "LWLQ TRG 2610077")["references"] == []
    assert id_ not in str(run("find", "--reference", "LWLQTRG2610077", code=1))

"""``ledger share``: sealed here, opened there; the server, the wire, the store and the log have nothing of it."""

from __future__ import annotations

import sqlite3
from base64 import urlsafe_b64decode
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageFilter

from ledger.core.document import open_document
from ledger.core.evidence.link import read_link
from ledger.core.evidence.share import share_id
from tests.cli.test_through_a_server import Served, served, trader  # noqa: F401 (fixtures)
from tests.cli.traders import Trader

MARK = b"MARK-7f3a-PRICE"
DOCUMENT = b'{"exporter": "Aotea Exports", "price": "%b"}' % MARK


def declare(trader: Trader, served: Served, data: bytes = DOCUMENT, name: str = "invoice.json") -> str:  # noqa: F811
    words = ["-t", "380", "-k", "trader", "--api", served.url, "--trust", "trust.json"]
    (item,) = trader.json("declare", trader.file(name, data), *words)["declarations"]
    return str(item["id"])


def test_a_document_is_shared_opened_listed_and_removed(trader: Trader, served: Served) -> None:  # noqa: F811
    id_ = declare(trader, served)
    trader("redact", "declared/invoice.json.wrapped", "--hide", "$.price", "-o", "copy.json")
    made = trader.json("share", "add", "invoice.json", "copy.json", "--days", "2", "-k", "trader")
    assert made["declaration"] == id_
    assert made["fields"] == {"shown": 1, "hidden": 1}
    assert made["until"] - made["made_at"] in range(2 * 86_400 - 60, 2 * 86_400 + 60)
    link = made["link"]
    assert link.startswith(f"{served.url}/q#1.")
    opened = trader.json("share", "open", link, "-o", "opened.json")
    assert opened["fields"] == {"shown": 1, "hidden": 1}
    assert (trader.folder / "opened.json").read_bytes() == (trader.folder / "copy.json").read_bytes()
    trader.json("evidence", link, "-o", "evidence.json")
    verdict = trader.json("verify", "evidence.json", "-d", "opened.json", "--trust", "trust.json")
    assert verdict["conclusion"] == "GOOD"
    assert [one["share"] for one in trader.json("share", "list")["shares"]] == [made["share"]]
    assert trader.json("qr", link, "-o", "code.png")["link"] == link, "the key stays in it"
    (found,) = zxingcpp.read_barcodes(Image.open("code.png"))
    assert found.text == link
    assert trader("print", link, "-o", "page.pdf")[0] == 0
    page = pypdfium2.PdfDocument("page.pdf")[0].render(scale=150 / 72).to_pil().filter(ImageFilter.GaussianBlur(1))
    (found,) = zxingcpp.read_barcodes(page)
    assert found.text == link, "read from paper at 150 dpi, blurred"
    elsewhere = trader.json("qr", link, "--at", "https://ledger.example")["link"]
    assert elsewhere == link.replace(served.url, "https://ledger.example")
    assert trader("share", "remove", link)[0] == 0
    assert trader.json("share", "list")["shares"] == []
    code, _, errors = trader("share", "open", link, "-o", "again.json")
    assert (code, "there is no such share here" in errors) == (1, True), errors
    assert not (trader.folder / "again.json").exists()


def test_words_for_people(trader: Trader, served: Served) -> None:  # noqa: F811
    declare(trader, served)
    code, printed, said = trader("share", "add", "invoice.json", "declared/invoice.json.wrapped", "-k", "trader")
    assert (code, printed.count("\n"), "every field is shown" in said) == (0, 1, True), (printed, said)
    assert read_link(printed.strip()).key is not None
    code, _, said = trader("share", "add", "invoice.json", "declared/invoice.json.wrapped", "-o", "code.png")
    assert code == 0
    assert (trader.folder / "code.png").read_bytes().startswith(b"\x89PNG")
    code, printed, _ = trader("share", "list")
    assert (code, "until" in printed) == (0, True)
    for one in trader.json("share", "list")["shares"]:
        trader("share", "remove", one["share"])


def test_what_is_given_wrongly(trader: Trader, served: Served) -> None:  # noqa: F811
    id_ = declare(trader, served)
    other = declare(trader, served, DOCUMENT.replace(b"Aotea", b"Kiwi"), "other.json")
    wrapped = "declared/other.json.wrapped"
    link = trader.json("share", "add", other, wrapped, "-k", "trader")["link"]
    key = link.rpartition(".")[2]
    changed = ("B" if key[0] == "A" else "A") + key[1:]
    for words, code, told in [
        (["share", "add", id_, wrapped], 1, "there is no declaration"),
        (["share", "add", id_, trader.file("plain.json", b"[1]")], 2, "wrapped or redacted document"),
        (["share", "add", id_, wrapped, "--days", "366"], 2, "366"),
        (["share", "add", id_, wrapped, "--at", "ledger.example"], 2, "--at"),
        (["share", "open", link.rpartition(".")[0], "-o", "x.json"], 2, "opens no share"),
        (["share", "open", link[:-1], "-o", "x.json"], 2, "cut or changed"),
        (["share", "open", link.replace(key, changed), "-o", "x.json"], 1, "no such share"),
        (["share", "remove", link.rpartition(".")[0]], 2, "opens no share"),
        (["share", "remove", "0x12"], 2, "32 bytes"),
    ]:
        found, _, errors = trader(*words)
        assert (found, told in errors) == (code, True), (words, errors)
    assert not (trader.folder / "x.json").exists()
    trader("share", "remove", link)


@pytest.mark.parametrize("whole", [False, True])
def test_nothing_of_a_share_travels_or_is_written_down(trader: Trader, served: Served, whole: bool) -> None:  # noqa: F811
    """No byte of the document, no seed and no key: not in requests, not in the store, not in the log."""
    begin = len(served.wire.sent)
    declare(trader, served, DOCUMENT.replace(b"Aotea", b"Whole" if whole else b"Partly"))
    copy = "declared/invoice.json.wrapped"
    wrapped = (trader.folder / copy).read_bytes()
    if not whole:
        trader("redact", copy, "--show", "$.price", "-o", "copy.json")
        copy = "copy.json"
    link = trader.json("share", "add", "invoice.json", copy, "-k", "trader")["link"]
    trader.json("share", "open", link, "-o", "opened.json")
    document = open_document((trader.folder / "opened.json").read_bytes())
    trader.json("share", "list")
    sent = bytes(served.wire.sent[begin:])
    name = share_id(read_link(link).key or b"", read_link(link).id)
    assert name.hex().encode() in sent, "the wire is listened to"
    seed, key = wrapped.split(b" ", 1)[1].split(b"\n")[0], link.rpartition(".")[2]
    secrets = [MARK, b"exporter", seed, urlsafe_b64decode(seed + b"="), key.encode(), urlsafe_b64decode(key + "==")]
    secrets += [secret.hex().encode() for secret in secrets]
    places = {"requests": sent, "log": served.site.servers[0].log.read_bytes(), "store": store(served)}
    assert name in places["store"], "it is read"
    for place, held in places.items():
        for secret in secrets:
            assert secret not in held, (place, secret)
    assert MARK in document.to_bytes(), "the reader gets it"
    trader("share", "remove", link)


def store(served: Served) -> bytes:  # noqa: F811
    """All bytes of the server's database, and of its log of writes."""
    file = Path(served.site.store_url.removeprefix("sqlite:///"))
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(FULL)")
    return b"".join(path.read_bytes() for path in sorted(file.parent.glob(f"{file.name}*")))

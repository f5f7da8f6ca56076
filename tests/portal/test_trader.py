"""A trader's screens: declare in the browser, find the document again, show parts of it, replace and withdraw it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import BrowserContext, Page, expect

from api.portal.render import content_of
from ledger.core.document import open_document, read_redacted, read_wrapped
from ledger.core.evidence.link import read_link
from ledger.core.evidence.reading import read_evidence
from ledger.core.evidence.share import unseal
from ledger.core.statements.declaration import Declaration
from ledger.edges.keys.keystore import SigningKey
from tests.portal.conftest import Portal
from tests.portal.look import check_page
from tests.portal.signing import decline, sign_and_go_back, sign_in, without_signing_page
from tests.portal.story import SAMPLES

INVOICE = SAMPLES / "avocado/commercial-invoice.xml"
PACKING = SAMPLES / "avocado/packing-list.json"


@pytest.fixture
def trader(portal: Portal) -> SigningKey:
    """The key that declared everything in the story."""
    return portal.house.key("trader")


@pytest.fixture
def signed_in(context: BrowserContext, portal: Portal, trader: SigningKey) -> None:
    """The browser has the trader's session, and a signing page that shows nothing."""
    sign_in(context, portal.url, portal.services, trader)
    without_signing_page(context)


@pytest.fixture
def as_trader(page: Page, signed_in: None) -> Page:
    """A page of a signed-in trader."""
    return page


def declare(page: Page, tmp_path: Path, file: Path, key: SigningKey, query: str = "") -> tuple[str, Path]:
    """Declare a file on the page; the declaration's id, and where its seed file was saved."""
    page.goto(f"/portal/declare{query}")
    page.set_input_files("#files", file)
    page.get_by_role("button", name="Continue", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Save {file.name}.wrapped").click()
    seed = tmp_path / f"{file.name}.wrapped"
    download.value.save_as(seed)
    page.get_by_label("I have the seed files").check()
    page.get_by_role("button", name="Continue to sign").click()
    page.get_by_role("button", name=re.compile("^Sign 1 of 1")).click()
    asked = sign_and_go_back(page, key)
    expect(page.get_by_role("heading", name="Declared", exact=True)).to_be_visible()
    said = Declaration.from_json(asked.message, "message")
    return "0x" + said.id(asked.origin).hex(), seed


def test_the_screens_need_a_session(page: Page, expected: list[str]) -> None:
    expected.append("401")
    for path in ("/portal/documents", "/portal/declare"):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in first")
        link = page.get_by_role("main").get_by_role("link", name="Sign in")
        assert link.get_attribute("href") == f"/portal/sign-in?next={path}"


def test_my_documents_say_where_each_stands(as_trader: Page, portal: Portal) -> None:
    page = as_trader
    page.goto("/portal/documents")
    row = page.locator("tr", has=page.locator(f'[data-named="0x{portal.story.declared["invoice"].id.hex()}"]'))
    expect(row).to_contain_text("Commercial invoice", ignore_case=True)
    expect(row).to_contain_text("goods released")
    expect(row.locator(".status")).to_have_attribute("data-status", "VALID")
    old = page.locator("tr", has=page.locator(f'[data-named="0x{portal.story.declared["old"].id.hex()}"]'))
    expect(old).to_contain_text("Withdrawn by you")
    check_page(page)


def test_who_has_declared_nothing_is_told_what_to_do(page: Page, context: BrowserContext, portal: Portal) -> None:
    sign_in(context, portal.url, portal.services, portal.house.key("newcomer"))
    page.goto("/portal/documents")
    expect(page.get_by_role("link", name="Declare your first document")).to_be_visible()
    check_page(page)
    answer = context.request.get(f"/portal/documents/0x{portal.story.declared['invoice'].id.hex()}")
    assert answer.status == 404, "another party's document is not there"


def test_the_list_is_saved_as_a_table(as_trader: Page, context: BrowserContext, portal: Portal) -> None:
    answer = context.request.get("/portal/documents.csv")
    head, *rows = answer.text().splitlines()
    assert head.startswith("id,digest,document_type,type,state,received_at")
    assert any(row.startswith("0x" + portal.story.declared["invoice"].id.hex()) for row in rows)


def test_a_document_is_declared_without_leaving_the_browser(
    as_trader: Page, portal: Portal, trader: SigningKey, tmp_path: Path
) -> None:
    page, sent = as_trader, []
    page.on("request", lambda request: sent.append(f"{request.url} {request.post_data or ''}"))
    id_, seed = declare(page, tmp_path, INVOICE, trader)
    wrapped = read_wrapped(seed.read_bytes())
    assert wrapped.data == INVOICE.read_bytes()
    stored = portal.services.store.declarations.get(bytes.fromhex(id_[2:]))
    assert stored is not None
    assert (stored.declaration.digest, stored.declaration.document_type) == (wrapped.digest, 380)
    everything = " ".join(sent)
    assert wrapped.seed.hex() not in everything
    assert seed.read_bytes().split()[1].decode() not in everything
    for value in {field.value.decode() for field in wrapped.fields if len(field.value) > 6}:
        assert value not in everything, "a field of the document left the browser"
    page.get_by_role("link", name="See where it stands").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("commercial invoice", ignore_case=True)
    expect(page.locator("#name")).to_contain_text(INVOICE.name)


def test_what_was_read_is_shown_before_anything_is_signed(as_trader: Page) -> None:
    page = as_trader
    page.goto("/portal/declare")
    check_page(page)
    page.set_input_files("#files", [INVOICE, PACKING])
    expect(page.locator("#list > li")).to_have_count(2)
    expect(page.get_by_label("Document type").first).to_have_value("380")
    page.get_by_text("What we read").first.click()
    expect(page.locator("#list table").first).to_contain_text("Issue date")
    check_page(page)
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(page.get_by_role("heading", name="Save the seed files")).to_be_focused()
    expect(page.get_by_role("button", name="Continue to sign")).to_be_hidden()
    expect(page.get_by_label("I have the seed files")).to_be_hidden()
    check_page(page)


def test_a_type_that_no_file_says_is_asked_for(as_trader: Page, tmp_path: Path) -> None:
    page, file = as_trader, tmp_path / "scan.bin"
    file.write_bytes(b"\x00\x01\x02")
    page.goto("/portal/declare")
    page.set_input_files("#files", file)
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name="Choose the document type of scan.bin").click()
    expect(page.get_by_label("Document type")).to_be_focused()
    check_page(page)
    page.get_by_label("Document type").select_option("851")
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(page.get_by_role("heading", name="Save the seed files")).to_be_visible()


def test_a_file_that_cannot_be_read_can_be_declared_as_one_whole(as_trader: Page, tmp_path: Path) -> None:
    page, file = as_trader, tmp_path / "order.xml"
    file.write_bytes(b'<!DOCTYPE a SYSTEM "x"><Order/>')
    page.goto("/portal/declare")
    page.set_input_files("#files", file)
    expect(page.locator("#list")).to_contain_text("It looks like XML, but cannot be read so")
    check_page(page)
    page.get_by_role("button", name="Declare it as one whole, without fields").click()
    expect(page.locator("#list")).to_contain_text("One whole of 31 bytes")


COPY = b'{"fields":[],"format":"json","hidden":["' + b"0" * 64 + b'"],"ledger":"trade-ledger/redacted/1"}\n'
EVIDENCE = b'{"checkpoint":"x","ledger":"trade-ledger/evidence/2"}'


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("copy.redacted", COPY, "It is a redacted copy"),
        ("evidence.json", EVIDENCE, "It is a file of the ledger's own"),
    ],
)
def test_files_of_the_ledger_are_no_documents(
    as_trader: Page, tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    page, file = as_trader, tmp_path / name
    file.write_bytes(data)
    page.goto("/portal/declare")
    page.set_input_files("#files", file)
    expect(page.locator("#list")).to_contain_text(words)


def test_a_seed_file_leads_to_what_was_declared_with_it(as_trader: Page, portal: Portal, tmp_path: Path) -> None:
    page, file = as_trader, tmp_path / "invoice.xml.wrapped"
    known = portal.story.declared["invoice"]
    file.write_bytes(known.wrapped.to_bytes())
    page.goto("/portal/declare")
    page.set_input_files("#files", file)
    expect(page.locator("#list")).to_contain_text("This document is declared already")
    page.get_by_role("link", name="See where it stands").click()
    expect(page).to_have_url(f"{portal.url}/portal/documents/0x{known.id.hex()}")


def test_several_are_signed_one_by_one_and_a_no_keeps_the_rest(
    as_trader: Page, trader: SigningKey, tmp_path: Path
) -> None:
    page, files = as_trader, [INVOICE, PACKING]
    page.goto("/portal/declare")
    page.set_input_files("#files", files)
    page.get_by_role("button", name="Continue", exact=True).click()
    for file in files:
        with page.expect_download():
            page.get_by_role("button", name=f"Save {file.name}.wrapped").click()
    page.get_by_label("I have the seed files").check()
    page.get_by_role("button", name="Continue to sign").click()
    page.get_by_role("button", name=f"Sign 1 of 2: {INVOICE.name}").click()
    sign_and_go_back(page, trader)
    page.get_by_role("button", name=f"Sign 2 of 2: {PACKING.name}").click()
    decline(page)
    expect(page.get_by_role("alert")).to_contain_text("Nothing was signed. Your work is kept")
    check_page(page)
    page.reload()
    page.get_by_role("button", name=f"Sign 2 of 2: {PACKING.name}").click()
    sign_and_go_back(page, trader)
    expect(page.get_by_role("heading", name="Declared", exact=True)).to_be_visible()
    check_page(page)


def test_what_is_signed_is_kept_while_the_server_is_away(
    as_trader: Page, context: BrowserContext, trader: SigningKey, expected: list[str]
) -> None:
    page = as_trader
    expected += ["/v1/declarations", "ERR_FAILED"]
    page.goto("/portal/declare")
    page.set_input_files("#files", PACKING)
    page.get_by_role("button", name="Continue", exact=True).click()
    with page.expect_download():
        page.get_by_role("button", name=f"Save {PACKING.name}.wrapped").click()
    page.get_by_label("I have the seed files").check()
    page.get_by_role("button", name="Continue to sign").click()
    page.get_by_role("button", name=re.compile("^Sign 1 of 1")).click()
    context.route("**/v1/declarations", lambda route: route.abort("failed"))
    sign_and_go_back(page, trader)
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached. Your work is kept")
    context.unroute("**/v1/declarations")
    page.reload()
    page.get_by_role("button", name="Hand it in again").click()
    expect(page.get_by_role("heading", name="Declared", exact=True)).to_be_visible()


def test_parts_of_a_document_are_shown_to_somebody(as_trader: Page, portal: Portal, tmp_path: Path) -> None:
    page, known = as_trader, portal.story.declared["invoice"]
    seed = tmp_path / "invoice.xml.wrapped"
    seed.write_bytes(known.wrapped.to_bytes())
    page.goto(f"/portal/documents/0x{known.id.hex()}")
    check_page(page)
    page.set_input_files("#file", seed)
    expect(page.get_by_text("It is the declared document")).to_be_visible()
    page.get_by_label("Find in the fields").fill("price")
    page.get_by_role("button", name="Untick all of them").click()
    page.get_by_label("Find in the fields").fill("")
    check_page(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save a redacted copy").click()
    download.value.save_as(tmp_path / "copy")
    copy = read_redacted((tmp_path / "copy").read_bytes())
    assert copy.digest == known.wrapped.digest
    shown = {field.path for field in copy.fields}
    assert shown
    assert not any("Price" in path for path in shown)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save evidence with these fields").click()
    download.value.save_as(tmp_path / "evidence.json")
    evidence = read_evidence((tmp_path / "evidence.json").read_bytes())
    assert evidence.id == known.id
    assert evidence.document == copy


def test_a_share_is_made_and_removed(as_trader: Page, context: BrowserContext, portal: Portal, tmp_path: Path) -> None:
    page, known = as_trader, portal.story.declared["invoice"]
    kept, now = portal.services.store.shares, portal.services.clock()
    for other in kept.of(None, now):  # of tests before this one
        kept.remove(other.id, None, now)
    seed = tmp_path / "invoice.xml.wrapped"
    seed.write_bytes(known.wrapped.to_bytes())
    page.goto(f"/portal/documents/0x{known.id.hex()}")
    page.set_input_files("#file", seed)
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("The link, until")
    expect(link).to_be_focused()
    found = read_link(link.input_value())
    assert (found.site, found.id, found.digest) == (portal.url, known.id, known.wrapped.digest)
    assert found.key is not None
    shares = json.loads(context.request.get("/v1/shares").text())["shares"]
    assert [share["declaration"] for share in shares] == ["0x" + known.id.hex()]
    sealed = context.request.get(f"/v1/shares/{shares[0]['share']}").body()
    assert open_document(unseal(sealed, found.key, known.id)).digest == known.wrapped.digest
    check_page(page)
    page.get_by_role("button", name=re.compile("^Remove the share")).click()
    expect(page.locator("#shares")).to_be_hidden()
    assert json.loads(context.request.get("/v1/shares").text())["shares"] == []


def test_another_file_is_told_from_the_declared_one(as_trader: Page, portal: Portal, tmp_path: Path) -> None:
    page, known = as_trader, portal.story.declared["invoice"]
    file = tmp_path / "other.wrapped"
    file.write_bytes(portal.story.declared["packing"].wrapped.to_bytes())
    page.goto(f"/portal/documents/0x{known.id.hex()}")
    page.set_input_files("#file", file)
    expect(page.get_by_role("alert")).to_contain_text("its fingerprint is not the declared one")
    page.set_input_files("#file", INVOICE)
    expect(page.get_by_role("alert")).to_contain_text("is no seed file")
    check_page(page)


def test_the_page_for_print_has_the_evidence(as_trader: Page, context: BrowserContext, portal: Portal) -> None:
    known = portal.story.declared["invoice"]
    answer = context.request.get(f"/portal/documents/0x{known.id.hex()}/page.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert b"ledger-evidence.json" in answer.body()


def test_the_code_for_paper_leads_where_the_settings_say(
    as_trader: Page, context: BrowserContext, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks cannot choose the site on a page that looks like the server's own."""
    known = portal.story.declared["invoice"]
    monkeypatch.setattr(portal.services, "settings", portal.services.settings.model_copy(update={"site": None}))
    cookies = "; ".join(f"{one['name']}={one['value']}" for one in context.cookies())
    other = {"Host": "other.example", "Cookie": cookies}
    answer = httpx.get(f"{portal.url}/portal/documents/0x{known.id.hex()}/page.pdf", headers=other)
    image = pypdfium2.PdfDocument(answer.content)[0].render(scale=3).to_pil()
    (found,) = zxingcpp.read_barcodes(image)
    link = read_link(found.text)
    assert (link.site, link.id) == (f"http://localhost:{portal.services.settings.api_port}", known.id)


def test_a_document_is_replaced_and_the_old_one_withdrawn(
    as_trader: Page, portal: Portal, trader: SigningKey, tmp_path: Path
) -> None:
    page = as_trader
    old, _ = declare(page, tmp_path, PACKING, trader)
    portal.house.anchorer.run(10_000, portal.services.clock())
    new, _ = declare(page, tmp_path, INVOICE, trader, f"?replaces={old}")
    stored = portal.services.store.declarations.get(bytes.fromhex(new[2:]))
    assert stored is not None
    assert "0x" + stored.declaration.replaces.hex() == old
    page.get_by_role("link", name="Withdraw the old document").click()
    expect(page.get_by_label("Id of the document that replaces it")).to_have_value(new)
    check_page(page)
    page.get_by_role("button", name="Sign the withdrawal").click()
    asked = sign_and_go_back(page, trader)
    assert asked.message == {"declaration": old, "reason": 5, "replacement": new}
    expect(page.get_by_role("heading", name="You withdrew this document")).to_be_visible()
    check_page(page)


def test_a_withdrawal_says_what_is_missing(as_trader: Page, portal: Portal) -> None:
    page = as_trader
    page.goto(f"/portal/documents/0x{portal.story.declared['certificate'].id.hex()}")
    page.get_by_text("Withdraw this document").click()
    page.get_by_label("Another document replaces it").check()
    page.get_by_role("button", name="Sign the withdrawal").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name=re.compile("^Give the id")).click()
    expect(page.get_by_label("Id of the document that replaces it")).to_be_focused()
    page.get_by_label("It is cancelled").check()
    page.get_by_role("button", name="Sign the withdrawal").click()
    decline(page)
    expect(page.get_by_role("alert")).to_contain_text("the document stands as before")


@pytest.mark.parametrize("language", ["fr", "es", "ar", "xx"])
def test_the_screens_stand_every_check_in_every_language(as_trader: Page, portal: Portal, language: str) -> None:
    page = as_trader
    for path in ("documents", "declare", f"documents/0x{portal.story.declared['revoked'].id.hex()}"):
        page.goto(f"/portal/{path}?lang={language}")
        check_page(page)


def test_the_scripts_are_small() -> None:
    """The reader of documents is fetched only when a file is chosen."""
    for name in ("documents.js", "declare.js", "document.js"):
        content = content_of(name)
        assert content is not None
        assert len(content) <= 20_000, name

"""The page that a code on paper leads to: what it shows with and without a shared document, and what it asks for."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from ledger.core.document import open_document, redact
from ledger.core.encoding.ids import DeclarationId, Digest
from ledger.core.evidence.link import EvidenceLink
from ledger.core.evidence.reading import read_evidence
from ledger.core.evidence.share import share_id
from ledger.errors import Source, Unavailable
from ledger.journeys import shares
from tests.portal.conftest import Portal
from tests.portal.look import check_page

HIDDEN = "//PayableAmount"


@pytest.fixture
def link(portal: Portal) -> EvidenceLink:
    """To the evidence of the invoice."""
    one = portal.story.declared["invoice"]
    return EvidenceLink(portal.url, one.id, one.declaration.digest)


@pytest.fixture(scope="module")
def shared(portal: Portal) -> EvidenceLink:
    """To a copy of the invoice that hides what is to be paid, and in what currency."""
    return share(portal, "invoice", [HIDDEN])


def share(portal: Portal, name: str, hide: list[str]) -> EvidenceLink:
    one, now = portal.story.declared[name], int(time.time())
    document = redact(one.wrapped, hide) if hide else one.wrapped
    new, link = shares.make_share(document, portal.url, one.id, now + 86_400)
    shares.add_share(portal.services.store, new, now, 1 << 30)
    return link


def opened(page: Page, address: object) -> Page:
    """Open an address, and wait for what it leads to."""
    page.goto("about:blank")  # another fragment alone would not load the page again
    page.goto(str(address))
    page.locator("#answer, #trouble").wait_for()
    return page


def conclusion(page: Page) -> str | None:
    return page.evaluate("document.documentElement.dataset.conclusion")  # type: ignore[no-any-return]


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def test_the_page_is_one_file_that_runs_its_own_script_alone(page: Page, portal: Portal) -> None:
    answer = page.request.get("/q")
    policy = answer.headers["content-security-policy"]
    assert re.fullmatch(
        r"default-src 'none'; script-src 'sha256-\S+' 'sha256-\S+'; style-src 'sha256-\S+'; worker-src blob:; "
        r"connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; "
        r"trusted-types unpack worker; frame-ancestors 'none'",
        policy,
    ), policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "publickey-credentials-get=()" in answer.headers["permissions-policy"]
    text = answer.text()
    assert not re.findall(r'(?:src|href)="(?!data:|#|verify"|\./")', text), "nothing is loaded"
    assert not re.search(r"\sstyle=|\son[a-z]+=", text.partition("<script")[0])
    assert str(portal.house.chain.origin) in text, "it says whom the server trusts"
    assert len(answer.body()) <= 160_000


def test_without_a_script_it_says_what_to_type(page: Page) -> None:
    text = " ".join(page.request.get("/q").text().split())
    assert '<noscript><p class="problem"><strong>Your browser runs no scripts here,</strong>' in text
    assert '<code>ledger evidence "ADDRESS" -o evidence.json</code></pre></noscript>' in text


def test_a_code_without_a_key_shows_the_evidence(page: Page, link: EvidenceLink) -> None:
    opened(page, link)
    expect(page.locator("#answer")).to_have_text("The evidence is good, but no document was checked")
    assert conclusion(page) == "GOOD"
    assert focused(page) == "answer"
    expect(page.get_by_text("commercial invoice. It was declared", exact=False).first).to_be_visible()
    expect(page.get_by_text("The evidence shows no field of the document")).to_be_visible()
    name = page.locator(".panel code").inner_text()
    assert name.replace(" ", "") == "0x" + link.id.hex()
    assert page.get_by_role("checkbox").count() == 0
    check_page(page)


def test_a_code_with_a_key_shows_the_document_to_compare(page: Page, shared: EvidenceLink) -> None:
    opened(page, shared)
    expect(page.locator("#answer")).to_have_text("This document is good")
    expect(page.get_by_text("Fields hidden: 2.", exact=False)).to_be_visible()
    boxes = page.get_by_role("checkbox", name=re.compile("^The paper says the same: "))
    count = int(page.get_by_text(re.compile(r"^You ticked 0 of")).inner_text().split()[-2])
    assert count > 20
    boxes.nth(0).check()
    boxes.nth(1).check()
    expect(page.get_by_text(f"You ticked 2 of {count} fields.")).to_be_visible()
    boxes.nth(1).uncheck()
    expect(page.get_by_text(f"You ticked 1 of {count} fields.")).to_be_visible()
    page.locator("select").select_option("fr")
    expect(page.get_by_text(f"Champs cochés : 1 sur {count}.")).to_be_visible()
    assert page.get_by_role("checkbox").and_(page.locator(":checked")).count() == 1, "it stays ticked"
    check_page(page)


def test_all_fields_of_a_small_document_are_ticked(page: Page, portal: Portal) -> None:
    opened(page, share(portal, "certificate", []))
    boxes = page.get_by_role("checkbox", name=re.compile("^The paper says the same: "))
    assert boxes.count() == 2
    for number in range(2):
        boxes.nth(number).check()
    expect(page.get_by_text("You ticked all 2 fields")).to_be_visible()


def test_what_is_saved_is_what_was_given(page: Page, shared: EvidenceLink) -> None:
    opened(page, shared)
    with page.expect_download() as evidence:
        page.get_by_role("button", name="Save the evidence").click()
    with page.expect_download() as document:
        page.get_by_role("button", name="Save the document that was shared").click()
    assert evidence.value.suggested_filename == f"{shared.id.hex()[:8]}.evidence.json"
    assert read_evidence(evidence.value.path().read_bytes()).id == shared.id
    copy = open_document(document.value.path().read_bytes())
    assert (copy.digest, len(copy.hidden)) == (shared.digest, 2)


def test_no_request_has_the_key_and_no_address_the_digest(page: Page, shared: EvidenceLink) -> None:
    asked: list[Request] = []
    page.context.on("request", lambda request: asked.append(request))  # noqa: PLW0108 (a method of C is refused)
    opened(page, shared)
    assert shared.key is not None
    codes = str(shared).partition("#1.")[2].split(".")
    own = [request for request in asked if not request.url.startswith(("blob:", "about:"))]
    paths = [request.url.removeprefix(shared.site).partition("#")[0] for request in own]
    name = share_id(shared.key, shared.id)
    assert paths == ["/q", f"/v1/declarations/0x{shared.id.hex()}/evidence", f"/v1/shares/0x{name.hex()}"]
    for request, path in zip(own, paths, strict=True):
        said = json.dumps(request.all_headers()) + path
        assert "referer" not in request.all_headers()
        for secret in (codes[2], shared.key.hex()):
            assert secret not in said
        assert shared.digest.hex() not in path
        assert (shared.digest.hex() in said) == path.endswith("/evidence")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.partition("#")[0], "The address names no declaration."),
        (lambda text: text.partition("#")[0] + "#", "The address names no declaration."),
        (lambda text: text[:-1], "The address is not whole."),
        (lambda text: text + "A", "The address is not whole."),
        (lambda text: text.replace("#1.", "#2."), "The address is not whole."),
        (lambda text: text.partition("#")[0] + "#<img src=x onerror=alert(1)>", "The address is not whole."),
    ],
)
def test_an_address_that_is_not_whole_is_told(
    page: Page, shared: EvidenceLink, change: Callable[[str], str], words: str
) -> None:
    opened(page, change(str(shared)))
    expect(page.locator("#trouble")).to_have_text(words)
    assert focused(page) == "trouble"
    assert page.evaluate("document.images.length") == 0
    check_page(page)


def test_a_code_that_does_not_fit_may_be_forged(page: Page, link: EvidenceLink, expected: list[str]) -> None:
    expected.append("404")
    opened(page, link._replace(digest=Digest(bytes(32))))
    expect(page.get_by_role("alert")).to_contain_text("its code may be forged")


@pytest.mark.parametrize("language", ["en", "ar", "xx"])
def test_a_share_that_is_gone(page: Page, shared: EvidenceLink, expected: list[str], language: str) -> None:
    expected.append("404")
    page.context.add_cookies([{"name": "language", "value": language, "url": shared.site}])
    opened(page, shared._replace(key=bytes(16)))
    assert conclusion(page) == "GOOD", "the evidence is judged without it"
    if language == "en":
        expect(page.get_by_text("The document that was shared is not here any more")).to_be_visible()
        expect(page.locator("#answer")).to_have_text("The evidence is good, but no document was checked")
    check_page(page)


def answering(page: Page, part: str, **answer: Any) -> None:
    """Let a part of the server give another answer."""
    page.route(f"**/v1/{part}/**", lambda route: route.fulfill(**answer))


def test_a_server_that_changes_a_share(page: Page, shared: EvidenceLink) -> None:
    def changed(route: Route) -> None:
        body = bytearray(route.fetch().body())
        body[40] ^= 1
        route.fulfill(body=bytes(body))

    page.route("**/v1/shares/**", changed)
    opened(page, shared)
    expect(page.get_by_text("The document that was shared does not open with this address")).to_be_visible()
    assert page.get_by_role("button", name="Save the document that was shared").count() == 0


def test_a_shared_document_that_was_not_declared(page: Page, portal: Portal) -> None:
    """A party may seal what it likes: the digest tells."""
    one, other, now = portal.story.declared["invoice"], portal.story.declared["certificate"], int(time.time())
    new, link = shares.make_share(other.wrapped, portal.url, one.id, now + 86_400)
    shares.add_share(portal.services.store, new, now, 1 << 30)
    opened(page, link._replace(digest=one.declaration.digest))
    expect(page.locator("#answer")).to_have_text("Do not rely on this document")
    expect(page.get_by_text("About the document that was declared, which this is not")).to_be_visible()
    assert page.get_by_role("checkbox", name=re.compile("The paper says")).count() == 0


def test_a_revoked_declaration(page: Page, portal: Portal) -> None:
    opened(page, share(portal, "revoked", []))
    assert conclusion(page) == "NOT_GOOD"
    assert page.get_by_role("checkbox", name=re.compile("The paper says")).count() == 0
    check_page(page)


def test_a_server_that_gives_other_evidence(page: Page, portal: Portal, link: EvidenceLink) -> None:
    other = portal.story.declared["certificate"]
    digest = {"Ledger-Digest": "0x" + other.declaration.digest.hex()}
    body = page.request.get(f"/v1/declarations/0x{other.id.hex()}/evidence", headers=digest).body()
    answering(page, "declarations", body=body)
    opened(page, link)
    expect(page.locator("#trouble")).to_contain_text("evidence of another declaration than the code names")
    assert conclusion(page) is None


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b'{"checkpoint":'])
def test_a_server_that_gives_nonsense(page: Page, link: EvidenceLink, body: bytes) -> None:
    answering(page, "declarations", body=body)
    opened(page, link)
    expect(page.locator("#trouble")).to_have_text("What the server gave cannot be read.")
    assert conclusion(page) is None


@pytest.mark.parametrize(
    ("status", "words"), [(409, "is not in the history yet"), (503, "at the moment"), (429, "at the moment")]
)
def test_a_server_that_asks_to_wait(
    page: Page, link: EvidenceLink, expected: list[str], status: int, words: str
) -> None:
    expected.append(str(status))
    answering(page, "declarations", status=status, headers={"Retry-After": "7"})
    opened(page, link)
    expect(page.locator("#trouble")).to_contain_text(words)
    expect(page.get_by_text("Look again in 7 seconds.")).to_be_visible()
    page.unroute_all()
    page.get_by_role("button", name="Look again").click()
    expect(page.locator("#answer")).to_be_visible()


def gone(source: Source) -> Callable[..., None]:
    """What a part of the server does that cannot reach another one."""

    def raises(*_: object, **__: object) -> None:
        raise Unavailable("it does not answer", source=source)

    return raises


def test_while_the_store_is_away_it_says_so_and_goes_on_after(
    page: Page, portal: Portal, link: EvidenceLink, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected.append("503")
    monkeypatch.setattr(portal.services.store.database, "reading", gone(Source.STORE))
    opened(page, link)
    expect(page.locator("#trouble")).to_have_text("The server cannot give the evidence at the moment.")
    check_page(page)
    monkeypatch.undo()
    page.get_by_role("button", name="Look again").click()
    expect(page.locator("#answer")).to_be_visible()


def test_a_share_opens_while_the_chain_is_away(
    page: Page, portal: Portal, shared: EvidenceLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(page, shared)  # so that the history is known
    monkeypatch.setattr(portal.services.app.follower, "refresh", gone(Source.CHAIN))
    opened(page, shared)
    expect(page.locator("#answer")).to_have_text("This document is good")


def test_away_from_the_network_it_says_where_the_evidence_is(
    context: BrowserContext, page: Page, shared: EvidenceLink, expected: list[str]
) -> None:
    expected += ["ERR_INTERNET_DISCONNECTED"]
    opened(page, shared)
    context.set_offline(True)
    page.evaluate("location.hash = location.hash.slice(0, 90)")  # the link without its key
    expect(page.locator("#trouble")).to_have_text("The server cannot be reached.")
    expect(page.get_by_text("the evidence is inside it", exact=False)).to_be_visible()
    check_page(page)
    context.set_offline(False)
    page.get_by_role("button", name="Look again").click()
    expect(page.locator("#answer")).to_be_visible()


def test_a_share_away_while_the_evidence_is_there(page: Page, shared: EvidenceLink, expected: list[str]) -> None:
    expected.append("/v1/shares/")
    page.route("**/v1/shares/**", lambda route: route.abort())
    opened(page, shared)
    expect(page.get_by_text("The document that was shared cannot be reached at the moment")).to_be_visible()
    assert conclusion(page) == "GOOD"


def test_another_code_in_the_same_window(page: Page, shared: EvidenceLink, expected: list[str]) -> None:
    expected.append("404")
    opened(page, shared)
    other = str(shared._replace(id=DeclarationId(bytes(range(32))))).partition("#")[2]
    page.evaluate(f"location.hash = {json.dumps(other)}")
    expect(page.locator("#trouble")).to_contain_text("no such declaration")
    page.evaluate("location.hash = 'nonsense'")
    expect(page.locator("#trouble")).to_have_text("The address is not whole.")


def test_the_keyboard_reaches_all_and_the_code_stays(page: Page, shared: EvidenceLink) -> None:
    opened(page, shared)
    page.evaluate("document.activeElement.blur(); document.querySelector('.skip').focus()")
    page.keyboard.press("Enter")
    assert focused(page) == "main"
    assert page.url == str(shared), "the code stays in the address"
    page.get_by_role("checkbox", name=re.compile("The paper says")).first.focus()
    page.keyboard.press("Space")
    expect(page.get_by_text(re.compile("^You ticked 1 of"))).to_be_visible()

"""Sign in and sign with a passkey, as a person does it; and what a portal that lies, or a script in it, gets."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest
import requests
from playwright.sync_api import BrowserContext, Page, Route, expect

from ledger.core.encoding.ids import AttestationId, Signer
from ledger.core.encoding.json_text import canonical_json
from ledger.core.encoding.reading import hex_bytes, hex_text
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.signature import verify_signature
from ledger.core.statements.signing_request import SigningRequest, domain_of
from ledger.core.statements.statement import Statement
from ledger.core.tree.merkle import leaf_hash
from ledger.journeys.sign import sign_request
from ledger.journeys.sign_page import sign_page
from ledger.testing.world import ORIGIN
from tests.portal.conftest import Portal, served
from tests.portal.look import check_page
from tests.portal.passkeys import HINT, authenticator, make_passkey, sign_in

BACK = "/portal/privacy"
OFFICER = Signer(b"\x0b" * 20)
SIGN, PORTAL = "https://sign.agency.example", "https://portal.example"
# What a script of an attacker would do on a page: ask a passkey for a signature, or make one.
ASK = """async (host) => {
  const asked = { challenge: new Uint8Array(32), rpId: host, allowCredentials: [], userVerification: "required" };
  try { await navigator.credentials.get({ publicKey: asked }); return "signed"; } catch (error) { return error.name; }
}"""
MAKE = """async (host) => {
  const asked = { rp: { name: "x", id: host }, user: { id: new Uint8Array(16), name: "x", displayName: "x" },
    challenge: new Uint8Array(32), pubKeyCredParams: [{ type: "public-key", alg: -7 }] };
  try { await navigator.credentials.create({ publicKey: asked }); return "made"; } catch (error) { return error.name; }
}"""


@pytest.fixture(autouse=True)
def advice(expected: list[str]) -> None:
    expected.append(HINT)


def asked(portal: Portal, statement: Statement, signer: Signer | None = None, **changes: Any) -> str:
    """The fragment of a request to sign this, with changes."""
    value = {
        "type": statement.PRIMARY_TYPE, "message": statement.to_json(), "domain": domain_of(portal.house.chain.origin),
        "back": portal.url + BACK, "state": "s-1",
    }  # fmt: skip
    if signer is not None:
        value["signer"] = hex_text(signer)
    return urlsafe_b64encode(canonical_json(value | changes)).rstrip(b"=").decode()


def answer_of(page: Page, outcome: str = "signed") -> dict[str, str]:
    page.wait_for_url(f"**#{outcome}=*")
    text = page.url.partition(f"#{outcome}=")[2]
    value: dict[str, str] = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return value


def attestation(portal: Portal, **changes: Any) -> Attestation:
    declaration = declared(portal)
    values: dict[str, Any] = {
        "agency": "NZ-MPI", "kind": 851, "outcome": 1, "detail": ZERO, "valid_from": 1_795_824_000,
        "valid_until": NO_END, "root": leaf_hash(declaration.id(portal.house.chain.origin)), "size": 1,
        "salt": b"\x06" * 32,
    }  # fmt: skip
    return Attestation(**(values | changes))


def declared(portal: Portal) -> Declaration:
    return Declaration(Signer(b"\x0a" * 20), b"\x01" * 32, 380)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------------------- sign in


def test_a_person_makes_a_passkey_signs_in_and_out(page: Page) -> None:
    authenticator(page)
    signer = make_passkey(page)
    sign_in(page)
    assert page.inner_text("main code") == signer
    check_page(page)
    page.click("text=Sign out")
    page.wait_for_url("**/")
    page.goto("/portal/sign-in")
    expect(page.locator("header")).to_contain_text("Sign in")


def test_a_passkey_that_the_browser_does_not_know_signs_in(page: Page) -> None:
    authenticator(page)
    signer = make_passkey(page)
    page.evaluate("localStorage.removeItem('passkeys')")
    page.click("#sign-in")
    expect(page.locator("fieldset input")).to_have_count(1)
    page.click("#sign")
    page.wait_for_url("**/portal/account")
    assert page.inner_text("main code") == signer


def test_who_does_not_sign_is_not_signed_in(page: Page) -> None:
    authenticator(page)
    make_passkey(page)
    page.click("#sign-in")
    page.click("#decline")
    expect(page.locator("#status")).to_contain_text("You did not sign")
    assert page.url.endswith("/portal/sign-in")


def test_a_passkey_whose_owner_is_not_verified_signs_nothing(page: Page) -> None:
    key = authenticator(page)
    make_passkey(page)
    key.verifies(False)
    page.click("#sign-in")
    page.click("#sign")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was signed")
    expect(page.get_by_role("alert")).to_be_focused()
    key.verifies(True)
    page.click("#sign")
    page.wait_for_url("**/portal/account")


def test_a_key_of_the_keystore_signs_in_by_command(page: Page, portal: Portal) -> None:
    page.goto("/portal/sign-in")
    page.click("summary")
    page.click("#command")
    command = page.locator("#commanded")
    expect(command).to_contain_text("ledger sign 'http")
    request = SigningRequest.parse(command.inner_text().split("'")[1])
    key = portal.house.key("desk")
    page.goto(sign_request(request, key).address())
    page.wait_for_url("**/portal/account")
    assert page.inner_text("main code") == hex_text(key.signer(portal.house.chain.origin))


@pytest.mark.parametrize("to", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_a_sign_in_leads_to_no_other_site(page: Page, to: str) -> None:
    authenticator(page)
    make_passkey(page)
    page.goto(f"/portal/sign-in?next={to}")
    page.click("#sign-in")
    page.click("#sign")
    page.wait_for_url("**/portal/account")


def test_an_answer_to_something_else_opens_no_session(page: Page) -> None:
    page.goto("/portal/sign-in")
    page.click("summary")
    page.click("#command")
    expect(page.locator("#commanded")).to_be_visible()
    forged = {"id": "0x" + "00" * 32, "signer": "0x" + "11" * 20, "signature": "0x00", "state": "another"}
    page.goto(f"/portal/sign-in#signed={urlsafe_b64encode(canonical_json(forged)).rstrip(b'=').decode()}")
    page.reload()
    expect(page.locator("#status")).to_be_empty()
    assert page.context.cookies() == []


# ---------------------------------------------------------------------------------------------------- the signing page


def test_what_is_shown_is_signed(page: Page, portal: Portal) -> None:
    authenticator(page)
    signer = Signer(hex_bytes(make_passkey(page), ""))
    said = attestation(portal)
    about = {"declarations": [declared(portal).to_json()]}
    page.goto(f"/sign#{asked(portal, said, signer, about=about)}")
    expect(page.locator("#sentence")).to_have_text("NZ-MPI attests: phytosanitary certificate, accepted.")
    for words in ("28 November 2026, 00:00 UTC", "no end", "one document", "commercial invoice", "localhost"):
        expect(page.locator("main")).to_contain_text(words)
    check_page(page)
    page.click("summary")
    id_ = said.id(portal.house.chain.origin)
    expect(page.locator("details")).to_contain_text(hex_text(id_))
    check_page(page)
    page.click("#sign")
    answer = answer_of(page)
    assert (answer["id"], answer["signer"], answer["state"]) == (hex_text(id_), hex_text(signer), "s-1")
    verify_signature(portal.house.chain.origin, signer, id_, hex_bytes(answer["signature"], ""))


@pytest.mark.parametrize("language", ["ar", "fr", "es"])
def test_it_speaks_the_readers_language(page: Page, portal: Portal, language: str) -> None:
    page.goto("/sign")
    page.select_option("#languages select", language)
    revocation = Revocation(AttestationId(b"\x01" * 32), reason=42)
    page.goto(f"/sign#{asked(portal, revocation, passkey_of_nobody(portal))}")
    page.reload()
    assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    assert "revokes" not in page.inner_text("main")
    check_page(page)


def passkey_of_nobody(portal: Portal) -> Signer:
    return Signer(portal.house.chain.origin.webauthn_verifier + bytes(64))


def test_states_without_a_statement_stand_every_check(page: Page) -> None:
    page.goto("/sign")
    check_page(page)
    page.click("text=Make a passkey")
    check_page(page)
    page.click("#create")
    expect(page.get_by_role("alert")).to_contain_text("Give the passkey a name")
    authenticator(page)
    page.fill("#name", "Phone")
    page.click("#create")
    expect(page.locator("h1")).to_have_text("Your passkey is ready")
    check_page(page)
    with page.expect_download() as download:
        page.click("#save")
    assert download.value.path().read_text().strip() == page.inner_text("#signer")


def test_it_is_used_by_keyboard_alone(page: Page, portal: Portal) -> None:
    authenticator(page)
    signer = Signer(hex_bytes(make_passkey(page), ""))
    page.goto(f"/sign#{asked(portal, attestation(portal), signer)}")
    expect(page.locator("h1")).to_be_focused()
    for _ in range(2):  # over the folded fingerprints to the button
        page.keyboard.press("Tab")
    expect(page.locator("#sign")).to_be_focused()
    page.keyboard.press("Enter")
    answer_of(page)


# --------------------------------------------------------------------------------------------------- a portal that lies


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"back": "https://evil.example/"}, "takes no signature to evil.example"),
        ({"domain": domain_of(ORIGIN)}, "belongs to another ledger"),
        (
            {"about": {"declarations": [Declaration(Signer(b"\x0c" * 20), b"\x09" * 32, 861).to_json()]}},
            "other documents",
        ),  # type: ignore[arg-type]
        ({"words": "harmless"}, "not known here"),
        ({"type": "SignIn"}, "missing"),
    ],
)
def test_a_lie_is_refused_and_nothing_can_be_signed(
    page: Page, portal: Portal, changes: dict[str, Any], words: str
) -> None:
    page.goto(f"/sign#{asked(portal, attestation(portal), passkey_of_nobody(portal), **changes)}")
    expect(page.get_by_role("alert")).to_contain_text(words)
    assert page.locator("main button").count() == 0
    check_page(page)


def test_a_key_that_is_no_passkey_is_told_how_to_sign(page: Page, portal: Portal) -> None:
    page.goto(f"/sign#{asked(portal, attestation(portal), OFFICER)}")
    expect(page.locator("#command")).to_contain_text("ledger sign ")
    check_page(page)
    page.click("#decline")
    page.wait_for_url("**#declined")


# ----------------------------------------------------------------------------------------------- a script in the portal


def test_a_script_on_the_portals_pages_gets_no_signature(page: Page, expected: list[str]) -> None:
    """On one host, the browser refuses by the Permissions-Policy of every answer but the signing page's."""
    expected += ["publickey-credentials", "/portal/nothing"]
    authenticator(page)
    make_passkey(page)
    for path in ("/", "/portal/sign-in", "/portal/nothing", "/docs", "/v1/history"):
        page.goto(path)
        assert page.evaluate(ASK, "localhost") == "NotAllowedError", path
        assert page.evaluate(MAKE, "localhost") == "NotAllowedError", path
    page.goto("/sign")
    assert page.evaluate(ASK, "localhost") == "signed", "the same script gets one where nothing refuses it"


def site_of(route: Route) -> str:
    return SIGN if route.request.url.startswith(SIGN) else PORTAL


def test_a_script_on_another_host_gets_no_signature(context: BrowserContext, portal: Portal) -> None:
    """With the signing page on a host of its own, its passkeys are not there for the portal's host."""
    origin = portal.house.chain.origin
    pages = {SIGN: sign_page([PORTAL], [origin]).decode(), PORTAL: "<title>Portal</title>"}
    context.route(
        re.compile("^https://"), lambda route: route.fulfill(content_type="text/html", body=pages[site_of(route)])
    )
    page = context.new_page()
    authenticator(page)
    page.goto(f"{SIGN}/")
    page.click("text=Make a passkey")
    page.fill("#name", "Phone")
    page.click("#create")
    signer = Signer(hex_bytes(page.inner_text("#signer"), ""))
    page.goto(f"{PORTAL}/")
    assert page.evaluate(ASK, "sign.agency.example") == "SecurityError"
    page.goto(f"{SIGN}/#{asked(portal, attestation(portal), signer, back=f'{PORTAL}/sign-done')}")
    page.click("#sign")
    verify_signature(origin, signer, attestation(portal).id(origin), hex_bytes(answer_of(page)["signature"], ""))


def test_only_the_signing_page_may_ask_passkeys(portal: Portal) -> None:
    for path in ("/", "/portal/sign-in", "/v1/history", "/nothing", "/docs", "/q"):
        assert (
            "publickey-credentials-get=()" in requests.get(portal.url + path, timeout=10).headers["permissions-policy"]
        )
    headers = requests.get(f"{portal.url}/sign", timeout=10).headers
    assert "publickey-credentials-get=(self)" in headers["permissions-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "connect-src" not in headers["content-security-policy"]


def test_a_signing_page_elsewhere_is_where_the_way_leads(portal: Portal) -> None:
    with served(portal.house, sign_url=f"{SIGN}/page") as (url, _):
        answer = requests.get(f"{url}/sign", allow_redirects=False, timeout=10)
        assert (answer.status_code, answer.headers["location"]) == (307, f"{SIGN}/page")
        assert f'data-sign-page="{SIGN}/page"' in requests.get(f"{url}/portal/sign-in", timeout=10).text


# ---------------------------------------------------------------------------------------------------- screens and sizes


@pytest.mark.parametrize("language", ["en", "fr", "ar", "xx"])
def test_the_sign_in_screen_stands_every_check(page: Page, language: str) -> None:
    page.goto(f"/portal/sign-in?lang={language}")
    check_page(page)


def test_who_is_not_signed_in_is_led_to_the_sign_in(page: Page, expected: list[str]) -> None:
    expected.append("401")
    page.goto("/portal/account")
    expect(page.locator("main")).to_contain_text("Sign in")
    check_page(page)


def test_sizes(portal: Portal) -> None:
    page = requests.get(f"{portal.url}/sign", timeout=10).content
    assert len(page) <= 100_000  # of which the translations are a third
    script = requests.get(f"{portal.url}/portal/sign-in", timeout=10).text.partition('src="')[2].partition('"')[0]
    assert len(requests.get(portal.url + script, timeout=10).content) <= 20_000

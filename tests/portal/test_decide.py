"""An officer's decisions in the browser: open the document, decide and sign, several at once, revoke."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from ledger.core.document.redaction import redact
from ledger.core.document.wrapped import read_wrapped
from ledger.core.encoding.ids import DeclarationId, Signer
from ledger.core.evidence.inclusion import set_of
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.member_types import NO_END, ZERO
from ledger.core.statements.resolutions import AttesterAuthorisation, MandateGrant
from ledger.edges.keys.keystore import SigningKey
from tests import houses
from tests.portal import passkeys
from tests.portal.conftest import Portal
from tests.portal.look import check_page
from tests.portal.signing import asked_to_sign, decline, sign_and_go_back, sign_in, without_signing_page

INVOICE = "commercial invoice"


@pytest.fixture
def officer(portal: Portal) -> SigningKey:
    """The key of the plant officer."""
    return portal.house.key(houses.OFFICERS[houses.MPI][0])


@pytest.fixture
def as_officer(page: Page, context: BrowserContext, portal: Portal, officer: SigningKey) -> Page:
    """A page of a signed-in officer, and a signing page that shows nothing."""
    sign_in(context, portal.url, portal.services, officer)
    without_signing_page(context)
    return page


def address(declared: list[Declaration], portal: Portal, **more: object) -> str:
    ids = "&".join(f"id=0x{one.id(portal.house.chain.origin).hex()}" for one in declared)
    return "/portal/cases?" + ids + "".join(f"&{name}={value}" for name, value in more.items())


def said_of(portal: Portal, declaration: Declaration) -> list[Attestation]:
    """What the history says of one alone."""
    id_ = DeclarationId(declaration.id(portal.house.chain.origin))
    history = portal.house.follower.refresh()
    return [history.attestations[one].attested.attestation for one in history.attestations_of([set_of([id_])])]


def test_a_case_is_decided_and_signed(as_officer: Page, portal: Portal, officer: SigningKey) -> None:
    page, (declared,) = as_officer, houses.anchored(portal.house)
    page.goto(address([declared], portal))
    expect(page.get_by_role("heading", level=1)).to_have_text(INVOICE)
    check_page(page)
    page.get_by_label("What do you say?").select_option(label="accepted")
    page.get_by_label("In force from").fill("2026-11-01")
    page.get_by_label("Last day in force").fill("2027-01-31")
    page.get_by_role("button", name="Check and sign").click()
    asked = sign_and_go_back(page, officer)
    page.wait_for_url(re.compile(r"/portal/attestations/0x[0-9a-f]{64}$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("phytosanitary certificate, accepted")
    expect(page.locator("main .status").first).to_have_text("In force")
    (said,) = said_of(portal, declared)
    assert said == Attestation.from_json(asked.message)
    assert (said.agency, said.kind, said.outcome, said.detail) == (houses.MPI, 851, 1, ZERO)
    assert (said.valid_from, said.valid_until) == (1793491200, 1801440000), "1 November until 31 January, whole days"
    check_page(page)


def test_the_signing_page_is_told_which_document_it_is_about(as_officer: Page, portal: Portal) -> None:
    page, (declared,) = as_officer, houses.anchored(portal.house)
    page.goto(address([declared], portal))
    page.get_by_label("What do you say?").select_option(label="rejected (against the goods)")
    page.get_by_role("button", name="Check and sign").click()
    asked = asked_to_sign(page)
    assert asked.message["valid_until"] == NO_END
    request = json.loads(_decoded(page.url))
    assert request["about"]["declarations"] == [declared.to_json()]
    assert request["signer"] == "0x" + portal.house.key(houses.OFFICERS[houses.MPI][0]).address.hex()


def test_an_officer_decides_and_revokes_with_a_passkey(page: Page, portal: Portal, expected: list[str]) -> None:
    """The whole way in a browser: make a passkey, sign in with it, decide a case, revoke the decision."""
    expected.append(passkeys.HINT)
    passkeys.authenticator(page)
    signer = passkeys.make_passkey(page)
    houses.enact(portal.house, AttesterAuthorisation, Signer(bytes.fromhex(signer[2:])), houses.MPI)
    (declared,) = houses.anchored(portal.house)
    passkeys.sign_in(page, "/portal/inbox")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Inbox")
    page.goto(address([declared], portal))
    page.get_by_label("What do you say?").select_option(label="accepted")
    page.get_by_role("button", name="Check and sign").click()
    expect(page.locator("#sentence")).to_have_text("NZ-MPI attests: phytosanitary certificate, accepted.")
    expect(page.locator("main")).to_contain_text(INVOICE)
    page.click("#sign")
    page.wait_for_url(re.compile(r"/portal/attestations/0x"))
    expect(page.locator("main .status").first).to_have_text("In force")
    (said,) = said_of(portal, declared)
    assert (said.agency, said.outcome) == (houses.MPI, 1)
    page.get_by_label("Why?").select_option(label="in error")
    page.get_by_role("button", name="Check and sign").click()
    expect(page.locator("#sentence")).to_have_text("My agency revokes its attestation: in error.")
    page.click("#sign")
    expect(page.locator("main .status").first).to_have_text("Revoked by the agency")


def _decoded(url: str) -> bytes:
    """The request in the address of the signing page."""
    text = url.rpartition("#")[2]
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_what_is_wrong_with_a_decision_is_said_with_links(as_officer: Page, portal: Portal) -> None:
    page, (declared,) = as_officer, houses.anchored(portal.house)
    page.goto(address([declared], portal))
    page.get_by_role("button", name="Check and sign").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name="Choose what you say.").click()
    expect(page.get_by_label("What do you say?")).to_be_focused()
    page.get_by_label("What do you say?").select_option(label="rejected (against the goods)")
    page.get_by_label("In force from").fill("2027-02-01")
    page.get_by_label("Last day in force").fill("2027-01-31")
    page.get_by_role("button", name="Check and sign").click()
    expect(page.get_by_role("alert")).to_contain_text("The last day is before the first.")
    expect(page.get_by_role("alert")).to_contain_text("must not end by itself")
    check_page(page)


def test_a_decision_is_kept_where_its_officer_does_not_sign(as_officer: Page, portal: Portal) -> None:
    page, (declared,) = as_officer, houses.anchored(portal.house)
    page.goto(address([declared], portal))
    page.get_by_label("What do you say?").select_option(label="on hold")
    page.get_by_label("Last day in force").fill("2027-01-31")
    page.get_by_role("button", name="Check and sign").click()
    decline(page)
    expect(page.get_by_role("alert")).to_contain_text("Nothing was signed. What you entered is kept.")
    expect(page.get_by_label("What do you say?")).to_have_value("39")
    expect(page.get_by_label("Last day in force")).to_have_value("2027-01-31")
    assert not said_of(portal, declared)


def test_a_signed_decision_is_kept_while_the_server_is_away(
    as_officer: Page, context: BrowserContext, portal: Portal, officer: SigningKey, expected: list[str]
) -> None:
    expected += ["/v1/attestations", "ERR_FAILED", "503"]
    page, (declared,) = as_officer, houses.anchored(portal.house)
    page.goto(address([declared], portal))
    page.get_by_label("What do you say?").select_option(label="accepted")
    page.get_by_role("button", name="Check and sign").click()
    context.route("**/v1/attestations", lambda route: route.abort("failed"))
    sign_and_go_back(page, officer)
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached. Your work is kept")
    check_page(page)
    context.unroute("**/v1/attestations")

    def away(route: Route) -> None:
        body = json.dumps({"status": 503, "title": "Unavailable", "detail": "the chain does not answer"})
        route.fulfill(status=503, content_type="application/problem+json", body=body)

    context.route("**/v1/attestations", away)
    page.get_by_role("button", name="Hand it in again").click()
    expect(page.get_by_role("alert")).to_contain_text("the chain does not answer")
    context.unroute("**/v1/attestations")
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("You signed this, but the server does not have it yet.")
    page.get_by_role("button", name="Hand it in again").click()
    page.wait_for_url(re.compile(r"/portal/attestations/0x"))
    assert len(said_of(portal, declared)) == 1


def test_the_document_is_opened_and_compared_here(as_officer: Page, portal: Portal, tmp_path: Path) -> None:
    page, known, sent = as_officer, portal.story.declared["invoice"], []
    page.on("request", lambda request: sent.append(f"{request.url} {request.post_data or ''}"))
    page.goto(f"/portal/cases?id=0x{known.id.hex()}")
    seed = tmp_path / "invoice.xml.wrapped"
    seed.write_bytes(known.wrapped.to_bytes())
    page.set_input_files("#file", seed)
    expect(page.locator("#opened .status")).to_have_text("It is the declared document")
    expect(page.locator("#opened h3")).to_be_focused()
    expect(page.locator("#opened table")).to_contain_text("Issue date")
    check_page(page)
    shown = redact(known.wrapped, [field.path for field in known.wrapped.fields[:5]])
    copy = tmp_path / "invoice.redacted"
    copy.write_bytes(shown.to_bytes())
    page.set_input_files("#file", copy)
    expect(page.locator("#opened .status")).to_have_text("It is the declared document")
    expect(page.locator("#opened")).to_contain_text("fields are hidden")
    seed.write_bytes(portal.story.declared["packing"].wrapped.to_bytes())
    page.set_input_files("#file", seed)
    expect(page.locator("#opened .status")).to_have_text("It is not the declared document")
    expect(page.locator("#opened table")).to_have_count(0)
    check_page(page)
    plain = tmp_path / "invoice.xml"
    plain.write_bytes(known.wrapped.data)
    page.set_input_files("#file", plain)
    expect(page.locator("#opened")).to_contain_text("A document alone cannot be compared")
    everything = " ".join(sent)
    for value in {field.value.decode() for field in known.wrapped.fields if len(field.value) > 6}:
        assert value not in everything, "a field of the document left the browser"


def test_a_certificate_is_attached_by_its_fingerprint(
    as_officer: Page, portal: Portal, officer: SigningKey, tmp_path: Path
) -> None:
    page, (declared,) = as_officer, houses.anchored(portal.house)
    certificate = tmp_path / "certificate.json"
    certificate.write_text('{"certificate": "NZ-2026-0091"}')
    page.goto(address([declared], portal))
    page.get_by_label("What do you say?").select_option(label="accepted")
    page.get_by_text("Attach your certificate").click()
    page.set_input_files("#notice", certificate)
    page.get_by_role("button", name="Check and sign").click()
    expect(page.get_by_role("alert")).to_contain_text("Save the seed file of your certificate first.")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save certificate.json.wrapped").click()
    check_page(page)
    seed = tmp_path / "certificate.json.wrapped"
    download.value.save_as(seed)
    page.get_by_role("button", name="Check and sign").click()
    sign_and_go_back(page, officer)
    page.wait_for_url(re.compile(r"/portal/attestations/0x"))
    (said,) = said_of(portal, declared)
    assert said.detail == read_wrapped(seed.read_bytes()).digest
    expect(page.locator("main")).to_contain_text("Fingerprint of the agency's own document")


def test_several_are_decided_with_one_signature_and_one_is_revoked(
    as_officer: Page, portal: Portal, officer: SigningKey
) -> None:
    page, declared = as_officer, houses.anchored(portal.house, 3)
    attested = portal.story.declared["certificate"].declaration
    page.goto(address([*declared, attested], portal))
    expect(page.get_by_role("heading", level=1)).to_have_text("Decide about 4 documents")
    expect(page.locator("main")).to_contain_text("1 document is left out, for the reason given with it.")
    expect(page.locator("tr", has_text="Left out:")).to_contain_text("Your agency has attested this already.")
    expect(page.get_by_label("What do you say?").locator("option", has_text="rejected")).to_have_count(
        1
    )  # no adverse one
    check_page(page)
    page.get_by_label("What do you say?").select_option(label="accepted")
    page.get_by_role("button", name="Check and sign").click()
    asked = sign_and_go_back(page, officer)
    ids = [DeclarationId(one.id(asked.origin)) for one in declared]
    assert (bytes.fromhex(str(asked.message["root"])[2:]), asked.message["size"]) == set_of(ids)
    page.wait_for_url(re.compile(r"/portal/attestations/0x"))
    expect(page.locator("tbody tr")).to_have_count(3)
    check_page(page)
    row = page.locator("tr", has_text=f"0x{ids[1].hex()[:4]}…{ids[1].hex()[-4:]}")
    row.get_by_role("link", name="for this document only").click()
    page.get_by_label("Why?").select_option(label="in error")
    check_page(page)
    page.get_by_role("button", name="Check and sign").click()
    asked = sign_and_go_back(page, officer)
    assert (asked.message["member"], asked.message["reason"]) == ("0x" + ids[1].hex(), 42)
    expect(row).to_contain_text("Revoked for this document")
    expect(page.locator("main .status").first).to_have_text("In force")
    check_page(page)
    page.get_by_role("button", name="Check and sign").click()
    asked_to_sign(page)
    request = json.loads(_decoded(page.url))
    assert [one["digest"] for one in request["about"]["declarations"]] == ["0x" + one.digest.hex() for one in declared]
    sign_and_go_back(page, officer)
    expect(page.locator("main .status").first).to_have_text("Revoked by the agency")
    expect(page.locator("form#revoke")).to_have_count(0)
    check_page(page)


def test_what_cannot_be_decided_says_why(as_officer: Page, portal: Portal) -> None:
    page = as_officer
    page.goto(address([portal.story.declared["old"].declaration], portal))
    expect(page.locator("main .notice")).to_contain_text("Its party withdrew it.")
    check_page(page)
    page.goto(address([portal.story.declared["certificate"].declaration], portal))
    expect(page.locator("main .notice")).to_contain_text("Your agency has attested this already.")
    page.get_by_role("link", name="Attest it once more all the same").click()
    expect(page.get_by_role("button", name="Check and sign")).to_be_visible()
    page.goto("/portal/cases")
    expect(page.get_by_role("heading", level=1)).to_have_text("No document is chosen")
    check_page(page)


def test_a_hold_is_lifted_by_its_agency_alone(
    page: Page, as_officer: Page, context: BrowserContext, portal: Portal
) -> None:
    hold = f"/portal/attestations/0x{portal.story.attestations['detained'].hex()}"
    page.goto(hold)
    expect(page.locator("main .status").first).to_have_text("In force, against the goods")
    expect(page.get_by_role("button", name="Check and sign")).to_have_count(0)
    sign_in(context, portal.url, portal.services, portal.house.key(houses.OFFICERS[houses.CUSTOMS][0]))
    page.goto(hold)
    expect(page.get_by_role("heading", name="Lift it")).to_be_visible()
    check_page(page)


def test_an_agency_with_two_mandates_says_which_it_uses(page: Page, context: BrowserContext, portal: Portal) -> None:
    houses.enact(portal.house, MandateGrant, houses.CHAMBER, 862, 0, NO_END)
    sign_in(context, portal.url, portal.services, portal.house.key(houses.OFFICERS[houses.CHAMBER][0]))
    (declared,) = houses.anchored(portal.house)
    page.goto(address([declared], portal))
    page.get_by_label("What do you attest?").select_option("862")
    page.get_by_role("button", name="Choose").click()
    assert page.locator("#decision").get_attribute("data-kind") == "862"
    check_page(page)
    page.goto("/portal/inbox")
    page.get_by_label("Not attested as").select_option("862")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("link", name=INVOICE).first).to_have_attribute("href", re.compile("kind=862$"))


@pytest.mark.parametrize("language", ["fr", "es", "ar", "xx"])
def test_the_screens_stand_every_check_in_every_language(as_officer: Page, portal: Portal, language: str) -> None:
    page, said = as_officer, portal.story.attestations["certificate"].hex()
    invoice, detained = (portal.story.declared[name].declaration for name in ("invoice", "detained"))
    for path in (address([invoice], portal), address([invoice, detained], portal), f"/portal/attestations/0x{said}?"):
        page.goto(f"{path}&lang={language}")
        check_page(page)

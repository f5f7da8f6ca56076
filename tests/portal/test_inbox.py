"""An officer's inbox: what waits, what was said, what was revoked."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests import houses
from tests.portal.conftest import Portal
from tests.portal.look import check_page
from tests.portal.signing import sign_in

TABS = ("/portal/inbox", "/portal/inbox/decided", "/portal/inbox/revoked")


@pytest.fixture
def as_officer(page: Page, context: BrowserContext, portal: Portal) -> Page:
    """A page of a signed-in officer of NZ-MPI."""
    sign_in(context, portal.url, portal.services, portal.house.key(houses.OFFICERS[houses.MPI][0]))
    return page


def short(portal: Portal, name: str) -> str:
    id_ = portal.story.declared[name].id.hex()
    return f"0x{id_[:4]}…{id_[-4:]}"


def test_the_inbox_is_for_officers(page: Page, context: BrowserContext, portal: Portal, expected: list[str]) -> None:
    expected += ["401", "403"]
    for path in TABS:
        page.goto(f"{path}?lang=en")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in first")
        link = page.get_by_role("main").get_by_role("link", name="Sign in")
        assert link.get_attribute("href") == f"/portal/sign-in?next={path}%3Flang%3Den"
    sign_in(context, portal.url, portal.services, portal.house.key("trader"))
    for path in TABS:
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_text("You may not do this")


def test_what_waits_is_what_the_agency_has_said_nothing_about(as_officer: Page, portal: Portal) -> None:
    page = as_officer
    page.goto("/portal/inbox")
    expect(page.get_by_role("heading", level=1)).to_have_text("Inbox of Agency NZ-MPI (NZ-MPI)")
    row = page.locator("tr", has_text=short(portal, "invoice"))
    expect(row).to_contain_text("commercial invoice")
    expect(row).to_contain_text("Agency NZ-CUSTOMS (NZ-CUSTOMS): customs clearance notice, goods released")
    expect(row.locator(".status")).to_have_attribute("data-status", "VALID")
    expect(page.locator("tr", has_text=short(portal, "revoked"))).to_be_visible()
    for name in ("certificate", "old"):  # attested, withdrawn
        expect(page.locator("tr", has_text=short(portal, name))).to_have_count(0)


def test_the_inbox_is_restricted_by_type(as_officer: Page, portal: Portal) -> None:
    page = as_officer
    page.goto("/portal/inbox")
    page.get_by_label("Type of document").select_option("271")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tr", has_text=short(portal, "detained"))).to_be_visible()
    expect(page.locator("tr", has_text=short(portal, "invoice"))).to_have_count(0)
    page.get_by_label("Type of document").select_option("955")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("main")).to_contain_text("Nothing else waits")


def test_what_was_said_and_revoked(as_officer: Page, portal: Portal) -> None:
    page = as_officer
    page.goto("/portal/inbox")
    page.get_by_role("link", name="Decided").click()
    said = page.locator("tr", has=page.locator(f'a[href$="{portal.story.attestations["certificate"].hex()}"]'))
    expect(said).to_contain_text("phytosanitary certificate, accepted")
    expect(said.locator(".status")).to_have_text("In force")
    said.get_by_role("link").click()
    expect(page.locator("tbody tr")).to_contain_text(short(portal, "certificate"))
    page.get_by_role("link", name="Back to the inbox").click()
    page.get_by_role("link", name="Decided").click()
    ended = page.locator("tr", has=page.locator(f'a[href$="{portal.story.attestations["revoked"].hex()}"]'))
    expect(ended.locator(".status")).to_have_text("Revoked by the agency")
    page.get_by_role("link", name="Revoked", exact=True).click()
    expect(page.locator("tbody tr").last).to_contain_text("validity revoked")
    assert page.locator(f'a[href$="{portal.story.attestations["certificate"].hex()}"]').count() == 0


def test_an_agency_with_nothing_to_do_is_told_so(page: Page, context: BrowserContext, portal: Portal) -> None:
    sign_in(context, portal.url, portal.services, portal.house.key(houses.OFFICERS[houses.CHAMBER][0]))
    page.goto("/portal/inbox/decided")
    expect(page.locator("main")).to_contain_text("Your agency has said nothing yet")
    check_page(page)
    page.goto("/portal/inbox/revoked")
    expect(page.locator("main")).to_contain_text("Your agency has revoked nothing")


def test_the_inbox_works_by_keyboard(as_officer: Page) -> None:
    page = as_officer
    page.goto("/portal/inbox")
    page.get_by_label(re.compile("^Choose commercial invoice")).first.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Decide about the chosen ones together").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/portal/cases\?id=0x[0-9a-f]{64}$"))


@pytest.mark.parametrize("language", ["en", "fr", "es", "ar", "xx"])
@pytest.mark.parametrize("path", TABS)
def test_the_screens_stand_every_check_in_every_language(as_officer: Page, path: str, language: str) -> None:
    as_officer.goto(f"{path}?lang={language}")
    check_page(as_officer)

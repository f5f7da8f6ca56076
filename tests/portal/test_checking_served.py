"""The checking page at ``/verify``: it believes the server's own history, and says that this proves less."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.portal.conftest import Portal
from tests.portal.look import check_page

CASES = Path(__file__).resolve().parents[1] / "conformance"


def choose(page: Page, case: str) -> None:
    page.locator("html[data-ready]").wait_for()
    files = [str(file) for file in sorted((CASES / case).iterdir()) if file.name != "case.json"]
    page.set_input_files("#files", files)
    page.locator("#given li").nth(len(files) - 1).wait_for()


def test_says_whose_trust_root_it_holds(page: Page, portal: Portal) -> None:
    answer = page.goto("/verify")
    assert answer is not None
    assert answer.status == 200
    policy = answer.headers["content-security-policy"]
    assert re.search(r"script-src 'sha256-[^']+' 'sha256-[^']+';", policy)
    assert "frame-ancestors 'none'" in policy
    assert "'self'" not in policy
    page.locator("html[data-ready]").wait_for()
    assert page.get_by_text(str(portal.house.chain.origin)).is_visible()
    assert page.get_by_text("This page came from the server of the ledger itself").is_visible()
    page.get_by_role("link", name="Trade document ledger").click()
    page.wait_for_url("**/")


def test_a_document_of_its_history_is_good(page: Page, portal: Portal, tmp_path: Path) -> None:
    invoice = portal.story.declared["invoice"]
    digest = {"Ledger-Digest": f"0x{invoice.declaration.digest.hex()}"}
    (tmp_path / "evidence.json").write_bytes(
        page.request.get(f"/v1/declarations/0x{invoice.id.hex()}/evidence", headers=digest).body()
    )
    (tmp_path / "invoice.wrapped").write_bytes(invoice.wrapped.to_bytes())
    page.goto("/verify")
    page.locator("html[data-ready]").wait_for()
    page.set_input_files("#files", [str(file) for file in sorted(tmp_path.iterdir())])
    page.locator("#given li").nth(1).wait_for()
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_role("heading", name="This document is good").wait_for()
    assert page.get_by_role("listitem").filter(has_text="Customs clearance notice: goods released").is_visible()
    page.get_by_role("searchbox").fill("avocado")
    page.get_by_text("Found: ").wait_for()
    for line in ("Invoice line 1", "Invoice line 2"):  # not by their positions among all children
        assert page.get_by_role("rowheader", name=f"{line} › Item › Name").is_visible()


@pytest.mark.parametrize(
    "case", ["document_json_wrapped", "document_value_changed_fail", "trust_not_given_fail", "proof_not_a_list_fail"]
)
def test_every_state_stands_what_pages_must_stand(page: Page, case: str) -> None:
    page.goto("/verify")
    page.locator("html[data-ready]").wait_for()
    check_page(page)
    choose(page, case)
    check_page(page)
    page.get_by_role("button", name="Check", exact=True).click()
    page.locator("#answer, #trouble").wait_for()
    for details in page.locator("summary").all():
        details.click()
    check_page(page)


def test_is_used_by_keyboard_alone(page: Page) -> None:
    page.goto("/verify")
    choose(page, "document_json_wrapped")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('button[type=submit]')"):
            break
    page.keyboard.press("Enter")
    page.locator("#answer").wait_for()
    assert page.evaluate("document.activeElement.id") == "answer"


@pytest.mark.parametrize(("language", "heading"), [("fr", "Ce document est bon"), ("ar", "هذا المستند سليم")])
def test_answers_in_the_language_that_is_chosen(page: Page, language: str, heading: str) -> None:
    page.goto("/verify")
    choose(page, "document_json_wrapped")
    page.get_by_role("button", name="Check", exact=True).click()
    page.locator("#answer").wait_for()
    page.locator("#languages select").select_option(language)
    assert page.locator("#answer").inner_text() == heading
    assert page.evaluate("document.documentElement.dir") == ("rtl" if language == "ar" else "ltr")
    check_page(page)

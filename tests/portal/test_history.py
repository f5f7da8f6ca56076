"""The history, its entries and files, the agencies, and a declaration on its way."""

from __future__ import annotations

import csv
import time
from io import StringIO

import pytest
from playwright.sync_api import Page, Route, expect

from tests import houses
from tests.portal.conftest import Portal
from tests.portal.look import check_page

NAMES = ("old", "invoice", "certificate", "revoked", "detained", "packing")


@pytest.mark.parametrize("language", ["en", "ar", "xx"])
@pytest.mark.parametrize(
    "path", ["/portal/history", "/portal/history/0", "/portal/agencies", "/portal/agencies/NZ-MPI"]
)
def test_a_screen_stands_every_check(page: Page, path: str, language: str) -> None:
    page.goto(f"{path}?lang={language}")
    check_page(page)


@pytest.mark.parametrize("name", NAMES)
def test_a_declaration_stands_every_check(page: Page, portal: Portal, name: str) -> None:
    page.goto(portal.story.page(name))
    check_page(page)


def test_every_entry_has_words(page: Page, portal: Portal) -> None:
    with portal.house.follower.fresh_history() as history:
        size = history.size
    for number in range(size):
        page.goto(f"/portal/history/{number}")
        expect(page.locator("main strong").first).not_to_be_empty()
        assert "0x" not in page.locator("main strong").first.inner_text()
    page.goto("/portal/history")
    expect(page.locator("#entries")).to_contain_text(
        "Agency NZ-CUSTOMS (NZ-CUSTOMS) said: customs clearance notice, goods released."
    )
    expect(page.locator("#entries")).to_contain_text(
        "Agency NZ-MPI (NZ-MPI) revoked what it had said: validity revoked."
    )
    expect(page.locator("#entries")).to_contain_text("5 documents were declared together.")
    expect(page.locator("#entries")).to_contain_text("The history began with its first council.")


def test_the_list_is_restricted_by_what_agency_and_day(page: Page) -> None:
    page.goto("/portal/history")
    page.get_by_label("What").select_option(label="Attestation by an agency")
    page.get_by_label("Agency", exact=True).select_option("NZ-CUSTOMS")
    page.get_by_label("Day").fill(time.strftime("%Y-%m-%d", time.gmtime()))
    page.get_by_role("button", name="Show").click()
    rows = page.locator("#entries tbody tr")
    assert rows.count() >= 2
    for row in rows.all():
        expect(row).to_contain_text("Agency NZ-CUSTOMS")
    page.get_by_label("Day").fill("1999-01-01")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("No entry fits.")).to_be_visible()
    check_page(page)


@pytest.mark.parametrize("query", ["kind=nothing", "agency=XX-NONE", "day=2026-13-40", "below=-1", "day=2026-11-27T00"])
def test_a_question_that_cannot_be_read_is_answered_in_words(page: Page, expected: list[str], query: str) -> None:
    expected.append("422")
    answer = page.goto(f"/portal/history?{query}")
    assert answer is not None
    assert answer.status == 422
    expect(page.get_by_role("heading", level=1)).to_have_text("There is a problem")
    check_page(page)


def test_the_list_as_a_file(page: Page, portal: Portal) -> None:
    answer = page.request.get("/portal/history.csv?kind=said")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(StringIO(answer.text())))
    assert [row["agency"] for row in rows[-4:]] == ["NZ-CUSTOMS", "NZ-MPI", "NZ-MPI", "NZ-CUSTOMS"]
    assert [int(row["number"]) for row in rows] == sorted((int(row["number"]) for row in rows), reverse=True)


def test_the_page_is_checked_here_and_kept_for_the_next_time(page: Page, portal: Portal) -> None:
    page.goto("/portal/history")
    page.get_by_role("button", name="Check now").click()
    expect(page.locator("#check .answer")).to_contain_text("This page agrees with the history", timeout=20_000)
    expect(page.locator("#check")).to_contain_text("This browser keeps the fingerprint")
    check_page(page)
    page.goto("/portal/history/3")
    page.get_by_role("button", name="Check now").click()
    expect(page.locator("#check")).to_contain_text("none was changed or left out", timeout=20_000)


def test_a_changed_entry_is_found_in_the_browser(page: Page) -> None:
    def changed(route: Route) -> None:
        answer = route.fetch()
        text = answer.text()
        at = text.index('data-hash="0x') + len('data-hash="0x')
        route.fulfill(response=answer, body=text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :])

    page.route("**/portal/history", changed)
    page.goto("/portal/history")
    page.get_by_role("button", name="Check now").click()
    expect(page.locator("#check .answer")).to_contain_text("This page does not agree with the history", timeout=20_000)
    check_page(page)


def test_changed_bytes_of_an_entry_are_found_in_the_browser(page: Page) -> None:
    def changed(route: Route) -> None:
        answer = route.fetch()
        text = answer.text()
        at = text.index("data-bytes>") + len("data-bytes>0x") + 40
        route.fulfill(response=answer, body=text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :])

    page.route("**/portal/history/4", changed)
    page.goto("/portal/history/4")
    page.get_by_role("button", name="Check now").click()
    expect(page.locator("#check .answer")).to_contain_text("Entry 4 stands here otherwise", timeout=20_000)


def test_a_history_that_was_rewritten_is_found_by_who_saw_it_before(page: Page, portal: Portal) -> None:
    page.goto("/portal/history")
    key = f"checkpoint {portal.house.chain.origin}"
    for kept, words in (("3 " + "00" * 32, "another history before"), ("9999 " + "00" * 32, "a longer history before")):
        page.evaluate("([key, kept]) => localStorage.setItem(key, kept)", [key, kept])
        page.get_by_role("button", name="Check now").click()
        expect(page.locator("#check .answer")).to_contain_text(words, timeout=20_000)


def test_an_agency_says_what_it_may_and_with_which_key(page: Page) -> None:
    page.goto("/portal/agencies")
    page.get_by_role("link", name="Agency NZ-MPI").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Agency NZ-MPI")
    expect(page.locator("main")).to_contain_text("New Zealand")
    expect(page.get_by_role("row", name="phytosanitary certificate")).to_contain_text("Now")
    expect(page.get_by_role("row", name="account key 0x")).to_contain_text("In use")
    page.get_by_role("link", name="What it has said, in the history").click()
    expect(page.locator("#entries")).to_contain_text("phytosanitary certificate, accepted")


def test_a_declaration_says_what_agencies_said_and_what_became_of_it(page: Page, portal: Portal) -> None:
    page.goto(portal.story.page("invoice"))
    expect(page.locator("main")).to_contain_text("customs clearance notice, goods released")
    expect(page.locator(".status")).to_have_text("In force")
    page.goto(portal.story.page("revoked"))
    expect(page.locator(".status")).to_have_text("Revoked by the agency")
    page.goto(portal.story.page("detained"))
    expect(page.locator(".status")).to_have_text("In force, against the goods")
    page.goto(portal.story.page("old"))
    expect(page.locator(".notice")).to_contain_text("Its party withdrew it on")
    code = page.get_by_role("img", name="QR code")
    assert code.evaluate("(one) => one.naturalWidth") > 0


def test_a_declaration_moves_while_one_looks(page: Page, portal: Portal) -> None:
    waiting = next(iter(houses.declaration(portal.house) for _ in range(1)))
    declared, _ = waiting
    origin = portal.house.chain.origin
    portal.house.store.declarations.add([waiting], origin, int(time.time()))
    page.goto(f"/portal/declarations/0x{declared.id(origin).hex()}?digest=0x{declared.digest.hex()}")
    expect(page.locator("[data-live=state]")).to_contain_text("ntered in the history", timeout=30_000)
    expect(page.locator("[data-step=anchored]")).to_have_class("done")


def test_nobody_reads_a_declaration_without_its_digest(page: Page, portal: Portal, expected: list[str]) -> None:
    expected.extend(["401", "404"])
    address = portal.story.page("invoice").partition("?")[0]
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 401
    check_page(page)
    wrong = page.goto(f"{address}?digest=0x{'11' * 32}")
    assert wrong is not None
    assert wrong.status == 404
    check_page(page)

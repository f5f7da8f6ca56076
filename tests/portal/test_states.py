"""What pages say when something is away, empty or forbidden. Nothing typed is lost, and nobody sees a bare error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from fastapi.testclient import TestClient
from playwright.sync_api import Page, expect

from api.main import create_app
from api.services import Services
from ledger.app import App
from ledger.edges.store import Store
from ledger.errors import Source, Unavailable
from ledger.settings import Settings
from tests.api.office import NOW, away
from tests.edges.stored import ORIGIN
from tests.portal.conftest import Portal
from tests.portal.look import check_page

PAGES = ("/portal/history", "/portal/history/0", "/portal/agencies", "/portal/agencies/NZ-MPI")


def _nobody(*_: Any, **__: Any) -> None:
    raise Unavailable("the node does not answer", source=Source.CHAIN)


@pytest.mark.parametrize("path", PAGES)
def test_while_the_chain_is_away_a_page_says_as_of_when_it_knows(
    page: Page, portal: Portal, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    page.goto("/portal/history")  # so that the history is known
    monkeypatch.setattr(portal.services.app.follower, "refresh", _nobody)
    page.goto(path)
    expect(page.locator(".bar")).to_contain_text("Nobody can say at the moment what is new")
    expect(page.locator(".bar")).to_contain_text("What you see is known up to entry")
    check_page(page)


def test_a_declaration_is_shown_while_the_chain_is_away(
    page: Page, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portal.services.app.follower, "refresh", _nobody)
    page.goto(portal.story.page("invoice"))
    expect(page.locator(".bar")).to_be_visible()
    expect(page.locator("main")).to_contain_text("goods released")
    check_page(page)


def test_a_fault_of_ours_is_a_page_too(
    page: Page, portal: Portal, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ValueError("unexpected")

    expected.append("500")
    monkeypatch.setattr(portal.services.app.follower, "refresh", broken)
    answer = page.goto("/portal/agencies")
    assert answer is not None
    assert answer.status == 500
    expect(page.get_by_role("heading", level=1)).to_have_text("Something went wrong here")
    assert "unexpected" not in page.content()
    check_page(page)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server that has never seen its chain."""
    folder: Path = tmp_path_factory.mktemp("office")
    store = Store.open(f"sqlite:///{folder / 'ledger.sqlite'}", ORIGIN)
    settings = Settings(state_dir=folder, origin=str(ORIGIN))
    with TestClient(create_app(Services(App(settings, store=store, connect=away), lambda: NOW))) as client:
        yield client
    store.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_server_that_never_saw_its_chain_says_so_in_words(office: TestClient, path: str) -> None:
    answer = office.get(path, headers={"Accept-Language": "es"})
    assert (answer.status_code, answer.headers["content-language"]) == (503, "es")
    assert "Nadie puede decirlo por el momento" in answer.text
    assert answer.headers["retry-after"]


def test_pages_that_need_no_history_are_there_without_it(office: TestClient) -> None:
    for path in ("/", "/portal/privacy"):
        assert office.get(path).status_code == 200


def test_a_page_that_is_not_there(page: Page, expected: list[str]) -> None:
    expected.append("404")
    answer = page.goto("/portal/nothing/here")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
    check_page(page)


def test_the_language_is_kept_and_does_not_lose_the_question(page: Page) -> None:
    page.goto("/portal/history?kind=said")
    page.get_by_role("link", name="Français").click()
    assert "kind=said" in page.url
    expect(page.get_by_role("heading", level=1)).to_have_text("Historique")
    page.goto("/portal/agencies")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.get_by_role("heading", level=1)).to_have_text("Administrations")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 405),
        ({"Origin": "OURS"}, 405),
    ],
)
def test_no_page_takes_a_form_of_another_site(portal: Portal, headers: dict[str, str], status: int) -> None:
    sent = {name: value.replace("OURS", portal.url) for name, value in headers.items()}
    assert requests.post(f"{portal.url}/portal/history", headers=sent, timeout=30).status_code == status


def test_every_page_is_reached_by_keyboard_alone(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Check a document").last).to_be_focused()
    page.goto("/")
    for _ in range(4):  # skip, name, "Check a document", "History"
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("History")

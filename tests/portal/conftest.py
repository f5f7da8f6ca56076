"""A real browser and a served portal, made once for the tests of this folder; each test gets a page of its own.

A test fails where its page reports an error: in the console, by a request that failed, or against its policy.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from api.main import create_app
from api.services import Services, open_services
from ledger.core.statements.signature import Algorithm
from ledger.settings import Settings
from ledger.testing.local_ledger import LocalLedger
from tests import houses
from tests.api.listening import listening
from tests.browser import INSTALL, PROGRAM
from tests.portal import story


@dataclass(frozen=True, slots=True)
class Portal:
    """A served portal: its address, what lies under it, and what has happened there."""

    url: str
    house: LocalLedger
    services: Services
    story: story.Story


@pytest.fixture(scope="package")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A served portal with a story. A test that changes its history adds to it, and takes nothing for granted."""
    folder = tmp_path_factory.mktemp("portal")
    with houses.house(folder) as house:
        happened = story.told(house)
        with served(house) as (url, services):
            yield Portal(url, house, services, happened)


class served:  # noqa: N801 (used like a function)
    """A server over a house, at an address of localhost, where browsers allow passkeys; a context manager."""

    def __init__(self, house: LocalLedger, **settings: object) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"http://localhost:{self._port}"
        house.key("log", Algorithm.ED25519)
        own: dict[str, object] = {
            "rpc_url": house.devchain.url,
            "origin": str(house.chain.origin),
            "state_dir": house.folder,
            "passphrase_file": house.passphrase_file,
            "relayer_key": "relayer",
            "anchor_key": "anchor",
            "log_key": "log",
            "anchor_max_age_seconds": 0,
            "poll_interval_seconds": 0.1,
            "requests_per_second": 1000,
            "site": self.url,
        }
        self.services = open_services(Settings(**(own | settings)))  # type: ignore[arg-type]
        self.services.verdicts.start()
        self._listening = listening(create_app(self.services), self._port)

    def __enter__(self) -> tuple[str, Services]:
        self._listening.__enter__()
        return self.url, self.services

    def __exit__(self, *error: object) -> None:
        self._listening.__exit__(None, None, None)


# Of the package, not of the session: while Playwright runs, no other test of this process could run an event loop.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    if PROGRAM is None:
        pytest.skip(f"chromium is not installed: {INSTALL}")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def expected() -> list[str]:
    """Parts of the messages that a test expects in the console, or of the addresses of requests that shall fail."""
    return []


@pytest.fixture
def context(browser: Browser, portal: Portal, expected: list[str], tmp_path: Path) -> Iterator[BrowserContext]:
    """A person's browser: empty, in English, at a desk."""
    made = browser.new_context(base_url=portal.url, locale="en-GB", viewport={"width": 1024, "height": 768})
    made.set_default_timeout(10_000)
    troubles: list[str] = []

    def noted(words: str) -> None:
        if not any(part in words for part in expected):
            troubles.append(words)

    def said(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            noted(f"console: {message.text} ({message.location.get('url')})")

    def failed(request: Request) -> None:
        # A page that is left ends its requests.
        if request.failure != "net::ERR_ABORTED":
            noted(f"failed: {request.method} {request.url}: {request.failure}")

    made.on("console", said)
    made.on("weberror", lambda error: noted(f"error: {error.error}"))
    made.on("requestfailed", failed)
    yield made
    made.close()
    assert not troubles, "\n".join(troubles)


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A page of that browser, which relative addresses lead to."""
    return context.new_page()

"""The page at ``/q``: what its headers forbid, what it says without a script, and what it does in a real browser."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from api.main import create_app
from api.portal.render import POLICY
from api.services import open_services
from ledger.core.encoding.ids import DeclarationId, Digest
from ledger.core.evidence.link import EvidenceLink
from ledger.core.evidence.reading import read_evidence
from ledger.journeys.by_link import evidence_by_link
from ledger.settings import Settings
from tests import houses
from tests.browser import INSTALL, PROGRAM, Browser
from tests.witnesses import serving

STATIC = Path(__file__).parents[2] / "api" / "portal" / "static"


@dataclass
class Site:
    """A real server, a declaration in its history, and the link to its evidence."""

    url: str
    link: EvidenceLink


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with houses.house(tmp_path_factory.mktemp("house")) as house:
        (declared,) = houses.anchored(house)
        id_ = declared.id(house.chain.origin)
        settings = Settings(**house.settings.model_dump(exclude_unset=True) | {"origin": str(house.chain.origin)})
        with serving(create_app(open_services(settings))) as url:
            yield Site(url, EvidenceLink(url, DeclarationId(id_), declared.digest))


@pytest.fixture
def browser(site: Site, tmp_path: Path) -> Iterator[Browser]:
    if PROGRAM is None:
        pytest.skip(f"chromium is not installed: {INSTALL}")
    with Browser({}, site.url) as made:
        made.send("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
        made.send("Log.enable")
        yield made


def opened(browser: Browser, address: str) -> str:
    """Open an address; what its status says."""
    browser.open("about:blank")  # another fragment alone would not load the page again
    browser.open(address)
    return said(browser)


def said(browser: Browser) -> str:
    return str(browser.call("document.getElementById('status').textContent"))


def taken(browser: Browser) -> str:
    """Ask for the evidence; what the page says when the answer is there."""
    browser.call("document.getElementById('take').click()")
    for _ in range(200):
        words = said(browser)
        if words and not words.startswith("Asking"):
            return words
        time.sleep(0.05)
    raise AssertionError("no answer")


def test_the_page_is_whole_and_strict(site: Site) -> None:
    answer = requests.get(f"{site.url}/q", timeout=30)
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", answer.text), "nothing inline"
    for source in re.findall(r'(?:src|href)="([^"]+)"', answer.text):
        if not source.startswith("data:"):
            part = requests.get(f"{site.url}/{source}", timeout=30)
            assert (part.status_code, part.headers["cache-control"]) == (200, "public, max-age=3600")
            assert part.headers["x-content-type-options"] == "nosniff"
            assert part.headers["content-type"].partition(";")[0] in ("text/css", "text/javascript")


def test_without_a_script_it_says_what_to_type(site: Site) -> None:
    text = " ".join(requests.get(f"{site.url}/q", timeout=30).text.split())
    assert "This page proves nothing." in text
    assert '<noscript> <p class="problem">' in text
    assert "ledger evidence" in text
    assert "verify.py" in text


def test_no_part_is_from_elsewhere_or_writes_html() -> None:
    for file in STATIC.iterdir():
        text = file.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert not re.search(r"(?:https?:)?//[a-z0-9-]+\.[a-z]", text.replace("// ", "")), file
        assert not re.search(r"innerHTML|insertAdjacent|document\.write|eval\(|@import|url\(", text), file
    assert sum(len(file.read_bytes()) for file in STATIC.glob("*.js")) < 20_000


def test_the_program_gets_the_evidence_by_the_link(site: Site) -> None:
    assert evidence_by_link(site.link).id == site.link.id


def test_a_reader_of_the_code_gets_the_evidence(browser: Browser, site: Site, tmp_path: Path) -> None:
    assert opened(browser, str(site.link)) == ""
    shown = browser.call("document.getElementById('id').textContent")
    assert shown.replace(" ", "") == "0x" + site.link.id.hex()
    words = taken(browser)
    name = f"{site.link.id.hex()[:8]}.evidence.json"
    assert words.startswith(f"Saved as {name}. It is not checked yet"), words
    for _ in range(200):
        if (tmp_path / name).exists() and (tmp_path / name).stat().st_size:
            break
        time.sleep(0.05)
    assert read_evidence((tmp_path / name).read_bytes()).id == site.link.id
    assert name in browser.call("document.getElementById('check').textContent")


def test_no_address_that_is_asked_for_has_the_digest(browser: Browser, site: Site) -> None:
    opened(browser, str(site.link))
    taken(browser)
    secrets = [site.link.digest.hex(), str(site.link).rpartition(".")[2]]
    assert any("/evidence" in url for url, _ in browser.asked)
    for url, headers in browser.asked:
        assert not any(secret in url for secret in secrets), url
        assert "referer" not in {name.lower() for name in headers}
        assert any(secret in json.dumps(headers) for secret in secrets) == url.endswith("/evidence")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda link: link.partition("#")[0], "The address names no declaration."),
        (lambda link: link.partition("#")[0] + "#", "The address names no declaration."),
        (lambda link: link[:-1], "The address is not whole."),
        (lambda link: link + "A", "The address is not whole."),
        (lambda link: link.replace("#1.", "#2."), "The address is not whole."),
        (lambda link: link[:-1] + "B", "The address is not whole."),
        (lambda link: link.partition("#")[0] + "#<img src=x onerror=alert(1)>", "The address is not whole."),
    ],
)
def test_an_address_that_is_not_whole_is_told(browser: Browser, site: Site, change: Any, words: str) -> None:
    assert opened(browser, change(str(site.link))).startswith(words)
    assert browser.call("document.getElementById('ready').hidden")
    assert browser.call("document.activeElement.id") == "status"
    assert browser.call("document.images.length") == 0


def test_a_code_that_does_not_fit_may_be_forged(browser: Browser, site: Site) -> None:
    forged = site.link._replace(digest=Digest(bytes(32)))
    opened(browser, str(forged))
    assert "its code may be forged" in taken(browser)
    assert not browser.call("document.getElementById('take').disabled"), "one may try again"


def test_away_from_the_network_it_says_where_the_evidence_is(browser: Browser, site: Site) -> None:
    opened(browser, str(site.link))
    browser.server = None
    words = taken(browser)
    assert words.startswith("The server cannot be reached.")
    assert "the evidence is inside it" in words
    browser.server = site.url
    assert taken(browser).startswith("Saved")


def test_another_code_in_the_same_window(browser: Browser, site: Site) -> None:
    opened(browser, str(site.link))
    other = site.link._replace(id=DeclarationId(bytes(range(32))))
    browser.call(f"location.hash = {json.dumps(str(other).partition('#')[2])}")
    browser.call("new Promise(done => setTimeout(done, 50))")
    assert browser.call("document.getElementById('id').textContent").startswith("0x 00010203")
    browser.call("location.hash = 'nonsense'")
    browser.call("new Promise(done => setTimeout(done, 50))")
    assert browser.call("document.getElementById('ready').hidden")


@pytest.mark.parametrize("dark", [False, True])
def test_a_narrow_screen_and_the_dark(browser: Browser, site: Site, dark: bool) -> None:
    browser.send("Emulation.setDeviceMetricsOverride", width=320, height=640, deviceScaleFactor=1, mobile=True)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.send("Emulation.setEmulatedMedia", features=[scheme])
    opened(browser, str(site.link))
    assert browser.call("document.documentElement.scrollWidth") <= 320
    wide = "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > 320).length"
    assert browser.call(wide) == 0
    assert browser.call("document.getElementById('take').getBoundingClientRect().height") >= 44
    colours = browser.call(
        "['color', 'background-color'].map(name => getComputedStyle(document.documentElement).getPropertyValue(name))"
    )
    shades = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in colours]
    assert (shades[0] > shades[1]) is dark
    assert abs(shades[0] - shades[1]) > 600

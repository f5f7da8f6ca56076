"""The checking page, alone on a disk and with the network off, in three engines: it says of twelve files what they are.

Words and verdicts are held to the conformance cases, whose answers docs/evidence-format.md gives.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from ledger.core.document import Format, wrap
from ledger.testing.world import PLANT, World
from tests.portal import engines
from tests.portal.engines import Page, wait_for

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "verifier" / "verify.html"
CASES = ROOT / "tests" / "conformance"
GOOD = "This document is good"
BAD = "Do not rely on this document"
UNDECIDED = "It cannot be decided"
PROBLEM = "There is a problem"


@dataclass(frozen=True)
class Files:
    """What a person gives to the page, and the heading of the answer. ``says``: words that must be in the answer."""

    files: Sequence[Path]
    heading: str
    says: Sequence[str] = ()


def case(name: str, heading: str, *says: str) -> Files:
    folder = CASES / name
    return Files([file for file in sorted(folder.iterdir()) if file.name != "case.json"], heading, says)


TWELVE: Mapping[str, Files] = {
    "good": case("document_json_wrapped", GOOD, "All 9 fields"),
    "changed": case("document_value_changed_fail", BAD, "changed after it was declared", "which this is not"),
    "redacted": case("document_redacted", GOOD, "Fields hidden: 3"),
    "PDF": case("pdf_declared", GOOD, "Save the original PDF"),
    "revoked": case("revoked_whole_fail", BAD, "has taken back what it said"),
    "compromised": case("compromise_unsafe_fail", BAD, "reported stolen"),
    "stale": case("since_stale_fail", BAD, "The evidence is too old"),
    "no trust root": case("trust_not_given_fail", UNDECIDED, "You have not said whom you trust"),
    "other origin": case("trust_of_another_chain_fail", BAD, "a history that you do not trust"),
    "malformed": case("proof_too_long_to_read_fail", PROBLEM, "This cannot be read: the evidence"),
    "passkey": case("passkey_attested", "The evidence is good, but no document was checked", "a passkey"),
}
"""Eleven of them. The twelfth, with 100,000 fields, is made when it is needed."""


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A document of 100,000 fields, attested by an agency, with its evidence and trust root."""
    folder = tmp_path_factory.mktemp("large")
    document = wrap(
        json.dumps({"lines": [{"number": number, "mass": 2 * number} for number in range(50_000)]}).encode(),
        Format.JSON,
        sha256(b"seed").digest(),
    )
    world = World()
    world.enrol("NZ-MPI", "NZ", [851], PLANT, name="Plant health NZ")
    declaration, signature = world.declare(document.digest)
    batch = world.anchor([declaration])
    world.attest("NZ-MPI", 851, batch[0], batch[1], PLANT)
    (folder / "evidence.json").write_bytes(world.evidence(declaration, signature, batch).to_bytes())
    (folder / "invoice.wrapped").write_bytes(document.to_bytes())
    (folder / "trust.json").write_bytes(world.trust.to_bytes())
    return Files(sorted(folder.iterdir()), GOOD, ["All 100,000 fields", "Plant health NZ"])


def give(page: Page, files: Sequence[Path]) -> None:
    """Begin anew, choose the files, and ask for the answer."""
    page.reload()
    wait_for(page, "document.documentElement?.dataset.ready === 'yes'")
    page.choose([file.resolve() for file in files])
    wait_for(page, f"document.querySelectorAll('#given li').length === {len(files)}")
    page.ask("(document.querySelector('button[type=submit]').click(), null)")
    wait_for(page, "document.querySelector('#answer, #trouble') !== null", 120)


def answer(page: Page) -> tuple[str, str]:
    """The heading of the answer without its sign, and all that the page says then."""
    heading = page.ask("document.querySelector('#answer, #trouble').lastChild.textContent")
    return str(heading), str(
        page.ask("document.getElementById('problem').textContent + document.getElementById('result').textContent")
    )


def check(page: Page, files: Files, name: str) -> None:
    give(page, files.files)
    heading, words = answer(page)
    assert heading == files.heading, f"{name}: {words[:500]}"
    assert [text for text in files.says if text not in words] == [], f"{name}: {words[:2000]}"
    assert page.ask("document.activeElement.matches('#answer, #trouble')"), f"{name}: the focus is not on the answer"


@pytest.fixture(scope="module")
def chromium(browser: Browser) -> Iterator[Page]:
    with engines.chromium_page(browser, PAGE.as_uri()) as page:
        yield page


@pytest.mark.parametrize("name", TWELVE)
def test_says_of_a_file_what_it_is(chromium: Page, name: str) -> None:
    check(chromium, TWELVE[name], name)


def test_stays_usable_while_it_checks_100_000_fields(chromium: Page, large: Files) -> None:
    chromium.reload()
    watch = (
        "{ let last = performance.now(); window.worst = 0; setInterval(() => { const now = performance.now();"
        " window.worst = Math.max(window.worst, now - last); last = now; }, 20); }"
    )
    wait_for(chromium, "document.documentElement?.dataset.ready === 'yes'")
    chromium.choose(large.files)
    wait_for(chromium, "document.querySelectorAll('#given li').length === 3")
    chromium.ask(f"(() => {watch})()")
    chromium.ask("(document.querySelector('button[type=submit]').click(), null)")
    wait_for(chromium, "document.querySelector('#answer, #trouble') !== null", 120)
    heading, words = answer(chromium)
    assert heading == large.heading, words[:500]
    assert all(text in words for text in large.says), words[:2000]
    assert chromium.ask("window.worst") < 1000, "the page stood still"
    assert chromium.ask("document.querySelectorAll('#result tbody tr').length") < 500


ENGINES: Mapping[str, tuple[str | None, Callable[[str], AbstractContextManager[Page]], str]] = {
    "Firefox": (engines.FIREFOX, engines.firefox_page, "apt-get install firefox-esr"),
    "WebKitGTK": (engines.WEBKIT, engines.webkit_page, "apt-get install webkit2gtk-driver xvfb"),
}


@pytest.mark.parametrize("engine", ENGINES)
def test_says_the_same_in_other_engines(engine: str, large: Files) -> None:
    program, opened, install = ENGINES[engine]
    if program is None:
        pytest.skip(f"{engine} is not installed: {install}")
    with opened(PAGE.as_uri()) as page:
        for name, files in {**TWELVE, "100,000 fields": large}.items():
            check(page, files, name)


def test_is_saved_as_it_was_read(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    page.goto(PAGE.as_uri())
    with page.expect_download() as download:
        page.get_by_role("button", name="Save this page").click()
    download.value.save_as(tmp_path / "check.html")
    assert (tmp_path / "check.html").read_bytes() == PAGE.read_bytes()
    page.close()


def test_saves_its_verdict_as_the_other_verifiers_print_it(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    page.goto(PAGE.as_uri())
    page.locator("html[data-ready]").wait_for()
    case = CASES / "document_json_wrapped"
    page.set_input_files("#files", [str(case / name) for name in ("document", "evidence.json", "trust.json")])
    page.locator("#given li").nth(2).wait_for()
    page.get_by_role("button", name="Check", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save this answer").click()
    download.value.save_as(tmp_path / "verdict.json")
    page.close()
    saved = json.loads((tmp_path / "verdict.json").read_text())
    files = [str(case / "evidence.json"), "--document", str(case / "document"), "--trust", str(case / "trust.json")]
    times = ["--clock", datetime.fromtimestamp(saved["clock"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")]
    verify = [sys.executable, "-I", "-S", str(PAGE.with_name("verify.py")), *files, *times, "--json"]
    printed = json.loads(subprocess.run(verify, check=False, capture_output=True, text=True).stdout)
    for name in ("declaration", "conclusion", "questions", "fields", "at", "clock"):
        assert saved[name] == printed[name], name
    assert [(check["code"], check["status"]) for check in saved["checks"]] == [
        (check["code"], check["status"]) for check in printed["checks"]
    ]


def test_takes_files_that_are_dropped(browser: Browser) -> None:
    page = browser.new_page()
    page.goto(PAGE.as_uri())
    for file in TWELVE["good"].files:
        data = page.evaluate_handle(
            "([name, bytes]) => { const made = new DataTransfer();"
            " made.items.add(new File([Uint8Array.from(bytes)], name)); return made }",
            [file.name, list(file.read_bytes())],
        )
        page.dispatch_event("#drop", "drop", {"dataTransfer": data})
    page.wait_for_selector("#given li:nth-child(3)")
    assert page.get_by_text("evidence.json: the evidence").is_visible()
    assert page.get_by_text("trust.json: a trust file").is_visible()
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_role("heading", name=GOOD).wait_for()
    page.close()


def test_is_small() -> None:
    assert len(PAGE.read_bytes()) <= 160_000

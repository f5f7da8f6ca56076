"""What every page must stand: axe in both themes, a phone's width, and targets for fingers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = {"width": 320, "height": 640}
LEAST = 44  # CSS pixels of a target that stands alone

_WIDE = """() => [...document.querySelectorAll("body *")]
  .filter((one) => !one.closest(".hidden, .skip, thead"))
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && box.height > 0 && (box.right > innerWidth + 1 || box.left < -1))
  .map(([one]) => `${one.tagName}.${one.className}: ${one.textContent.trim().slice(0, 60)}`).slice(0, 5)"""
# Links inside running text are as high as their line (WCAG 2.5.8, "inline"). A box is ticked by its label too.
_SMALL = """(least) => [...document.querySelectorAll(
    "button, .button, nav a, summary, select, textarea, input:not([type=hidden])")]
  .filter((one) => one.checkVisibility() && !one.closest(".hidden"))
  .map((one) => [one, one.matches("[type=checkbox], [type=radio]") && one.closest("label") || one])
  .map(([one, target]) => [one, target.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.height < least - 0.5 || box.width < 24))
  .map(([one, box]) => `${one.outerHTML.slice(0, 80)} ${Math.round(box.width)}x${Math.round(box.height)}`)
  .slice(0, 5)"""


def check_page(page: Page) -> None:
    """Fail on any fault that a program can see; the page is left as it was."""
    size = page.viewport_size
    assert page.title().strip(), "a page has a title"
    assert page.locator("h1").count() == 1, "a page has one h1"
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        faults = violations(page)
        assert not faults, f"{page.url} ({scheme}): {json.dumps(faults, indent=1)}"
    page.emulate_media(color_scheme="light")
    small = page.evaluate(_SMALL, LEAST)
    assert not small, f"{page.url}: targets smaller than {LEAST} px: {small}"
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    wide = page.evaluate(_WIDE)
    assert not wide, f"{page.url}: wider than {PHONE['width']} px: {wide}"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], f"{page.url} scrolls sideways"
    if size is not None:
        page.set_viewport_size(size)


def violations(page: Page) -> list[dict[str, Any]]:
    """What axe finds, as it is now: each rule with the elements that break it."""
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(AXE.read_text())
    options = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    found = page.evaluate("async (options) => (await axe.run(document, options)).violations", options)
    return [
        {"rule": one["id"], "what": one["help"], "where": [node["html"][:120] for node in one["nodes"][:3]]}
        for one in found
    ]

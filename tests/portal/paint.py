"""``python -m tests.portal.paint --declarations 1000000``: how long pages take to their first paint over a full store.

Each page is opened ten times in a new browser context, without any cache. Milliseconds, as the browser counts them.
"""

from __future__ import annotations

import argparse
import secrets
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from ledger.core.statements.declaration import Declaration
from ledger.testing.local_ledger import LocalLedger
from tests import houses
from tests.browser import INSTALL, PROGRAM
from tests.portal import story
from tests.portal.conftest import served

AT_ONCE, TIMES = 20_000, 10
_PAINT = """() => new Promise((resolve) => {
  const seen = (list) => list.getEntriesByName("first-contentful-paint").forEach((one) => resolve(one.startTime));
  new PerformanceObserver(seen).observe({ type: "paint", buffered: true });
})"""


def fill(house: LocalLedger, count: int) -> None:
    """Declarations that wait, each of a random digest; their signatures are none, and nobody looks at them."""
    party, origin = house.key("trader").address, house.chain.origin
    for begin in range(0, count, AT_ONCE):
        made = [
            (Declaration(party, secrets.token_bytes(32), 380), bytes(65)) for _ in range(min(AT_ONCE, count - begin))
        ]
        house.store.declarations.add(made, origin, int(time.time()))


def paints(browser: Browser, url: str) -> list[float]:
    """Times to the first contentful paint of a page."""
    found = []
    for _ in range(TIMES):
        context = browser.new_context()
        page = context.new_page()
        page.goto(url)
        found.append(float(page.evaluate(_PAINT)))
        context.close()
    return sorted(found)


def main() -> int:
    """Print median and worst for each page; 1 if one takes longer than a second."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--declarations", type=int, default=1_000_000)
    count = options.parse_args().declarations
    if PROGRAM is None:
        print(f"chromium is not installed: {INSTALL}", file=sys.stderr)
        return 1
    slowest = 0.0
    with tempfile.TemporaryDirectory() as state, houses.house(Path(state)) as house:
        happened = story.told(house)
        began = time.monotonic()
        fill(house, count)
        print(f"{count:,} declarations stored in {time.monotonic() - began:.0f} s")
        pages = ["/", "/portal/history", "/portal/agencies", happened.page("invoice")]
        with served(house, anchor_key="none") as (url, _), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
            for path in pages:
                found = paints(browser, url + path)
                slowest = max(slowest, found[-1])
                print(f"{path[:24]:26}median {statistics.median(found):5.0f} ms   worst {found[-1]:5.0f} ms")
            browser.close()
    return 1 if slowest > 1_000 else 0


if __name__ == "__main__":
    sys.exit(main())

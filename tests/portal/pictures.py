"""``make portal-pictures``: the main screens at a desk and on a phone, in ``state/pictures``, for people to look at."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests import houses
from tests.browser import INSTALL, PROGRAM
from tests.portal import story
from tests.portal.conftest import served
from tests.portal.signing import sign_in

FOLDER = Path("state") / "pictures"
SCREENS = {
    "home": "/",
    "check": "/verify",
    "history": "/portal/history",
    "entry": "/portal/history/12",
    "agencies": "/portal/agencies",
    "agency": "/portal/agencies/NZ-MPI",
    "privacy": "/portal/privacy",
    "sign-in": "/portal/sign-in",
    "nothing-here": "/portal/nothing",
    "history-arabic": "/portal/history?lang=ar",
}
DOCUMENTS = ("invoice", "revoked", "detained", "old", "packing")
SIZES = {
    "desk": {"viewport": {"width": 1024, "height": 768}, "color_scheme": "light"},
    "phone": {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
}


def main(folder: Path = FOLDER) -> int:
    """Write the pictures; 1 if there is no browser."""
    if PROGRAM is None:
        print(f"chromium is not installed: {INSTALL}", file=sys.stderr)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as state, houses.house(Path(state)) as house:
        happened = story.told(house)
        screens = SCREENS | {f"declaration-{name}": happened.page(name) for name in DOCUMENTS}
        office = office_screens(happened)
        with served(house) as (url, services), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
            for size, options in SIZES.items():
                for name, path in (screens | office).items():
                    context = browser.new_context(base_url=url, locale="en-GB", **options)  # type: ignore[arg-type]
                    if name in office:
                        sign_in(context, url, services, house.key(houses.OFFICERS[houses.MPI][0]))
                    page = context.new_page()
                    page.goto(path)
                    page.screenshot(path=folder / f"{name}-{size}.png", full_page=True)
                    context.close()
            browser.close()
    print(f"{len(screens | office) * len(SIZES)} pictures are in {folder}")
    return 0


def office_screens(happened: story.Story) -> dict[str, str]:
    """What an officer of NZ-MPI sees."""
    case, other = (f"id=0x{happened.declared[name].id.hex()}" for name in ("invoice", "detained"))
    return {
        "inbox": "/portal/inbox",
        "inbox-decided": "/portal/inbox/decided",
        "case": f"/portal/cases?{case}",
        "cases": f"/portal/cases?{case}&{other}",
        "attestation": f"/portal/attestations/0x{happened.attestations['certificate'].hex()}",
        "case-arabic": f"/portal/cases?{case}&lang=ar",
    }


if __name__ == "__main__":
    sys.exit(main())

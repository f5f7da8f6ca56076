"""The signing page: one HTML file, with the sites that an answer may go to, and the histories that it signs for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from ledger.core.statements.origin import Origin
from ledger.errors import Malformed
from ledger.journeys.login import site_of
from ledger.journeys.verify_page import page_with
from ledger.manual import signing_page

OWN_SITE = "self"
"""The site that serves the page, in a list of sites."""


def sign_page(back: Sequence[str], histories: Sequence[Origin]) -> bytes:
    """The page.

    :param back: the sites that an answer may go to, or :data:`OWN_SITE`.
    :param histories: those that it signs for; none: it signs for any.
    :raises Malformed: a site is no address, or there is none.
    """
    sites = [site if site == OWN_SITE else site_of(site) for site in back]
    if not sites:
        raise Malformed("name at least one site that an answer may go to", "back")
    settings = {"back": sites, "histories": [str(origin) for origin in histories]}
    return page_with(settings, _page())


@cache
def _page() -> str:
    return signing_page().decode()

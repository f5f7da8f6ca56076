"""Logout: end the session at a server of the API, and forget it."""

from __future__ import annotations

from dataclasses import replace

from ledger.edges.profiles import Profiles
from ledger.errors import Source, Unavailable
from ledger.journeys.login import MOST_BYTES, site_of, web_of


def log_out(url: str, profiles: Profiles, proxy: str | None = None) -> bool:
    """End the session at a server and forget it; what was believed of the server is kept. False: there was none.

    :param proxy: address of the proxy to ask through; None: none.
    :raises Unavailable: the server does not answer; the session is forgotten all the same.
    """
    site = site_of(url)
    known = profiles.get(site)
    if known is None or known.session is None:
        return False
    profiles.keep(replace(known, signer=None, session=None, ends_at=None))
    answer = web_of(site, proxy).delete("/v1/sessions/current", MOST_BYTES, known.session)
    if answer.status not in {204, 401}:
        raise Unavailable(f"{site} did not end the session: HTTP {answer.status}", source=Source.LOG)
    return True

"""Signing in a test: a key of the house in place of a passkey, and the answer of a signing page without the page."""

from __future__ import annotations

import re
from secrets import token_hex

from playwright.sync_api import BrowserContext, Page, Route

from api.services import Services
from ledger.core.statements.sign_in import SignIn
from ledger.core.statements.signing_request import SigningRequest
from ledger.edges.keys.keystore import SigningKey
from ledger.journeys.sign import sign_request

SIGNING_PAGE = re.compile(r".*/sign$")


def sign_in(context: BrowserContext, url: str, services: Services, key: SigningKey) -> None:
    """Give a person's browser a session of a key. Not through the API, which lets an address try 10 times a minute."""
    sign_ins, at, client = services.app.sign_ins, services.clock(), token_hex(8)
    statement = SignIn(url, key.signer(services.origin), sign_ins.give_nonce(client, at), at)
    opened = sign_ins.open(statement, key.sign(statement.id(services.origin)), client, at)
    cookie = {"name": "ledger", "value": opened.secret, "url": url, "httpOnly": True, "sameSite": "Lax"}
    context.add_cookies([cookie])  # type: ignore[list-item]


def without_signing_page(context: BrowserContext) -> None:
    """Show an empty page where the signing page would be, so that a test can read what it is asked."""

    def empty(route: Route) -> None:
        route.fulfill(
            content_type="text/html", body="<!doctype html><title>Signing page</title><link rel=icon href=data:,>"
        )

    context.route(SIGNING_PAGE, empty)


def asked_to_sign(page: Page) -> SigningRequest:
    """What the signing page was asked, once the page has gone there."""
    page.wait_for_url(re.compile(r".*/sign#.+"))
    return SigningRequest.parse(page.url)


def sign_and_go_back(page: Page, key: SigningKey) -> SigningRequest:
    """Sign what is asked with a key, and go back as the signing page does; what was asked."""
    asked = asked_to_sign(page)
    page.goto(sign_request(asked, key).address())
    return asked


def decline(page: Page) -> None:
    """Go back without a signature."""
    page.goto(f"{asked_to_sign(page).back}#declined")

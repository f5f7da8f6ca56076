"""A person with a passkey in the tests' browser: an authenticator that Chromium plays, and what one does with it."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import CDPSession, Page

HINT = "pubKeyCredParams"
"""Part of Chromium's advice to take RSA keys too, which the ledger does not."""


@dataclass(frozen=True, slots=True)
class Authenticator:
    """A virtual authenticator of one page."""

    session: CDPSession
    id: str

    def verifies(self, yes: bool) -> None:
        """Whether it finds its owner's finger from now on."""
        self.session.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": yes})


def authenticator(page: Page) -> Authenticator:
    """Plug one in that verifies its owner."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    found = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return Authenticator(session, str(found["authenticatorId"]))


def make_passkey(page: Page, name: str = "Office laptop") -> str:
    """From the sign-in screen: make a passkey, and come back; its signer, 0x and hex digits."""
    page.goto("/portal/sign-in")
    page.click("#make")
    page.fill("#name", name)
    page.click("#create")
    signer = page.inner_text("#signer")
    page.click("#back")
    page.wait_for_selector("#status .notice")
    return signer


def sign_in(page: Page, next_: str = "/portal/account") -> None:
    """From the sign-in screen: sign in with the passkey that the browser knows."""
    page.goto(f"/portal/sign-in?next={next_}")
    page.click("#sign-in")
    page.click("#sign")
    page.wait_for_url(f"**{next_}")

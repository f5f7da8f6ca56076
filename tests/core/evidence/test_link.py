"""The link that a code on paper holds: one spelling, nothing in it for a server to log, and nothing believed."""

from __future__ import annotations

import pytest

from ledger.core.encoding.ids import DeclarationId, Digest
from ledger.core.evidence.link import EvidenceLink, read_link, read_site
from ledger.errors import Malformed, VerificationFailed
from ledger.testing.world import World

SITE = "https://ledger.example"
ID, DIGEST = DeclarationId(bytes(range(32))), Digest(bytes(range(32, 64)))
LINK = EvidenceLink(SITE, ID, DIGEST)
FRAGMENT = str(LINK).partition("#")[2]


@pytest.mark.parametrize("site", [SITE, "http://localhost:8080", "https://trade.example/ledger", "http://[::1]:8080"])
def test_a_link_is_read_as_it_was_written(site: str) -> None:
    link = EvidenceLink(site, ID, DIGEST)
    assert read_link(str(link)) == link
    assert read_link(f" {link}\n") == link, "as it is pasted"
    assert str(link).startswith(f"{site}/q#1."), "what names the document stands after the #"


def test_the_link_of_the_design_is_short_enough_for_paper() -> None:
    assert len(str(EvidenceLink("https://ledger.customs.example.nz", ID, DIGEST))) <= 125


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{SITE}/q", "has no # part"),
        (f"{SITE}/q#", "cut or changed"),
        (str(LINK)[:-1], "cut or changed"),
        (f"{LINK}A", "cut or changed"),
        (str(LINK).replace("#1.", "#2."), "cut or changed"),
        (f"{SITE}/x#{FRAGMENT}", "no link to evidence"),
        (f"{SITE}/q#1.{'A' * 42}B.{'A' * 43}", "not base64url of 32 bytes"),
        (f"ftp://ledger.example/q#{FRAGMENT}", "address of a server"),
        (f"https://user:pass@ledger.example/q#{FRAGMENT}", "address of a server"),
        (f"https://ledger.example/?a/q#{FRAGMENT}", "address of a server"),
        (f"https:///q#{FRAGMENT}", "address of a server"),
        (f"https://ledger.example:99999/q#{FRAGMENT}", "address of a server"),
    ],
)
def test_what_is_no_link_is_refused(text: str, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        read_link(text)


@pytest.mark.parametrize(
    "site", ["", "ledger.example", "https://", "https://a b", "https://a/" + "x" * 200, "https://a\n"]
)
def test_what_is_no_address_is_refused(site: str) -> None:
    with pytest.raises(Malformed, match="--at"):
        read_site(site, "--at")


def test_evidence_of_something_else_is_refused() -> None:
    world = World()
    declaration, signature = world.declare(DIGEST, 380)
    made = world.evidence(declaration, signature, world.anchor([declaration]))
    EvidenceLink.of(made, SITE).check(made)
    with pytest.raises(VerificationFailed, match="another declaration"):
        EvidenceLink(SITE, ID, DIGEST).check(made)
    with pytest.raises(VerificationFailed, match="forged"):
        EvidenceLink(SITE, made.id, Digest(bytes(32))).check(made)

"""Shares in the browser: sealed and opened as the core does it, and links read in their one spelling."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest

from ledger.core.encoding.ids import DeclarationId, Digest
from ledger.core.evidence.link import EvidenceLink
from ledger.core.evidence.share import seal, share_id, unseal
from tests.web.driving import Driver, Refused

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "shares.json").read_text())
ID, DIGEST, KEY = DeclarationId(bytes(range(32))), Digest(bytes(range(32, 64))), bytes(range(16))
DOCUMENT = b'{"fields":[]}'


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["about"])
def test_the_vectors(driver: Driver, case: dict[str, str]) -> None:
    key, sealed = urlsafe_b64decode(case["key"] + "=="), bytes.fromhex(case["sealed"])
    about = {"key": key, "declaration": bytes.fromhex(case["declaration"])}
    assert driver.ask("share_id", **about) == case["share"]
    document = bytes.fromhex(case["document"])
    assert driver.ask("seal_with", document=document, nonce=sealed[:12], **about) == case["sealed"]
    assert driver.ask("unseal", sealed=sealed, **about) == case["document"]


@pytest.mark.parametrize("size", [0, 1, 5_000, 1 << 20])
def test_what_the_browser_seals_opens_here(driver: Driver, size: int) -> None:
    document = bytes(size)
    made = driver.ask("seal", document=document, declaration=ID)
    key, sealed = bytes.fromhex(made["key"]), bytes.fromhex(made["sealed"])
    assert unseal(sealed, key, ID) == document
    assert made["id"] == share_id(key, ID).hex()
    again = driver.ask("seal", document=document, declaration=ID)
    assert len({made["key"], again["key"]}) == 2, "each share has a key of its own"
    assert sealed[:12].hex() != again["sealed"][:24]


def test_what_does_not_open(driver: Driver) -> None:
    sealed = seal(DOCUMENT, KEY, ID, bytes(12))
    for given, key, declaration in [
        (sealed, bytes(16), ID), (sealed, KEY, bytes(32)), (sealed[:-1], KEY, ID), (sealed + b"\0", KEY, ID),
        (b"", KEY, ID), (sealed[:28], KEY, ID), (sealed[:20] + bytes(1) + sealed[21:], KEY, ID),
    ]:  # fmt: skip
        with pytest.raises(Refused, match="Failed: the share does not open"):
            driver.ask("unseal", sealed=given, key=key, declaration=declaration)
    assert driver.ask("unseal", sealed=sealed, key=KEY, declaration=ID) == DOCUMENT.hex()


@pytest.mark.parametrize("key", [None, KEY])
def test_a_link_is_read_as_the_core_writes_it(driver: Driver, key: bytes | None) -> None:
    fragment = "#" + str(EvidenceLink("https://ledger.example", ID, DIGEST, key)).partition("#")[2]
    found = driver.ask("fragment", text=fragment)
    shown = None if key is None else key.hex()
    assert found == {"declaration": ID.hex(), "digest": DIGEST.hex(), "key": shown, "again": fragment}


FRAGMENT = "#" + str(EvidenceLink("https://ledger.example", ID, DIGEST, KEY)).partition("#")[2]


@pytest.mark.parametrize(
    "text",
    [
        "", "#", FRAGMENT[1:], FRAGMENT[:-1], FRAGMENT + "A", FRAGMENT.replace("#1.", "#2."), FRAGMENT + ".A",
        FRAGMENT.rpartition(".")[0] + ".", f"#1.{'A' * 42}B.{'A' * 43}", f"#1.{'A' * 43}.{'A' * 43}.{'A' * 21}B",
        FRAGMENT.replace(".", ",", 1), f"#1.{'A' * 42}=.{'A' * 43}",
    ],
)  # fmt: skip
def test_what_is_no_link(driver: Driver, text: str) -> None:
    assert driver.ask("fragment", text=text) is None

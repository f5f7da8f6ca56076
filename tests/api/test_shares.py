"""Shares over HTTP: who may leave one, what is kept of it, who gets it, and how much."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from api.background import forget_shares
from api.kit.quota import ShareQuota
from api.services import Services
from ledger.core.document import Format, Wrapped, open_document, redact, wrap
from ledger.core.encoding.ids import DeclarationId
from ledger.core.encoding.reading import hex_text
from ledger.core.evidence.share import NewShare, unseal
from ledger.core.statements.declaration import Declaration
from ledger.edges.store import shares as stored
from ledger.journeys.shares import LEAST_SECONDS, MOST_SECONDS, MOST_SHARE_BYTES, make_share
from tests.api import visits
from tests.api.visits import SAME_ORIGIN, Site
from tests.signing_in import SITE

BYTES = {"Content-Type": "application/octet-stream"}
CONTENT = {"exporter": "Aotea Exports", "price": "S3CR3T-42"}
DAY = 86_400
SHARES = "/v1/shares"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with visits.site(
        tmp_path_factory.mktemp("site"), lambda house: {"auditors": hex_text(house.key("auditor").address)}
    ) as made:
        yield made


@pytest.fixture(autouse=True)
def _forget(site: Site) -> Iterator[None]:
    """No share of one test counts in the next."""
    yield
    site.clock.on(MOST_SECONDS)
    forget_shares(site.services)


@dataclass
class Declared:
    """A declaration of the trader, and its document."""

    id: DeclarationId
    document: Wrapped


@pytest.fixture(scope="module")
def declared(site: Site) -> Declared:
    key = site.house.key("trader")
    document = wrap(json.dumps(CONTENT).encode(), Format.JSON, b"\x07" * 32)
    made = Declaration(key.address, document.digest, 380)
    id_ = made.id(site.origin)
    site.house.store.declarations.add([(made, key.sign(id_))], site.origin, site.clock.at)
    return Declared(id_, document)


@pytest.fixture
def trader(site: Site) -> TestClient:
    return site.signed_in("trader")


def sealed(site: Site, declared: Declared, days: int = 30) -> tuple[NewShare, bytes]:
    """A new share of a copy that hides the price, and its key."""
    copy = redact(declared.document, ["$.price"])
    new, link = make_share(copy, SITE, declared.id, site.clock.at + days * DAY)
    assert link.key is not None
    return new, link.key


def asked(new: NewShare, **changes: Any) -> dict[str, str]:
    values = {"share": hex_text(new.id), "declaration": hex_text(new.declaration), "until": str(new.until)}
    return values | {name: str(value) for name, value in changes.items()}


def leave(visitor: TestClient, new: NewShare, **changes: Any) -> httpx.Response:
    return visitor.post(SHARES, params=asked(new, **changes), content=new.sealed, headers=BYTES)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("urn:trade-ledger:")


def test_a_share_is_left_and_got_and_opened(site: Site, declared: Declared, trader: TestClient) -> None:
    new, key = sealed(site, declared)
    made = leave(trader, new)
    shown = {
        "share": hex_text(new.id), "signer": hex_text(site.house.key("trader").address),
        "declaration": hex_text(declared.id), "size": len(new.sealed), "made_at": site.clock.at, "until": new.until,
    }  # fmt: skip
    assert (made.status_code, made.json()) == (201, shown)
    assert (leave(trader, new).status_code, leave(trader, new).json()) == (201, shown), "again, which is harmless"
    assert trader.get(SHARES).json() == {"shares": [shown]}
    found = site.visitor().get(f"{SHARES}/{hex_text(new.id)}")
    assert found.status_code == 200
    assert found.headers["content-type"] == "application/octet-stream"
    assert found.headers["content-length"] == str(len(new.sealed))
    assert found.headers["cache-control"] == "no-store"
    copy = open_document(unseal(found.content, key, declared.id))
    assert copy.digest == declared.document.digest
    assert b"S3CR3T-42" not in copy.to_bytes()


def test_a_large_share_goes_in_pieces(site: Site, declared: Declared, trader: TestClient) -> None:
    new = NewShare(
        sealed(site, declared)[0].id, declared.id, secrets.token_bytes(3 * stored.PIECE + 5), site.clock.at + DAY
    )
    assert leave(trader, new).status_code == 201
    with trader.stream("GET", f"{SHARES}/{hex_text(new.id)}") as found:
        pieces = [piece for piece in found.iter_raw() if piece]
    assert b"".join(pieces) == new.sealed
    assert len(pieces) >= 4
    assert trader.head(f"{SHARES}/{hex_text(new.id)}").headers["content-length"] == str(len(new.sealed))


def test_a_share_is_removed_by_who_made_it(site: Site, declared: Declared, trader: TestClient) -> None:
    new, _ = sealed(site, declared)
    path = f"{SHARES}/{hex_text(new.id)}"
    leave(trader, new)
    other = site.signed_in("competitor")
    assert other.get(SHARES).json() == {"shares": []}
    assert other.delete(path).status_code == 204
    assert site.visitor().get(path).status_code == 200, "it is still there"
    assert refusal(site.visitor().delete(path)) == (401, "NotSignedIn")
    assert trader.delete(path).status_code == 204
    assert trader.delete(path).status_code == 204
    assert refusal(site.visitor().get(path)) == (404, "ShareUnknown")
    assert trader.get(SHARES).json() == {"shares": []}


def test_a_share_ends(site: Site, declared: Declared, trader: TestClient) -> None:
    new, _ = sealed(site, declared, days=1)
    path = f"{SHARES}/{hex_text(new.id)}"
    leave(trader, new)
    site.clock.on(DAY - 1)
    assert site.visitor().get(path).status_code == 200
    site.clock.on(1)
    assert refusal(site.visitor().get(path)) == (404, "ShareUnknown")
    forget_shares(site.services)
    assert site.services.store.shares.piece(new.id, 0) is None


@pytest.mark.parametrize("seconds", [0, LEAST_SECONDS - 1, MOST_SECONDS + 1])
def test_an_end_too_soon_or_too_far_away(site: Site, declared: Declared, trader: TestClient, seconds: int) -> None:
    new, _ = sealed(site, declared)
    assert refusal(leave(trader, new, until=site.clock.at + seconds)) == (422, "Malformed")


def test_only_the_party_shares_its_document(site: Site, declared: Declared) -> None:
    new, _ = sealed(site, declared)
    for name, answer in (
        ("competitor", (404, "UnknownDeclaration")),
        ("auditor", (403, "OnlyItsParty")),
        ("customs-officer", (403, "OnlyItsParty")),
    ):
        assert refusal(leave(site.signed_in(name), new)) == answer, name
    assert refusal(leave(site.visitor(), new)) == (401, "NotSignedIn")
    assert site.services.store.shares.of(None, site.clock.at) == []


def test_what_is_no_share(site: Site, declared: Declared, trader: TestClient) -> None:
    new, _ = sealed(site, declared)
    for answer, told in [
        (leave(trader, new, share="0x12"), (422, "Malformed")),
        (leave(trader, new, declaration="0x" + "00" * 32), (404, "UnknownDeclaration")),
        (leave(trader, new, until="soon"), (422, "Malformed")),
        (leave(trader, new, key="AAAA"), (422, "Malformed")),
        (trader.post(SHARES, params=asked(new), content=b"", headers=BYTES), (422, "Malformed")),
        (trader.post(SHARES, params=asked(new), content=b"x" * 28, headers=BYTES), (422, "Malformed")),
        (trader.post(SHARES, params=asked(new), json={}), (415, "MediaTypeUnknown")),
        (site.visitor().get(f"{SHARES}/0x12"), (422, "Malformed")),
        (site.visitor().get(f"{SHARES}/{hex_text(new.id)}"), (404, "ShareUnknown")),
    ]:
        assert refusal(answer) == told, answer.text
    too_large = b"x" * (MOST_SHARE_BYTES + 1)
    answer = trader.post(SHARES, params=asked(new), content=too_large, headers=BYTES)
    assert answer.status_code in (413, 422)
    assert refusal(site.visitor().get(f"{SHARES}/{hex_text(new.id)}")) == (404, "ShareUnknown")


def test_another_share_under_the_same_id(site: Site, declared: Declared, trader: TestClient) -> None:
    new, _ = sealed(site, declared)
    leave(trader, new)
    other = trader.post(SHARES, params=asked(new), content=new.sealed[::-1], headers=BYTES)
    assert refusal(other) == (409, "ShareExists")


def test_thirty_in_an_hour_also_with_other_sessions(site: Site, declared: Declared, trader: TestClient) -> None:
    for _ in range(stored.MOST_IN_AN_HOUR):
        new, _key = sealed(site, declared)
        assert leave(trader, new).status_code == 201
        trader.delete(f"{SHARES}/{hex_text(new.id)}")
    more = leave(site.signed_in("trader"), sealed(site, declared)[0])
    assert refusal(more) == (429, "TooManyShares")
    assert more.headers["retry-after"] == "3600"
    site.clock.on(3600)
    assert leave(site.signed_in("trader"), sealed(site, declared)[0]).status_code == 201


def test_what_an_address_shares_in_an_hour(
    site: Site, declared: Declared, trader: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site.services, "share_quota", ShareQuota(shares=2, size=1 << 20))
    new, _ = sealed(site, declared)
    assert [leave(trader, new).status_code for _ in range(5)] == [201] * 5, "the same again takes no room"
    assert leave(trader, sealed(site, declared)[0]).status_code == 201
    assert refusal(leave(trader, sealed(site, declared)[0])) == (429, "OverQuota")
    monkeypatch.setattr(site.services, "share_quota", ShareQuota(shares=9, size=100))
    assert refusal(leave(trader, sealed(site, declared)[0])) == (429, "OverQuota")


def test_a_server_that_has_no_room(
    site: Site, declared: Declared, trader: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    services: Services = site.services
    monkeypatch.setattr(services, "settings", services.settings.model_copy(update={"share_bytes": 0}))
    answer = leave(trader, sealed(site, declared)[0])
    assert refusal(answer) == (503, "Unavailable")
    assert "no room for more shares" in answer.json()["detail"]


def test_a_page_of_another_site_leaves_and_removes_nothing(site: Site, declared: Declared) -> None:
    visitor = site.visitor()
    site.sign_in(visitor, site.house.key("trader"), keep="cookie", headers=SAME_ORIGIN)
    new, _ = sealed(site, declared)
    for fetched in ("cross-site", "same-site"):
        answer = visitor.post(
            SHARES, params=asked(new), content=new.sealed, headers=BYTES | {"Sec-Fetch-Site": fetched}
        )
        assert refusal(answer) == (403, "CrossSite")
    path = f"{SHARES}/{hex_text(new.id)}"
    assert visitor.post(SHARES, params=asked(new), content=new.sealed, headers=BYTES | SAME_ORIGIN).status_code == 201
    assert refusal(visitor.delete(path, headers={"Sec-Fetch-Site": "cross-site"})) == (403, "CrossSite")
    assert visitor.delete(path, headers=SAME_ORIGIN).status_code == 204

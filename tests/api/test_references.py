"""References over HTTP: what a copy must be, what is kept of it, and how much."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.kit.quota import IntakeQuota
from ledger.core.document import Format, Wrapped, disclose, redact, wrap
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.declaration import Declaration
from ledger.edges.store.tables import REFERENCES
from ledger.journeys.references import MOST_COPY_BYTES
from tests.api import visits
from tests.api.visits import Site

JSON = {"Content-Type": "application/json"}
CONTENT = {"MRN": "26NL000510000012X3", "transportDocumentReference": "LWLQTRG2610077", "containers": ["CSQU3054383"]}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with visits.site(tmp_path_factory.mktemp("site")) as made:
        yield made


def declared(site: Site, seed: int) -> tuple[str, Wrapped]:
    """A declaration of the trader, and its document."""
    key = site.house.key("trader")
    document = wrap(json.dumps(CONTENT | {"secret": "price list"}).encode(), Format.JSON, bytes([seed]) * 32)
    made = Declaration(key.address, document.digest, 705)
    id_ = made.id(site.origin)
    site.house.store.declarations.add([(made, key.sign(id_))], site.origin, site.clock.at)
    return f"/v1/declarations/{hex_text(id_)}/references", document


@pytest.fixture(scope="module")
def trader(site: Site) -> TestClient:
    return site.signed_in("trader")


def test_what_a_copy_discloses_is_kept_and_nothing_else(site: Site, trader: TestClient) -> None:
    path, document = declared(site, 1)
    some = disclose(document, ["$.MRN", "$.containers"]).to_bytes()
    first = trader.post(path, content=some, headers=JSON)
    assert (first.status_code, first.json()["added"]) == (201, 2)
    again = trader.post(path, content=some, headers=JSON)
    assert (again.status_code, again.json()["added"]) == (201, 0)
    whole = trader.post(path, content=redact(document, []).to_bytes(), headers=JSON).json()
    assert (whole["added"], {item["number"] for item in whole["references"]}) == (
        1, {"26NL000510000012X3", "LWLQTRG2610077", "CSQU3054383"},
    )  # fmt: skip
    with site.services.store.database.reading() as connection:
        kept = [tuple(row) for row in connection.execute(REFERENCES.select())]
    assert "price" not in str(kept)
    assert trader.delete(path, params={"number": "csqu 305438 3"}).status_code == 204
    assert len(trader.get(path).json()["references"]) == 2
    assert trader.delete(path).status_code == 204
    assert trader.get(path).json() == {"references": [], "added": 0}
    assert trader.get("/v1/declarations", params={"reference": "LWLQTRG2610077"}).json()["declarations"] == []


def test_a_copy_of_another_document_or_none_at_all(site: Site, trader: TestClient) -> None:
    path, document = declared(site, 2)
    _, other = declared(site, 3)
    for sent, status, kind, words in [
        (redact(other, []).to_bytes(), 409, "CopyOfAnother", "its digest is 0x"),
        (disclose(document, ["$.secret"]).to_bytes(), 422, "Malformed", "shows no reference"),
        (document.to_bytes(), 422, "Malformed", ""),
        (b"{}", 422, "Malformed", ""),
        (b" " * (MOST_COPY_BYTES + 1), 422, "Malformed", "show only the fields with the references"),
    ]:
        answer = trader.post(path, content=sent, headers=JSON)
        assert (answer.status_code, answer.json()["type"]) == (status, f"urn:trade-ledger:{kind}"), answer.text
        assert words in answer.json()["detail"]
        assert "price list" not in answer.text
    assert trader.post(path, content=b"x", headers={"Content-Type": "text/plain"}).status_code == 415
    unknown = "/v1/declarations/0x" + "00" * 32 + "/references"
    assert trader.post(unknown, content=redact(document, []).to_bytes(), headers=JSON).status_code == 404
    assert trader.get(path).json()["references"] == []


def test_references_count_against_the_quota(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    path, document = declared(site, 4)
    trader = site.signed_in("trader")
    monkeypatch.setattr(site.services, "quota", IntakeQuota(4, 1 << 20))
    sent = redact(document, []).to_bytes()
    for _ in range(3):  # what is known takes no room for long
        assert trader.post(path, content=sent, headers=JSON).status_code in (201, 429)
    assert trader.delete(path).status_code == 204
    full = trader.post(path, content=sent, headers=JSON)
    assert (full.status_code, full.json()["type"]) == (429, "urn:trade-ledger:OverQuota")
    assert trader.get(path).json()["references"] == []

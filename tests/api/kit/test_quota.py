"""Quotas on what is stored: counted for each client, in rows and bytes, and forgotten in time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.kit import clients
from api.kit.clients import CLIENT, Buckets
from api.kit.quota import HOUR, IntakeQuota, OverQuota
from api.main import create_app
from api.services import Services
from ledger.app import App
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.declaration import Declaration
from ledger.edges.store import Store
from ledger.settings import Settings
from ledger.testing.world import TRADER
from tests.api.office import NOW, away
from tests.edges.stored import ORIGIN


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Row:
    signature: bytes = b"x" * 44  # a row of 300 bytes


def test_a_bucket_is_filled_again_in_time() -> None:
    clock = Clock()
    buckets = Buckets(2, 10, clock)
    assert [buckets.take("a", 6), buckets.take("a", 4)] == [0, 0]
    assert buckets.take("a", 5) == 2.5
    clock.now += 2.5
    assert buckets.take("a", 5) == 0
    buckets.give_back("a", 100)
    assert buckets.take("a", 10) == 0, "never more than it holds"
    assert buckets.take("a", 1) > 0


def test_only_so_many_clients_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "MAX_CLIENTS", 3)
    buckets = Buckets(1, 1)
    for number in range(100):
        buckets.take(str(number))
    assert len(buckets) == 3


def test_rows_and_bytes_count_and_nothing_is_taken_from_who_is_refused() -> None:
    CLIENT.set("a")
    quota = IntakeQuota(5, 1_000)
    quota.take([Row()] * 3)
    with pytest.raises(OverQuota, match="as much as it may in an hour"):
        quota.take([Row()])  # a row is left, and 100 bytes
    quota.give_back([Row()])
    quota.take([Row()])
    with pytest.raises(OverQuota):
        quota.take([Row(b"")] * 3)
    CLIENT.set("b")
    quota.take([Row()] * 3)


def test_it_says_when_there_is_room_again() -> None:
    CLIENT.set("a")
    quota = IntakeQuota(HOUR, 1 << 40)
    quota.take([Row()] * HOUR)
    with pytest.raises(OverQuota) as caught:
        quota.take([Row()] * 7)
    assert caught.value.retry_after == 7
    with pytest.raises(OverQuota) as caught:
        quota.take([Row()] * 2 * HOUR)
    assert caught.value.retry_after <= HOUR


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    store = Store.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", ORIGIN)
    settings = Settings(state_dir=tmp_path, origin=str(ORIGIN), declarations_per_hour=3)
    with TestClient(create_app(Services(App(settings, store=store, connect=away), lambda: NOW))) as made:
        yield made
    store.close()


def declared(number: int) -> dict[str, Any]:
    made = Declaration(TRADER.signer, number.to_bytes(32), 380)
    return {"declaration": made.to_json(), "signature": hex_text(TRADER.sign(made.id(ORIGIN)))}


def test_what_is_over_the_quota_is_refused_with_words_and_a_time(client: TestClient) -> None:
    for _ in range(3):
        assert client.post("/v1/declarations", json=declared(1)).status_code == 202, "what was there before is free"
    for number in (2, 3):
        assert client.post("/v1/declarations", json=declared(number)).status_code == 202
    answer = client.post("/v1/declarations", json=declared(4))
    assert (answer.status_code, answer.json()["type"]) == (429, "urn:trade-ledger:OverQuota")
    assert 1_000 < int(answer.headers["retry-after"]) <= 1_200
    assert "3 declarations" in answer.json()["detail"]
    assert "ledger_declarations_over_quota_total" in client.get("/metrics").text


def test_lines_over_the_quota_are_refused_one_by_one(client: TestClient) -> None:
    assert client.post("/v1/declarations", json=declared(1)).status_code == 202
    body = "\n".join(json.dumps(declared(number)) for number in range(1, 5))
    answer = client.post("/v1/declarations/bulk", content=body, headers={"Content-Type": "application/x-ndjson"})
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["status"] for line in lines] == [200, 202, 429, 429], "what is known gives its room back later"

"""Who a client is: the address of its connection, and what a proxy says of it only where the proxy is trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.kit.idempotency import HEADER
from api.main import create_app
from api.services import Services
from ledger.app import App
from ledger.edges.store import Store
from ledger.errors import Malformed
from ledger.settings import Settings, load_settings
from tests.api.office import NOW, away
from tests.edges.stored import ORIGIN


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Callable[..., TestClient]]:
    """A server that grants each client two requests a second, seen from an address."""
    store = Store.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", ORIGIN)

    def made(host: str, proxies: str | None = None) -> TestClient:
        settings = Settings(state_dir=tmp_path, origin=str(ORIGIN), requests_per_second=1, trusted_proxies=proxies)
        app = create_app(Services(App(settings, store=store, connect=away), lambda: NOW))
        return TestClient(app, client=(host, 1), raise_server_exceptions=False)

    yield made
    store.close()


def statuses(client: TestClient, forwarded: list[dict[str, str]]) -> list[int]:
    return [client.get("/v1/log/checkpoints/1", headers=headers).status_code for headers in forwarded]


def says(*addresses: str) -> list[dict[str, str]]:
    return [{"X-Forwarded-For": address} for address in addresses]


NEW = says("9.0.0.1", "9.0.0.2", "9.0.0.3", "9.0.0.4")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "10.0.0.7"])
def test_nobody_is_believed_by_default(office: Callable[..., TestClient], host: str) -> None:
    client = office(host)
    assert statuses(client, NEW) == [404, 404, 429, 429]
    assert client.get("/v1/log/checkpoints/1", headers={"Forwarded": "for=9.0.0.9"}).status_code == 429


def test_only_a_named_proxy_is_believed(office: Callable[..., TestClient]) -> None:
    assert statuses(office("10.0.0.7", "10.0.0.0/24, 192.0.2.1"), NEW) == [404] * 4
    assert statuses(office("10.0.1.7", "10.0.0.0/24"), NEW) == [404, 404, 429, 429]


def test_what_a_client_says_before_the_proxy_is_not_believed(office: Callable[..., TestClient]) -> None:
    """A proxy that adds to the header puts the address that it saw last."""
    client = office("10.0.0.7", "10.0.0.7")
    assert statuses(client, says(*(f"9.0.0.{number}, 8.8.8.8" for number in range(4)))) == [404, 404, 429, 429]


def test_forwarded_is_never_read(office: Callable[..., TestClient]) -> None:
    client = office("10.0.0.7", "10.0.0.7")
    assert statuses(client, [{"Forwarded": f"for=9.0.0.{number}"} for number in range(4)]) == [404, 404, 429, 429]


def test_liveness_answers_who_has_spent_its_requests(office: Callable[..., TestClient]) -> None:
    client = office("10.0.0.7")
    assert statuses(client, NEW)[-1] == 429
    assert [client.get("/health/live").status_code for _ in range(20)] == [200] * 20


@pytest.mark.parametrize("value", ["*", "proxy.example", "10.0.0.1/8", "10.0.0.1,,", ""])
def test_proxies_are_addresses_and_networks(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_TRUSTED_PROXIES", value)
    if value == "":
        assert load_settings().proxies() == ()
        return
    with pytest.raises(Malformed, match="LEDGER_TRUSTED_PROXIES: must be IP addresses and networks"):
        load_settings()


class Table:
    """Notes under what it is asked to keep; nothing was asked before."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def begin(self, client: str, key: str, *_: object) -> str:
        self.asked.append((client, key))
        return "go on"

    def forget(self, *_: object) -> None:
        """A refusal is not kept."""


def test_a_key_belongs_to_an_address_and_to_who_shows_credentials_there(office: Callable[..., TestClient]) -> None:
    table = Table()
    shown: list[dict[str, str]] = [{}, {"Authorization": "Bearer a"}, {"Authorization": "Bearer b"}, {"Cookie": "a=b"}]
    for host in ("10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::2"):
        for headers in shown:
            client = office(host)
            state = client.app.state  # type: ignore[attr-defined]
            state.kept_responses = replace(state.kept_responses, table=table)
            client.post("/v1/withdrawals", json={}, headers={HEADER: "k", **headers})
    assert len(table.asked) == 16
    assert table.asked[12:] == table.asked[8:12], "addresses of one IPv6 site are one client"
    assert len(set(table.asked)) == 12
    assert table.asked[0] == ("10.0.0.1", "k")
    assert all(len(client) <= 64 and len(key) <= 255 for client, key in table.asked)
    assert not any("Bearer" in key for _, key in table.asked)

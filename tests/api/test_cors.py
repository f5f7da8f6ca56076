"""Pages of other sites (CORS): by setting they read answers, errors too, without a cookie; else none may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from api.services import Services
from api.status_figures import StatusFigures
from ledger.app import App
from ledger.edges.store import Store
from ledger.errors import Malformed
from ledger.settings import Settings, load_settings
from tests.api.office import NOW, away
from tests.edges.stored import ORIGIN

PORTAL, OTHER = "https://portal.example", "https://other.example"
ALLOWED = "access-control-allow-origin"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,idempotency-key"}


@contextmanager
def served(folder: Path, origins: str) -> Iterator[TestClient]:
    store = Store.open(f"sqlite:///{folder / 'ledger.sqlite'}", ORIGIN)
    settings = Settings(state_dir=folder, origin=str(ORIGIN), cors_origins=origins, max_body_bytes=1024)
    app = create_app(Services(App(settings, store=store, connect=away), lambda: NOW))
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made
    store.close()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with served(tmp_path_factory.mktemp("office"), f"{PORTAL} http://localhost:5173") as made:
        yield made


def shared(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


@pytest.mark.parametrize("origin", [PORTAL, "http://localhost:5173"])
def test_a_page_that_is_named_reads_answers_and_errors(client: TestClient, origin: str) -> None:
    said = {"Origin": origin}
    answers = [
        client.get("/health/live", headers=said), client.get("/nowhere", headers=said),
        client.delete("/v1/declarations", headers=said), client.post("/v1/declarations", json={}, headers=said),
        client.post("/v1/verifications", content=b"x" * 2_000, headers=said),
        client.get("/v1/declarations", headers=said),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200, 404, 405, 422, 413, 401]
    for answer in answers:
        assert (answer.headers[ALLOWED], answer.headers["vary"]) == (origin, "Origin")
        assert "Retry-After" in answer.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in answer.headers


def test_an_unexpected_error_is_read_too(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("unexpected")

    monkeypatch.setattr(StatusFigures, "collect", broken)
    answer = client.get("/metrics", headers={"Origin": PORTAL})
    assert (answer.status_code, answer.headers[ALLOWED]) == (500, PORTAL)


def test_a_preflight(client: TestClient) -> None:
    answer = client.options("/v1/declarations", headers={"Origin": PORTAL} | PREFLIGHT)
    assert (answer.status_code, answer.content, answer.headers[ALLOWED]) == (204, b"", PORTAL)
    assert {"GET", "POST", "DELETE"} <= set(answer.headers["access-control-allow-methods"].split(", "))
    permitted = answer.headers["access-control-allow-headers"].lower().split(", ")
    assert {"content-type", "authorization", "idempotency-key", "ledger-digest"} <= set(permitted)
    assert int(answer.headers["access-control-max-age"]) > 0
    assert client.options("/nowhere", headers={"Origin": PORTAL} | PREFLIGHT).status_code == 404


@pytest.mark.parametrize(
    "origin", [OTHER, "null", "https://portal.example.evil.example", "https://PORTAL.example", "http://portal.example"]
)
def test_other_pages_read_nothing(client: TestClient, origin: str) -> None:
    for answer in (
        client.get("/health/live", headers={"Origin": origin}),
        client.options("/v1/declarations", headers={"Origin": origin} | PREFLIGHT),
    ):
        assert shared(answer) == {}
        assert answer.headers["vary"] == "Origin", "a cache between must not give this answer to the portal"
    assert shared(client.get("/health/live")) == {}


def test_a_page_that_is_named_may_sign_people_in_without_a_cookie(client: TestClient) -> None:
    cross = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/v1/sessions/nonces", headers=cross | {"Origin": PORTAL}).status_code == 201
    assert client.post("/v1/sessions/nonces", headers=cross | {"Origin": OTHER}).status_code == 403
    with_cookie = cross | {"Origin": PORTAL, "Cookie": "ledger=" + "a" * 43}
    for path in ("/v1/sessions/nonces", "/v1/declarations"):
        answer = client.post(path, json={}, headers=with_cookie)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:trade-ledger:CrossSite")


def test_every_page_where_the_setting_says_so(tmp_path: Path) -> None:
    with served(tmp_path, "*") as client:
        answer = client.get("/health/live", headers={"Origin": OTHER})
        assert answer.headers[ALLOWED] == "*"
        assert "access-control-allow-credentials" not in answer.headers
        assert client.options("/v1/declarations", headers={"Origin": OTHER} | PREFLIGHT).headers[ALLOWED] == "*"
        nonce = client.post("/v1/sessions/nonces", headers={"Sec-Fetch-Site": "cross-site", "Origin": OTHER})
        assert nonce.status_code == 403, "whoever names nobody trusts nobody to sign people in"


def test_none_without_the_setting(tmp_path: Path) -> None:
    with served(tmp_path, "") as client:
        for answer in (
            client.get("/health/live", headers={"Origin": PORTAL}),
            client.options("/v1/declarations", headers={"Origin": PORTAL} | PREFLIGHT),
        ):
            assert shared(answer) == {}
            assert "vary" not in answer.headers


@pytest.mark.parametrize("wrong", ["portal.example", "https://portal.example/", "* https://a.example", "https://a b c"])
def test_a_setting_that_is_no_list_of_origins(wrong: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEDGER_CORS_ORIGINS", wrong)
    with pytest.raises(Malformed, match="LEDGER_CORS_ORIGINS: must be https://"):
        load_settings()

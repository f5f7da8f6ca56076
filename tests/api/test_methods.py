"""What HTTP asks of every path: HEAD, OPTIONS, 405 with Allow, one address, and words for what is not taken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.main import create_app, with_routes
from api.services import Services
from ledger.app import App
from ledger.edges.store import Store
from ledger.settings import Settings
from tests.api.conftest import Served
from tests.api.listening import PATIENCE, Caller, listening
from tests.api.office import NOW, away
from tests.api.test_api import declared
from tests.api.test_headers import complete, paths
from tests.edges.stored import ORIGIN
from tests.faults.node import until

PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("office")
    store = Store.open(f"sqlite:///{folder / 'ledger.sqlite'}", ORIGIN)
    settings = Settings(state_dir=folder, origin=str(ORIGIN), hsts_seconds=600, max_body_bytes=1024)
    yield create_app(Services(App(settings, store=store, connect=away), lambda: NOW))
    store.close()


@pytest.fixture(scope="module")
def client(app: Any) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as made:
        yield made


def same(answer: Any) -> list[tuple[str, str]]:
    changing = ["x-request-id"]
    if answer.status_code >= 400 or answer.request.url.path == "/metrics":  # its length changes from one to the next
        changing.append("content-length")
    return sorted((name, value) for name, value in answer.headers.multi_items() if name not in changing)


def test_head_answers_as_get_without_a_body(client: TestClient) -> None:
    taken = 0
    for path in paths():
        head, got = client.head(path), client.get(path)
        assert (head.status_code, same(head)) == (got.status_code, same(got)), path
        assert head.content == b""
        taken += got.status_code == 200
    assert taken >= 4


def test_head_of_the_log_as_a_mirror_asks(served: Served) -> None:
    declared(served)
    assert until(lambda: served.client.get("/v1/log/checkpoint").status_code == 200, PATIENCE)
    for path in ("/v1/log/checkpoint", "/v1/log/tile/entries/000.p/2", "/v1/log/tile/0/000.p/2", "/health/ready"):
        head, got = served.client.head(path), served.client.get(path)
        assert (head.status_code, head.content) == (200, b""), path
        assert head.headers["content-length"] == got.headers["content-length"] != "0"


def test_head_over_a_connection_that_goes_on(app: Any) -> None:
    """Whoever gets a body after HEAD reads it as the next answer; a stream would never end."""
    with listening(app) as port, Caller(port) as caller:
        caller.say(b"HEAD /health/live HTTP/1.1\r\nHost: x\r\n\r\nHEAD /v1/stream HTTP/1.1\r\nHost: x\r\n\r\n")
        caller.say(b"HEAD /openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        said = caller.rest()
    assert said.count(b"HTTP/1.1 200 OK") == 3
    assert b"content-type: text/event-stream" in said
    assert b"{" not in said
    assert b"retry:" not in said


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v1/declarations", "GET, HEAD, OPTIONS, POST"),
        ("/v1/declarations/bulk", "GET, HEAD, OPTIONS, POST"),
        ("/v1/sessions/current", "DELETE, GET, HEAD, OPTIONS"),
        ("/v1/verifications", "OPTIONS, POST"),
        ("/health/live", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_method_that_is_not_taken(client: TestClient, path: str, methods: str) -> None:
    for method in ("PUT", "PATCH", "BREW", "TRACE"):
        answer = client.request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, methods)
        assert answer.headers["content-type"] == PROBLEM
        assert (answer.json()["type"], answer.json()["status"]) == ("urn:trade-ledger:MethodNotAllowed", 405)
        assert methods in answer.json()["detail"]
        complete(answer)
    asked = client.options(path)
    assert (asked.status_code, asked.headers["allow"], asked.content) == (204, methods, b"")
    complete(asked)


def test_every_405_says_what_is_taken(client: TestClient) -> None:
    for path in paths():
        for method in ("GET", "POST", "PUT", "DELETE"):
            answer = client.request(method, path)
            if answer.status_code == 405:
                assert method not in answer.headers["allow"].split(", "), path
                assert client.options(path).headers["allow"] == answer.headers["allow"]


def test_nothing_is_at_a_path(client: TestClient) -> None:
    for method in ("GET", "POST", "OPTIONS", "DELETE"):
        answer = client.request(method, "/v1/declaration")
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:trade-ledger:NotFound")
        assert "/openapi.json" in answer.json()["detail"]
        complete(answer)


def test_a_slash_at_the_end_leads_to_the_path_without(client: TestClient) -> None:
    answer = client.get("/v1/agencies/?x=1", headers={"Host": "elsewhere.example"})
    assert (answer.status_code, answer.headers["location"]) == (308, "/v1/agencies?x=1")
    complete(answer)
    assert client.post("/v1/declarations//", json={}).headers["location"] == "/v1/declarations"
    for path in ("/v1/", "/v1//elsewhere.example/", "/v1/nothing/"):
        assert client.get(path).status_code == 404, path


@pytest.mark.parametrize("path", ["/v1/declarations", "/v1/verifications", "/v1/attestations", "/v1/evidence"])
@pytest.mark.parametrize("content", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_body_of_another_type(client: TestClient, path: str, content: str | None) -> None:
    headers = {} if content is None else {"Content-Type": content}
    answer = client.post(path, content=json.dumps({"a": 1}).encode(), headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (415, "urn:trade-ledger:MediaTypeUnknown")
    assert "Content-Type: application/json" in answer.json()["detail"]
    assert answer.headers["accept"] == "application/json"
    complete(answer)


def test_no_body_at_all_is_malformed(client: TestClient) -> None:
    answer = client.post("/v1/declarations")
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:trade-ledger:Malformed")


def test_each_body_that_is_described_may_be_refused_for_its_type() -> None:
    document = with_routes().openapi()
    bodies = [item["post"] for item in document["paths"].values() if "requestBody" in item.get("post", {})]
    assert len(bodies) >= 8
    assert all({"413", "415"} <= item["responses"].keys() for item in bodies)

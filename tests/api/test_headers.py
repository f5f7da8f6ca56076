"""Headers of every answer: all routes, all methods, all errors, and the pages of the documentation."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from api.kit.headers import page_policy
from api.main import create_app, with_routes
from api.portal.render import POLICY
from api.services import Services
from api.status_figures import StatusFigures
from ledger.app import App
from ledger.edges.store import Store
from ledger.settings import Settings
from tests.api.office import NOW, away
from tests.edges.stored import ORIGIN

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW")
JSON_POLICY = "default-src 'none'; frame-ancestors 'none'"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("office")
    store = Store.open(f"sqlite:///{folder / 'ledger.sqlite'}", ORIGIN)
    settings = Settings(state_dir=folder, origin=str(ORIGIN), hsts_seconds=600, max_body_bytes=1024)
    app = create_app(Services(App(settings, store=store, connect=away), lambda: NOW))
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made
    store.close()


def complete(answer: Any) -> None:
    """Each header stands once, whatever the answer is."""
    found = [(name.lower(), value) for name, value in answer.headers.multi_items()]
    names = [name for name, _ in found]
    wanted = {
        "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin", "strict-transport-security": "max-age=600",
    }  # fmt: skip
    for name, value in wanted.items():
        assert [other for key, other in found if key == name] == [value], (answer.request.url, answer.status_code)
    assert names.count("content-security-policy") == 1
    assert names.count("permissions-policy") == 1
    may_sign = "publickey-credentials-get=()" not in answer.headers["permissions-policy"]
    assert not may_sign or answer.request.url.path == "/sign"
    assert names.count("x-request-id") == 1
    assert "server" not in names
    assert names.count("cache-control") == 1 or answer.request.url.path.startswith("/static-offline-docs")


def paths() -> list[str]:
    """Every path there is, with something in the place of its parameters."""
    found = {re.sub(r"\{[^}]*\}", "0x" + "00" * 32, route.path) for route in with_routes().routes}  # type: ignore[attr-defined]
    return [*sorted(found - {"/static-offline-docs", "/v1/stream"}), "/nowhere", "/v1/stream?follow=false"]


def is_strict(policy: str) -> bool:
    """Whether a page's policy is that of the portal's pages, or a one-file page's, whose script has a hash."""
    return policy == POLICY or ("default-src 'none'" in policy and "'unsafe" not in policy)


@pytest.mark.parametrize("method", METHODS)
def test_every_answer_is_complete(client: TestClient, method: str) -> None:
    statuses = set()
    for path in paths():
        answer = client.request(method, path)
        complete(answer)
        statuses.add(answer.status_code)
        if method in ("GET", "HEAD") and answer.headers.get("content-type", "").startswith("text/html"):
            assert is_strict(answer.headers["content-security-policy"]) or path.startswith(("/docs", "/redoc"))
        elif not path.startswith(("/docs", "/redoc")):
            assert answer.headers["content-security-policy"] == JSON_POLICY
    assert len(statuses) > 1 or method not in ("GET", "POST")


def test_errors_of_every_sort_are_complete(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("unexpected")

    many = client.post("/v1/verifications", content=b"x" * 2_000)
    monkeypatch.setattr(StatusFigures, "collect", broken)
    unexpected = client.get("/metrics")
    assert (many.status_code, unexpected.status_code) == (413, 500)
    for answer in (many, unexpected):
        complete(answer)
        assert answer.headers["cache-control"] == "no-store"


def test_what_says_itself_how_long_it_is_kept_keeps_that(client: TestClient) -> None:
    def kept(path: str) -> str:
        return str(client.get(path).headers["cache-control"])

    assert kept("/v1/sessions/current") == "no-store"
    assert kept("/v1/log/checkpoint") == "no-store", "there is none, which may soon change"
    assert kept("/health/live") == "no-store"


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/docs/oauth2-redirect"])
def test_a_page_may_run_its_own_scripts_only(client: TestClient, path: str) -> None:
    answer = client.get(path)
    policy = answer.headers["content-security-policy"]
    directives = dict(item.strip().split(" ", 1) for item in policy.split(";"))
    inline = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    hashes = {f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in inline}
    assert set(directives["script-src"].split()) == {"'self'", *hashes}
    assert hashes or path == "/redoc"
    assert (directives["default-src"], directives["frame-ancestors"]) == ("'none'", "'none'")
    for source in re.findall(r"(?:src|href)=\"([^\"]+)\"", answer.text):
        assert source.startswith("/"), "nothing is loaded from elsewhere"
    assert client.request("HEAD", path).headers["content-security-policy"]


def test_a_script_is_not_named_by_its_address() -> None:
    policy = page_policy(b'<script src="/a.js"></script><script type="x">one</script><script>two</script>').decode()
    assert policy.count("sha256-") == 2


def test_all_files_of_the_pages_are_here(client: TestClient) -> None:
    for path in ("swagger-ui-bundle.js", "swagger-ui.css", "redoc.standalone.js", "favicon.png"):
        answer = client.get(f"/static-offline-docs/{path}")
        assert answer.status_code == 200
        complete(answer)


def test_without_the_setting_browsers_are_told_nothing_of_tls(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", ORIGIN)
    settings = Settings(state_dir=tmp_path, origin=str(ORIGIN))
    with TestClient(create_app(Services(App(settings, store=store, connect=away), lambda: NOW))) as made:
        assert "strict-transport-security" not in made.get("/health/live").headers
    store.close()


def test_the_walk_meets_every_route() -> None:
    assert len(paths()) >= len({route.path for route in with_routes().routes if isinstance(route, APIRoute)})

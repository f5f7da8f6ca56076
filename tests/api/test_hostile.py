"""Hostile verifications over HTTP: each has its limit, and the answer says which."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.types import Message

from api.main import create_app
from api.services import Services, open_services
from ledger.settings import Settings
from ledger.testing.world import ORIGIN
from tests.core.verification.hostile import TRUST, hostile

KIB = 1 << 10


def opened(folder: Path, **more: Any) -> Services:
    return open_services(
        Settings(rpc_url="http://127.0.0.1:1", origin=str(ORIGIN), state_dir=folder, verification_processes=1, **more)
    )


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(opened(tmp_path))) as made:
        yield made


def body(kind: str, size: int) -> bytes:
    evidence = hostile(kind, size)
    return json.dumps({"evidence": json.loads(evidence), "trust": json.loads(TRUST), "online": False}).encode()


HEADERS = {"Content-Type": "application/json"}


@pytest.mark.parametrize(("kind", "size", "said"), [
    ("revocations of one", 4_000 * KIB, "entries, and this server judges at most 2,000"),
    ("sets", 1_200 * KIB, "attestations, and this server judges at most 500"),
])  # fmt: skip
def test_evidence_with_too_much_is_malformed(client: TestClient, kind: str, size: int, said: str) -> None:
    answer = client.post("/v1/verifications", content=body(kind, size), headers=HEADERS)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert "use `ledger verify`" in answer.json()["detail"]


def test_a_verification_that_takes_too_long_is_not_available(tmp_path: Path) -> None:
    services = opened(tmp_path, verification_seconds=0.1)
    with TestClient(create_app(services)) as client:
        small = client.post("/v1/verifications", content=body("sets", 8 * KIB), headers=HEADERS)
        pids = services.verdicts.processes.pids
        large = client.post("/v1/verifications", content=body("resolutions", 1_500 * KIB), headers=HEADERS)
        assert (small.status_code, large.status_code) == (200, 503)
        assert "longer than the 0.1 s" in large.json()["detail"]
        assert "Retry-After" in large.headers
        again = client.post("/v1/verifications", content=body("sets", 8 * KIB), headers=HEADERS)
        assert again.status_code == 200
        assert services.verdicts.processes.pids == pids


def test_fresh_facts_need_the_chain_and_others_do_not(client: TestClient) -> None:
    asked = json.loads(body("sets", 8 * KIB))
    online = client.post("/v1/verifications", json=asked | {"online": True})
    assert online.status_code == 503
    assert client.post("/v1/verifications", json=asked).status_code == 200


def test_a_client_that_leaves_ends_its_verification(tmp_path: Path) -> None:
    """What it asked for takes seconds; what the next one asks for is answered by the same process."""
    limits = {"verification_seconds": 600, "verification_attestations": 100_000, "verification_entries": 100_000}
    services = opened(tmp_path, **limits)
    data = body("resolutions", 1_900 * KIB)
    coming: list[Message] = [{"type": "http.request", "body": data, "more_body": False}, {"type": "http.disconnect"}]
    sent: list[Message] = []

    async def receive() -> Message:
        return coming.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": "/v1/verifications",
        "raw_path": b"/v1/verifications", "query_string": b"", "root_path": "", "scheme": "http",
        "headers": [(b"content-type", b"application/json")], "client": ("10.9.8.7", 1),
        "server": ("testserver", 80), "state": {},
    }  # fmt: skip
    with TestClient(create_app(services)) as client:
        assert client.post("/v1/verifications", content=body("sets", 8 * KIB), headers=HEADERS).status_code == 200
        pids = services.verdicts.processes.pids
        asyncio.run(client.app(scope, receive, send))  # type: ignore[arg-type]
        assert sent[0]["status"] == 499, sent
        assert client.post("/v1/verifications", content=body("sets", 8 * KIB), headers=HEADERS).status_code == 200
        assert services.verdicts.processes.pids == pids

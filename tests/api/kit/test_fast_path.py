"""The quick way of a body and the framework's own: one answer, whatever was sent."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some
from starlette.types import Message

from api.kit import errors
from api.kit.capacity import Kind, of_kind
from api.kit.fast_path import fast_post
from api.schemas import Shape, SignedDeclaration
from api.services import Injected
from tests.api.conftest import Served

GOOD = {
    "declaration": {
        "party": "0x" + "11" * 20, "digest": "0x" + "22" * 32, "document_type": 380, "replaces": "0x" + "00" * 32,
    },
    "signature": "0x" + "33" * 65,
}  # fmt: skip
ASKED: dict[str, Any] = {"evidence": {"a": [1, 2.5, None, "é", {}]}, "online": False}
JSON = "application/json"
LARGE = [b'{"evidence": ' + b"[" * 100_000, b"{" + b",".join(b'"%d":1' % n for n in range(20_000)) + b"}"]


class Question(Shape):
    """A body that may be large, and have anything in it."""

    evidence: dict[str, Any]
    document: str | None = None
    at: int | None = None
    online: bool = True


class Names:
    """Stands for the services, and runs at once what would run in threads."""

    def __init__(self) -> None:
        self.pools = dict.fromkeys((Kind.INTAKE, Kind.VERIFICATION), self)
        self.called = 0

    async def run(self, function: Callable[[], Any]) -> Any:
        self.called += 1
        return function()

    def __str__(self) -> str:
        return "services"


SERVICES = Names()


@of_kind(Kind.INTAKE)
async def declare(body: SignedDeclaration, request: Request, services: Injected) -> Response:
    return Response(f"{services}{body.model_dump()}{len(await request.body())}")


@of_kind(Kind.VERIFICATION)
async def verify(body: Question, services: Injected) -> Response:
    return Response(f"{services}{body.model_dump()}")


def app() -> FastAPI:
    """Each model twice: under ``/quick`` as the API takes it, under ``/plain`` as the framework does."""
    made, quick, plain = FastAPI(), APIRouter(prefix="/quick"), APIRouter(prefix="/plain")
    errors.install(made)
    made.state.services = SERVICES
    for path, endpoint in (("/declare", declare), ("/verify", verify)):
        fast_post(quick, path)(endpoint)
        plain.post(path)(endpoint)
    made.router.routes.extend([*quick.routes, *plain.routes])
    return made


CLIENT = TestClient(app(), raise_server_exceptions=False)
values = some.recursive(
    some.none() | some.booleans() | some.integers(-5, 1 << 70) | some.floats() | some.text(max_size=5),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@some.composite
def bodies(draw: some.DrawFn) -> bytes:
    """A body that is good but for one member, or one byte, or nothing."""
    value = json.loads(json.dumps(draw(some.sampled_from([GOOD, ASKED]))))
    place = draw(some.sampled_from([value, value.get("declaration", value)]))
    change = draw(some.sampled_from(["none", "member", "new", "lost", "byte", "twice"]))
    names = some.sampled_from(sorted(place))
    if change == "member":
        place[draw(names)] = draw(values)
    elif change == "new":
        place[draw(some.text(max_size=5))] = draw(values)
    elif change == "lost":
        del place[draw(names)]
    data = json.dumps(value, ensure_ascii=draw(some.booleans())).encode("utf-8", "surrogatepass")
    if change == "twice":
        data = data[:-1] + b', "signature": "0x", "online": true}'
    if change == "byte":
        at = draw(some.integers(0, len(data)))
        data = data[:at] + draw(some.binary(max_size=2)) + data[at + 1 :]
    return data


def answers(path: str, data: bytes, content: str | None) -> list[tuple[int, bytes]]:
    headers = {} if content is None else {"content-type": content}
    found = [CLIENT.post(f"/{way}/{path}", content=data, headers=headers) for way in ("quick", "plain")]
    return [(answer.status_code, answer.content) for answer in found]


@given(bodies(), some.sampled_from(["declare", "verify"]), some.sampled_from([JSON, "application/problem+json"]))
@example(b"", "declare", JSON)
@example(b"null", "declare", JSON)
@example(json.dumps(GOOD).encode("utf-16"), "declare", JSON)
@example(json.dumps(GOOD).encode("utf-8-sig"), "declare", JSON)
@example(b'{"evidence": ' + b"[" * 60_000, "verify", JSON)
@example(b'{"evidence": {"a": NaN}}', "verify", JSON)
@example(b'{"evidence": {"a": "\\ud800"}}', "verify", JSON)
@example(b'{"evidence": {"a": ' + b"9" * 5_000 + b"}}", "verify", JSON)
@example(json.dumps(GOOD).encode(), "declare", "Application/JSON; charset=utf-8")
@example(json.dumps(GOOD).encode(), "declare", "application/problem+json")
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_both_ways_give_one_answer(data: bytes, path: str, content: str) -> None:
    quick, plain = answers(path, data, content)
    assert quick == plain


@pytest.mark.parametrize(("content", "status"), [(JSON, 422), ("application/problem+json", 422), ("text/plain", 415)])
@pytest.mark.parametrize("data", LARGE)
def test_a_large_body_is_never_read_on_the_event_loop(
    data: bytes, content: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parsed(_: Request) -> None:
        raise AssertionError("the framework parsed the body")

    monkeypatch.setattr(Request, "json", parsed)
    before = SERVICES.called
    answer = CLIENT.post("/quick/verify", content=data, headers={"content-type": content})
    assert answer.status_code == status, answer.text
    assert len(answer.json().get("errors", [])) <= 20
    assert SERVICES.called - before == (status == 422)


def test_a_large_body_that_is_good_is_taken() -> None:
    large = ASKED | {"document": "A" * 100_000}
    quick, plain = answers("verify", json.dumps(large).encode(), JSON)
    assert quick == plain


@pytest.mark.parametrize(("path", "good"), [("declare", GOOD), ("verify", ASKED)])
def test_what_is_good_goes_the_quick_way(path: str, good: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def parsed(_: Request) -> None:
        raise AssertionError("the framework parsed the body")

    monkeypatch.setattr(Request, "json", parsed)
    quick, plain = answers(path, json.dumps(good).encode(), JSON)
    assert quick[0] == 200
    assert plain[0] != 200


@pytest.mark.parametrize("path", ["/v1/declarations", "/v1/declarations/bulk", "/v1/verifications"])
def test_a_client_that_leaves_is_no_error(served: Served, path: str, caplog: pytest.LogCaptureFixture) -> None:
    coming: list[Message] = [
        {"type": "http.request", "body": b'{"declaration": ', "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return coming.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-type", JSON.encode())]
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": path, "raw_path": path.encode(),
        "query_string": b"", "root_path": "", "scheme": "http", "headers": headers, "client": ("10.9.8.7", 1),
        "server": ("testserver", 80), "state": {},
    }  # fmt: skip
    with caplog.at_level(logging.INFO):
        asyncio.run(served.client.app(scope, receive, send))  # type: ignore[arg-type]
    assert sent[0]["status"] == 499
    assert not [record for record in caplog.records if record.levelno > logging.INFO]

"""Limits by themselves, before a bare application: what is refused, when again, and how much is remembered."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from starlette.types import Message, Receive, Scope, Send

from api.kit import clients, limits
from api.kit.clients import CLIENT
from api.kit.limits import BodyLimit, RateLimit, TooLarge, TooManyBodies
from tests.api.conftest import Served


class App:
    """Reads the whole body, then answers; ``read`` counts the bytes that it was given."""

    def __init__(self) -> None:
        self.read = 0
        self.asked = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        while True:
            message = await receive()
            self.read += len(message.get("body", b""))
            if not message.get("more_body", False):
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def ask(app: Any, parts: list[bytes] | None = None, client: str = "10.0.0.1", length: bytes | None = None) -> Message:
    """One request; the start of its answer."""
    pieces = [b""] if parts is None else parts
    coming = [
        {"type": "http.request", "body": part, "more_body": place + 1 < len(pieces)}
        for place, part in enumerate(pieces)
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return coming.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [] if length is None else [(b"content-length", length)]
    scope = {"type": "http", "client": (client, 1), "headers": headers, "method": "POST", "path": "/"}
    asyncio.run(app(scope, receive, send))
    return sent[0] | {"answer": b"".join(message.get("body", b"") for message in sent)}


def header(answer: Message, name: bytes) -> bytes:
    return dict(answer["headers"])[name]


@given(some.lists(some.binary(max_size=8), min_size=1, max_size=6))
def test_a_body_without_a_length_is_refused_where_it_grows_too_large(parts: list[bytes]) -> None:
    app = App()
    size = sum(map(len, parts))
    if size <= 10:
        assert ask(BodyLimit(app, 10), list(parts))["status"] == 200
        assert app.read == size
    else:
        with pytest.raises(TooLarge):
            ask(BodyLimit(app, 10), list(parts))
        assert app.read <= 10


def test_large_bodies_that_come_together_are_read_in_turns() -> None:
    app = App()
    limit = BodyLimit(app, 1 << 20)
    reading: list[int] = []
    most = 0

    async def one(number: int) -> None:
        left = [bytes(70_000), bytes(70_000), b"end"]

        async def receive() -> Message:
            nonlocal most
            part = left.pop(0)
            if len(left) < 2:  # beyond its first bytes
                reading.append(number)
                most = max(most, len(reading))
                await asyncio.sleep(60 if number == 0 and not held.is_set() else 0)
                reading.remove(number)
            return {"type": "http.request", "body": part, "more_body": bool(left)}

        async def send(message: Message) -> None:
            answered.append(number)

        scope = {"type": "http", "client": ("10.0.0.1", 1), "headers": [], "method": "POST", "path": "/"}
        await limit(scope, receive, send)

    async def all_of_them() -> None:
        slow = asyncio.create_task(one(0))
        await asyncio.sleep(0)
        await asyncio.gather(*map(one, range(1, 12)))
        held.set()
        slow.cancel()

    held, answered = asyncio.Event(), []
    asyncio.run(all_of_them())
    assert set(answered) == set(range(1, 12)), "who sends slowly loses the turn"
    assert most <= 3, "two have their turn, and the slow one is read without"


@pytest.mark.parametrize(("length", "status"), [(b"10", 200), (b"11", 413), (b"99999999999999999999", 413)])
def test_an_announced_body_is_refused_unread(length: bytes, status: int) -> None:
    app = App()
    answer = ask(BodyLimit(app, 10), [b"x"], length=length)
    assert answer["status"] == status
    assert app.asked == (status == 200)
    if status == 413:
        assert json.loads(answer["answer"])["type"] == "urn:trade-ledger:TooLarge"


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def statuses(app: RateLimit, count: int, client: str = "10.0.0.1") -> list[int]:
    return [ask(app, client=client)["status"] for _ in range(count)]


def test_a_client_has_a_burst_and_then_its_rate() -> None:
    clock = Clock()
    app = RateLimit(App(), 3, clock)
    assert statuses(app, 8) == [200] * 6 + [429] * 2
    clock.now += 1
    assert statuses(app, 4) == [200] * 3 + [429]
    clock.now += 3600
    assert statuses(app, 7) == [200] * 6 + [429]


def test_a_refusal_says_when_to_come_again() -> None:
    clock = Clock()
    app = RateLimit(App(), 0.25, clock)
    assert statuses(app, 1) == [200]
    answer = ask(app)
    assert (answer["status"], header(answer, b"retry-after")) == (429, b"4")
    assert header(answer, b"content-type") == b"application/problem+json"
    assert json.loads(answer["answer"])["type"] == "urn:trade-ledger:TooMany"
    clock.now += 4
    assert statuses(app, 1) == [200]


def test_clients_do_not_share() -> None:
    app = RateLimit(App(), 1, Clock())
    assert statuses(app, 3) == [200, 200, 429]
    assert statuses(app, 3, "10.0.0.2") == [200, 200, 429]


def test_addresses_of_one_ipv6_site_are_one_client() -> None:
    app = RateLimit(App(), 1, Clock())
    assert statuses(app, 2, "2001:db8::1") == [200, 200]
    assert statuses(app, 1, "2001:db8::ffff:2") == [429]
    assert statuses(app, 1, "2001:db8:0:1::1") == [200]
    assert statuses(app, 2, "10.9.9.9") == [200, 200]
    assert statuses(app, 1, "::ffff:10.9.9.9") == [429]


def test_only_so_many_clients_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "MAX_CLIENTS", 2)
    app = RateLimit(App(), 1, Clock())
    assert statuses(app, 2, "10.0.0.1") == [200, 200]
    assert statuses(app, 1, "10.0.0.2") == [200]
    assert statuses(app, 1, "10.0.0.1") == [429]
    assert statuses(app, 1, "10.0.0.3") == [200]  # 10.0.0.2 was silent longest
    assert statuses(app, 1, "10.0.0.1") == [429]
    assert statuses(app, 2, "10.0.0.2") == [200, 200]


def test_a_body_without_a_length_that_grows_too_large_over_http(served: Served) -> None:
    for path in ("/v1/declarations", "/v1/verifications"):
        answer = served.client.post(
            path, content=iter([b"[" * 150_000] * 3), headers={"Content-Type": "application/json"}
        )
        assert (answer.status_code, answer.json()["type"]) == (413, "urn:trade-ledger:TooLarge")


def holding(app: BodyLimit, client: str, size: int, until: asyncio.Event) -> asyncio.Task[int]:
    """A request whose body of this size is held until it may end; its status, 503 where it was not taken."""

    async def ask_() -> int:
        CLIENT.set(client)
        message = {"type": "http.request", "body": b"x" * size, "more_body": False}
        sent: list[Message] = []

        async def receive() -> Message:
            return message

        async def send(message: Message) -> None:
            sent.append(message)

        try:
            await app({"type": "http", "headers": []}, receive, send)
        except TooManyBodies as error:
            return error.status_code
        return int(sent[0]["status"])

    return asyncio.create_task(ask_())


def test_large_bodies_of_all_and_of_one_client_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODIES_BYTES", 1_000_000)
    monkeypatch.setattr(limits, "BODIES_SHARE", 600_000)

    async def go() -> list[int]:
        until = asyncio.Event()

        async def hold(scope: Scope, receive: Receive, send: Send) -> None:
            await receive()
            await until.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})

        app = BodyLimit(hold, 500_000)
        tasks = [
            holding(app, "a", 500_000, until),
            holding(app, "a", 200_000, until),  # beyond the share
            holding(app, "a", 60_000, until),  # small ones do not count
            holding(app, "b", 400_000, until),
            holding(app, "c", 200_000, until),  # beyond what all may have
        ]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        until.set()
        first = await asyncio.gather(*tasks)
        again = holding(app, "c", 500_000, until), holding(app, "a", 500_000, until)
        return [*first, *await asyncio.gather(*again)]

    assert asyncio.run(go()) == [200, 503, 200, 200, 503, 200, 200]

"""Connections with limits: whoever is slow, long-winded, silent or one of too many is cut off, and nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from ipaddress import ip_network

import pytest
from starlette.types import Receive, Scope, Send

from api.kit import connections
from api.kit.connections import STATE, ConnectionLimits, Connections
from tests.api.listening import Answer, Caller, listening
from tests.faults.node import until

QUICK = ConnectionLimits(head_seconds=0.1, body_seconds=0.1, idle_seconds=0.1, unread_seconds=0.1)
PATIENT = ConnectionLimits()


class App:
    """Answers with the size of what it was sent; ``/hold`` after it is told to, and ``/large`` with much."""

    loop: asyncio.AbstractEventLoop

    def __init__(self, limits: ConnectionLimits) -> None:
        self.all = Connections(limits)
        self.go_on = asyncio.Event()
        self.asked: list[str] = []
        self.left = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.large = b"x" * (8 << 20)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
            return
        self.asked.append(scope["path"])
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left += 1
                return
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
        self.headers = scope["headers"]
        if scope["path"] == "/hold":
            await self.go_on.wait()
        if scope["path"] == "/leave":
            assert (await receive())["type"] == "http.disconnect"
            self.left += 1
        body = self.large if scope["path"] == "/large" else str(size).encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def release(self) -> None:
        """Answer those that are held."""
        self.loop.call_soon_threadsafe(self.go_on.set)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.loop = asyncio.get_running_loop()
        await receive()
        scope["state"][STATE] = self.all
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})


@contextmanager
def serving(limits: ConnectionLimits) -> Iterator[tuple[App, int]]:
    app = App(limits)
    with listening(app) as port:
        yield app, port


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "LOOK_SECONDS", 0.02)


def refusal(data: bytes) -> Answer:
    """What stands in the bytes of an answer."""
    head, _, body = data.partition(b"\r\n\r\n")
    line, *rest = head.decode().split("\r\n")
    headers = [(name.lower(), value.strip()) for name, _, value in (text.partition(":") for text in rest)]
    return Answer(int(line.split()[1]), headers, body)


def is_cut_off(caller: Caller, data: bytes) -> bool:
    """Say a little more; whether the connection has ended."""
    try:
        caller.say(data)
    except OSError:
        return True
    return False


def test_what_is_in_order_is_answered_on_one_connection() -> None:
    with serving(PATIENT) as (_, port), Caller(port) as caller:
        for size in (0, 1, 300_000):
            assert caller.ask("/", "POST", b"x" * size).body == str(size).encode()


@pytest.mark.parametrize(
    "begin", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nX: ", b"\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx"]
)
def test_who_does_not_go_on_is_cut_off(begin: bytes) -> None:
    with serving(QUICK) as (app, port), Caller(port) as caller:
        caller.say(begin)
        said = caller.rest()
        assert refusal(said).status == 408
        assert until(lambda: len(app.all) == 0, 10)
        assert until(lambda: app.left == len(app.asked), 10), "a route that waits for the body is told"


def test_who_goes_on_very_slowly_is_cut_off() -> None:
    """The time begins with the first byte, so a header now and then does not help."""
    with serving(QUICK) as (app, port), Caller(port) as caller:
        caller.say(b"GET / HTTP/1.1\r\n")
        assert until(lambda: is_cut_off(caller, b"X: 1\r\n"), 20)
        assert app.asked == []


def test_a_body_may_take_longer_the_larger_it_is() -> None:
    limits = replace(QUICK, body_rate=10)
    with serving(limits) as (_, port), Caller(port) as caller:
        caller.say(b"POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n" + b"x" * 100)  # ten seconds more
        assert not until(lambda: False, 0.5)
        caller.say(b"x")
        assert caller.answer().body == b"101"


def test_while_the_server_does_not_read_the_clients_time_stands_still() -> None:
    with serving(QUICK) as (app, port), Caller(port) as caller:
        caller.say(b"POST /hold HTTP/1.1\r\nContent-Length: 2\r\n\r\nxx")
        assert until(lambda: app.asked == ["/hold"], 10)
        assert not until(lambda: len(app.all) == 0, 0.5), "it works, so its client may wait"
        app.release()
        assert caller.answer().body == b"2"


def test_a_silent_connection_is_closed_without_words() -> None:
    with serving(QUICK) as (_, port), Caller(port) as caller:
        assert caller.ask().status == 200
        assert caller.rest() == b"", "words could be taken for the next answer"


def test_blank_lines_keep_no_connection_open() -> None:
    with serving(QUICK) as (app, port), Caller(port) as caller:
        assert caller.ask().status == 200
        assert until(lambda: is_cut_off(caller, b"\r\n"), 20)
        assert until(lambda: len(app.all) == 0, 10)


HEADS = {
    "one long field": b"X: " + b"x" * 400_000,
    "a long field that ends": b"X: " + b"x" * 40_000 + b"\r\n\r\n",
    "many fields": b"X: 1\r\n" * 101 + b"\r\n",
    "many small fields without end": b"X: 1\r\n" * 100_000,
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_heads_have_limits(head: bytes) -> None:
    with serving(PATIENT) as (app, port), Caller(port) as caller:
        with suppress(OSError):  # it may have said enough
            caller.say(b"GET / HTTP/1.1\r\n" + head)
        said = caller.rest()
        assert not said or refusal(said).status == 431
        assert app.asked == []
        assert until(lambda: len(app.all) == 0, 10)


@pytest.mark.parametrize("size", [40_000, 600_000])
def test_addresses_have_limits(size: int) -> None:
    with serving(PATIENT) as (app, port), Caller(port) as caller:
        with suppress(OSError):  # it may have said enough
            caller.say(b"GET /" + b"x" * size + b" HTTP/1.1\r\n\r\n")
        said = caller.rest()
        assert not said or refusal(said).status == 431
        assert app.asked == []


def test_a_body_in_many_small_chunks_is_refused() -> None:
    with serving(PATIENT) as (app, port), Caller(port) as caller:
        caller.say(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 1_200)
        assert refusal(caller.rest()).status == 400
        assert until(lambda: app.left == 1, 10)


def test_a_body_in_some_chunks_is_taken_and_its_trailer_is_no_header() -> None:
    chunks = b"1\r\nx\r\n" * 900 + b"800\r\n" + b"y" * 2048 + b"\r\n0\r\nAuthorization: me\r\n\r\n"
    with serving(PATIENT) as (app, port), Caller(port) as caller:
        caller.say(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
        assert caller.answer().body == b"2948"
        assert [name for name, _ in app.headers] == [b"transfer-encoding"]


def test_requests_ahead_of_their_answers_have_a_limit() -> None:
    with serving(PATIENT) as (app, port), Caller(port) as caller:
        caller.say(b"GET /hold HTTP/1.1\r\n\r\n" + b"GET / HTTP/1.1\r\n\r\n" * 16)
        assert until(lambda: app.asked == ["/hold"], 10)
        app.release()
        assert [caller.answer().status for _ in range(17)] == [200] * 17
    with serving(PATIENT) as (app, port), Caller(port) as caller:
        caller.say(b"GET /hold HTTP/1.1\r\n\r\n" + b"GET / HTTP/1.1\r\n\r\n" * 17)
        assert caller.rest() == b"", "no words: the first answer is still to come"
        assert app.asked == ["/hold"]
        app.release()


def test_a_client_has_its_share_of_the_connections() -> None:
    with serving(replace(PATIENT, per_client=3)) as (app, port):
        mine = [Caller(port) for _ in range(3)]
        assert until(lambda: len(app.all) == 3, 10)
        with Caller(port) as refused:
            answer = refusal(refused.rest())
        assert (answer.status, answer.header("retry-after")) == (503, "5")
        with Caller(port, "127.0.0.2") as other:
            assert other.ask().status == 200
        assert [caller.ask().status for caller in mine] == [200] * 3
        mine.pop().close()
        assert until(lambda: len(app.all) == 2, 10)
        with Caller(port) as again:
            assert again.ask().status == 200
        for caller in mine:
            caller.close()


def test_whose_client_leaves_is_told_though_others_wait_behind_it() -> None:
    with serving(PATIENT) as (app, port):
        with Caller(port) as caller:
            caller.say(2 * b"GET /leave HTTP/1.1\r\n\r\n")
            assert until(lambda: app.asked == ["/leave"], 10)
        assert until(lambda: app.left == 1, 10)
        assert app.asked == ["/leave"], "what nobody waits for is not begun"


def test_no_answer_is_tried_on_a_connection_that_was_cut_off() -> None:
    with serving(replace(PATIENT, pipelined=1)) as (app, port), Caller(port) as caller:
        caller.say(3 * b"GET / HTTP/1.1\r\n\r\n")
        assert caller.rest() == b""
        assert until(lambda: app.left == 1, 10)
        assert app.asked == ["/"]


def test_a_trusted_proxy_may_have_more() -> None:
    limits = replace(PATIENT, per_client=1, proxies=(ip_network("127.0.0.0/31"),))
    with serving(limits) as (_, port), Caller(port) as first, Caller(port) as second:
        assert (first.ask().status, second.ask().status) == (200, 200)
        with Caller(port, "127.0.0.3") as third, Caller(port, "127.0.0.3") as fourth:
            assert third.ask().status == 200
            assert refusal(fourth.rest()).status == 503


def test_where_all_are_too_many_the_one_that_waits_longest_makes_room() -> None:
    with serving(replace(PATIENT, most=3)) as (app, port):
        callers = []
        for number in range(3):
            callers.append(Caller(port))
            assert until(lambda: len(app.all) == number + 1, 10)  # noqa: B023
        callers[0].say(b"GET /hold HTTP/1.1\r\n\r\n")
        assert until(lambda: app.asked == ["/hold"], 10)
        with Caller(port, "127.0.0.2") as new:
            assert new.ask().status == 200
        assert refusal(callers[1].rest()).status == 503
        assert callers[2].ask().status == 200
        app.release()
        assert callers[0].answer().status == 200, "who works is not disturbed"
        for caller in callers:
            caller.close()


def test_where_all_work_one_more_is_refused() -> None:
    with serving(replace(PATIENT, most=2)) as (app, port):
        callers = [Caller(port) for _ in range(2)]
        for caller in callers:
            caller.say(b"GET /hold HTTP/1.1\r\n\r\n")
        assert until(lambda: len(app.asked) == 2, 10)
        with Caller(port, "127.0.0.2") as new:
            assert refusal(new.rest()).status == 503
        app.release()
        assert [caller.answer().status for caller in callers] == [200, 200]
        for caller in callers:
            caller.close()


def test_who_does_not_take_its_answer_is_dropped_with_it() -> None:
    with serving(QUICK) as (app, port), Caller(port, buffer=4096) as caller:
        caller.say(b"GET /large HTTP/1.1\r\n\r\n")
        assert until(lambda: app.asked == ["/large"], 10)
        assert until(lambda: len(app.all) == 0, 10)
        assert len(caller.rest()) < len(app.large)


@pytest.mark.parametrize("said", [b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/9.9\r\n\r\n", b"A B C\r\n\r\n"])
def test_what_is_no_http_gets_constant_words_and_all_headers(said: bytes) -> None:
    with serving(PATIENT) as (_, port), Caller(port) as caller:
        caller.say(said)
        answer = refusal(caller.rest())
    assert (answer.status, answer.json()["type"]) == (400, "urn:trade-ledger:Malformed")
    assert answer.json()["detail"] == "this is not a request in HTTP/1.1"
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("content-security-policy") == "default-src 'none'; frame-ancestors 'none'"
    assert answer.header("server") is None


def test_an_upgrade_is_answered_like_any_request() -> None:
    with serving(PATIENT) as (_, port), Caller(port) as caller:
        caller.say(b"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert caller.answer().status == 200

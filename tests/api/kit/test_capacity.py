"""Kinds of work: every route has one, and each takes as many calls as it may and no more."""

from __future__ import annotations

import asyncio
import re
import threading
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from api.kit.capacity import LIMITS, Kind, Limits, Pool, kind_of, of_kind
from api.kit.clients import CLIENT
from api.kit.headers import PAGES
from api.main import with_routes
from ledger.edges.store import database
from ledger.errors import Unavailable

OF = Kind.READS
PAGE = Path(__file__).parents[3] / "docs" / "operations.md"
name: ContextVar[str] = ContextVar("name", default="nobody")


def test_every_route_says_its_kind_and_runs_in_no_threads_of_the_framework() -> None:
    routes = [route for route in with_routes().routes if isinstance(route, APIRoute) and route.path not in PAGES]
    assert len(routes) > 20
    for route in routes:
        assert kind_of(route.endpoint) in set(Kind), f"{route.path}: give it `@of_kind(Kind.…)` (docs/operations.md)"
        assert asyncio.iscoroutinefunction(route.endpoint), f"{route.path} would run in the framework's threads"
    assert {kind_of(route.endpoint) for route in routes} == set(Kind)


def test_only_liveness_needs_no_thread() -> None:
    assert set(Kind) - set(LIMITS) == {Kind.LIVENESS}


def test_a_plain_function_has_the_status_of_its_route() -> None:
    plain = [route for route in with_routes().routes if hasattr(getattr(route, "endpoint", None), "__wrapped__")]
    assert len(plain) > 10
    for route in plain:
        assert route.endpoint.status == (route.status_code or 200), route  # type: ignore[attr-defined]


def test_all_threads_together_have_a_connection_to_the_store_each() -> None:
    assert sum(limits.threads for limits in LIMITS.values()) < database._POOL + database._OVERFLOW


async def filled(pool: Pool, count: int, go_on: threading.Event, client: str = "a") -> list[asyncio.Task[Any]]:
    """So many calls that wait."""
    CLIENT.set(client)
    tasks = [asyncio.create_task(pool.run(lambda: go_on.wait(10))) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


def test_a_pool_takes_its_threads_and_its_queue_and_no_more() -> None:
    pool, go_on = Pool(OF, Limits(2, 3, 9)), threading.Event()

    async def go() -> list[Any]:
        tasks = await filled(pool, 7, go_on)
        await asyncio.wait(tasks[5:])
        go_on.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert await pool.run(lambda: 1) == 1, "there is room again"
        return answers

    answers = asyncio.run(go())
    pool.stop()
    assert answers[:5] == [True] * 5
    assert [str(error) for error in answers[5:]] == ["too many requests wait: try again shortly"] * 2


def test_a_client_has_its_share_and_others_have_theirs() -> None:
    pool, go_on = Pool(OF, Limits(1, 9, 2)), threading.Event()

    async def go() -> list[list[Any]]:
        tasks = [await filled(pool, 3, go_on, client) for client in "ab"]
        go_on.set()
        return [await asyncio.gather(*some, return_exceptions=True) for some in tasks]

    for answers in asyncio.run(go()):
        assert answers[:2] == [True, True]
        assert isinstance(answers[2], Unavailable)
    pool.stop()


def test_who_left_while_waiting_is_not_called_and_gives_its_place_back() -> None:
    pool, go_on, called = Pool(OF, Limits(1, 1, 9)), threading.Event(), []

    async def go() -> None:
        (first,) = await filled(pool, 1, go_on)
        gone = asyncio.create_task(pool.run(lambda: called.append("gone")))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait([gone])
        last = asyncio.create_task(pool.run(lambda: called.append("last")))
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(first, last)

    asyncio.run(go())
    pool.stop()
    assert called == ["last"]


def test_a_call_whose_client_left_keeps_its_place_to_its_end() -> None:
    """Its thread is busy all the same."""
    pool, go_on, begun = Pool(OF, Limits(1, 0, 9)), threading.Event(), threading.Event()

    async def go() -> None:
        first = asyncio.create_task(pool.run(lambda: (begun.set(), go_on.wait(10))))
        await asyncio.to_thread(begun.wait, 10)
        first.cancel()
        await asyncio.wait([first])
        with pytest.raises(Unavailable):
            await pool.run(lambda: None)
        go_on.set()

    asyncio.run(go())
    pool.stop()


def test_a_call_has_the_context_of_who_asks() -> None:
    pool = Pool(OF)

    async def go() -> str:
        name.set("somebody")
        return await pool.run(name.get)

    assert asyncio.run(go()) == "somebody"
    pool.stop()


class Made(BaseModel):
    number: int


class Services:
    """As much of the services as a route needs."""

    def __init__(self) -> None:
        self.pools = {OF: Pool(OF)}


def test_a_plain_function_is_printed_in_its_thread_with_the_status_and_headers_it_set() -> None:
    services, threads = Services(), []

    @of_kind(OF)
    def make(number: int, services: Any, response: Response) -> Made:
        threads.append(threading.get_ident())
        response.status_code = 201
        response.headers["X-Mine"] = "1"
        return Made(number=number)

    given = Response()
    del given.headers["content-length"]
    made: Any = make
    answer = asyncio.run(made(number=7, services=services, response=given))
    services.pools[OF].stop()
    assert (answer.status_code, answer.body, answer.headers["x-mine"]) == (201, b'{"number":7}', "1")
    assert answer.headers["content-type"] == "application/json"
    assert threads != [threading.get_ident()]


def test_a_response_is_passed_on() -> None:
    services = Services()

    @of_kind(OF)
    def make(request: Request | None, services: Any) -> Response:
        return Response(b"bytes", 206)

    made: Any = make
    answer = asyncio.run(made(request=None, services=services))
    services.pools[OF].stop()
    assert (answer.status_code, answer.body) == (206, b"bytes")


def test_the_page_for_operators_has_the_table() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .* \| (.+) \| (.+) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    told = {name: rest for name, *rest in rows if name in set(Kind)}
    assert set(told) == set(Kind)
    for of, limits in LIMITS.items():
        threads, waiting, share = told[of]
        assert threads.split(",")[0] == str(limits.threads), of
        if of is not Kind.STREAMS:
            assert (waiting, share) == (f"{limits.waiting:,}", f"{limits.share:,}"), of

"""A worker does what it is given in order, one at a time, and each who waits gets its own answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar

import pytest

from api.kit.capacity import Kind, Limits
from api.kit.queue import CallWorker, Worker
from ledger.errors import Malformed, Unavailable

name: ContextVar[str] = ContextVar("name")


@pytest.fixture
def worker() -> Iterator[CallWorker]:
    made = CallWorker("a worker", Kind.READS)
    yield made
    made.stop()


def test_each_gets_its_own_answer_in_order(worker: CallWorker) -> None:
    order: list[int] = []

    def work(number: int) -> Callable[[], int]:
        def do() -> int:
            order.append(number)
            if number % 3 == 0:
                raise Malformed("is a multiple of three", str(number))
            return number * number

        return do

    async def all_of_them() -> list[int | BaseException]:
        return await asyncio.gather(*(worker.run(work(number)) for number in range(1, 200)), return_exceptions=True)

    answers = asyncio.run(all_of_them())
    assert order == list(range(1, 200))
    for number, answer in enumerate(answers, start=1):
        if number % 3 == 0:
            assert isinstance(answer, Malformed)
            assert answer.where == str(number)
        else:
            assert answer == number * number


def test_one_at_a_time_and_beside_the_loop(worker: CallWorker) -> None:
    async def go() -> set[int | None]:
        return set(await asyncio.gather(*(worker.run(threading.get_ident) for _ in range(50))))

    (ident,) = asyncio.run(go())
    assert ident != threading.get_ident()


def test_work_is_done_in_the_context_of_who_asked(worker: CallWorker) -> None:
    async def ask(who: str) -> str:
        name.set(who)
        return await worker.run(name.get)

    async def go() -> list[str]:
        return await asyncio.gather(*(asyncio.create_task(ask(f"client {n}")) for n in range(20)))

    assert asyncio.run(go()) == [f"client {n}" for n in range(20)]


def test_who_left_is_not_worked_for(worker: CallWorker) -> None:
    going, done = threading.Event(), []

    async def go() -> None:
        first = asyncio.create_task(worker.run(lambda: going.wait(10)))
        gone = asyncio.create_task(worker.run(lambda: done.append("gone")))
        await asyncio.sleep(0)
        gone.cancel()
        last = asyncio.create_task(worker.run(lambda: done.append("last")))
        await asyncio.sleep(0)
        going.set()
        await first
        await last

    asyncio.run(go())
    assert done == ["last"]


def test_more_than_can_wait_are_told_at_once() -> None:
    worker = CallWorker("a worker", Kind.READS, Limits(1, 3, 9))
    going, begun = threading.Event(), threading.Event()

    def block() -> bool:
        begun.set()
        return going.wait(10)

    async def go() -> list[bool | BaseException]:
        first = asyncio.create_task(worker.run(block))
        while not begun.is_set():
            await asyncio.sleep(0.001)
        others = [asyncio.create_task(worker.run(lambda: True)) for _ in range(5)]
        await asyncio.sleep(0)
        going.set()
        return await asyncio.gather(first, *others, return_exceptions=True)

    answers = asyncio.run(go())
    worker.stop()
    assert [isinstance(answer, Unavailable) for answer in answers] == [False] * 4 + [True] * 2


def test_what_waits_when_it_stops_is_still_done(worker: CallWorker) -> None:
    going = threading.Event()

    async def go() -> list[bool]:
        tasks = [asyncio.create_task(worker.run(lambda: going.wait(10))) for _ in range(10)]
        await asyncio.sleep(0)
        stopping = asyncio.create_task(asyncio.to_thread(worker.stop))
        await asyncio.sleep(0.01)
        with pytest.raises(Unavailable):
            await worker.run(lambda: None)
        going.set()
        await stopping
        return await asyncio.gather(*tasks)

    assert asyncio.run(go()) == [True] * 10


def test_work_that_fails_as_a_whole_is_told_to_each() -> None:
    def work(numbers: Sequence[int]) -> list[int | Exception]:
        if 3 in numbers:
            raise ValueError("three")
        return [number + 1 for number in numbers]

    worker = Worker("a worker", work, most_at_once=10, most_waiting=10)

    async def go() -> list[int | BaseException]:
        first = await worker.put(1)
        others = await asyncio.gather(worker.put(3), worker.put(3), return_exceptions=True)
        return [first, *others, await worker.put(4)]

    answers = asyncio.run(go())
    worker.stop()
    assert (answers[0], answers[3]) == (2, 5)
    assert [str(answer) for answer in answers[1:3]] == ["three", "three"]

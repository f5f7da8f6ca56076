"""Taking in: the answer comes after the commit, one commit serves many, and no declaration holds up another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from api.kit.queue import Worker
from ledger.edges.store import Store
from ledger.errors import Source, Unavailable
from ledger.journeys.receive import Commit, Received, store_requests
from tests.edges.stored import ORIGIN, signed

NOW = 1_000
Storing = Worker[Sequence[Received], Commit]


def received(*numbers: int) -> list[Received]:
    return [Received(made.id(ORIGIN), made, signature) for made, signature in map(signed, numbers)]


class Slow:
    """A store that begins each commit when it is let, and may fail; ``groups`` is how many each one held."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.groups: list[int] = []
        self.begun, self.let = Event(), Event()
        self.declarations = self
        self.fail: Callable[[Sequence[Received]], None] = lambda _: None

    def add_with_ids(self, some: Sequence[Received], at: int) -> list[bool]:
        self.begun.set()
        assert self.let.wait(30)
        self.groups.append(len(some))
        self.fail(some)
        return self.store.declarations.add_with_ids(some, at)

    def has(self, number: int) -> bool:
        ((id_, _, _),) = received(number)
        return self.store.declarations.get(id_) is not None


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Slow]:
    store = Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}", ORIGIN)
    yield Slow(store)
    store.close()


def run(
    slow: Slow, story: Callable[[Storing], Coroutine[Any, Any, None]], at_once: int = 2_000, waiting: int = 20_000
) -> None:
    def work(requests: Sequence[Sequence[Received]]) -> list[Commit]:
        return store_requests(slow, requests, NOW)  # type: ignore[arg-type]

    made = Worker("storing", work, most_at_once=at_once, most_waiting=waiting, size=len)

    async def told() -> None:
        try:
            await asyncio.wait_for(story(made), 30)
        finally:
            slow.let.set()
            await asyncio.to_thread(made.stop)

    asyncio.run(told())


def begin(made: Storing, *numbers: int) -> asyncio.Task[Commit]:
    return asyncio.create_task(made.put(received(*numbers)))


async def until_committing(slow: Slow) -> None:
    await asyncio.to_thread(slow.begun.wait, 30)


def test_the_answer_comes_after_the_commit(slow: Slow) -> None:
    async def story(made: Storing) -> None:
        answer = begin(made, 1)
        await until_committing(slow)
        await asyncio.sleep(0.2)
        assert not answer.done()
        assert not slow.has(1)
        slow.let.set()
        stored = await answer
        assert (stored.new, stored.at) == ([True], NOW)
        assert slow.has(1)

    run(slow, story)


def test_what_waits_during_a_commit_shares_the_next(slow: Slow) -> None:
    async def story(made: Storing) -> None:
        first = begin(made, 0)
        await until_committing(slow)
        answers = [begin(made, number) for number in range(1, 51)]
        answers.append(begin(made, 51, 52, 7))
        await asyncio.sleep(0)
        slow.let.set()
        assert (await first).new == [True]
        assert [(await answer).new for answer in answers] == [[True]] * 50 + [[True, True, False]]
        assert slow.groups == [1, 53]

    run(slow, story)


def test_a_commit_has_a_limit(slow: Slow) -> None:
    async def story(made: Storing) -> None:
        first = begin(made, 0)
        await until_committing(slow)
        answers = [begin(made, 1, 2), begin(made, 3, 4), begin(made, 5), begin(made, 6)]
        await asyncio.sleep(0)
        slow.let.set()
        await asyncio.gather(first, *answers)
        assert slow.groups == [1, 2, 3, 1]

    run(slow, story, at_once=3)


def test_a_store_that_is_full_is_told_to_each_and_nothing_is_kept(slow: Slow) -> None:
    def full(_: Sequence[Received]) -> None:
        raise Unavailable("the store has no room left", source=Source.STORE)

    async def story(made: Storing) -> None:
        slow.let.set()
        slow.fail = full
        answers = await asyncio.gather(*(begin(made, number) for number in range(5)))
        assert {str(answer.new[0]) for answer in answers} == {"the store has no room left"}
        assert not any(map(slow.has, range(5)))
        slow.fail = lambda _: None
        assert (await begin(made, 1)).new == [True]

    run(slow, story)


def test_one_that_cannot_be_stored_keeps_no_other_back(slow: Slow) -> None:
    ((poisoned, _, _),) = received(3)

    def poison(some: Sequence[Received]) -> None:
        if poisoned in [id_ for id_, _, _ in some]:
            raise ValueError("the driver cannot make anything of this")

    async def story(made: Storing) -> None:
        slow.fail = poison
        first = begin(made, 0)
        await until_committing(slow)
        single, many = [begin(made, number) for number in (1, 2)], begin(made, 3, 4)
        await asyncio.sleep(0)
        slow.let.set()
        assert [(await answer).new for answer in (first, *single)] == [[True]] * 3
        bad, good = (await many).new
        assert isinstance(bad, ValueError)
        assert good is True
        assert [slow.has(number) for number in range(5)] == [True, True, True, False, True]

    run(slow, story)


def test_when_too_many_wait_the_next_is_refused(slow: Slow) -> None:
    async def story(made: Storing) -> None:
        first = begin(made, 0)
        await until_committing(slow)
        second = begin(made, 1, 2)
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="too many"):
            await made.put(received(3, 4))
        slow.let.set()
        await asyncio.gather(first, second)
        assert (await begin(made, 3, 4)).new == [True, True]

    run(slow, story, waiting=3)


def test_what_waits_when_told_to_stop_is_stored(slow: Slow) -> None:
    async def story(made: Storing) -> None:
        first = begin(made, 0)
        await until_committing(slow)
        second = begin(made, 1)
        await asyncio.sleep(0)
        stopping = asyncio.create_task(asyncio.to_thread(made.stop))
        slow.let.set()
        await stopping
        assert [(await answer).new for answer in (first, second)] == [[True], [True]]
        assert slow.has(1)
        with pytest.raises(Unavailable):
            await made.put(received(2))

    run(slow, story)


def test_a_client_that_went_away_harms_nobody(slow: Slow) -> None:
    async def story(made: Storing) -> None:
        gone, stays = begin(made, 1), begin(made, 2)
        await until_committing(slow)
        gone.cancel()
        slow.let.set()
        assert (await stays).new == [True]
        with pytest.raises(asyncio.CancelledError):
            await gone
        assert slow.has(1)

    run(slow, story)

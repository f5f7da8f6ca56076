"""Followers: several on one store, reorganisations, and never a whole replay where a step would do."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.edges.chain.contract import Chain
from ledger.edges.chain.nodes import Look
from ledger.edges.store import Store
from ledger.journeys.anchor import Anchorer
from ledger.journeys.follow import Follower
from ledger.testing.local_ledger import LocalLedger
from tests import houses
from tests.edges.authorities import rpc


@pytest.fixture
def store(house: LocalLedger, tmp_path: Path) -> Iterator[Store]:
    made = Store.open(f"sqlite:///{tmp_path / 'shared.sqlite'}", house.chain.origin)
    yield made
    made.close()


def follower(house: LocalLedger, store: Store) -> Follower:
    """A follower as a process of its own would have it."""
    return Follower(Chain.connect(house.devchain.url, house.chain.origin.contract), store)


def test_what_one_process_indexed_another_goes_on_from(house: LocalLedger, store: Store) -> None:
    ours, theirs = follower(house, store), follower(house, store)
    known = [ours.refresh(), theirs.refresh()]
    for first, second in [(ours, theirs), (theirs, ours), (ours, theirs)]:
        houses.anchored(house, 2)
        found = [first.refresh(), second.refresh()]
        assert found[0].head == found[1].head == house.chain.head()[1]
    assert [ours.refresh(), theirs.refresh()] == known  # the same histories, taken further


def test_a_reorganisation_is_a_step_back_and_on_for_all_who_follow(house: LocalLedger, store: Store) -> None:
    ours, theirs = follower(house, store), follower(house, store)
    # Without a log key: what is taken back here was final, and a log that had signed it would sign nothing more.
    anchorer = Anchorer(house.chain, house.store, house.follower, house.key("relayer"), None, house.app.chain_limits)
    for depth in (1, 3):
        for _ in range(4):
            house.store.declarations.add([houses.declaration(house)], house.chain.origin, int(time.time()))
            anchorer.run(10, int(time.time()))
        known = [ours.refresh(), theirs.refresh()]
        size = known[0].size
        rpc(house.devchain.url, "anvil_reorg", depth, [])
        found = [theirs.refresh(), ours.refresh()]
        assert found == [known[1], known[0]], "replayed from the beginning"
        assert found[0].head == found[1].head == house.chain.head()[1]
        assert size - depth <= found[0].size < size
        assert [item.entry.number for item in store.entries.read()] == list(range(found[0].size))
        anchorer.run(10, int(time.time()))  # anchors again what was taken back


def test_an_index_that_somebody_emptied_is_read_again(house: LocalLedger, store: Store) -> None:
    ours = follower(house, store)
    head = ours.refresh().head
    store.entries.truncate(0)
    assert ours.refresh().head == head
    assert store.entries.last() is not None


class Hanging:
    """A chain whose node can be made to answer nothing for a while."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self.asked, self.answers = threading.Event(), threading.Event()
        self.answers.set()

    def __getattr__(self, name: str) -> object:
        return getattr(self._chain, name)

    def look(self, *arguments: Any) -> Look:
        found = self._chain.look(*arguments)
        self.asked.set()
        assert self.answers.wait(10)
        return found


def test_who_can_do_with_what_was_known_waits_for_no_node(house: LocalLedger, store: Store) -> None:
    chain = Hanging(house.chain)
    ours = Follower(chain, store)  # type: ignore[arg-type]
    known = ours.refresh()
    chain.answers.clear()
    chain.asked.clear()
    asking = threading.Thread(target=ours.refresh)
    asking.start()
    assert chain.asked.wait(10)
    ours.refresh_unless_busy(0.0)
    with ours.known_history() as history:
        assert history.size == known.size
    assert ours.refresh(max_age=3_600.0) is known
    chain.answers.set()
    asking.join(10)
    assert not asking.is_alive()


def test_what_another_process_adds_between_two_questions_is_no_contradiction(
    house: LocalLedger, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """It used to be read as a history that disagrees with the chain, and all of it was replayed."""
    chain = Hanging(house.chain)
    ours, theirs = Follower(chain, store), follower(house, store)  # type: ignore[arg-type]
    ours.refresh()
    chain.answers.clear()
    chain.asked.clear()
    asking = threading.Thread(target=ours.refresh)
    asking.start()
    assert chain.asked.wait(10)
    houses.anchored(house, 2)
    size = theirs.refresh().size
    chain.answers.set()
    asking.join(10)
    assert ours.refresh().size == size
    assert "again" not in caplog.text


class Moving:
    """A chain that is reorganised while its log is read: the entry before the new ones is in another block then."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self.moves = self._moved = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._chain, name)

    def entries(self, begin: int, end: int) -> Iterator[object]:
        found = list(self._chain.entries(begin, end))
        self.moves, self._moved = False, self.moves
        return iter(found)

    def block_hash(self, number: int) -> str | None:
        moved, self._moved = self._moved, False
        return "0x" + "00" * 32 if moved else self._chain.block_hash(number)


def test_entries_that_follow_on_a_block_that_moved_are_read_again(
    house: LocalLedger, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """The entry before them may come back the same, in another block: then no hash of the history tells."""
    chain = Moving(house.chain)
    ours = Follower(chain, store)  # type: ignore[arg-type]
    ours.refresh()
    houses.anchored(house, 1)
    chain.moves = True
    assert ours.refresh().head == house.chain.head()[1]
    assert "reorganised while it was read" in caplog.text
    assert [item.entry.number for item in store.entries.read()] == list(range(ours.refresh().size))

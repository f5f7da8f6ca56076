"""A history that goes back is the history that never went on; what is taken back can come again, or something else."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as some

from ledger.core.history.entry import Entry
from ledger.core.history.history import History
from ledger.core.tree.tiles import Tiles
from ledger.testing.world import ORIGIN, PLANT, TRADER, World


def written(random: Random, steps: int) -> World:
    """A world in which anything but a resolution happens, now and then a resolution."""
    world = World()
    world.enrol("NZ-MPI", "NZ", [851, 182], PLANT)
    sets, attested, declared = [], [], []
    for number in range(steps):
        what = random.choice(["anchor", "anchor", "attest", "attest", "revoke", "member", "post", "withdraw", "decide"])
        if what == "anchor" or not sets:
            declaration, _ = world.declare(number.to_bytes(32))
            declared.append(declaration)
            sets.append(world.anchor([declaration]))
        elif what == "attest" or (what in {"revoke", "member", "post"} and not attested):
            root, size, _ = random.choice(sets)
            attested.append(world.attest("NZ-MPI", 851, root, size, PLANT))
        elif what == "revoke":
            world.revoke(attested.pop(random.randrange(len(attested))), PLANT)
        elif what == "member":
            world.revoke(random.choice(attested), PLANT, number.to_bytes(32))
        elif what == "post":
            world.post(random.choice(attested), b"\xff" * 32, random.randrange(2), number.to_bytes(32), "NZ-MPI", PLANT)
        elif what == "withdraw" and declared:
            world.withdraw(declared.pop())
        elif what == "decide" and random.random() < 0.2:
            world.enrol(f"XX-{number}", "NZ", [851])
    return world


def replayed(entries: Sequence[Entry]) -> History:
    history = History(ORIGIN)
    for entry in entries:
        history.apply(entry)
    return history


def told(history: History) -> tuple[object, ...]:
    """All that a history can say."""
    log, remembered = history.log, history._facts
    proofs = [log.inclusion(number) for number in range(0, log.size, 7)]
    return (
        history.size, history.head, history.last_time, log.root(), proofs, vars(remembered), history.by_wallets,
        history.agencies.resolutions, [log.root(size) for size in range(log.size)],
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(some.randoms(use_true_random=False), some.integers(1, 60), some.data())
def test_going_back_is_as_if_the_rest_had_never_been(random: Random, steps: int, data: some.DataObject) -> None:
    entries = written(random, steps).entries
    history = replayed(entries)
    whole = told(history)
    size = data.draw(some.integers(0, len(entries)))
    if history.back_to(size):
        assert told(history) == told(replayed(entries[:size]))
        for entry in entries[size:]:
            history.apply(entry)
    assert told(history) == whole


def test_resolutions_and_what_is_long_ago_are_not_taken_back() -> None:
    world = World()
    world.enrol("NZ-MPI", "NZ", [851], PLANT)
    resolutions = world.history.size
    for number in range(1_100):
        world.anchor([world.declare(number.to_bytes(32), party=TRADER)[0]])
    history, before = world.history, told(world.history)
    for size in (-1, resolutions - 1, resolutions, resolutions + 70, history.size + 1):
        assert not history.back_to(size)
    assert told(history) == before
    assert history.back_to(resolutions + 80)
    assert told(history) == told(replayed(world.entries[: resolutions + 80]))


@given(some.integers(0, 700), some.data())
def test_a_log_that_is_cut_grows_on_as_if_it_had_never_been_longer(size: int, data: some.DataObject) -> None:
    kept = data.draw(some.integers(0, size))
    log, expected = Tiles(), Tiles()
    for number in range(size):
        log.append(number.to_bytes(32))
    for number in range(0, size, 16):  # what a proof takes may be kept
        log.inclusion(number)
    log.cut(kept)
    for number in [*range(kept), *range(1_000, 1_300)]:
        expected.append(number.to_bytes(32))
    for number in range(1_000, 1_300):
        log.append(number.to_bytes(32))
    assert (log.size, log.root(), log._levels) == (expected.size, expected.root(), expected._levels)
    after = range(0, log.size, 16)
    assert [log.inclusion(number) for number in after] == [expected.inclusion(number) for number in after]
